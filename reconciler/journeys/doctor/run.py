"""`doctor`: the steps in order. It sends what a plan sends: GETs, and requests for tokens, one of each at most."""

import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from reconciler.applying.tenant import Brake
from reconciler.journeys.call import Call, World
from reconciler.journeys.compile import Ending, Run, report, with_bugs
from reconciler.journeys.doctor import api, limits, network
from reconciler.journeys.doctor.credentials import Admission, look_at_credentials
from reconciler.journeys.doctor.files import SETTINGS, Files, look_at_files
from reconciler.journeys.doctor.telling import after
from reconciler.journeys.doctor.tool import SCHEMAS, look_at_tool
from reconciler.journeys.reach import refuse_beside_sandbox
from reconciler.journeys.reading import each
from reconciler.journeys.stopping import run_until_stopped
from reconciler.model.check import Check, problem, skipped
from reconciler.model.report import Report
from reconciler.platform import Platform, Unusable
from reconciler.platform.client import tls_of
from reconciler.platform.probing import Clocks, Place, Probed, probe


def doctor(call: Call, world: World) -> Report:
    """Look at everything that a run needs, and return what was found. Raises CorrectTheCallError for a wrong selection.

    Broken settings, files or credentials are findings, and whatever doesn't need them is looked at all the same.
    """
    started = world.stamp()
    refuse_beside_sandbox(call)
    found, catalogue = look_at_tool(sandbox=call.sandbox)
    if catalogue is None:
        rest = skipped(SETTINGS, f"{after(SCHEMAS)}, which all else needs")
        return _report(Run(call.command, started, call.sandbox), world, (*found, rest))
    files = look_at_files(call, world, catalogue)
    run = Run(call.command, started, call.sandbox, files.selection, files.revision)
    with look_at_credentials(call, world, files) as admission:
        way = _Way(files, admission, world)
        interrupted = way.look()
    checks = (*found, *files.checks, *admission.checks, *way.checks(), *_limits(files, world, call))
    return with_bugs(_report(run, world, checks, interrupted=interrupted), way.bugs)


def _report(run: Run, world: World, checks: Sequence[Check], *, interrupted: bool = False) -> Report:
    made = report(run, (), Ending(checks=checks, interrupted=interrupted), world.stamp())
    # Empty, so that nobody can take it for the plan of a fleet in which nothing changes.
    return replace(made, digest="")


def _limits(files: Files, world: World, call: Call) -> tuple[Check, ...]:
    keys = {one.tenant: len(one.keys) for one in files.tenants}
    if files.nobody:
        return tuple(skipped(name, files.nobody) for name in (limits.BUDGET, limits.FREEZE))
    loopback = call.sandbox or (files.sound and _is_loopback(files.settings.origin))
    return (
        *limits.limits(keys, files.settings.limits, loopback=loopback),
        *limits.gate(files.settings.gate, len(files.fleet), tuple(keys), world.wall()),
    )


def _is_loopback(template: str) -> bool:
    return template.startswith(("http://", "HTTP://"))  # accepted for loopback only


@dataclass(slots=True)
class _Way:
    """The part that talks: from this machine to the tenants' keys."""

    files: Files
    admission: Admission
    world: World
    probed: dict[Place, Probed] = field(default_factory=dict)
    heard: api.Heard = field(default_factory=api.Heard)
    bugs: dict[str, BaseException] = field(default_factory=dict)
    clocks: Clocks | None = None
    unusable: str = ""

    def look(self) -> bool:
        """Look; True if a signal cut it short. What was found is kept either way."""
        try:
            tls = tls_of(self.files.settings.ca_bundle)
        except Unusable as error:
            self.unusable = str(error)
            return False
        self.clocks = Clocks(tls, self.world.wall)
        brake = Brake()
        return run_until_stopped(lambda: self._ask(tls, brake), brake, self.world.notice, grace=0.0)

    async def _ask(self, tls: Callable[[], ssl.SSLContext], brake: Brake) -> None:
        assert self.clocks is not None  # noqa: S101 - `look` has made it; this tells mypy
        limits_ = self.files.settings.limits
        async with Platform(
            limits_,
            fits=self.files.catalogue.fits,
            why_not=self.files.catalogue.why_not,
            ca_bundle=None,
            may_write=False,
            clock=self.world.clock,
            random=self.world.random,
            notice=self.world.notice,
            everyone=self.admission.access.values(),
            transport_for=self.clocks.transport,
            wall=self.world.wall,
        ) as platform:
            await self._probe(tls)
            await self._read(platform, brake)

    async def _probe(self, tls: Callable[[], ssl.SSLContext]) -> None:
        wanted = {str(place): place for place in self._places()}
        seconds = self.files.settings.limits.connect_timeout

        async def work(name: str) -> None:
            # As it goes, so that an interrupt loses nothing.
            self.probed[wanted[name]] = await probe(wanted[name], tls, seconds)

        at_once = self.files.settings.limits.concurrency
        self.bugs.update(await each(list(wanted), work, at_once=at_once, done=lambda _: None))

    def _places(self) -> tuple[Place, ...]:
        return network.places(self.admission.access.values())

    async def _read(self, platform: Platform, brake: Brake) -> None:
        tenants = {
            one.tenant: one
            for one in self.files.tenants
            if one.tenant in self.admission.access and not self._in_the_way(one.tenant)
        }

        async def work(name: str) -> None:
            access = self.admission.access[name]
            await api.ask(tenants[name], access, self.files.catalogue, platform, brake, self.heard)

        self.bugs.update(
            await each(
                list(tenants),
                work,
                at_once=self.files.settings.limits.concurrency,
                done=lambda count: self.world.progress("read", count, len(tenants)),
            )
        )

    def _in_the_way(self, tenant: str) -> str:
        return network.stands_in_the_way(self.admission.access[tenant], self.probed)

    def checks(self) -> tuple[Check, ...]:
        """Return what was found on the way."""
        barred = {**self.admission.barred}
        if self.unusable:
            barred |= dict.fromkeys(self.admission.access, network.AUTHORITIES)
        barred |= {name: found for name in self.admission.access if (found := self._in_the_way(name))}
        nobody = self.files.nobody
        if nobody:
            return (*self._network(barred), *(skipped(name, nobody) for name in (api.TOKEN, api.KEYS)))
        return (*self._network(barred), *api.checks(self.files.tenants, self.admission.access, barred, self.heard))

    def _network(self, barred: Mapping[str, str]) -> Iterator[Check]:
        if self.unusable:
            yield problem(network.AUTHORITIES, "", self.unusable, "Look at ca_bundle in the settings.")
            return
        environment, now = self.world.environment, self.world.wall()
        yield network.authorities(self.files.settings.ca_bundle, environment)
        places = self._places()
        if not places:
            yield skipped(network.NAME, self.files.nobody or after(*sorted(set(barred.values()))))
        probed = {place: self.probed[place] for place in places if place in self.probed}
        yield from (skipped(network.NAME, api.ENDED, str(place)) for place in places if place not in probed)
        yield from network.on_the_way(probed, now)
        yield from network.proxy(probed, environment)
        yield from network.clocks(probed, self.clocks.ahead if self.clocks is not None else {})
