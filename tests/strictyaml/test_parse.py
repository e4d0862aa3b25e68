import json
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.strictyaml import MAX_BYTES, Document, parse

Found = list[tuple[int, int, str, str]]
Read = Callable[[str], Document]
Find = Callable[[str | bytes], Found]

CANARY = "canary-2f6e"


def test_a_document_becomes_plain_data(read: Read):
    """Mappings, sequences, quoted and block scalars, in block and flow style."""
    text = 'a: {b: [1, "2", no], c: null}\nd: |\n  x\n  y\ne: >-\n  x\n  y\n'
    assert read(text).value == {"a": {"b": [1, "2", "no"], "c": None}, "d": "x\ny\n", "e": "x y"}


def test_positions_of_values_and_of_names_are_known(read: Read):
    """Both start at line 1, column 1; columns count characters."""
    document = read("a:\n  é: [x, {yy: 1}]\n")
    assert document.position(("a",)) == (2, 3)
    assert document.key_position(("a",)) == (1, 1)
    assert document.position(("a", "é", 1, "yy")) == (2, 15)
    assert document.key_position(("a", "é", 1, "yy")) == (2, 11)
    assert document.position(("a", "é", 7)) == document.position(("a", "é"))
    assert document.key_position(()) == document.position(()) == (1, 1)


def test_a_duplicate_key_is_refused_with_both_positions(read: Read):
    """The first value stays, so that the rest can be checked."""
    document = read("a: 1\nb: {c: 1,\n  c: 2}\na: 3\n")
    texts = [f"{p.where} {p.pointer} {p.message}" for p in document.problems]
    assert texts == [
        'f.yaml:3:3 /b/c "c" is written twice: at line 2, column 5, and here',
        'f.yaml:4:1 /a "a" is written twice: at line 1, column 1, and here',
    ]
    assert document.value == {"a": 1, "b": {"c": 1}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a: &x 1\n", [(1, 4, "/a", "yaml/anchor")], id="anchor"),
        pytest.param("a: [1, *x]\n", [(1, 8, "/a/1", "yaml/alias")], id="alias"),
        pytest.param("*x : 1\n", [(1, 1, "", "yaml/alias")], id="alias-as-name"),
        pytest.param("a: {<<: {b: 1}}\n", [(1, 5, "/a", "yaml/merge-key")], id="merge-key"),
        pytest.param('a: {"<<": 1}\n', [], id="quoted-merge-key-is-a-name"),
        pytest.param("a: !!str 1\n", [(1, 4, "/a", "yaml/tag")], id="tag"),
        pytest.param("a: ! 1\n", [(1, 4, "/a", "yaml/tag")], id="non-specific-tag"),
        pytest.param("a: !x {b: 1}\n", [(1, 4, "/a", "yaml/tag")], id="local-tag-on-mapping"),
        pytest.param("%YAML 1.2\n---\na: 1\n", [(1, 1, "", "yaml/directive")], id="yaml-directive"),
        pytest.param("%TAG !e! x\n---\na: 1\n", [(1, 1, "", "yaml/directive")], id="tag-directive"),
        pytest.param("%FOO x\n---\na: 1\n", [(1, 1, "", "yaml/directive")], id="unknown-directive"),
        pytest.param("---\na: 1\n...\n", [], id="one-document-with-markers"),
        pytest.param("a: 1\n---\nb: 2\n", [(2, 1, "", "yaml/documents")], id="two-documents"),
        pytest.param("1: 2\n", [(1, 1, "", "yaml/key")], id="number-as-name"),
        pytest.param("a: {true: 2}\n", [(1, 5, "/a", "yaml/key")], id="boolean-as-name"),
        pytest.param("a: {0755: 2}\n", [(1, 5, "/a", "yaml/key")], id="trap-as-name"),
        pytest.param("? [a]\n: 1\n", [(1, 3, "", "yaml/key")], id="sequence-as-name"),
        pytest.param("? {a: 1}\n: {b: 1}\n", [(1, 3, "", "yaml/key")], id="mapping-as-name"),
        pytest.param("no: 2\n", [], id="no-is-a-name"),
        pytest.param("", [(1, 1, "", "yaml/empty")], id="empty"),
        pytest.param("# nothing\n", [(1, 1, "", "yaml/empty")], id="comment-only"),
        pytest.param("--- ~\n", [(1, 1, "", "yaml/empty")], id="explicit-null"),
        pytest.param("{}\n", [], id="empty-mapping"),
        pytest.param("a: b: c\n", [(1, 5, "", "yaml/syntax")], id="syntax"),
        pytest.param('a: "\\ud800"\n', [(1, 7, "", "yaml/syntax")], id="lone-surrogate"),
        pytest.param('a: "x\\0y"\n', [(1, 4, "/a", "yaml/control-character")], id="escaped-nul"),
        pytest.param('a: "x\\ry"\n', [(1, 4, "/a", "yaml/control-character")], id="escaped-carriage-return"),
        pytest.param('a: "x\\Ny"\n', [(1, 4, "/a", "yaml/control-character")], id="escaped-c1"),
        pytest.param('"\\e": 1\n', [(1, 1, "", "yaml/control-character")], id="control-character-in-name"),
        pytest.param('a: "x\\ty\\n"\n', [], id="tab-and-line-feed"),
        pytest.param("a: 1\r\nb: 0755\r\n", [(2, 4, "/b", "yaml/octal")], id="windows-line-ends"),
        pytest.param("a: x\0\n", [(1, 5, "", "yaml/control-character")], id="nul"),
        pytest.param(
            "a: 1\r# b: 2\n",
            [(1, 5, "", "yaml/control-character"), (1, 9, "", "yaml/syntax")],
            id="lone-carriage-return",
        ),
        pytest.param("# x\u2028a: 1\nb: 2\n", [(1, 4, "", "yaml/control-character")], id="hidden-line-break"),
        pytest.param("a: 1\nb: \x85\n", [(2, 4, "", "yaml/control-character")], id="next-line"),
        pytest.param("\ufeffa: 0755\n", [(1, 4, "/a", "yaml/octal")], id="leading-bom-is-skipped"),
        pytest.param("a: x\ufeff\n", [(1, 5, "", "yaml/control-character")], id="bom-inside"),
        pytest.param(b"a: 1\nb: \xc3\xa9\xff\n", [(2, 5, "", "yaml/encoding")], id="not-utf-8"),
        pytest.param("a: 1".encode("utf-16"), [(1, 1, "", "yaml/encoding")], id="utf-16"),
        pytest.param("a: 1".encode("utf-16-be"), [(1, 1, "", "yaml/encoding")], id="utf-16-without-bom"),
        pytest.param("a: 1".encode("utf-32"), [(1, 1, "", "yaml/encoding")], id="utf-32"),
        pytest.param(
            "a: &x 0755\nb: *x\nc: [12:30\n",
            [
                (1, 4, "/a", "yaml/anchor"),
                (1, 4, "/a", "yaml/octal"),
                (2, 4, "/b", "yaml/alias"),
                (3, 5, "/c/0", "yaml/sexagesimal"),
                (4, 1, "", "yaml/syntax"),
            ],
            id="all-findings-up-to-the-syntax-error",
        ),
    ],
)
def test_what_has_two_meanings_is_refused_where_it_stands(found: Find, text: str | bytes, expected: Found):
    """Each row lists all findings of one file."""
    assert found(text) == expected


