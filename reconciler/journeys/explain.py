"""`explain`: what a key means, from the catalogue alone."""

from dataclasses import dataclass

from reconciler.catalogue import Catalogue
from reconciler.catalogue.explain import Page, explain, page
from reconciler.inputs.usage import UsageProblem, did_you_mean
from reconciler.journeys.call import Call, CorrectTheCallError, World
from reconciler.journeys.ground import settings_and_catalogue
from reconciler.model.key import Key


@dataclass(frozen=True, slots=True)
class Asked:
    """The keys that somebody asked about; `listed` if it was none, so that all of them are only listed."""

    catalogue: Catalogue
    keys: tuple[Key, ...]
    listed: bool

    @property
    def pages(self) -> tuple[Page, ...]:
        """What is to be known of them, to be laid out."""
        return tuple(page(self.catalogue, key) for key in self.keys)

    def plain(self, width: int) -> str:
        """The same as plain text."""
        if self.listed:
            return explain(self.catalogue, width=width)
        return "\n".join(explain(self.catalogue, key, width=width) for key in self.keys)


def asked_about(call: Call, world: World, name: str | None) -> Asked:
    """Return the keys that fit `name` (full, short, or a glob), or all. Raises CorrectTheCallError."""
    _, catalogue = settings_and_catalogue(call, world)
    if name is None:
        return Asked(catalogue, tuple(catalogue.keys), listed=True)
    keys = tuple(catalogue.resolve(name))
    if not keys:
        known = [text for key in catalogue.keys for text in (key.name, key.short)]
        within = [key.short for key in catalogue.keys if name and name.lower() in key.short]
        near = f" In the names of: {', '.join(within)}." if within else did_you_mean(name, known)
        raise CorrectTheCallError(UsageProblem(f'There is no key "{name}".{near}', "All keys: reconciler explain"))
    return Asked(catalogue, keys, listed=False)
