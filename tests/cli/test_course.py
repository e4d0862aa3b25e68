"""What a progress display says: rates, the time that is left, and waits by name, on a clock that the test moves."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.cli.course import Course, span, waits_in_words
from reconciler.model.watching import Asked, Held


@dataclass
class Hand:
    """A clock that is turned by hand."""

    time: float = 1000.0

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("nothing here sleeps")


@pytest.fixture
def hand():
    return Hand()


@pytest.fixture
def course(hand: Hand):
    return Course(hand)


def steadily(course: Course, hand: Hand, seconds: int, *, tenants: int, requests: int, total: int = 1000) -> None:
    """So many tenants and requests a second."""
    for _ in range(seconds):
        hand.time += 1
        for _ in range(requests):
            course.sent()
        course.progress("read", course.done + tenants, total)


def test_a_steady_run_is_told_with_its_rate_and_the_time_that_is_left(course: Course, hand: Hand):
    """Ten tenants a second, sixty requests a second, seven hundred to go."""
    course.progress("read", 0, 1000)
    steadily(course, hand, 30, tenants=10, requests=60)
    assert course.verb == "Reading"
    assert course.headline() == "300 of 1,000 tenants, 60 requests/s, about 70 s left"


def test_nothing_is_foretold_before_anything_is_known(course: Course, hand: Hand):
    """Neither at the beginning, nor from the very first answers, nor while no tenant is through."""
    course.progress("read", 0, 1000)
    assert course.headline() == "0 of 1,000 tenants"
    steadily(course, hand, 1, tenants=10, requests=60)
    assert course.left() is None
    course.progress("apply", 0, 1000)
    steadily(course, hand, 60, tenants=0, requests=1)
    assert course.left() is None


def test_the_rate_is_that_of_late(course: Course, hand: Hand):
    """A run that has become slow says so within half a minute, however quick it was before."""
    course.progress("read", 0, 10_000)
    steadily(course, hand, 100, tenants=50, requests=300, total=10_000)
    steadily(course, hand, 31, tenants=1, requests=6, total=10_000)
    tenants, requests = course.rates()
    assert tenants == pytest.approx(1, abs=0.1)
    assert requests == pytest.approx(6, abs=0.5)


def test_a_phase_begins_with_rates_of_its_own(course: Course, hand: Hand):
    """What was read says nothing of how long writing takes."""
    course.progress("read", 0, 100)
    steadily(course, hand, 10, tenants=10, requests=60, total=100)
    course.progress("apply", 0, 100)
    assert (course.verb, course.rates(), course.left()) == ("Applying", (0.0, 0.0), None)


def test_under_the_budget_of_the_address_the_time_left_is_reckoned_by_that(course: Course, hand: Hand):
    """5,000 requests in the first ten seconds, then a wait of minutes: neither 83 nor no tenants a second go on."""
    course.progress("read", 0, 10_000)
    for _ in range(5000):
        course.sent()
    hand.time += 10
    course.progress("read", 833, 10_000)
    held = Held(5000, 300.0, hand.time + 290)
    course.waits(held)
    hand.time += 200
    # Six requests for each of 9,167 tenants are eleven windows of five minutes.
    assert course.left() == pytest.approx(55_024 * 300 / 5000, rel=0.01)
    assert "about 55 min left" in course.headline()
    course.goes_on(held)
    hand.time += 100
    assert "about 55 min left" in course.headline()


def test_a_run_takes_no_less_time_than_a_tenant_in_it_waits(course: Course, hand: Hand):
    """Two tenants of which one was told to wait for a minute are not done in a second."""
    course.progress("read", 0, 100)
    steadily(course, hand, 9, tenants=10, requests=10, total=100)
    assert course.left() == pytest.approx(1, abs=0.2)
    wait = Asked("acme", 429, hand.time + 60)
    course.waits(wait)
    assert course.left() == 60
    course.goes_on(wait)
    assert course.left() == pytest.approx(1, abs=0.2)


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 300), st.floats(0.01, 400)), max_size=30), st.integers(1, 99)
)
def test_the_time_left_is_never_negative_and_nothing_is_left_at_the_end(
    steps: list[tuple[int, int, float]], total: int
):
    """Whatever comes when."""
    hand = Hand()
    course = Course(hand)
    course.progress("read", 0, total)
    for tenants, requests, seconds in steps:
        for _ in range(requests):
            course.sent()
        hand.time += seconds
        course.progress("read", min(total, course.done + tenants), total)
        left = course.left()
        assert left is None or left >= 0
    course.progress("read", total, total)
    assert course.headline().startswith(f"{total} of {total} tenants")
    assert "left" not in course.headline()


WAITS = {
    "one tenant": (
        [Asked("acme", 429, 40.0)],
        ["Waiting 40 s for the platform's limit of acme (429, Retry-After)"],
    ),
    "several": (
        [Asked("beta", 429, 12.0), Asked("acme", 429, 40.0), Asked("gamma", 503, 5.0)],
        [
            "Waiting up to 40 s for the platform's limit of 2 tenants (429, Retry-After): acme, beta",
            "Waiting 5 s for the platform's limit of gamma (503, Retry-After)",
        ],
    ),
    "many": (
        [Asked(f"t{number}", 503, 5.0) for number in range(9)],
        ["Waiting up to 5 s for the platform's limit of 9 tenants (503, Retry-After): t0, t1, t2 and 6 more"],
    ),
    "the address": (
        [Held(5000, 300.0, 100.0), Held(5000, 300.0, 212.0)],
        [
            (
                "Waiting 4 min: this machine's address may make 5,000 requests in 5 min, and has made them."
                " Shards on several machines would not wait."
            )
        ],
    ),
    "none": ([], []),
}


@pytest.mark.parametrize(("waits", "said"), WAITS.values(), ids=list(WAITS))
def test_a_wait_is_told_by_whom_it_is_for_and_how_long_it_lasts(waits: list[Asked | Held], said: list[str]):
    """One sentence for each kind, with few names."""
    assert list(waits_in_words(waits, 0.0)) == said


def test_a_wait_is_shown_while_it_lasts(course: Course, hand: Hand):
    """It counts down, and is gone when it is over or when the run goes on."""
    first, second = Asked("acme", 429, 1040.0), Asked("acme", 429, 1040.0)
    course.waits(first)
    course.waits(second)
    hand.time += 30
    assert course.standing_still() == ("Waiting 10 s for the platform's limit of acme (429, Retry-After)",)
    course.goes_on(first)
    assert len(course.standing_still()) == 1, "an equal one goes on"
    course.goes_on(second)
    assert course.standing_still() == ()


def test_the_end_says_what_the_waits_came_to(course: Course, hand: Hand):
    """And says nothing where there were none worth a word."""
    assert course.slowed() == ()
    for seconds in (3.0, 12.0):
        wait = Asked("acme", 429, hand.time + seconds)
        course.waits(wait)
        hand.time += seconds
        course.goes_on(wait)
    held = Held(5000, 300.0, hand.time + 240)
    course.waits(held)
    hand.time += 240
    course.goes_on(held)
    assert course.slowed() == (
        "The platform asked to slow down (429, 503) 2 times, at most for 12 s.",
        "This address may make 5,000 requests in 5 min: the run stood still for 4 min.",
        "Shards on several machines would not wait; see: reconciler shards --help",
    )


def test_what_is_said_for_good_fits_a_terminal_of_80_columns():
    """A sentence that the terminal itself breaks is broken within a word."""
    hand = Hand()
    course = Course(hand)
    for wait in (Asked("acme", 503, 0.0), Asked("acme", 503, 0.0), Held(100_000, 300.0, 0.0)):
        course.waits(wait)
        hand.time += 5999
        course.goes_on(wait)
    assert all(len(line) <= 80 for line in course.slowed())


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.0, "1 s"), (40.2, "40 s"), (99.0, "99 s"), (120.0, "2 min"), (5400.0, "90 min"), (9000.0, "2.5 h")],
)
def test_a_length_of_time_is_said_in_the_unit_that_people_use(seconds: float, said: str):
    """Never nought: what lasts no second any more is not told."""
    assert span(seconds) == said
