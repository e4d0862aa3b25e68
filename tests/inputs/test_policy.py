from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone

import pytest

from reconciler.inputs.settings import Settings
from reconciler.model.access import Limits
from reconciler.model.policy import Freeze

Good = Callable[..., Settings]
Refused = Callable[..., str]


def test_freezes_are_read_with_their_zones(good: Good):
    """TOML's own times and RFC 3339 texts; tenants are all by default."""
    settings = good(
        """
        [[gate.freeze]]
        from = 2030-11-20T00:00:00+01:00
        to = "2030-12-01t00:00:00.5z"
        tenants = "acme-*"
        reason = "peak"
        [[gate.freeze]]
        from = "2031-01-01T00:00:00-05:30"
        to = 2031-01-01T00:00:00-05:30
        reason = "stock-taking"
        """
    )
    first, second = settings.gate.freezes
    assert first == Freeze(
        datetime(2030, 11, 20, tzinfo=timezone(timedelta(hours=1))),
        datetime(2030, 12, 1, 0, 0, 0, 500_000, tzinfo=UTC),
        "peak",
        "acme-*",
    )
    assert (second.start, second.tenants) == (datetime(2031, 1, 1, 5, 30, tzinfo=UTC), "*")


@pytest.mark.parametrize(
    "time",
    [
        pytest.param("2030-11-20T00:00:00", id="toml-without-offset"),
        pytest.param("2030-11-20", id="toml-date"),
        pytest.param("00:00:00", id="toml-time"),
        pytest.param("'2030-11-20T00:00:00'", id="text-without-offset"),
        pytest.param("'2030-11-20'", id="text-date"),
        pytest.param("'2030-02-30T00:00:00Z'", id="no-such-day"),
        pytest.param("'2030-11-20T24:00:00Z'", id="no-such-hour"),
        pytest.param("'2030-11-20T00:00Z'", id="no-seconds"),
        pytest.param("'20301120T000000Z'", id="basic-format"),
        pytest.param("'2030-W47-3T00:00:00Z'", id="week-date"),
        pytest.param("'2030-11-20T00:00:00+1'", id="short-offset"),
        pytest.param("'tomorrow'", id="words"),
        pytest.param("1921363200", id="number"),
    ],
)
def test_a_time_without_an_offset_is_refused(refused: Refused, time: str):
    """It would mean another hour on each machine."""
    text = refused(f"[[gate.freeze]]\nfrom = {time}\nto = 2031-01-01T00:00:00Z\nreason = 'r'")
    assert "gate.freeze[1].from is not a time with an offset" in text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("[[gate.freeze]]", "gate.freeze[1].from is missing", id="from"),
        pytest.param("[[gate.freeze]]", "gate.freeze[1].to is missing", id="to"),
        pytest.param("[[gate.freeze]]", "gate.freeze[1].reason is missing", id="reason"),
        pytest.param("[[gate.freeze]]\nuntil = 1", "freeze[1].until is not a setting", id="unknown"),
        pytest.param("[[gate.freeze]]\ntenants = ['a']", "freeze[1].tenants must be text", id="tenants"),
        pytest.param("[[gate.freeze]]\nreason = ' '", "freeze[1].reason must be text", id="empty-reason"),
        pytest.param("[gate.freeze]\nreason = 'r'", "gate.freeze must be tables: [[gate.freeze]]", id="table"),
        pytest.param("gate = 1", "gate must be a table: [gate]", id="gate"),
        pytest.param("gate = {max_tenants_changed = -1}", "from 0 to", id="negative"),
        pytest.param("gate = {max_tenants_changed = 1.5}", "a whole number", id="fraction"),
        pytest.param("gate = {max_tenants_changed = true}", "a whole number", id="true"),
        pytest.param("gate = {max_changed_percent = 100.1}", "from 0 to 100", id="over-100"),
        pytest.param("gate = {max_changed_percent = nan}", "from 0 to 100", id="nan"),
        pytest.param("gate = {max_changed_percent = '30%'}", "from 0 to 100", id="percent-text"),
        pytest.param("apply = {drift = true}", "apply.drift must be text", id="drift-type"),
        pytest.param("apply = {drift = 'ignore'}", '"overwrite" or "report"', id="drift-word"),
        pytest.param("apply = {dryrun = true}", "apply.dryrun is not a setting", id="apply-unknown"),
        pytest.param("limits = []", "limits must be a table", id="limits"),
    ],
)
def test_what_the_gate_can_not_be_is_refused(refused: Refused, text: str, expected: str):
    """A gate that is misread is no gate."""
    assert expected in refused(text)


def test_a_freeze_that_ends_before_it_begins_is_refused(refused: Refused):
    """It would never hold."""
    text = refused("[[gate.freeze]]\nfrom = 2031-01-02T00:00:00Z\nto = 2031-01-01T00:00:00Z\nreason = 'r'")
    assert "gate.freeze[1].to lies before from" in text


def test_the_gate_accepts_its_own_bounds(good: Good):
    """0 and 100 are meant by somebody."""
    gate = good("gate = {max_tenants_changed = 0, max_changed_percent = 100}").gate
    assert (gate.max_tenants_changed, gate.max_changed_percent) == (0, 100)


@pytest.mark.parametrize("limit", [limit.name for limit in fields(Limits)])
@pytest.mark.parametrize("value", ["0", "-1", "1000000", "true", "'3'", "nan", "inf", "[]"])
def test_each_limit_is_positive_and_bounded(refused: Refused, limit: str, value: str):
    """A typo of three zeros must not flood the API or hang the job for a day."""
    assert f"limits.{limit} must be" in refused(f"limits = {{{limit} = {value}}}")


@pytest.mark.parametrize("value", ["0", "-1", "1_0", "1e2", "٣", " 3", "nan", "inf", "0x10", "three", "99999999999"])
def test_a_limit_of_the_environment_is_plain_decimal(refused: Refused, value: str):
    """What Python alone would call a number is not good enough."""
    assert "RECONCILER_LIMITS_CONCURRENCY" in refused(environment={"RECONCILER_LIMITS_CONCURRENCY": value})


def test_a_whole_limit_takes_no_fraction(refused: Refused, good: Good):
    """Half a tenant at once is nothing; half a second is."""
    assert "concurrency must be a whole number" in refused("limits = {concurrency = 1.5}")
    assert good("", {"RECONCILER_LIMITS_VERIFY_TIMEOUT": "0.5"}).limits.verify_timeout == 0.5
