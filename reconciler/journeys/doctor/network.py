"""The way to each place that a token goes to: its name, a connection, its certificate, its clock."""

import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

from reconciler.journeys.doctor.telling import after
from reconciler.model.access import Access, ClientCredentials
from reconciler.model.check import Check, ok, problem, skipped, warning
from reconciler.platform.probing import Place, Probed, Step, place_of

AUTHORITIES = "network/authorities"
NAME = "network/name"
CONNECTION = "network/connection"
CERTIFICATE = "network/certificate"
_CLOCK = "network/clock"
_CHECKS = {Step.NAME: NAME, Step.CONNECTION: CONNECTION, Step.CERTIFICATE: CERTIFICATE}
_HINTS = {
    Step.NAME: (
        "Is it the right one? It stands in the credentials. If so, ask by hand: getent hosts NAME. Does this machine"
        " have DNS?"
    ),
    Step.CONNECTION: "Is there a way out to that port from this machine? Ask who runs its firewall.",
    Step.CERTIFICATE: (
        "If the address is right and a company's proxy stands in between, put its authority's certificate into the file"
        " that ca_bundle names. An expired one is for whoever runs the server; look at this machine's clock too."
    ),
}
SOON = 14
"""Days before a certificate's end from which on it is told."""
OFF, FAR_OFF = 30.0, 300.0
"""Seconds by which a clock may differ: below the one it is fine, beyond the other tokens and certificates fail."""
_PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")
_AUTHORITIES = ("SSL_CERT_FILE", "SSL_CERT_DIR")


def places_of(access: Access) -> tuple[Place, ...]:
    """Return where a tenant's token and its requests go."""
    urls = [access.origin]
    if isinstance(access.grant, ClientCredentials):
        urls.append(access.grant.token_url)
    return tuple(dict.fromkeys(place_of(url) for url in urls))


def places(access: Iterable[Access]) -> tuple[Place, ...]:
    """Return every place once, sorted."""
    return tuple(sorted({place for one in access for place in places_of(one)}))


def stands_in_the_way(access: Access, probed: Mapping[Place, Probed]) -> str:
    """Return the check that a tenant can't get past, or nothing."""
    failed = (probed[place].failed for place in places_of(access) if place in probed)
    return next((_CHECKS[step] for step in failed if step is not None), "")


def authorities(bundle: Path | None, environment: Mapping[str, str]) -> Check:
    """Return whose certificates are trusted. OpenSSL reads the environment itself, and passes over what is missing."""
    replaced = [name for name in _AUTHORITIES if environment.get(name)]
    missing = [name for name in replaced if name == _AUTHORITIES[0] and not os.path.exists(environment[name])]  # noqa: PTH110
    trusted = f"those that {' and '.join(replaced)} in the environment names" if replaced else "the system's"
    if bundle is not None:
        trusted += f", and those in {bundle} (ca_bundle)"
    if missing:
        hint = "Unset it, or correct it: it stands in place of the system's authorities."
        return warning(AUTHORITIES, "", f"{missing[0]} in the environment names a file that isn't there.", hint)
    return ok(AUTHORITIES, "", trusted)


def on_the_way(probed: Mapping[Place, Probed], now: datetime) -> Iterator[Check]:
    """Return name, connection and certificate of every place: all names first, then all connections."""
    for step in Step:
        for place, found in probed.items():
            yield _step(step, place, found, now)


def _step(step: Step, place: Place, found: Probed, now: datetime) -> Check:
    name, what = _CHECKS[step], str(place)
    if found.failed is step:
        return problem(name, what, f"{found.why}.", _HINTS[step])
    if found.failed is not None and list(Step).index(found.failed) < list(Step).index(step):
        return skipped(name, after(_CHECKS[found.failed]), what)
    if step is Step.NAME:
        return ok(name, what, ", ".join(found.addresses))
    return ok(name, what, "open") if step is Step.CONNECTION else _certificate(what, found, now)


def _certificate(what: str, found: Probed, now: datetime) -> Check:
    if found.expires is None:
        return ok(CERTIFICATE, what, "none needed: plain HTTP on this machine")
    days = (found.expires - now).days
    told = f"good until {found.expires.date().isoformat()} ({days} days), issued by {found.issuer or 'nobody named'}"
    if days < SOON:
        hint = "Runs fail once it has ended: ask whoever runs that server, or your company's proxy, to renew it."
        return warning(CERTIFICATE, what, f"{told}.", hint)
    return ok(CERTIFICATE, what, told)


def clocks(probed: Mapping[Place, Probed], ahead: Mapping[Place, float]) -> Iterator[Check]:
    """Hold each place's clock against ours, as far as its answers have told the time."""
    for place, found in probed.items():
        seconds = ahead.get(place)
        if seconds is not None:
            yield _clock(str(place), seconds)
        elif found.failed is not None:
            yield skipped(_CLOCK, after(_CHECKS[found.failed]), str(place))
        else:
            yield skipped(_CLOCK, "no answer from there told the time", str(place))


def _clock(what: str, seconds: float) -> Check:
    if abs(seconds) <= OFF:
        return ok(_CLOCK, what, f"within {OFF:g} s of this machine's")
    told = f"this machine's clock is {_span(abs(seconds))} {'behind' if seconds > 0 else 'ahead'}."
    hint = "Set this machine's clock (NTP). If other places agree with it, it is this one that is wrong."
    make = problem if abs(seconds) > FAR_OFF else warning
    return make(_CLOCK, what, told, hint)


def _span(seconds: float) -> str:
    """In coarse words, so that two places that differ by a second say the same."""
    return f"about {seconds / 60:.0f} min" if seconds >= 90 else f"about {seconds / 10:.0f}0 s"


def proxy(probed: Mapping[Place, Probed], environment: Mapping[str, str]) -> Iterator[Check]:
    """Say that a proxy of the environment is not used. Its value is not shown: it may hold a password."""
    names = [name for name in _PROXIES if environment.get(name) or environment.get(name.lower())]
    if not names:
        return
    told = f"{', '.join(names)} in the environment is not used: connections go out directly."
    if any(found.failed in {Step.NAME, Step.CONNECTION} for found in probed.values()):
        hint = "Where there is no other way out than a proxy, run it on a machine that has one."
        yield warning("network/proxy", "", told, hint)
    else:
        yield ok("network/proxy", "", told.rstrip("."))
