"""A tenant's API and a clock in memory: one API that follows a script, and one that keeps what is posted to it."""

from collections.abc import Coroutine, Iterable, Mapping
from typing import Any, TypeVar

from reconciler.applying.tenant import Record
from reconciler.applying.write import Desk
from reconciler.model.key import Key
from reconciler.model.live import Live, Posted, Sent
from reconciler.model.normal import normalise, unknown_fields
from reconciler.model.outcome import Outcome
from reconciler.model.tenant import Secrets
from reconciler.model.values import Secret, Value
from reconciler.model.words import LiveState
from tests.planning.making import SECRETS, UNSET

Result = TypeVar("Result")
VERIFY = 10.0


def finish(work: Coroutine[Any, Any, Result]) -> Result:
    """Run what never truly waits: a fake that did would fail here, so no test can be slow."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]
    raise AssertionError("it waited for something that is not a fake")


async def let_go() -> str:
    """Hold no POST back."""
    return ""


def recording(outcomes: dict[str, Outcome]) -> Record:
    """Keep the last outcome of each key."""

    async def record(name: str, outcome: Outcome) -> None:
        outcomes[name] = outcome

    return record


class FakeClock:
    """Time that passes only where somebody sleeps, or where a read or a POST takes long."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.slept: list[float] = []

    def now(self) -> float:
        """Return the time of the story."""
        return self.time

    async def sleep(self, seconds: float) -> None:
        """Let it pass."""
        assert seconds > 0
        self.slept.append(seconds)
        self.time += seconds


class ScriptedApi:
    """Answers reads and POSTs from two lists, and writes down every call in the order in which they came.

    The last read is repeated; a POST beyond the script is an error. `took` is how long each call takes, in seconds.
    """

    def __init__(
        self,
        reads: Iterable[Live],
        posts: Iterable[Posted | Sent] = (),
        *,
        clock: FakeClock | None = None,
        took: float = 0,
    ) -> None:
        self.reads = list(reads)
        self.posts = [post if isinstance(post, Posted) else Posted(post) for post in posts]
        self.calls: list[tuple[str, str]] = []
        self.bodies: list[Value] = []
        self.seen: list[Live] = []
        self._clock = clock
        self._took = took

    async def read(self, key: Key, *, verifying: bool = False) -> Live:
        """Answer as the script says."""
        self._pass()
        self.calls.append(("read", key.name))
        live = self.reads.pop(0) if len(self.reads) > 1 else self.reads[0]
        self.seen.append(live)
        return live

    async def post(self, key: Key, value: Value) -> Posted:
        """Answer as the script says."""
        self._pass()
        self.calls.append(("post", key.name))
        self.bodies.append(value)
        assert self.posts, f"a POST of {key.name} that nobody expects"
        return self.posts.pop(0)

    def _pass(self) -> None:
        if self._clock is not None:
            self._clock.time += self._took

    @property
    def story(self) -> str:
        """The calls in short: R for a read, P for a POST, and the initials of what a test writes down besides."""
        return "".join(name[0].upper() for name, _ in self.calls)


class Store:
    """A tenant in memory that does what it is asked: reads show what was posted, write-once keys are set once."""

    def __init__(self, keys: Mapping[str, Key], values: Mapping[str, Any] | None = None) -> None:
        self.keys = keys
        self.values: dict[str, Any] = dict(values or {})
        self.dates: dict[str, int] = dict.fromkeys(self.values, 0)
        self.touched: set[str] = set()
        self.posted: list[str] = []

    def look(self, key: Key) -> Live:
        """Return what a read would show, without anybody having asked."""
        if key.name not in self.values:
            return UNSET
        value = self.values[key.name]
        date = f"2026-03-02T10:00:{self.dates[key.name]:02}Z"
        return Live(LiveState.SET, normalise(value, key.schema), date, unknown_fields(value, key.schema))

    async def read(self, key: Key, *, verifying: bool = False) -> Live:
        """Answer a GET."""
        self.touched.add(key.name)
        return self.look(key)

    async def post(self, key: Key, value: Value) -> Posted:
        """Take a POST, but a second one of a write-once key."""
        self.touched.add(key.name)
        self.posted.append(key.name)
        if key.write_once and key.name in self.values:
            return Posted(Sent.CONFLICT, "409: it is set.")
        self.values[key.name] = revealed(value)
        self.dates[key.name] = self.dates.get(key.name, 0) + 1
        return Posted(Sent.ACCEPTED)


def revealed(value: Value) -> Any:
    """Return what the platform would get, with the texts of secrets."""
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, Mapping):
        return {name: revealed(member) for name, member in value.items()}
    return [revealed(item) for item in value] if isinstance(value, tuple) else value


def desk_of(api: Any, clock: FakeClock | None = None, secrets: Secrets = SECRETS, verify: float = VERIFY) -> Desk:
    """Return what it takes to write one tenant."""
    return Desk(api, secrets, clock or FakeClock(), verify)
