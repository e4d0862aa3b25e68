"""What a Markdown report tells beside changes: problems, refusals, warnings, lifts, released keys, what to do next."""

from collections.abc import Callable, Iterable, Sequence

from reconciler.model.plan import Refusal
from reconciler.model.problem import Problem
from reconciler.model.report import Report
from reconciler.model.words import Verdict
from reconciler.report.checks import Finding
from reconciler.report.fitting import Block, Row
from reconciler.report.inline import NAMES, code, listed, name, place, row, sentence, table
from reconciler.report.links import Links
from reconciler.report.wording import plural

_FEW = 2
"""Hints that need no fold."""


def problems(found: Sequence[Problem], links: Links) -> Block:
    """Return a table of problems; one that many files have alike is a row. `found` is in the order of a report."""
    together: dict[tuple[str, ...], list[Problem]] = {}
    for problem in found:
        said = (problem.severity, problem.rule, problem.message, problem.hint)
        together.setdefault(said, []).append(problem)
    rows = (Row(_problem(same, links), len(same)) for same in together.values())
    head = f"\n### Problems in files ({len(found):,})\n\n{table('What, and what to do', 'Where')}"
    return Block(head, rows, len(found), _counted("problem"))


def _problem(same: Sequence[Problem], links: Links) -> str:
    first = same[0]
    told = [f"<b>{first.severity.value.capitalize()}:</b> {sentence(first.message)}"]
    told.extend(text for text in (sentence(first.hint), code(first.rule)) if text)
    places = listed([place(links, problem.file, problem.line, problem.where) for problem in same[:NAMES]], len(same))
    return row("<br>".join(told), f"<b>{plural(len(same), 'place')}</b><br>{places}" if len(same) > 1 else places)


def checks(found: Sequence[Finding]) -> tuple[Block, Block]:
    """Return what `doctor` found: what is to be mended as a table, and what is ok folded."""
    bad = [one for one in found if one.status is not Verdict.OK]
    good = [one for one in found if one.status is Verdict.OK]
    heads = table("", "Check", "What was found, and what to do")
    first = f"\n### To mend, from the top\n\n{heads}"
    fold = f"\n<details><summary>{plural(len(good), 'finding')} ok</summary>\n\n{heads}"
    rows = (Row(_check(one)) for one in good)
    return (
        Block(first, (Row(_check(one)) for one in bad), len(bad), _counted("check")),
        Block(fold, rows, len(good), lambda n: plural(n, "check") + " that is ok", "\n</details>\n", assured=False),
    )


def _check(one: Finding) -> str:
    told = "<br>".join(sentence(text) for text in (one.text, one.hint) if text)
    return row(one.status.value, sentence(f"{one.area}: {one.name}"), told)


def refusals(found: Sequence[Refusal]) -> Block:
    """Return a table of what the gate refuses."""
    head = f"\n### Refusals ({len(found):,})\n\n{table('Rule', 'Why', 'Where')}"
    return Block(head, (Row(_refusal(refusal)) for refusal in found), len(found), _counted("refusal"))


def _refusal(refusal: Refusal) -> str:
    where = "<br>".join(code(text) for text in (refusal.tenant, refusal.key) if text)
    return row(code(refusal.rule), sentence(refusal.message), where or "the whole run")


def lists(report: Report) -> Iterable[Block]:
    """Yield the warnings of the run, what was lifted, what is released, and what can't be restored."""
    yield _list("Done" if report.command == "import" else "Warnings", report.warnings, "warning")
    yield _list("Lifted", [f"{lifted.rule}: {lifted.reason}" for lifted in report.lifted], "lift")
    yield _released(report.released)
    yield _list("Can't be restored by undo", report.not_restorable, "note on undo")


def _list(title: str, items: Sequence[str], noun: str) -> Block:
    rows = (Row(f"- {sentence(item)}\n") for item in items)
    return Block(f"\n### {title} ({len(items):,})\n\n", rows, len(items), _counted(noun))


def _released(found: Sequence[str]) -> Block:
    """Return the released keys, each with its tenants: `tenant:key` is how the report names them."""
    tenants: dict[str, list[str]] = {}
    for text in found:
        tenant, _, key = text.partition(":")
        tenants.setdefault(key, []).append(tenant)
    rows = (Row(f"- {_let_go(key, names)}\n", len(names)) for key, names in sorted(tenants.items()))
    head = f"\n### Released ({len(found):,})\n\nNo longer declared: what is live stays as it is.\n\n"
    return Block(head, rows, len(found), _counted("released key"))


def _let_go(key: str, tenants: Sequence[str]) -> str:
    number = f"<b>{plural(len(tenants), 'tenant')}</b>: " if len(tenants) > 1 else ""
    return f"{code(key) or 'a key'} in {number}{listed([name(tenant) for tenant in tenants[:NAMES]], len(tenants))}"


def scope(report: Report) -> Block:
    """Return what part of the fleet was looked at; nothing if all of it."""
    chosen = report.selection
    told: list[str] = []
    if chosen.shard:
        told.append(f"Shard {sentence(chosen.shard)} of this run.")
    if chosen.changed_since is not None:
        told.append(f"Only tenants changed since {code(chosen.changed_since)}.")
    return Block("\n", (Row(f"{line}\n") for line in told), len(told), _counted("line"))


def steps(found: Sequence[str], *, folded: bool) -> Block:
    """Return what to do next; `folded` where there is more than a little. There is no string from outside in it."""
    head, foot = "\n**Next**\n\n", ""
    if folded and len(found) > _FEW:
        head, foot = f"\n<details><summary>What to do next ({len(found)})</summary>\n\n", "\n</details>\n"
    return Block(head, (Row(f"- {step}\n") for step in found), len(found), _counted("hint"), foot)


def _counted(noun: str) -> Callable[[int], str]:
    return lambda number: plural(number, noun)
