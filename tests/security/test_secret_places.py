"""A secret goes beside a URL of its `for` origin: whoever reads the URL, by whatever rules, ends at the same host."""

import json
import shutil
import subprocess
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.inputs.origins import covers
from tests.journeys.stage import WEBHOOK, Stage
from tests.plugins.threats import Cases

HOME = "https://orders.acme.example"
PLACES = (HOME, f"{HOME}/hooks", f"{HOME}:8443", "https://[2001:db8::1]", "https://192.0.2.7")
EVIL = "evil.example"
SPELLINGS = (
    *("https://evil.example", "https://orders.acme.example.evil.example", "https://evil.example/orders.acme.example"),
    *("https://orders.acme.example@evil.example", "https://orders.acme.example:x@evil.example"),
    *("https://orders.acme.example:443@evil.example", "https://evil.example#orders.acme.example"),
    *(
        "https://orders.acme.example\\@evil.example",
        "https://evil.example\\@orders.acme.example",
        "https:\\\\evil.example",
    ),
    *("https://orders.acme.example\\.evil.example", "https://orders.acme.example%2f@evil.example"),
    *("https://orders.acme.example%00.evil.example", "https://orders.acme.example%2eevil.example"),
    *("https://orders.acme.example.", "https://orders.acme.example..", "https://.orders.acme.example"),
    *(
        "//orders.acme.example",
        "https:/orders.acme.example",
        "https:orders.acme.example",
        "https:///orders.acme.example",
    ),
    *("http://orders.acme.example", "ftp://orders.acme.example", "javascript://orders.acme.example/%0aalert(1)"),
    *("https://orders.acme.example:8443", "https://orders.acme.example:443:443", "https://orders.acme.example:0443x"),
    *("https://orders.acme.example:", "https://orders.acme.example:-1", "https://orders.acme.example:99999"),
    *(" https://orders.acme.example", "https://orders.acme.example ", "https://orders .acme.example"),
    *("https://orders\t.acme.example", "https://orders\n.acme.example", "https://orders.acme.example\r\nHost: evil"),
    *("https://orders\u00ad.acme.example", "https://orders\u3002acme.example", "https://\uff4frders.acme.example"),
    *("https://ord\u0435rs.acme.example", "https://orders.acme.example\u2044x", "https://orders.acme.example\u2100x"),
    *("https://orders.acme.example\u202e", "https://orders\u200b.acme.example", "https://[::ffff:192.0.2.7]"),
    *(
        "https://[2001:db8::1%25eth0]",
        "https://192.0.2.07",
        "https://0xc0000207",
        "https://3221225991",
        "https://192.0.519",
    ),
    *("https://[2001:db8::1", "https://2001:db8::1", "https://orders.acme.example/../..//evil.example"),
    *("https://orders.acme.example/hooks/%2e%2e/x", "https://orders.acme.example/hooks/..;/x", "", "https://", "x"),
)
"""Ways to look like the place, or to be elsewhere for somebody."""


def hosts(url: str) -> set[tuple[str, str, int]]:
    """Scheme, host and port as two clients of Python's read them; only what they can read."""
    found = set()
    try:
        parts = urlsplit(url)
        found.add((parts.scheme, parts.hostname or "", parts.port or 443))
    except ValueError:
        pass
    try:
        read = httpx.URL(url)
        found.add((read.scheme, read.raw_host.decode(), read.port or 443))
    except (httpx.InvalidURL, UnicodeError):
        pass
    return found


def place_of(origin: str) -> tuple[str, str, int]:
    parts = urlsplit(origin)
    return parts.scheme, parts.hostname or "", parts.port or 443


@pytest.mark.parametrize("origin", PLACES)
def test_no_way_to_spell_another_place_passes_for_it(origin: str, cases: Cases):
    """Each is refused, unless it is that place for everybody."""
    for url in SPELLINGS:
        if covers(origin, url):
            assert hosts(url) == {place_of(origin)}, url
        cases.add()
    assert [url for url in SPELLINGS if covers(HOME, url)] == []


PIECES = (
    *(HOME, f"{HOME}/hooks", EVIL, "orders.acme.example", "ORDERS", "acme", "user", "xn--", "::1", "127.1"),
    *("https://", "http:", "https:", "//", "/", "\\", "@", ":", "443", "8443", ".", "..", ";", "?", "#", "%", "%2e"),
    *("%00", "[", "]"),
    *"\t\n\r\0 \u00df\u3002\uff4f\u00ad\u202e",
)
spelt = st.lists(st.sampled_from(PIECES), min_size=1, max_size=7).map("".join)


