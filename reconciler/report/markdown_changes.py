"""The rows of a Markdown report that many tenants may share: what changes, what it means, and where."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reconciler.model.meaning import Meaning, Meanings
from reconciler.model.outcome import Outcome
from reconciler.model.words import Action, Cause, Reason
from reconciler.report.alike import Alike
from reconciler.report.fields import FieldLine, label
from reconciler.report.fitting import Block, Row
from reconciler.report.inline import NAMES, code, link, listed, name, place, row, sentence, table, window
from reconciler.report.links import NO_LINKS, Links
from reconciler.report.sections import Risk
from reconciler.report.titles import Title
from reconciler.report.wording import cause, outcome, plural, reason

_SHOWN = 20
"""Rows that are not folded."""
_LINES = 12
"""Fields that a row shows; it counts the others."""
_SAID = frozenset({Reason.DEFAULT_DIFFERS, Reason.AMBIGUOUS, Reason.UNKNOWN_KEY, Reason.READ_FAILED})
"""Reasons that the title above the row doesn't say."""


@dataclass(frozen=True, slots=True)
class Aids:
    """What helps a reader, as far as it is known: what the keys mean, and where the files are."""

    meanings: Meanings
    links: Links


def changes(title: Title, found: Sequence[Alike], aids: Aids) -> Block:
    """Return a table of `found`; what is too much to look at is folded. It counts the keys of all tenants."""
    heads = table("What", "Where")
    shown, rest = found[:_SHOWN], found[_SHOWN:]
    head = f"\n### {title.text} ({_keys(found):,})\n\n" + (f"{title.intro}\n\n" if title.intro else "") + heads
    fold = f"\n<details><summary>{title.text}: {_keys(rest):,} more</summary>\n\n{heads}"
    more = Block(fold, _rows(rest, aids), _keys(rest), title.told, "\n</details>\n", assured=False)
    return Block(head, _rows(shown, aids), _keys(shown), title.told, rest=more)


def _keys(found: Sequence[Alike]) -> int:
    return sum(len(one.members) for one in found)


def _rows(found: Sequence[Alike], aids: Aids) -> Iterator[Row]:
    return (Row(_row(one, aids), len(one.members)) for one in found)


def glossary(found: Sequence[Alike], meanings: Meanings) -> Block:
    """Return what the keys of `found` mean, folded; it counts those of which something is known."""
    keys = sorted({one.change.key for one in found} & meanings.keys())
    rows = (Row(f"- {code(key)} {_meant(meanings[key])}\n") for key in keys)
    head = "\n<details><summary>What these keys mean</summary>\n\n"
    return Block(head, rows, len(keys), lambda n: plural(n, "key") + " explained", "\n</details>\n", assured=False)


def _meant(meaning: Meaning) -> str:
    return f"<b>{sentence(meaning.title)}.</b> {sentence(meaning.text)}"


def _row(one: Alike, aids: Aids) -> str:
    meaning = aids.meanings.get(one.change.key)
    title = f" {sentence(meaning.title)}" if meaning else ""
    lines = [_line(line, one, meaning) for line in one.lines[:_LINES]]
    if len(one.lines) > _LINES:
        lines.append(f"and {plural(len(one.lines) - _LINES, 'field')} more")
    what = (f"{code(one.change.key)}{title}", *_reason(one), *lines, *_told(one))
    return row("<br>".join(what), _where(one, aids.links))


def _line(line: FieldLine, one: Alike, meaning: Meaning | None) -> str:
    of = f"{code(line.label)} " if line.pointer else ""
    if line.sensitive:
        return f"{of}{sentence(line.before)}"
    before, after = window(line.before, line.after)
    unit = meaning.unit(line.pointer) if meaning else ""
    counted = f" {sentence(unit)}" if unit else ""
    if one.change.action is Action.BLOCKED:
        return f"{of}is {code(before) or 'not there'} live, {code(after) or 'not there'} in the file{counted}"
    if not after:
        return f"{of}<b>{code(before)} → dropped</b>"
    if not before:
        return f"{of}<b>{code(after)}</b>{counted}" if line.pointer else f"<b>not set → {code(after)}</b>{counted}"
    return f"{of}<b>{code(before)} → {code(after)}</b>{counted}"


def _reason(one: Alike) -> Iterator[str]:
    """Yield why it is so, where neither the title nor the values say it."""
    why = one.change.reason
    if why in _SAID or (why is Reason.UNSET and any(line.pointer for line in one.lines)):
        yield sentence(reason(why))


def _told(one: Alike) -> Iterator[str]:
    """Yield what a reviewer must know beside the values, a sentence each."""
    change, ended = one.change, one.key.outcome
    if not _is_plain(one) and (moved := cause(change)):
        yield sentence(moved)
    if change.drops:
        dropped = ", ".join(code(label(where)) for where in change.drops)
        yield f"<b>Warning:</b> drops what the schema doesn't know: {dropped}"
    yield from _warnings(one)
    # Of what was never to be written, all is said.
    if ended and one.change.action.writes:
        # Of several, each has a request id and a number of tries of its own: those are below, tenant by tenant.
        yield f"<b>{sentence(outcome(ended if not one.rest else Outcome(ended.status, ended.detail)))}</b>"


def _is_plain(one: Alike) -> bool:
    """True if the title above the row, or nothing beside it, says who is behind it."""
    differs = one.change.reason is Reason.DIFFERS
    match one.change.cause:
        case _ if one.risk is Risk.BLOCKED:
            return False
        case Cause.BOTH if one.risk is Risk.WRITES:
            return not differs
        case Cause.DRIFT if one.risk is Risk.WRITES:
            return not (differs and all(line.sensitive for line in one.lines))
        case other:
            return other is Cause.DECLARED


def _warnings(one: Alike) -> Iterator[str]:
    warnings = one.change.warnings
    told = "" if one.risk is Risk.UNREADABLE else "<b>Warning:</b> "
    yield from (f"{told}{sentence(warning)}" for warning in warnings)
    if any(key.change.warnings != warnings for _, key in one.rest):
        yield f"Of {name(one.members[0][0].tenant)}; others have warnings of their own, below"


def _where(one: Alike, links: Links) -> str:
    shared = one.place
    if not one.rest:
        source = one.change.source
        return f"<b>{name(one.members[0][0].tenant)}</b><br>{place(links, source.file, source.line)}"
    total = f"<b>{plural(len(one.members), 'tenant')}</b>"
    if shared:
        total = f"{total}, all by {place(links, shared.file, shared.line)}"
    return f"{total}<br>{_names(one, NO_LINKS if shared else links)}"


def _names(one: Alike, links: Links) -> str:
    told = [
        link(name(tenant.tenant), links.to(key.change.source.file, key.change.source.line))
        for tenant, key in one.members[:NAMES]
    ]
    return listed(told, len(one.members))
