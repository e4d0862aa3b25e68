"""The pages of `explain` for a wiki and for machines: Markdown and JSON. The texts are a schema's: anybody's."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from reconciler.catalogue.explain import API, EXAMPLE, ONCE, ORDER, RULES, VALUE, Page
from reconciler.report.inline import code, row, sentence, table
from reconciler.report.untrusted import broken, markdown


def explained_json(pages: Sequence[Page]) -> str:
    """Return `{"keys": […]}`, a member for each page in the order of the catalogue; ASCII, with a final newline."""
    return broken(json.dumps({"keys": [_object(page) for page in pages]}, indent=2)) + "\n"


def explained_markdown(pages: Sequence[Page], *, listed: bool) -> str:
    """Return a section for each page, or a table of all if they are only to be `listed`."""
    if listed:
        rows = (row(code(page.name), sentence(page.phrase), "yes" if page.write_once else "") for page in pages)
        return "".join((table("key", "what it is", "can be set once"), *rows))
    return "\n".join("\n".join(_section(page)) for page in pages)


def _object(page: Page) -> dict[str, Any]:
    return {
        "key": page.name,
        "title": page.title,
        "write_once": page.write_once,
        "description": "\n\n".join(page.paragraphs),
        "path": page.path,
        "answers": list(page.answers),
        "value": [{"place": one.name, "facts": list(one.facts), "meaning": one.meaning} for one in page.places],
        "rules": [
            {"rule": rule.id, "severity": rule.severity.value, "reason": rule.reason, "hint": rule.hint}
            for rule in page.rules
        ],
        "order": list(page.order),
        "example": page.example,
    }


def _section(page: Page) -> Iterator[str]:
    yield f"## {markdown(page.name)}\n"
    yield from (f"<p>{_prose(paragraph)}</p>\n" for paragraph in (page.title, *page.paragraphs))
    if page.write_once:
        yield f"<p><b>{markdown(ONCE)}</b></p>\n"
    yield f"### {VALUE}\n"
    places = (row(code(one.name), sentence(", ".join(one.facts)), _prose(one.meaning)) for one in page.places)
    yield "".join((table("place", "what may stand there", "what it means"), *places))
    if page.rules:
        yield f"### {RULES}\n"
        rules = (
            row(code(one.id), one.severity.value, sentence(f"{one.reason} {one.hint}".strip())) for one in page.rules
        )
        yield "".join((table("rule", "weight", "why, and what to do"), *rules))
    if page.order:
        yield f"### {ORDER}\n"
        yield "".join(f"- {sentence(one)}\n" for one in page.order)
    yield f"### {EXAMPLE}\n"
    yield "<pre>\n{}\n</pre>\n".format("\n".join(map(markdown, page.example.splitlines())))
    yield f"### {API}\n"
    yield f"{code(page.path)}: {'; '.join(map(sentence, page.answers))}.\n"


def _prose(text: str) -> str:
    """Return a description in one line, of which the one mark of Markdown that people stress with is obeyed."""
    parts = text.replace("\n", " ").split("**")
    return "".join(f"<b>{markdown(part)}</b>" if number % 2 else markdown(part) for number, part in enumerate(parts))