def test_a_refused_scalar_is_broken_and_not_null(read: Read):
    """What comes after can leave it alone instead of complaining about a null."""
    document = read("a: [1, 0755]\nb: !!int 3\nc: ~\n")
    assert list(document.broken()) == [("a", 1), ("b",)]
    assert document.value == {"a": [1, None], "b": None, "c": None}


def test_depth_64_is_read_and_65_is_refused(read: Read, found: Find):
    """The root mapping is depth 1."""
    assert not read("a: " + "[" * 63 + "]" * 63).problems
    assert [row[3] for row in found("a: " + "[" * 64 + "]" * 64)] == ["yaml/depth"]


def test_a_megabyte_is_read_and_a_byte_more_is_refused(found: Find):
    """The size is checked before anything else."""
    text = b"a: 1\n#"
    assert found(text + b"x" * (MAX_BYTES - len(text))) == []
    assert found(text + b"x" * (MAX_BYTES - len(text) + 1)) == [(0, 0, "", "file/size")]


def seconds_for(data: bytes):
    """Processor time of one parse, with whatever traces lines (coverage does) out of the way."""
    tracer = sys.gettrace()
    sys.settrace(None)
    try:
        before = time.process_time()
        parse(data, file="bomb.yaml")
        return time.process_time() - before
    finally:
        sys.settrace(tracer)


