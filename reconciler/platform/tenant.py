"""One tenant's keys over HTTP: the Reader and the Writer. One connection, one request at a time."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from reconciler.model.key import Key
from reconciler.model.live import Halt, Live, Posted, Sent
from reconciler.model.values import ABSENT, Secret, Value
from reconciler.model.words import LiveState
from reconciler.platform.answers import BLOCKED, Fits, WhyNot, classify, halt_of, judge, secrets_in
from reconciler.platform.bodies import posted
from reconciler.platform.faults import Fault
from reconciler.platform.pace import FRESH, Pace
from reconciler.platform.redact import Redactor
from reconciler.platform.retries import UNAVAILABLE, Do, Method, Retries, happened, what_to_do
from reconciler.platform.stops import Errand, Stop, Stopped
from reconciler.platform.tokens import Tokens
from reconciler.platform.wire import Answer, Wire


@dataclass(frozen=True, slots=True)
class Judgement:
    """How a value is held against the spec."""

    fits: Fits
    why_not: WhyNot


@dataclass(frozen=True, slots=True)
class Line:
    """What it takes to ask one tenant. The pace's run is shared by every tenant."""

    origin: str
    wire: Wire
    tokens: Tokens
    retries: Retries
    redact: Redactor
    pace: Pace


class TenantReader:
    """`model.live.Reader` over HTTP.

    After an address block nothing more is sent for any tenant of the run, and after a refused credential nothing
    more for this one: every further call answers with that refusal.
    """

    def __init__(self, line: Line, judgement: Judgement) -> None:
        self._line = line
        self._judgement = judgement
        self._own_stop = Stop()
        self._one_at_a_time = asyncio.Lock()

    async def read(self, key: Key, *, verifying: bool = False) -> Live:
        """GET `key`, again if that may help, and say what the answer means. Cancelling it closes the connection.

        With `verifying`, retry budget, breaker and deadlines don't hold it up: a POST may have been written.
        """
        errand = Errand.VERIFY if verifying else Errand.READ
        result = await self._line.retries.run(
            lambda: self._authorised(lambda token: self._get(key, token, errand), Method.READ, errand),
            Method.READ,
            errand,
        )
        live = self._seen(key, result)
        # Its other keys would only wait for the same end.
        left_alone = live.halt is None and self._line.pace.breaker.open and isinstance(result, Answer | Fault)
        return replace(live, halt=Halt.TENANT) if left_alone else live

    async def admitted(self) -> Stopped | None:
        """Get a token, or take the one that was given, without a word to the tenant. Returns why there is none."""
        async with self._one_at_a_time:
            token = await self._line.tokens.current(Errand.READ)
            return token if isinstance(token, Stopped) else None

    def _seen(self, key: Key, result: Answer | Fault | Stopped) -> Live:
        if isinstance(result, Answer):
            live = classify(key, result, self._judgement.fits, self._judgement.why_not, self._line.redact)
            if live.value is not ABSENT:
                # A later error may echo what was live before. A masked one (`***`) is no secret.
                found = secrets_in(live.value)
                self._line.redact.learn(secret for secret in found if not secret.looks_masked)
            return live
        if isinstance(result, Fault):
            # Without a connection after all tries, the tenant's other keys would only wait for the same end.
            halt = Halt.TENANT if result.sent is Sent.NOT_SENT else None
            return Live(LiveState.UNREADABLE, detail=result.detail, halt=halt)
        return Live(LiveState.UNREADABLE, detail=result.detail, request_id=result.request_id, halt=result.halt)

    async def _get(self, key: Key, token: Secret, errand: Errand) -> Answer | Fault | Stopped:
        return await self._line.wire.send("GET", self._line.origin + key.path, _bearer(token), errand=errand)

    async def _authorised(
        self, send: Callable[[Secret], Awaitable[Answer | Fault | Stopped]], method: Method, errand: Errand
    ) -> Answer | Fault | Stopped:
        """Send with a token, and once more with a fresh one where the table says so."""
        async with self._one_at_a_time:
            stopped = self._own_stop.why or self._line.pace.refusal(errand)
            if stopped is not None:
                return stopped
            token = await self._line.tokens.current(errand)
            if isinstance(token, Stopped):
                return token
            result = await send(token)
            if isinstance(result, Answer) and what_to_do(result, method) is Do.RENEW:
                fresh = await self._line.tokens.renew(errand)
                if isinstance(fresh, Stopped):
                    return replace(fresh, asked=True)
                if fresh is not None:
                    again = await send(fresh)
                    result = replace(again, asked=True) if isinstance(again, Stopped) else again
            self._remember(result)
            return result

    def _remember(self, result: Answer | Fault | Stopped) -> None:
        """Keep in mind a refusal that asking again would only repeat or, for a blocked address, prolong."""
        if isinstance(result, Stopped):
            return
        self._line.pace.breaker.note(available=happened(result) not in UNAVAILABLE)
        run_stop = self._line.pace.run.stop
        halt = halt_of(result) if isinstance(result, Answer) else None
        if halt is Halt.EVERYONE and run_stop.why is None:
            run_stop.why = Stopped(f"Not sent. {BLOCKED}", Halt.EVERYONE)
            self._line.retries.notice(BLOCKED)
        elif halt is Halt.TENANT:
            self._own_stop.why = Stopped(
                "Not sent: the platform refused this tenant's credentials before in this run. Check their entry.",
                Halt.TENANT,
            )


class TenantWriter(TenantReader):
    """`model.live.Reader` and `model.live.Writer` over HTTP."""

    async def post(self, key: Key, value: Value) -> Posted:
        """POST `value`, in which every reference is resolved, and say what is known.

        NOT_SENT if it can't leave within seconds: whoever asks has read the key, and that must not grow old.

        One request a call. The exception is a 401, which says that nothing was processed: then, except for a
        write-once key, the same is sent once more with a fresh token. Cancelled in flight, it may have been written.
        """
        self._line.redact.learn(secrets_in(value))
        body = posted(value)
        method = Method.WRITE_ONCE if key.write_once else Method.WRITE
        by = self._line.retries.clock.now() + FRESH
        result = await self._authorised(lambda token: self._post(key, token, body, by), method, Errand.WRITE)
        if isinstance(result, Answer):
            return judge(result, self._line.redact)
        if isinstance(result, Fault):
            return Posted(result.sent, result.detail)
        sent = Sent.DENIED if result.asked else Sent.NOT_SENT
        return Posted(sent, result.detail, result.request_id, result.halt)

    async def _post(self, key: Key, token: Secret, body: bytes, by: float) -> Answer | Fault | Stopped:
        headers = {**_bearer(token), "content-type": "application/json"}
        url = self._line.origin + key.path
        return await self._line.wire.send("POST", url, headers, body, errand=Errand.WRITE, by=by)


def _bearer(token: Secret) -> dict[str, str]:
    return {"authorization": f"Bearer {token.reveal()}"}
