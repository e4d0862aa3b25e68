from collections.abc import Callable

import pytest

from reconciler.model.meaning import FieldMeaning, Meaning
from reconciler.report.html import to_html
from reconciler.report.markdown import LIMIT, to_markdown
from reconciler.report.page_files import policy, script, style
from reconciler.report.text import to_text
from reconciler.report.to_json import to_json
from tests.report.fleets import FLEETS, LINKS, known
from tests.report.samples import SAMPLES, TIMER, WEBHOOK

MEANINGS = {
    TIMER: Meaning("Grace period", "How long an order *waits*.", {"": FieldMeaning(unit="seconds")}),
    WEBHOOK: Meaning("Webhook", "Who is asked.", {"/timeout": FieldMeaning("Timeout", "seconds", "For one answer.")}),
}
Golden = Callable[[str, str], None]
every_sample = pytest.mark.parametrize("name", SAMPLES)


@every_sample
def test_the_json_report_is_as_reviewed(name: str, golden: Golden):
    """The JSON of each sample is the golden file, byte for byte."""
    golden(f"{name}.json", to_json(SAMPLES[name]))


@every_sample
@pytest.mark.parametrize("width", [80, 140])
def test_the_text_report_is_as_reviewed(name: str, width: int, golden: Golden):
    """The plain text of each sample, narrow and wide, is the golden file."""
    golden(f"{name}.{width}.txt", to_text(SAMPLES[name], width=width, colour=False))


@pytest.mark.parametrize("name", ["plan", "apply", "validate"])
def test_the_coloured_report_is_as_reviewed(name: str, golden: Golden):
    """The coloured text is the golden file."""
    golden(f"{name}.80.ansi", to_text(SAMPLES[name], width=80, colour=True))


@pytest.mark.parametrize("name", ["plan", "apply"])
def test_the_verbose_report_names_what_is_in_sync(name: str, golden: Golden):
    """With verbose, keys and tenants with nothing to do have names, and nothing else changes."""
    golden(f"{name}.80.verbose.txt", to_text(SAMPLES[name], width=80, colour=False, verbose=True))


@every_sample
def test_the_markdown_report_is_as_reviewed(name: str, golden: Golden):
    """The Markdown of each sample is the golden file."""
    golden(f"{name}.md", to_markdown(SAMPLES[name]))


@pytest.mark.parametrize("name", FLEETS)
def test_the_comment_of_a_fleet_is_as_reviewed(name: str, golden: Golden):
    """With links and meanings, of one tenant, of twenty, of two thousand, and of an apply, it is the golden file."""
    text = to_markdown(FLEETS[name], meanings=known(), links=LINKS)
    golden(f"comment-{name}.md", text)
    assert len(text.encode()) <= LIMIT


@every_sample
def test_the_html_report_is_as_reviewed(name: str, golden: Golden):
    """The page of each sample is the golden file, but for the style and the script, which are files themselves."""
    page = to_html(SAMPLES[name], MEANINGS)
    for text, kind in ((policy(), "policy"), (style(), "style"), (script(), "script")):
        assert page.count(text) == 1
        page = page.replace(text, f"({kind})")
    golden(f"{name}.html", page)