@pytest.mark.parametrize(
    "unit",
    [
        pytest.param(unit, id=unit.encode("unicode_escape").decode().replace(" ", "_"))
        for unit in (
            "[", "{", "- ", "? ", "{a: ", "[a, ", "a:\n", "- &a x\n", "*a ", "---\n", "!", '"', "'", "#", "|\n", "\t",
            ": ", "[],", "[]\n", "a ", "\0", "\r", "\u2028", "- [a, b]\n", "a: *b\n", "0755\n- ",
        )
    ],
)  # fmt: skip
def test_a_megabyte_of_anything_is_answered_quickly(unit: str):
    """Neither nesting nor repetition exhausts time, memory or the stack."""
    for head in ("", "[", "a: "):
        data = (head + unit * (MAX_BYTES // len(unit))).encode()[:MAX_BYTES]
        assert seconds_for(data) < 1.5, head


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"h: {{api_key: {CANARY}, api_key: {CANARY}}}", id="duplicate-of-the-field"),
        pytest.param(f"h:\n  api_key: {{{CANARY}: 0755, {CANARY}: 12:30}}", id="names-and-traps-inside"),
        pytest.param(f"h:\n  api_key: &{CANARY} !{CANARY} 1", id="anchor-and-tag"),
        pytest.param(f"h:\n  api_key: *{CANARY}\n", id="alias"),
        pytest.param(f"h:\n  api_key:{CANARY}\n  b: 1", id="missing-blank"),
        pytest.param(f'h:\n  api_key: "{CANARY}', id="open-quote"),
        pytest.param(f"h:\n  api_key: %{CANARY}\n", id="bad-start"),
        pytest.param(f"h:\n  api_key: {CANARY}: x\n", id="colon"),
        pytest.param(f'h:\n  api_key: "{CANARY}\\0"\n', id="control-character"),
        pytest.param(f"%{CANARY}\n---\na: 1", id="directive"),
        pytest.param(f"%TAG !a! {CANARY}\n---\na: !a!{CANARY} 1", id="tag-directive"),
        pytest.param(f"h:\n  api_key: [{CANARY}\n ? {{", id="unbalanced"),
    ],
)
def test_a_finding_never_shows_what_is_hidden(text: str):
    """Neither a message, a hint, a pointer nor a repr holds anything of a hidden place, or of a syntax error."""
    document = parse(text.encode(), file="f.yaml", hidden=lambda path: path[-1:] == ("api_key",))
    assert document.problems
    assert CANARY not in repr(document)
    assert "493" not in repr(document.problems)


def test_findings_are_cut_where_they_would_only_bury_the_first(found: Find):
    """A file of one mistake a line ends with one finding that says so."""
    rows = found("- 0755\n" * 10_000)
    assert len(rows) < 300
    assert (1, 1, "", "yaml/too-many") in rows


ALPHABET = st.sampled_from(
    ["a", "b", ": ", "- ", "\n", " ", "  ", "[", "]", "{", "}", ",", '"', "'", "&x ", "*x", "!t ", "<<", "0755", "1",
     "null", "#", "|", ">", "?", "%", "---", "\t", "é", "\0", "\\x00", "\r\n", "\u2028", "~"]
)  # fmt: skip


@given(st.one_of(st.binary(max_size=200), st.lists(ALPHABET, max_size=40).map(lambda parts: "".join(parts).encode())))
@example(b"\0")
@example(b"\xef\xbb\xbf")
@example(b"? &x\n*x : !t\n")
def test_any_bytes_give_a_document(data: bytes):
    """Nothing raises; without findings the value is JSON, and means what every YAML reader would see."""
    document = parse(data, file="f.yaml")
    if document.problems:
        for problem in document.problems:
            assert (problem.line > 0) == (problem.column > 0)
            assert document.position(("nowhere", 0)) >= (1, 1)
    else:
        json.dumps(document.value, allow_nan=False).encode()
        assert yaml.load(data.removeprefix(b"\xef\xbb\xbf"), yaml.CBaseLoader) is not None


JSON_LIKE = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(st.characters(codec="ascii")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E)), JSON_LIKE, min_size=1))
def test_json_without_control_characters_is_read_as_json(tree: dict[str, Any]):
    """JSON is YAML 1.2: what json.dumps writes comes back the same, or a control character is reported."""
    document = parse(json.dumps(tree).replace("\x7f", "?").encode(), file="f.yaml")
    if all(problem.rule == "yaml/control-character" for problem in document.problems):
        if not document.problems:
            assert document.value == json.loads(json.dumps(tree).replace("\x7f", "?"))
    else:
        # JSON writes characters beyond the BMP as two escapes, which YAML doesn't join.
        assert "\\ud" in json.dumps(tree)
