"""Starting a sandbox: `Sandbox(db, catalogue).running()` for a run or a test, `serve` for a terminal."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from reconciler.catalogue import Catalogue
from reconciler.model.access import Notice
from reconciler.sandbox import tokens
from reconciler.sandbox.answer import Api
from reconciler.sandbox.contract import labels
from reconciler.sandbox.controls import Controls, identity, open_controls
from reconciler.sandbox.ports import HOST, Seat, fingerprint, take_seat
from reconciler.sandbox.refusal import SandboxRefusal
from reconciler.sandbox.seed import NOTHING, SHIPPED, Seed, read_seed
from reconciler.sandbox.store import Clock, Store, wall_clock

DB: Final = Path(".reconciler/sandbox.db")
"""Where a sandbox keeps its state, from the working directory, unless it is told otherwise."""

_NEEDED: Final = frozenset({"anyio", "h11", "starlette", "uvicorn"})


def nobody(_: str) -> None:
    """Say something to nobody."""


class RunningSandbox(Controls):
    """A sandbox that answers: its addresses and credentials, and the controls of its state."""

    def __init__(self, store: Store, catalogue: Catalogue, seed: Seed, port: int) -> None:
        """Describe the server at `port`."""
        super().__init__(store, catalogue, seed)
        self.port = port

    @property
    def origin_template(self) -> str:
        """The origin of a tenant, with `{tenant}` in its place."""
        return f"http://{HOST}:{self.port}/{{tenant}}"

    def origin(self, tenant: str) -> str:
        """Return the origin of `tenant`, without a slash at the end."""
        return self.origin_template.format(tenant=tenant)

    def token_url(self, tenant: str) -> str:
        """Return where the client of `tenant` gets a bearer."""
        return f"http://{HOST}:{self.port}/auth/realms/{tenant}/protocol/openid-connect/token"

    def client(self, tenant: str) -> tuple[str, str]:
        """Return client id and client secret of `tenant`; invented, and always the same."""
        return tokens.client(tenant)

    def static_token(self, tenant: str) -> str:
        """Return a bearer for `tenant` that never expires (`revoke_tokens` ends it)."""
        key = f"{self._store.meta('identity')}.{self._store.meta('generation')}"
        return tokens.mint(key, tenant, None)


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A sandbox at rest. `port` None: the one it had before, else a free one that it then keeps.

    `seed` is the YAML file of the state that a new database starts with; None for an empty one. `clock` gives
    dates and the ages of tokens. `notice` hears what a person should know, such as a port that had to change.
    """

    db: Path
    catalogue: Catalogue
    port: int | None = None
    clock: Clock = wall_clock
    seed: Path | None = SHIPPED
    notice: Notice = nobody
    entropy: Callable[[], str] = identity

    @contextmanager
    def running(self) -> Iterator[RunningSandbox]:
        """Serve on loopback, in a thread, until the end of the block.

        If another process serves the same database, that server is used and no second one is started. Raises
        SandboxRefusal without the extra `sandbox`, for a busy port, or for a database that is something else.
        """
        with self._seated() as (running, _):
            yield running

    @contextmanager
    def _seated(self) -> Iterator[tuple[RunningSandbox, Seat]]:
        _need_the_extra()
        seed = NOTHING if self.seed is None else read_seed(self.seed)
        with open_controls(self.db, self.catalogue, seed, clock=self.clock, entropy=self.entropy) as (_, store):
            if store.meta("seed") != seed.version:
                self.notice("The sandbox's state is from another seed. `reconciler sandbox reset` starts afresh.")
            seat = take_seat(store, self.db, self.port, self.notice)
            with self._server(store, seat):
                yield RunningSandbox(store, self.catalogue, seed, seat.port), seat

    @contextmanager
    def _server(self, store: Store, seat: Seat) -> Iterator[None]:
        if seat.bound is None:
            yield
            return
        from reconciler.sandbox.app import app_of
        from reconciler.sandbox.listening import listening

        api = Api(store, self.catalogue, labels(self.catalogue.openapi()))
        with listening(app_of(api, fingerprint(store.meta("identity") or "", self.db)), seat.bound):
            yield


def serve(
    sandbox: Sandbox, *, ready: Callable[[RunningSandbox], None] | None = None, stop: threading.Event | None = None
) -> None:
    """Serve in the foreground until Ctrl-C (or `stop`), after a ready line to the sandbox's notice.

    `ready` is called once the server answers: the place to write a file of credentials. If another process serves
    this database already, say so and return.
    """
    until = stop or threading.Event()
    try:
        with sandbox._seated() as (running, seat):  # noqa: SLF001 - the same module
            if ready is not None:
                ready(running)
            if seat.bound is None:
                sandbox.notice(f"Another process serves this sandbox already: {running.origin_template}")
                return
            sandbox.notice(
                f"The sandbox answers at {running.origin_template} (a test double, not the platform). "
                "Ctrl-C ends it; its state stays."
            )
            until.wait()
    except KeyboardInterrupt:
        sandbox.notice("The sandbox has ended.")


def _need_the_extra() -> None:
    """Load what the server is made of now, so that a missing part is said before anything has begun."""
    try:
        import reconciler.sandbox.listening  # noqa: F401 - asked for, to see whether it is there
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _NEEDED:
            raise
        raise SandboxRefusal(
            f"The sandbox needs {error.name}, which is not installed. "
            # Not by our name: on the public registry that is somebody else's.
            "In a checkout of the tool: pip install --no-deps --require-hashes -r requirements/runtime.txt"
        ) from None