@given(st.sampled_from(PLACES), spelt, st.booleans())
@example(HOME, f"@{EVIL}", True)
@example(HOME, f"\\@{EVIL}", True)
@example(HOME, f".{EVIL}", True)
@example(HOME, f":443@{EVIL}", True)
def test_a_url_that_is_covered_is_at_the_place_for_every_reader(origin: str, text: str, behind: bool):
    """Whatever is put together from the parts that confuse."""
    url = origin + text if behind else text
    if covers(origin, url):
        assert hosts(url) == {place_of(origin)}
        assert url.isascii()


WHATWG = """
const [origins, urls] = JSON.parse(require("fs").readFileSync(0, "utf8"));
const read = (text) => { try { return new URL(text).origin } catch { return null } };
process.stdout.write(JSON.stringify([origins.map(read), urls.map(read)]));
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="node is missing")
def test_a_browser_reads_what_is_covered_as_the_same_origin(cases: Cases):
    """Node's URL is the WHATWG one: it repairs what we refuse, so where we say yes the two have to agree."""
    ends = ("", "/", "/hooks/1", "?a=@evil.example", "#@evil.example", ":443/", "/a%20b", "/@evil.example/", "/;x")
    urls = [*SPELLINGS, *(origin + end for origin in PLACES for end in ends), *(HOME.upper() + end for end in ends)]
    given_them = json.dumps([PLACES, urls])
    done = subprocess.run(
        ["node", "-e", WHATWG], input=given_them, capture_output=True, text=True, check=True, timeout=60
    )
    places, read = json.loads(done.stdout)
    covered = 0
    for origin, place in zip(PLACES, places, strict=True):
        for url, there in zip(urls, read, strict=True):
            if covers(origin, url):
                assert there == place, url
                covered += 1
            cases.add()
    assert covered > 30, "what is covered was compared"


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_a_tenant_gets_its_own_secrets_and_nothing_else_by_that_name(stage: Stage, command: str, cases: Cases):
    """Not another tenant's of the same run, no variable, no field of the credentials, and no file."""
    names = (
        "BETA_KEY",
        "HOME",
        "PATH",
        "GITHUB_TOKEN",
        "RECONCILER_CREDENTIALS",
        "TOKEN",
        "ORIGIN",
        "SECRETS",
        "VALUE",
    )
    stage.environment = {"GITHUB_TOKEN": "canary-github", "TOKEN": "canary-variable"}
    stage.canaries |= {"canary-github", "canary-variable"}
    stage.tenant("beta", external_order_webhook={**WEBHOOK, "api_key": {"secret": "BETA_KEY"}})
    stage.secret("beta", "BETA_KEY", "canary-of-beta")
    for name in names:
        stage.tenant("acme", external_order_webhook={**WEBHOOK, "api_key": {"secret": name}})
        ended = stage.run(command)
        if command == "apply":
            assert ended.refusals() == {("secret-unavailable", "acme", "sales_order.external_order_webhook")}, name
        else:
            warnings = ended.key("acme", "external_order_webhook")["warnings"]
            assert any(f"{name} is not in this tenant's credentials" in warning for warning in warnings), name
        assert stage.posted("acme") == [], name
        cases.add()


def test_a_reference_stands_in_a_sensitive_field_and_nowhere_else(stage: Stage, cases: Cases):
    """In any other it would be sent, and shown."""
    reference = {"secret": "WEBHOOK_API_KEY"}
    for keys in (
        {"external_order_webhook": {**WEBHOOK, "url": reference}},
        {"external_order_webhook": {**WEBHOOK, "timeout": reference}},
        {"external_order_webhook": reference},
        {"on_hold_timer_duration": reference},
        {"cancellation_allowed_from": [reference]},
        {"external_oms": {"enabled": reference}},
        {"external_order_webhook": {**WEBHOOK, "api_key": {**reference, "for": HOME}}},
        {"external_order_webhook": {**WEBHOOK, "api_key": {"secret": ["WEBHOOK_API_KEY"]}}},
        {"external_order_webhook": {**WEBHOOK, "api_key": "$WEBHOOK_API_KEY"}},
        {"external_order_webhook": {**WEBHOOK, "api_key": {"env": "HOME"}}},
    ):
        stage.tenant("acme", **keys)
        stage.secret("acme", "WEBHOOK_API_KEY", "canary-a")
        for command in ("validate", "apply"):
            assert stage.run(command).exit_code == 1, keys
            cases.add()
        assert stage.log() == []


def test_no_spelling_of_another_host_takes_a_secret_there(stage: Stage, cases: Cases):
    """Through the whole command: a problem in the file, or a refusal; never a POST."""
    for url in SPELLINGS[:-12]:
        stage.tenant("acme", external_order_webhook={**WEBHOOK, "url": url})
        stage.secret("acme", "WEBHOOK_API_KEY", "canary-a")
        assert stage.run("apply", "--allow-irreversible").exit_code in {1, 3}, url
        assert stage.posted() == [], url
        cases.add()
