from dataclasses import replace

import pytest

from reconciler.model.check import Check, ok, problem, skipped, warning
from reconciler.model.report import Report
from reconciler.model.words import Result, Verdict
from reconciler.report.checks import findings
from reconciler.report.headline import headline, next_steps
from reconciler.report.merge import merge
from reconciler.report.text import to_text
from reconciler.report.verdict import verdict
from tests.report.samples import SAMPLES, report

DOCTOR = SAMPLES["doctor"]
MANY = [f"tenant-{number:02}" for number in range(12)]


def test_the_same_finding_of_many_tenants_is_told_once():
    """With the first few names and the number of all."""
    (found,) = findings([problem("credentials/entry", "", "no entry.", "Add it.", tenant=name) for name in MANY])
    assert found.text == "12 tenants (tenant-00, tenant-01, tenant-02 and 9 more): no entry."
    assert found.hint == "Add it."


def test_a_key_that_fails_for_many_is_named_once():
    """Behind the tenants."""
    (found,) = findings([problem("api/keys", "a.b", "404.", "Look.", tenant=name) for name in MANY[:2]])
    assert found.text == "2 tenants (tenant-00, tenant-01), a.b: 404."


def test_two_findings_of_one_name_are_told_apart():
    """The worse one first."""
    checks = [ok("a/b", tenant="x"), warning("a/b", "", "odd", tenant="y"), problem("a/b", "", "bad", tenant="z")]
    assert [one.text for one in findings(checks)] == ["z: bad", "y: odd", "x"]


def test_many_that_are_ok_in_ways_of_their_own_are_counted():
    """Three hundred certificates have as many dates."""
    fine = [ok("network/certificate", f"h{number}", f"{number} days") for number in range(300)]
    assert [one.text for one in findings(fine)] == ["300 places (h0, h1, h2 and 297 more)"]
    assert len(findings(fine, every=True)) == 300


def test_of_many_that_are_wrong_in_ways_of_their_own_ten_are_told_and_the_rest_counted():
    """A page that nobody reads to its end helps nobody."""
    bad = [problem("api/keys", "a.b", f"{number}.", "Ask.", tenant=f"t{number}") for number in range(300)]
    told = findings(bad)
    assert [one.text for one in told[:2]] == ["t0, a.b: 0.", "t1, a.b: 1."]
    assert len(told) == 11
    assert told[-1].text.startswith("290 tenants (t10, t11, t12 and 287 more), a.b: each in a way of its own")
    assert told[-1].hint == "Ask."
    assert len(findings(bad[:10])) == 10
    assert len(findings(bad, every=True)) == 300


def test_verbose_names_everybody():
    """In the text report."""
    told = replace(DOCTOR, checks=tuple(problem("a/b", "", "bad", tenant=name) for name in MANY))
    assert "tenant-11" in to_text(told, width=80, colour=False, verbose=True)
    assert "tenant-11" not in to_text(told, width=80, colour=False)


def test_checks_keep_the_order_in_which_to_mend_them():
    """Whatever came of them."""
    names = [one.name for one in findings(DOCTOR.checks)]
    assert list(dict.fromkeys(names)) == [
        *("version", "problems", "entry", "secrets", "certificate", "name", "clock", "keys")
    ]


@pytest.mark.parametrize(
    ("checks", "expected"),
    [
        pytest.param((ok("a/b"),), (Result.IN_SYNC, 0), id="ok"),
        pytest.param((warning("a/b", "", "odd"), skipped("a/c", "x")), (Result.IN_SYNC, 0), id="warnings-dont-count"),
        pytest.param((ok("a/b"), problem("a/c", "", "bad")), (Result.FAILED, 1), id="a-problem"),
    ],
)
def test_only_a_problem_counts(checks: tuple[Check, ...], expected: tuple[Result, int]):
    """As with files: warnings are for reading."""
    assert verdict((), (), (), command="doctor", checks=checks) == expected


def test_the_first_line_counts_and_the_last_says_what_to_do():
    """For those who read nothing between."""
    assert headline(DOCTOR) == "12 problems, 1 warning, 1 not looked at; 13 checks ok."
    assert next_steps(DOCTOR) == (
        "Mend the problems from the top, as the first may cause the others, then: reconciler doctor",
    )
    fine = report("doctor", Result.IN_SYNC, 0, checks=(ok("a/b"),), sandbox=True)
    assert headline(fine) == "All is in place: 1 check ok."
    assert next_steps(fine) == ("See what would change: reconciler plan --sandbox",)


def _shard(number: int, *checks: Check) -> Report:
    code = int(any(one.status is Verdict.PROBLEM for one in checks))
    made = report("doctor", Result.FAILED if code else Result.IN_SYNC, code, digest="", checks=checks)
    return replace(made, selection=replace(made.selection, shard=f"{number}/2"))


def test_the_checks_of_shards_are_merged():
    """What all shards found is told once; a problem of one is a problem of the whole."""
    common = ok("tool/version", "reconciler")
    bad = problem("api/token", "", "401.", tenant="acme")
    whole = merge([_shard(1, common), _shard(2, common, bad)], digest=lambda _: "sha256:" + "0" * 64)
    assert isinstance(whole, Report)
    assert (whole.checks, whole.exit_code, whole.digest) == ((common, bad), 1, "")
