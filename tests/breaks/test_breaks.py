"""The breaks of `breaks.py` can be made, and each is noticed by the test that it names."""

import ast
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from tests.breaks.break_and_see import Seen, main, table, unnoticed
from tests.breaks.breaks import BREAKS, Break
from tests.security.threats import THREATS

ROOT = Path(__file__).parents[2]
each_break = pytest.mark.parametrize("one", BREAKS, ids=lambda one: one.name)


@cache
def functions_of(file: str) -> dict[str, ast.FunctionDef | ast.AsyncFunctionDef]:
    """The functions of a file, by name."""
    body = ast.parse((ROOT / file).read_text(encoding="utf-8")).body
    return {node.name: node for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@cache
def words_of(file: str) -> frozenset[str]:
    """The texts and whole numbers in a file: what the id of a row is made of."""
    found = ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8")))
    values = (node.value for node in found if isinstance(node, ast.Constant))
    return frozenset(str(value) for value in values if isinstance(value, str | int) and str(value))


def test_every_promise_has_its_breaks_and_no_two_share_a_name():
    """A list that shrinks guards less, and a name is how one is asked for."""
    assert len(BREAKS) >= 20
    assert [name for name, count in Counter(one.name for one in BREAKS).items() if count > 1] == []
    assert all(one.harm.endswith(".") and "|" not in one.harm for one in BREAKS)


@each_break
def test_a_break_can_be_made_at_exactly_one_place(one: Break):
    """Code that was rewritten needs its break rewritten, too: else nothing would be broken, or something else."""
    text = (ROOT / one.path).read_text(encoding="utf-8")
    assert text.count(one.old) == 1
    if one.path.suffix == ".py":
        ast.parse(text.replace(one.old, one.new))


@each_break
def test_the_test_that_a_break_names_exists(one: Break):
    """By its file and name; a row's id is made of words of that file. The run over all breaks has the last word."""
    file, _, rest = one.test.partition("::")
    name, bracket, row = rest.partition("[")
    assert name in functions_of(file), f"{file} has no {name}"
    marks = [ast.unparse(mark) for mark in functions_of(file)[name].decorator_list]
    has_rows = any(mark.startswith("pytest.mark.parametrize") for mark in marks)
    assert has_rows is bool(bracket), "a table needs a row, and only a table has one"
    if bracket:
        words = "|".join(re.escape(word) for word in words_of(file))
        assert re.fullmatch(rf"(?:{words})(?:-(?:{words}))*", row.removesuffix("]")), f"{file} has no row {row}"


@each_break
def test_what_counts_as_noticed_says_what_went_wrong(one: Break):
    """A pattern that any failure fits would take a typing error for a guard."""
    for other in ("AssertionError", "AttributeError: x", "NameError: name 'x' is not defined", "assert False", ""):
        assert not re.search(one.because, other)


SAMPLE = Break("b", "Harm.", "f.py", "old", "new", "tests/t.py::test_t[row]", r"3 == 1")


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        pytest.param(Seen(1, "E   assert 3 == 1\nFAILED tests/t.py::test_t[row] - x", 1), "", id="noticed"),
        pytest.param(Seen(0, "1 passed", 1), "stayed green", id="green"),
        pytest.param(Seen(None, "", 1), "had not ended", id="endless"),
        pytest.param(
            Seen(1, "E   NameError: x\nFAILED tests/t.py::test_t[row] - x", 1), "another reason", id="another-reason"
        ),
        pytest.param(
            Seen(1, "    assert 3 == 1\nE   TypeError\nFAILED tests/t.py::test_t[row] - x", 1),
            "another reason",
            id="only-in-the-source",
        ),
        pytest.param(
            Seen(1, "E   assert 3 == 1\nERROR tests/t.py::test_t[row] - x", 1), "could not be run", id="in-a-fixture"
        ),
        pytest.param(Seen(4, "ERROR: not found", 1), "could not be run", id="no-such-test"),
    ],
)
def test_only_the_expected_failure_of_the_named_test_counts(seen: Seen, why: str):
    """Otherwise an import that breaks would pass for a defence that is guarded."""
    found = unnoticed(SAMPLE, seen)
    assert (why in found) if why else found == ""


def test_the_list_is_a_table_with_a_row_for_each_break(capsys: pytest.CaptureFixture[str]):
    """For a page or a review: what each would do, and which test says no."""
    assert main(["--list"]) == 0
    printed = capsys.readouterr().out
    assert printed == table(BREAKS) + "\n"
    assert [line.count(" | ") for line in printed.splitlines()] == [2, 0] + [2] * len(BREAKS)
    assert all(f"| {one.name} | {one.harm} | `{one.test}` |" in printed for one in BREAKS)


def test_a_break_that_is_not_in_the_list_is_a_wrong_call(capsys: pytest.CaptureFixture[str]):
    """A typing error must not read as "all noticed"."""
    with pytest.raises(SystemExit) as caught:
        main(["no-such-break"])
    assert caught.value.code == 2
    assert "no-such-break" in capsys.readouterr().err


def test_the_breaks_of_the_threats_can_be_asked_for(capsys: pytest.CaptureFixture[str]):
    """Of all of docs/security.md, as `make security` does, or of one threat."""
    security = {name for threat in THREATS.values() for name in threat.breaks}
    for asked, names in (("security", security), *((name, set(threat.breaks)) for name, threat in THREATS.items())):
        assert main(["--list", "--of", asked]) == 0
        rows = capsys.readouterr().out.splitlines()[2:]
        assert {row.split(" | ")[0].removeprefix("| ") for row in rows} == names


@pytest.mark.long
def test_every_break_is_noticed_by_its_test():
    """All are made, one after the other, in a copy: a defence that nobody guards can be lost in any later change."""
    script = ROOT / "tests" / "breaks" / "break_and_see.py"
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, cwd=ROOT, timeout=900, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(BREAKS)} of {len(BREAKS)} breaks were noticed." in done.stdout
