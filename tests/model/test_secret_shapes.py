"""What well-known secrets look like, what only resembles them, and that neither takes long to tell."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.secret_shapes import SHAPES, Shape, likenesses, suspicious, texts_of

ROOT = Path(__file__).parents[2]
LONG = 1 << 17
A, D, H = "aB3x" * 16, "0123456789" * 7, "0a1b2c3d" * 8
SURE = {
    "key": "-----BEGIN PRIVATE " + "KEY-----",
    "rsa-key": "-----BEGIN RSA PRIVATE " + "KEY-----",
    "pgp-key": "-----BEGIN PGP PRIVATE " + "KEY BLOCK-----",
    "age": "AGE-SECRET-KEY-1" + "Q2" * 29,
    "web-token": f"eyJ{A[:20]}.eyJ{A[:30]}.{A[:40]}",
    "web-token-unsigned": f"eyJ{A[:20]}.eyJ{A[:30]}.",
    "aws": "AKIA" + "ABCDEFGHIJ234567",
    "aws-session": "ASIA" + "ABCDEFGHIJ234567",
    "google": "AIza" + A[:35],
    "google-oauth": "ya29." + A,
    "azure": "DefaultEndpointsProtocol=https;AccountKey=" + A + "==",
    "github": "ghp_" + A[:36],
    "github-app": "ghs_" + A[:36],
    "github-fine": "github_pat_" + A[:50],
    "gitlab": "glpat-" + A[:20],
    "slack": "xoxb-" + D[:12] + "-" + A[:24],
    "slack-hook": "https://hooks.slack.com/services/" + "T00000000/B00000000/" + A[:24],
    "stripe": "sk_live_" + A[:24],
    "stripe-hook": "whsec_" + A[:32],
    "shopify": "shpat_" + H[:32],
    "sendgrid": "SG." + A[:22] + "." + A[:43],
    "vault": "hvs." + A[:40],
    "npm": "npm_" + A[:36],
    "pypi": "pypi-" + "AgE" + A,
    "digitalocean": "dop_v1_" + H[:64],
    "ai": "sk-ant-" + A[:40],
    "bearer": "Authorization: Bearer " + A[:24],
    "bearer-small": "curl -H 'authorization: bearer " + A[:24] + "'",
    "basic": "Basic " + A[:24] + "==",
    "url": "https://name:" + A[:8] + "@orders.example/",
    "url-without-name": "https://:" + A[:8] + "@orders.example/",
    "url-percent": "amqps://name:%40" + A[:8] + "@orders.example",
}
PERHAPS = {
    "token": "https://orders.example/?token=" + A[:20],
    "api-key": "https://orders.example/x?v=1&api_key=" + A[:20],
    "signature": "https://store.example/x?sv=1&sig=" + A[:20],
}
NOTHING = (
    "{secret: WEBHOOK_API_KEY_2}",
    "api_key: {secret: SK_LIVE_KEY}",
    "https://orders.acme.example/hooks?tenant=acme&version=2026-11-27",
    "https://user@orders.example",
    "https://name:<password>@orders.example",
    "https://name:${PASSWORD}@orders.example",
    "https://name:***@orders.example",
    "https://name:…@orders.example",
    "https://orders.example:8443/a@b",
    "https://orders.example/?token=<token>",
    "write to ops@acme.example, see https://acme.example",
    "the platform wants a Bearer authentication-token-of-its-own here",
    "Basic authentication isn't offered",
    "-----BEGIN CERTIFICATE-----",
    "-----BEGIN PUBLIC KEY-----",
    "task_live_0123456789abcdef0123",
    "a5f0c1d2-1b2c-4d3e-8f90-0123456789ab",
    "sha256:" + H,
    "prefix: AKIA",
    "AKIAB",
    "eyJhbGciOiJIUzI1NiJ9 is only the beginning of one",
)


@pytest.mark.parametrize("text", SURE.values(), ids=SURE)
def test_a_well_known_secret_is_found_where_it_stands(text: str):
    """Once, at its own place, whatever is around it; the repr shows nothing of it."""
    for before, after in (("", ""), ("a: 1\nb: '", "' # x\n"), ("# ", ",\n"), ("x: [", "]")):
        (found,) = likenesses(before + text + after)
        assert found.sure
        assert found.line == before.count("\n") + 1
        assert found.text in text
        line = (before + text + after).split("\n")[found.line - 1]
        assert line[found.column - 1 :].startswith(found.text)
        assert found.text not in repr(found)
        assert suspicious((before + text + after).encode())


@pytest.mark.parametrize("text", PERHAPS.values(), ids=PERHAPS)
def test_what_may_be_a_secret_is_found_and_not_sure(text: str):
    """A webhook may have no other way to know its caller."""
    (found,) = likenesses(text)
    assert not found.sure


@pytest.mark.parametrize("text", NOTHING)
def test_what_only_resembles_a_secret_is_left_alone(text: str):
    """References, placeholders, prose, certificates, digests."""
    assert likenesses(text) == ()
    assert not suspicious(text.encode())


@pytest.mark.parametrize(
    "folder", ["schemas", "tenants", "reconciler/template", "docs/examples", "tests/desired/corpus/positive"]
)
def test_nothing_of_what_is_shipped_or_must_be_valid_looks_like_a_secret(folder: str):
    """Else it would be refused where it is used."""
    files = [path for path in (ROOT / folder).rglob("*") if path.is_file()]
    assert files
    for path in files:
        assert likenesses(path.read_text(encoding="utf-8")) == (), path


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.marks[0])
def test_no_text_takes_long(shape: Shape):
    """The beginning of a secret, over and over, is judged in time that grows with its length alone."""
    for mark in (*shape.marks, *(secret[:8] for secret in SURE.values() if shape.pattern.search(secret))):
        for filler in ("", "a1", "a://a:", "&token=", " "):
            text = (mark + filler) * (LONG // len(mark + filler))
            began = time.process_time()
            likenesses(text)
            assert time.process_time() - began < 0.5, (mark, filler)


@given(st.text(), st.sampled_from(sorted(SURE.values())), st.text())
def test_a_secret_is_found_among_anything(before: str, secret: str, after: str):
    """Except where the neighbours make a longer word of it, which is another one."""
    assert likenesses(f"{before}\n{secret}\n{after}")


def test_every_text_and_name_is_looked_at():
    """At any depth."""
    assert sorted(texts_of({"a": [{"b": "c"}, "d", 1, None]})) == ["a", "b", "c", "d"]
