"""What WireMock can do to a request, where in an apply it does it, and how the key must end then.

The endings follow the table of docs/explanation/reliability.md, which is `platform.retries.ROWS`: a kind of trouble
names its row.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from reconciler.model.key import Key
from reconciler.platform.retries import ROWS, Do, Happened, Method
from tests.contract.stateful import Moment, stub
from tests.contract.wiremock import LARGE, Stub

H = Happened
UNHURRIED: Mapping[str, float] = {"read_timeout": 10, "connect_timeout": 5, "read_tries": 2, "verify_timeout": 2}
HURRIED: Mapping[str, float] = {**UNHURRIED, "read_timeout": 1.5, "connect_timeout": 1}
"""For answers that come too late: one exchange may take 1 + 2 x 1.5 seconds."""


@dataclass(frozen=True)
class Kind:
    """One kind of trouble: what is laid over WireMock's answer, and the row of the table that it is.

    `row` None: the true answer, only later.
    """

    name: str
    row: Happened | None
    answer: Mapping[str, Any]
    limits: Mapping[str, float] = field(default_factory=lambda: UNHURRIED)

    @property
    def accepts(self) -> bool:
        """True if a POST hears a 2xx."""
        in_time = self.row in {None, H.CUT_SHORT, H.UNUSABLE, H.OTHER}
        return in_time and self.answer.get("status", 200) < 300

    @property
    def may_be_stored(self) -> bool:
        """True if whoever answers may not know that the POST was stored. A platform that refuses a token knows."""
        return self.row not in {H.UNAUTHORISED, H.FORBIDDEN, H.BLOCKED}

    def do(self, method: Method) -> Do:
        """Return what the table says. A true answer is read back like any other of 2xx."""
        return ROWS[self.row or H.OTHER].do(method)


def _status(status: int, row: Happened, body: str = '{"message": "no"}', **headers: str) -> Kind:
    mime = "application/json" if body.startswith("{") else "text/html"
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    hint = "".join(f"-{name.lower()}" for name in named)
    suffix = hint or ("-html" if mime == "text/html" else "")
    answer = {"status": status, "headers": {"Content-Type": mime, **named}, "body": body}
    return Kind(f"status-{status}{suffix}", row, answer)


HTML = "<html><body>Bad day</body></html>"
FAULTS = (
    Kind("connection-reset", H.LOST, {"fault": "CONNECTION_RESET_BY_PEER"}),
    Kind("empty-response", H.LOST, {"fault": "EMPTY_RESPONSE"}),
    Kind("malformed-chunk", H.CUT_SHORT, {"fault": "MALFORMED_RESPONSE_CHUNK"}),
    Kind("random-data", H.LOST, {"fault": "RANDOM_DATA_THEN_CLOSE"}),
)
SLOW = (
    Kind("delay", None, {"fixedDelayMilliseconds": 150}),
    Kind("random-delay", None, {"delayDistribution": {"type": "lognormal", "median": 60, "sigma": 0.4}}),
    Kind("dribble", None, {"chunkedDribbleDelay": {"numberOfChunks": 7, "totalDuration": 300}}),
    Kind("delay-too-long", H.LOST, {"fixedDelayMilliseconds": 2500}, HURRIED),
    Kind(
        "dribble-too-long", H.CUT_SHORT, {"chunkedDribbleDelay": {"numberOfChunks": 20, "totalDuration": 6000}}, HURRIED
    ),
)
STATUSES = (
    _status(500, H.SERVER_ERROR),
    _status(502, H.SERVER_ERROR, HTML),
    _status(503, H.SERVER_ERROR, HTML),
    _status(503, H.BUSY, Retry_After="0"),
    _status(504, H.SERVER_ERROR, HTML),
    _status(429, H.THROTTLED),
    _status(429, H.THROTTLED, Retry_After="0"),
    _status(409, H.CONFLICT),
    _status(400, H.OTHER),
    _status(404, H.OTHER),
    _status(413, H.OTHER, HTML),
    _status(422, H.OTHER),
    _status(401, H.UNAUTHORISED),
    _status(403, H.FORBIDDEN),
    _status(403, H.BLOCKED, HTML),
    _status(302, H.SENT_ELSEWHERE, HTML, Location="/elsewhere/"),
    _status(303, H.SENT_ELSEWHERE, HTML, Location="/elsewhere/"),
    _status(307, H.OTHER, HTML, Location="/elsewhere/"),
    _status(308, H.OTHER, HTML, Location="/elsewhere/"),
    _status(202, H.OTHER),
    Kind("status-204", H.OTHER, {"status": 204, "headers": {}, "body": ""}),
)
BODIES = (
    Kind("body-html", H.OTHER, {"body": HTML}),
    Kind("body-empty", H.OTHER, {"body": ""}),
    Kind("body-other-shape", H.OTHER, {"body": '[{"value": 1}]'}),
    Kind("body-cut-short", H.CUT_SHORT, {"headers": {"Content-Length": "999"}, "body": '{"value":'}),
    Kind("body-compressed", H.UNUSABLE, {"headers": {"Content-Encoding": "gzip"}}),
    Kind("body-too-large", H.UNUSABLE, {"body": None, "bodyFileName": LARGE}),
)
KINDS = (*FAULTS, *SLOW, *STATUSES, *BODIES)


class Place(StrEnum):
    """Which request of an apply is troubled."""

    PLAN = "plan"
    REREAD = "reread"
    POST = "post"
    READ_BACK = "read-back"
    ALL_SINCE = "all-since-post"
    """The POST, and every GET after it."""


@dataclass(frozen=True)
class Case:
    """One kind of trouble at one place of one key, once or always. `stored`: the troubled POST was, all the same."""

    kind: Kind
    key: Key
    place: Place
    once: bool = False
    stored: bool = False

    @property
    def tenant(self) -> str:
        """A tenant for this case alone."""
        often = "once" if self.once else "always"
        kept = "-stored" if self.stored else ""
        return f"{self.kind.name}-{self.place}-{often}{kept}-{self.key.order}"

    def stubs(self, token: str) -> Iterator[Stub]:
        """Yield what is laid over the smooth stubs of the key."""
        for method, moment, after in self._steps():
            yield stub(
                self.tenant,
                token,
                self.key,
                method,
                moment,
                after,
                fault=self.kind.name,
                readable=self.kind.row is None,
                answer=self.kind.answer,
            )

    def _steps(self) -> Iterator[tuple[str, Moment, Moment]]:
        match self.place:
            case Place.PLAN:
                yield "GET", Moment.PLAN, Moment.SPENT if self.once else Moment.PLAN
            case Place.REREAD:
                yield "GET", Moment.REREAD, Moment.SPENT if self.once else Moment.REREAD
            case Place.POST:
                unstored = Moment.SPENT if self.once else Moment.POST
                yield "POST", Moment.POST, Moment.READ_BACK if self.stored else unstored
            case Place.READ_BACK:
                yield "GET", Moment.READ_BACK, Moment.DONE if self.once else Moment.READ_BACK
            case Place.ALL_SINCE:
                unread = Moment.READ_BACK if self.stored else Moment.DOUBT
                yield "POST", Moment.POST, unread
                yield "GET", unread, unread

    def ending(self) -> tuple[str, int] | None:
        """Return the outcome and the number of POSTs; None for what stops other tenants, too: too much is open then."""
        reading = self.kind.do(Method.READ)
        if reading is Do.END_RUN:
            return None
        if self.place in {Place.PLAN, Place.REREAD}:
            heals = self.kind.row is None or (self.once and reading in {Do.AGAIN, Do.AGAIN_AS_ASKED})
            return ("applied", 1) if heals else ("not-attempted", 0)
        if self.place is Place.READ_BACK:
            seen = self.kind.row is None or (self.once and reading is not Do.RENEW)
            return ("applied" if seen else "unknown"), 1
        return self._after_post(self.kind.do(Method.WRITE_ONCE if self.key.write_once else Method.WRITE))

    def _after_post(self, do: Do) -> tuple[str, int]:
        if do in {Do.RENEW, Do.END_TENANT}:  # the token is a static one: there is no other
            return "failed", 1
        if self.place is Place.ALL_SINCE:
            return "unknown", 1
        if self.stored:
            return "applied", 1
        if do is Do.READ_FIRST:
            return ("applied", 2) if self.once else ("failed", 3)
        if self.kind.accepts or self.kind.row is H.THROTTLED:
            return "failed", 1
        return ("rejected" if self.kind.row is H.OTHER else "unknown"), 1


_ALONE = ((Place.REREAD, True), (Place.PLAN, False))


def runs_of(kind: Kind, keys: Sequence[Key]) -> list[list[Case]]:
    """Return every case of a kind, in groups that one run can carry without one case changing another's end."""
    cases = [case for key in keys for case in _cases(kind, key)]
    if kind.row is H.BLOCKED:  # it stops every tenant: one place at a time, or only the first would be met
        return [[case for case in cases if case.place is place] for place in Place]
    # A run allows few second tries of reads, and those that must succeed may need them all.
    alone = ([case for case in cases if (case.place, case.once) == one] for one in _ALONE)
    return [[case for case in cases if (case.place, case.once) not in _ALONE], *alone]


def quick_run(kinds: Sequence[Kind], keys: Sequence[Key]) -> list[Case]:
    """Return as many cases of several kinds as one run can carry."""
    cases = [case for kind in kinds for key in keys for case in _cases(kind, key)]
    # Second tries of reads are limited in a run: they go to the first two kinds.
    heal = [case for case in cases if case.once and case.kind in kinds[:2]]
    return [case for case in cases if case.place not in {Place.PLAN, Place.REREAD} or case in heal]


def _cases(kind: Kind, key: Key) -> Iterator[Case]:
    for place in (Place.PLAN, Place.REREAD, Place.POST, Place.READ_BACK):
        yield Case(kind, key, place, once=True)
        yield Case(kind, key, place)
    if kind.may_be_stored:
        yield Case(kind, key, Place.POST, stored=True)
    if kind.row is not None:
        yield Case(kind, key, Place.ALL_SINCE)
        if kind.may_be_stored:
            yield Case(kind, key, Place.ALL_SINCE, stored=True)
