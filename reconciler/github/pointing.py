"""What a Markdown report on GitHub has beside the report itself: what the keys mean, and links to lines of files."""

import re

from reconciler.catalogue import CatalogueProblem
from reconciler.catalogue import load as load_catalogue
from reconciler.catalogue.meanings import meanings as meanings_of
from reconciler.github.runner import Run
from reconciler.model.meaning import NO_MEANINGS, Meanings
from reconciler.report.links import Links, usable

_COMMIT = re.compile(r"[0-9a-f]{40,64}")


def links(run: Run, commit: str | None, artifact_url: str) -> Links:
    """Return links to the files at `commit`, which should be one that stays, and to the whole report.

    Either is left out where it isn't known, and a commit that isn't one in full: it may come from a file.
    """
    top, _, number = run.url.rpartition("/actions/runs/")
    blob = f"{top}/blob/{commit}" if number and _COMMIT.fullmatch(commit or "") else ""
    return Links(usable(blob), usable(artifact_url))


def meanings() -> Meanings:
    """Return what the keys that come with the tool mean; of others, nothing is known here."""
    catalogue = load_catalogue()
    return NO_MEANINGS if isinstance(catalogue, CatalogueProblem) else meanings_of(catalogue)
