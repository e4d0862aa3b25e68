"""Generated reports: every text may be anything that UTF-8 can carry, and every closed set is covered."""

from hypothesis import strategies as st

from reconciler.model.check import Check
from reconciler.model.outcome import Outcome
from reconciler.model.plan import Change, FieldChange, Refusal
from reconciler.model.problem import Problem
from reconciler.model.report import KeyReport, Lifted, Report, Revision, Selection, TenantReport
from reconciler.model.tenant import Source
from reconciler.model.values import ABSENT, Json
from reconciler.model.words import Action, Cause, Reason, Result, Severity, Status, Verdict

ATTACKS = (
    "::error::x", "##[group]x", "\x1b[2J", "\u202egnp", "a\r\nb", "<script>alert(1)</script>", "</td></table>",
    "@team", "#1", "GH-12", "https://evil.example/a", "www.evil.example", "me@evil.example", "[a](b)", "![a](b)",
    "`a`", "|", "---", "***", "| a |", "&amp;", "&#64;team", "\\", "~~a~~", "$a$", "- [ ] a", "<!-- a", "```",
    "</details>", "</summary>", "<b", "> a", "1. a", "# a", "\n\n# a", "\u2028", "\u200b", ":::", "####[", ":smile:",
)  # fmt: skip
"""Texts that have broken renderers, to be mixed into the random ones."""

texts = st.one_of(
    st.sampled_from(ATTACKS),
    st.text(st.characters(codec="utf-8"), max_size=12),
    st.lists(st.one_of(st.sampled_from(ATTACKS), st.text(st.characters(codec="utf-8"), max_size=3)), max_size=4).map(
        "".join
    ),
)
values: st.SearchStrategy[Json] = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False), texts
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3).map(tuple), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=5,
)
sides = st.one_of(st.just(ABSENT), values)
digests = st.one_of(st.just(""), st.binary(min_size=32, max_size=32).map(lambda raw: f"sha256:{raw.hex()}"))
maybe_text = st.one_of(st.none(), texts)
numbers = st.integers(0, 10**6)


def some(items: "st.SearchStrategy[object]", most: int = 2) -> "st.SearchStrategy[tuple[object, ...]]":
    """Tuples of up to `most` items."""
    return st.lists(items, max_size=most).map(tuple)


problems = st.builds(Problem, texts, numbers, numbers, texts, texts, texts, texts, st.sampled_from(Severity), texts)
fields = st.builds(FieldChange, texts, sides, sides, st.booleans())
changes = st.builds(
    Change,
    key=texts,
    action=st.sampled_from(Action),
    reason=st.sampled_from(Reason),
    after=values,
    source=st.builds(Source, texts, numbers, numbers),
    before=sides,
    cause=st.sampled_from(Cause),
    write_once=st.booleans(),
    irreversible=st.booleans(),
    drops=some(texts),
    changes=some(fields),
    live_updated_at=maybe_text,
    warnings=some(texts),
)
outcomes = st.builds(Outcome, st.sampled_from(Status), texts, st.one_of(st.none(), st.booleans()), numbers, maybe_text)
keys = st.builds(KeyReport, changes, st.one_of(st.none(), outcomes))
tenants = st.builds(TenantReport, texts, texts, texts, st.sampled_from(Result), digests, some(keys), some(problems, 1))
checks = st.builds(
    Check,
    st.from_regex(r"[a-z]{1,9}/[a-z-]{1,12}", fullmatch=True),
    st.sampled_from(Verdict),
    texts,
    texts,
    texts,
    texts,
    maybe_text,
)
shards = st.one_of(st.none(), st.sampled_from(["1/1", "2/3", "12/64"]))
reports = st.builds(
    Report,
    command=st.sampled_from(["validate", "plan", "apply", "import", "doctor"]),
    tool_version=texts,
    started_at=texts,
    finished_at=texts,
    sandbox=st.booleans(),
    selection=st.builds(Selection, some(texts), some(texts), maybe_text, shards),
    revision=st.builds(Revision, maybe_text, maybe_text, st.one_of(st.none(), st.booleans())),
    result=st.sampled_from(Result),
    exit_code=st.sampled_from([0, 1, 2, 3, 4, 64, 70, 130]),
    digest=digests,
    tenants=some(tenants),
    problems=some(problems, 1),
    warnings=some(texts, 1),
    refusals=some(st.builds(Refusal, texts, texts, maybe_text, maybe_text)),
    lifted=some(st.builds(Lifted, texts, texts), 1),
    released=some(texts, 1),
    undo=st.dictionaries(texts, st.dictionaries(texts, values, max_size=2), max_size=1),
    not_restorable=some(texts, 1),
    checks=some(checks),
)
