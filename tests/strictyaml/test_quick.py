"""The quick way may give up on anything. What it says has to be what the strict parser says."""

import json
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reconciler.strictyaml import MAX_DEPTH, parse, quick, quick_placed
from reconciler.strictyaml.building import NODES_PER_MIB
from reconciler.strictyaml.quick import MAX_BYTES as QUICK_BYTES

ROOT = Path(__file__).parents[2]
FILES = sorted([*(ROOT / "tenants").rglob("*.yaml"), *(ROOT / "tests" / "desired" / "corpus").rglob("*.yaml")])

ORDINARY = {
    "block": b"a:\n  b: 1\n  c: [x, y]\n",
    "flow": b"{a: {b: 1.5, c: [true, ~]}}",
    "quoted names": b"\"a\": 'b'\n'no': \"x\\ty\"\n",
    "an explicit start": b"---\na: 1\n...\n",
    "no values": b"a:\nb: {}\nc: []\n",
    "CR LF": b"a: 1\r\nb: |\r\n  x\r\n",
    "letters outside ASCII": "a: Zürich # ü\n".encode(),
    "octal and hexadecimal": b"a: 0o17\nb: 0x1f\n",
    "quoted merge key": b"'<<': 1\n",
    "empty": b"{}",
    "second level": "a: {b: 1, 'c': {d: [e]}}\nf: [g, {h: 1}]\ni:\n  ü: {}\n  ? k\n  : l\nm: {}\n".encode(),
}
ODD = {
    "nothing": b"",
    "a comment": b"# nothing\n",
    "null": b"~",
    "a list": b"[1]",
    "a text": b"a",
    "two documents": b"a: 1\n---\nb: 2\n",
    "an empty one first": b"---\n---\na: 1\n",
    "anchor": b"a: &x 1\n",
    "anchor of a mapping": b"a: &x {b: 1}\n",
    "anchor of a list": b"a: &x [1]\n",
    "alias": b"a: &x 1\nb: *x\n",
    "merge key": b"a: {<<: {b: 1}}\n",
    "tag": b"a: !!str 1\n",
    "tag of a mapping": b"a: !!map {b: 1}\n",
    "tag of a name": b"!!str a: 1\n",
    "YAML directive": b"%YAML 1.2\n---\na: 1\n",
    "TAG directive": b"%TAG ! tag:x,2000:\n---\na: 1\n",
    "same name": b"a: 1\na: 2\n",
    "same name, one quoted": b"a: 1\n'a': 2\n",
    "same name within": b"a: {b: 1, b: 1}\n",
    "number as a name": b"1: a\n",
    "boolean as a name": b"true: a\n",
    "null as a name": b"~: a\n",
    "list as a name": b"? [a]\n: 1\n",
    "mapping as a name": b"? {a: 1}\n: 1\n",
    "octal": b"a: 0755\n",
    "sexagesimal": b"a: 12:30\n",
    "grouped": b"a: 1_000\n",
    "not finite": b"a: .inf\n",
    "too large": b"a: 9007199254740993\n",
    "octal as a name": b"0755: a\n",
    "escaped control": b'a: "\\u0001"\n',
    "escaped control in a name": b'"\\e": 1\n',
    "control": b"a: \x01\n",
    "lone CR": b"a: 1\rb: 2\n",
    "line separator": "a: 1 #\u2028b: 2\n".encode(),
    "byte order mark": b"\xef\xbb\xbfa: 1\n",
    "not UTF-8": b"a: \xff\n",
    "UTF-16": "a: 1\n".encode("utf-16"),
    "unclosed": b"a: [1\n",
    "too deep": b"{a: " * MAX_DEPTH + b"[]" + b"}" * MAX_DEPTH,
    "too deep in lists": b"a: " + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH,
    "too large a file for it": b"a: 1\n" + b"#" * QUICK_BYTES,
}
GIVEN_UP_WITHOUT_NEED = {"byte order mark", "too large a file for it", "a list", "a text"}


def agrees(data: bytes) -> bool:
    """Return whether the quick way went through; then, the strict one must have no finding and the same value."""
    value, placed = quick(data), quick_placed(data)
    assert (value is None) is (placed is None)
    if value is None or placed is None:
        return False
    document = parse(data, file="f.yaml")
    assert document.problems == ()
    # As text, so that 1, 1.0 and true differ, and the order of names counts.
    assert json.dumps(document.value) == json.dumps(value) == json.dumps(placed.content)
    inner = {name: members for name, members in value.items() if isinstance(members, dict)}
    places = {name: [document.key_position((name, member)) for member in members] for name, members in inner.items()}
    assert placed.names == places
    return True


@pytest.mark.parametrize("data", ORDINARY.values(), ids=list(ORDINARY))
def test_an_ordinary_file_goes_through_the_quick_way(data: bytes):
    """Or it would not be quick."""
    assert agrees(data)


@pytest.mark.parametrize("name", ODD)
def test_whatever_is_odd_is_given_up(name: str):
    """Each of these has a finding in full, but for those that are few enough not to matter."""
    assert quick(ODD[name]) is None
    assert bool(parse(ODD[name], file="f.yaml").problems) is (name not in GIVEN_UP_WITHOUT_NEED)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_real_files_mean_the_same_both_ways(path: Path):
    """The shipped tenants, and every file that was ever found to be wrong."""
    went = agrees(path.read_bytes())
    assert went or ROOT / "tenants" not in path.parents


def test_a_file_as_deep_as_allowed_goes_through():
    """The two count levels alike."""
    assert agrees(b"{a: " * MAX_DEPTH + b"1" + b"}" * MAX_DEPTH)


def test_no_file_that_it_takes_can_hold_more_values_than_are_allowed():
    """It doesn't count them: no value has less than a byte, and this is as close as they get."""
    assert QUICK_BYTES < NODES_PER_MIB
    assert agrees(b"a: [" + b"1," * (QUICK_BYTES // 2 - 3) + b"]")


PIECES = st.sampled_from(
    ["a", "b", "no", "true", "1", "1.0", "0755", "12:30", "~", ": ", ":\n  ", "\n", "\n  ", "- ", "[", "]", "{", "}",
     ", ", "'", '"', "\\u0001", "\\n", "&x ", "*x", "!!str ", "? ", "<<", "#", " ", "---\n", "...\n", "%YAML 1.2\n",
     "|\n  ", ">-\n  ", "\t", "ü", "\r\n", "\u2028", "é\u0301", "a: 1\n", "b: [x, y]\n", "c: {d: 2}\n"]
)  # fmt: skip


@settings(max_examples=600)
@given(st.lists(PIECES, max_size=14).map("".join))
@example("a: {b: 1}\n? c\n")
@example("{a, b}")
def test_the_quick_way_never_says_what_the_strict_one_does_not(text: str):
    """Whatever the pieces make: it gives up, or means the same."""
    agrees(text.encode())
