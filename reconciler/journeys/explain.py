"""`explain`: what a key means, from the catalogue alone."""

from reconciler.catalogue.explain import explain as explained
from reconciler.inputs.usage import UsageProblem, did_you_mean
from reconciler.journeys.call import Call, CorrectTheCallError, World
from reconciler.journeys.ground import settings_and_catalogue


def explain(call: Call, world: World, name: str | None, *, width: int) -> str:
    """Return the text about the keys that fit `name` (full, short, or a glob), or the list of all keys."""
    _, catalogue = settings_and_catalogue(call, world)
    if name is None:
        return explained(catalogue, width=width)
    keys = catalogue.resolve(name)
    if not keys:
        known = [text for key in catalogue.keys for text in (key.name, key.short)]
        raise CorrectTheCallError(
            UsageProblem(f'There is no key "{name}".{did_you_mean(name, known)}', "All keys: reconciler explain")
        )
    return "\n".join(explained(catalogue, key, width=width) for key in keys)
