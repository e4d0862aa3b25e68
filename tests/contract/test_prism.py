"""Our client against Prism, which was made by others and knows the API from our OpenAPI document alone.

What the sandbox and our client might both get wrong in the same way shows here: each request is judged by Prism's
own reading of the document, and each answer is one that Prism made up from it.
"""

import asyncio
import http.client
import json
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.catalogue import Catalogue, load
from reconciler.model.access import Access, Limits, StaticToken
from reconciler.model.key import Key
from reconciler.model.live import Halt, Live, Posted, Sent
from reconciler.model.normal import normalise
from reconciler.model.values import Secret
from reconciler.model.words import LiveState
from reconciler.platform import Platform, TenantWriter
from tests.cli.calling import Done, reconciler, surroundings
from tests.contract.gateway import Gateway
from tests.contract.generating import fitting

pytestmark = pytest.mark.node

T = TypeVar("T")
loaded = load()
assert isinstance(loaded, Catalogue), str(loaded)
catalogue: Catalogue = loaded
every_key = pytest.mark.parametrize("key", catalogue.keys, ids=lambda key: key.short)
unhurried = settings(
    max_examples=4, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


class InstantClock:
    """Nobody waits; what would have been slept is added up."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += seconds


def talk(mock: Gateway, *jobs: tuple[str, Callable[[TenantWriter], Awaitable[T]]]) -> list[T]:
    """Open our client once and do each job at its own stage, one after the other."""

    async def run() -> list[T]:
        platform = Platform(
            Limits(read_tries=2),
            fits=catalogue.fits,
            why_not=catalogue.why_not,
            ca_bundle=None,
            may_write=True,
            clock=InstantClock(),
            random=random.Random(7),
            notice=lambda _: None,
        )
        done: list[T] = []
        async with platform as opened:
            for stage, job in jobs:
                token = StaticToken(Secret(f"canary-token-{stage}"))
                async with opened.writing(Access(stage, mock.template.format(tenant=stage), token)) as api:
                    done.append(await job(api))
        return done

    return asyncio.run(run())


def read(mock: Gateway, key: Key, *stages: str) -> list[Live]:
    return talk(mock, *((stage, lambda api: api.read(key)) for stage in stages))


def post(mock: Gateway, key: Key, *values: Any) -> list[Posted]:
    async def steps(api: TenantWriter) -> list[Posted]:
        return [await api.post(key, normalise(value, key.schema)) for value in values]

    return talk(mock, ("acme", steps))[0]


# The mock is worth something: it says no.


@every_key
def test_the_mock_refuses_what_the_document_does_not_allow(mock: Gateway, key: Key):
    """Otherwise its yes would mean nothing: a wrong type, a missing `value`, and a request without a token."""
    assert [one.sent for one in post(mock, key, 3.5)] == [Sent.REJECTED]
    connection = http.client.HTTPConnection("127.0.0.1", mock.port, timeout=10)
    headers = {"content-type": "application/json"}
    authorised = {**headers, "authorization": "Bearer canary"}
    for body, sent, status in [(b"{}", authorised, 400), (json.dumps({"value": key.example}).encode(), headers, 401)]:
        connection.request("POST", f"/acme{key.path}", body, sent)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status
    connection.close()
    assert len(mock.complaints()) == 3


# Requests.


@every_key
def test_the_example_of_a_key_is_read_and_written_as_the_document_has_it(mock: Gateway, key: Key):
    """GET understands the documented 200 whatever its Content-Type, and POST sends the same back."""
    (live,) = read(mock, key, "acme")
    assert live.state is LiveState.SET
    assert live.value == normalise(json.loads(mock.seen[0].received)["value"], key.schema)
    assert live.updated_at == "2021-07-13T20:18:25Z"
    assert live.unknown == ()
    assert [one.sent for one in post(mock, key, key.example)] == [Sent.ACCEPTED]
    assert [(one.method, one.status) for one in mock.seen] == [("GET", 200), ("POST", 200)]
    assert mock.complaints() == []


BOUNDARIES: dict[str, list[Any]] = {
    "external_oms": [{"enabled": True}, {"enabled": False}],
    "sales_order_generator_sequence": [
        {},
        {"prefix": ""},
        {"size": 1, "start": 1, "step": 1},
        {"prefix": "N\u00f6-\u5317\U0001f600", "size": 2**31, "start": 2**53 - 1, "step": 1},
    ],
    "on_hold_timer_duration": [0, -1, 1, 600.0, 2**53 - 1],
    "cancellation_allowed_from": [["store"], ["dc"], ["dc", "store"], ["store", "store"]],
    "big_sales_order": [{"soft_limit_for_big_orders": 0}, {"soft_limit_for_big_orders": 300.0}],
    "external_order_webhook": [
        {"url": "https://orders.acme.example", "api_key": "k"},
        {"url": "https://orders.acme.example:8443/base/", "api_key": '"\\\n\u2028', "timeout": 25},
        {"url": "https://xn--bcher-kva.example/", "api_key": "k" * 4096, "timeout": -1},
    ],
}


@every_key
def test_values_at_the_edge_of_the_document_are_sent_as_valid_requests(mock: Gateway, key: Key):
    """By hand: bounds, empty texts, numbers with a zero fraction, letters beyond ASCII, repetitions."""
    values = BOUNDARIES[key.short]
    assert [one.sent for one in post(mock, key, *values)] == [Sent.ACCEPTED] * len(values)
    assert mock.complaints() == []


@every_key
@given(data=st.data())
@unhurried
def test_every_value_that_the_document_allows_is_sent_as_a_valid_request(mock: Gateway, key: Key, data: st.DataObject):
    """Generated from the schema; what arrives is `{"value": …}` with the value in its normal form, and no more."""
    mock.reset()
    values = data.draw(st.lists(fitting(key.schema), min_size=1, max_size=8))
    assert [one.sent for one in post(mock, key, *values)] == [Sent.ACCEPTED] * len(values)
    assert mock.complaints() == []
    for exchange, value in zip(mock.seen, values, strict=True):
        sent = json.loads(exchange.sent)
        assert list(sent) == ["value"]
        assert normalise(sent["value"], key.schema) == normalise(value, key.schema)


# Answers.


@every_key
def test_every_200_that_the_document_allows_is_understood(mock: Gateway, key: Key):
    """Prism makes answers up from the schema: set, unset and default ones, with fields that nobody knows."""
    mock.prefer["acme"] = "dynamic=true"
    lives = read(mock, key, *["acme"] * 12)
    bodies = [json.loads(one.received) for one in mock.seen]
    for live, body in zip(lives, bodies, strict=True):
        empty = body["value"] in (None, {}, [], "")
        assert live.state is _expected(key, empty=empty, dated=body["updated_at"] is not None), body
        assert empty or live.value == normalise(body["value"], key.schema)
    assert mock.complaints() == []


def _expected(key: Key, *, empty: bool, dated: bool) -> LiveState:
    """Say what DESIGN's table of live states says."""
    if empty:
        return LiveState.AMBIGUOUS if key.write_once and dated else LiveState.UNSET
    if dated:
        return LiveState.SET
    return LiveState.AMBIGUOUS if key.write_once else LiveState.DEFAULT


UNLISTED = ("401", "403", "405", "422", "429", "502", "503")
"""Statuses that the document covers with `default`."""

SAID = {
    "400": ("The value must be text", "ec2f3c9bb016ba971bf6074098363"),  # pragma: allowlist secret
    "404": ("There is no such key", "sample-404"),
    "409": ("Another write was faster", "sample-409"),
    "500": ("Something broke", "sample-500"),
}
"""Message, less its full stop, and request id of the document's samples; other statuses have those of `default`."""

UNEXPECTED = ("Something unexpected happened", "sample-999")


def _documented(statuses: tuple[str, ...]) -> list[str]:
    listed = [status for status in statuses if status not in {"200", "default"}]
    return [*listed, *(UNLISTED if "default" in statuses else ())]


@every_key
def test_every_documented_refusal_of_a_get_is_understood(mock: Gateway, key: Key):
    """404 is an unknown key, all else unreadable; the person sees status, message and request id."""
    statuses = _documented(key.get_statuses)
    mock.prefer.update({f"acme-{status}": f"code={status}" for status in statuses})
    for status, live in zip(statuses, read(mock, key, *mock.prefer), strict=True):
        assert {one.status for one in mock.seen if one.stage == f"acme-{status}"} == {int(status)}
        assert live.state is (LiveState.UNKNOWN_KEY if status == "404" else LiveState.UNREADABLE)
        assert live.halt is (Halt.TENANT if status in {"401", "403"} else None)
        message, request = SAID.get(status, UNEXPECTED)
        assert live.detail.startswith(status)
        assert message in live.detail
        assert live.request_id == request
    assert mock.complaints() == []


JUDGED = {
    "400": Sent.REJECTED,
    "401": Sent.DENIED,
    "403": Sent.DENIED,
    "405": Sent.REJECTED,
    "409": Sent.CONFLICT,
    "422": Sent.REJECTED,
    "429": Sent.THROTTLED,
    "500": Sent.LOST,
    "502": Sent.LOST,
    "503": Sent.LOST,
}


@every_key
def test_every_documented_answer_to_a_post_is_understood_and_none_is_answered_by_a_second_post(mock: Gateway, key: Key):
    """One POST each, whatever comes back."""
    statuses = _documented(key.post_statuses)
    mock.prefer.update({f"acme-{status}": f"code={status}" for status in statuses})
    value = normalise(key.example, key.schema)
    answers = talk(mock, *((stage, lambda api: api.post(key, value)) for stage in mock.prefer))
    for status, posted in zip(statuses, answers, strict=True):
        here = [(one.method, one.status) for one in mock.seen if one.stage == f"acme-{status}"]
        assert here == [("POST", int(status))]
        message, request = SAID.get(status, UNEXPECTED)
        assert posted.sent is JUDGED[status]
        assert message in posted.detail
        assert posted.request_id == request
    assert mock.complaints() == []


# The whole way.

CREDENTIALS = """\
{tenant}:
  origin: {origin}
  token: canary-token-{tenant}
  secrets:
    WEBHOOK_API_KEY: {{value: {key}, for: https://example.com}}
"""
AS_PRISM_HAS_IT = """\
sales_order:
  external_order_webhook: {url: 'https://example.com/', api_key: {secret: WEBHOOK_API_KEY}, timeout: 20}
  external_oms: {enabled: false}
  on_hold_timer_duration: 20
  cancellation_allowed_from: [dc, store]
  big_sales_order: {soft_limit_for_big_orders: 300}
  sales_order_generator_sequence: {prefix: NS, size: 16, start: 1, step: 2}
"""
OTHERWISE = """\
sales_order:
  external_order_webhook: {url: 'https://example.com/', api_key: {secret: WEBHOOK_API_KEY}, timeout: 21}
  external_oms: {enabled: true}
  on_hold_timer_duration: 21
  cancellation_allowed_from: [dc]
  big_sales_order: {soft_limit_for_big_orders: 301}
"""


@pytest.fixture
def fleet(mock: Gateway, tmp_path: Path):
    """Two tenants, one of them as Prism has it and one otherwise; runs the command on both."""
    (tmp_path / "tenants").mkdir()
    (tmp_path / "tenants" / "acme.yaml").write_text(AS_PRISM_HAS_IT, encoding="utf-8")
    (tmp_path / "tenants" / "beta.yaml").write_text(OTHERWISE, encoding="utf-8")
    (tmp_path / "reconciler.toml").write_text(f'origin = "{mock.template}"\n[limits]\nverify_timeout = 0.5\n')
    credentials = tmp_path / "credentials.yaml"
    credentials.touch(mode=0o600)
    entries = [
        CREDENTIALS.format(tenant=tenant, origin=mock.template.format(tenant=tenant), key="API_KEY")
        for tenant in ("acme", "beta")
    ]
    credentials.write_text("".join(entries), encoding="utf-8")

    def run(*words: str) -> Done:
        own = ("--credentials", str(credentials), "--format", "json")
        return reconciler(*words, *own, cwd=tmp_path, env=surroundings(tmp_path))

    return run


def test_a_plan_of_two_tenants_tells_the_one_that_is_in_sync_from_the_one_that_differs(
    mock: Gateway, fleet: Callable[..., Done]
):
    """Every key is read once, and nothing but GET is sent."""
    done = fleet("plan", "--detailed-exitcode")
    assert (done.returncode, done.stderr) == (2, "")
    report = json.loads(done.stdout)
    acme, beta = report["tenants"]
    assert (acme["tenant"], acme["result"], beta["tenant"], beta["result"]) == ("acme", "in-sync", "beta", "changes")
    assert {key["reason"] for key in acme["keys"]} == {"in-sync", "write-once-set"}
    assert {key["action"] for key in beta["keys"]} == {"update"}
    assert (
        sorted((one.stage, one.method, one.status) for one in mock.seen)
        == [("acme", "GET", 200)] * 6 + [("beta", "GET", 200)] * 5
    )
    assert mock.complaints() == []
    assert "canary-token" not in done.stdout + done.stderr


def test_an_apply_against_a_platform_that_forgets_what_it_accepted_says_failed(
    mock: Gateway, fleet: Callable[..., Done]
):
    """Prism keeps no state: each key that differs is POSTed once, validly, and no 200 is taken for success."""
    done = fleet("apply")
    assert done.returncode == 1
    acme, beta = json.loads(done.stdout)["tenants"]
    assert {key["outcome"]["status"] for key in acme["keys"]} == {"unchanged"}
    outcomes = {key["key"].split(".")[1]: key["outcome"]["status"] for key in beta["keys"]}
    posts = [one for one in mock.seen if one.method == "POST"]
    assert {one.stage for one in posts} == {"beta"}
    assert all(one.status == 200 for one in posts)
    # The OMS is enabled only after its webhook is known to be in place, which it never is here.
    assert outcomes.pop("external_oms") == "skipped"
    assert set(outcomes.values()) == {"failed"}
    assert sorted(one.path.rsplit("/", 1)[1] for one in posts) == sorted(outcomes)
    assert mock.complaints() == []
