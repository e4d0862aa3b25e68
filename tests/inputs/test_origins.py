import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.inputs.origins import (
    BadUrl,
    canonical_origin,
    check_template,
    covers,
    origin_of,
    parse_url,
    same_origin,
)
from reconciler.inputs.usage import UsageProblem

CANONICAL = [
    ("https://a.example", "https://a.example", "as-is"),
    ("HTTPS://A.Example", "https://a.example", "case"),
    ("https://a.example/", "https://a.example", "trailing-slash"),
    ("https://a.example:443", "https://a.example", "default-port"),
    ("https://a.example:0443", "https://a.example", "port-with-zeros"),
    ("https://a.example:8443/", "https://a.example:8443", "other-port"),
    ("https://a.example:80", "https://a.example:80", "default-port-of-the-other-scheme"),
    ("http://127.0.0.1:80", "http://127.0.0.1", "loopback-default-port"),
    ("http://127.9.8.7:8080", "http://127.9.8.7:8080", "loopback-net"),
    ("http://localhost:8080/acme", "http://localhost:8080/acme", "localhost"),
    ("http://LOCALHOST", "http://localhost", "localhost-case"),
    ("http://[::1]:8080", "http://[::1]:8080", "loopback-6"),
    ("http://[0:0:0:0:0:0:0:1]", "http://[::1]", "loopback-6-long"),
    ("https://[2001:DB8:0:0::1]:443", "https://[2001:db8::1]", "ipv6"),
    ("https://192.0.2.7", "https://192.0.2.7", "ipv4"),
    ("https://a.example/Base/Path/", "https://a.example/Base/Path", "path-keeps-case"),
    ("https://a.example/%C3%BC", "https://a.example/%C3%BC", "path-escape"),
    ("https://bücher.example", "https://xn--bcher-kva.example", "idn"),
    ("https://BÜCHER.example", "https://xn--bcher-kva.example", "idn-case"),
    ("https://XN--BCHER-KVA.example", "https://xn--bcher-kva.example", "idn-ascii-form"),
    ("https://faß.example", "https://xn--fa-hia.example", "idna-2008-not-2003"),
    ("https://a_b.example", "https://a_b.example", "underscore"),
]

REFUSED = [
    ("https://user@a.example", "user name", "user"),
    ("https://user:canary@a.example", "user name", "password"),
    ("https://a.example@evil.example", "user name", "host-as-user"),
    ("https://@a.example", "user name", "empty-user"),
    ("https://a.example\\@evil.example", "backslash", "backslash"),
    ("https:\\\\a.example", "backslash", "backslashes-for-slashes"),
    ("https://a.example?x=1", "query", "query"),
    ("https://a.example?", "query", "empty-query"),
    ("https://a.example/#f", "query", "fragment"),
    ("https://a.example#@evil.example", "query", "fragment-that-hides-a-host"),
    ("http://a.example", "must be https", "http"),
    ("http://128.0.0.1", "must be https", "http-beside-loopback"),
    ("http://127.0.0.1.evil.example", "must be https", "http-loopback-as-prefix"),
    ("http://localhost.evil.example", "must be https", "http-localhost-as-prefix"),
    ("http://[::ffff:127.0.0.1]", "must be https", "http-mapped-loopback"),
    ("http://[::]", "must be https", "http-any-address"),
    ("http://0.0.0.0", "must be https", "http-any-address-4"),
    ("http://127.1", "IPv4", "short-ipv4"),
    ("http://2130706433", "IPv4", "number-ipv4"),
    ("http://0x7f.0.0.1", "IPv4", "hex-ipv4-that-ends-plain"),
    ("http://127.0.0.0x1", "IPv4", "hex-ipv4"),
    ("http://0177.0.0.1", "IPv4", "octal-ipv4"),
    ("https://1.2.3.4.5", "IPv4", "five-numbers"),
    ("https://a.example.", "ends in a dot", "trailing-dot"),
    ("https://a.example.:443", "ends in a dot", "trailing-dot-and-port"),
    ("https://a..example", "no valid host", "empty-label"),
    ("https://.a.example", "no valid host", "leading-dot"),
    ("https://-a.example", "no valid host", "leading-dash"),
    ("https://a.exa mple", "blank", "blank"),
    (" https://a.example", "blank", "leading-blank"),
    ("https://a.example\n", "blank", "newline"),
    ("https://a.\texample", "blank", "tab"),
    ("https://a.example\x00.evil.example", "blank", "null"),
    ("https://a.example\u202e", "blank", "bidi"),
    ("https://a\u00ad.example", "blank", "soft-hyphen"),
    ("https://a\u3002example", "no valid host", "ideographic-dot"),
    ("https://ａ.example", "no valid host", "full-width"),
    ("https://a\u2044.example", "no valid host", "fraction-slash"),
    ("https://%61.example", "no valid host", "escaped-host"),
    ("https://" + "a" * 64 + ".example", "no valid host", "long-label"),
    ("https://" + "a." * 130 + "example", "no valid host", "long-host"),
    ("https://a.example:", "port", "empty-port"),
    ("https://a.example:0", "port", "port-zero"),
    ("https://a.example:65536", "port", "port-too-big"),
    ("https://a.example:+443", "port", "port-sign"),
    ("https://a.example:٤٤٣", "port", "port-in-other-digits"),
    ("https://a.example:80:443", "port", "two-ports"),
    ("https://[::1", "", "open-bracket"),
    ("https://[fe80::1%25eth0]", "zone", "zone-id"),
    ("https://[::1]evil.example", "IPv6", "bracket-and-more"),
    ("https://[v1.x]", "IPv6", "future-address"),
    ("https://::1", "", "bare-ipv6"),
    ("https://", "no valid host", "no-host"),
    ("https:///path", "no valid host", "no-host-but-path"),
    ("https:a.example", "form", "no-slashes"),
    ("//a.example", "form", "no-scheme"),
    ("a.example", "form", "host-only"),
    ("", "form", "empty"),
    ("ftp://a.example", "https://", "ftp"),
    ("javascript://a.example", "https://", "javascript"),
    ("https://a.example/..", "dot segments", "dot-segment"),
    ("https://a.example/a/../b", "dot segments", "inner-dot-segment"),
    ("https://a.example/%2e%2E/b", "dot segments", "escaped-dot-segment"),
    ("https://a.example/a%2fb", "dot segments", "escaped-slash"),
    ("https://a.example/%", "dot segments", "half-an-escape"),
    ("https://a.example//b", "empty path segment", "empty-segment"),
    ("https://a.example//", "empty path segment", "two-trailing-slashes"),
]


@pytest.mark.parametrize(("text", "expected"), [row[:2] for row in CANONICAL], ids=[row[2] for row in CANONICAL])
def test_an_origin_has_one_canonical_form(text: str, expected: str):
    """However it is spelt, an origin is stored, compared and used in one form."""
    assert canonical_origin(text) == expected


@pytest.mark.parametrize(("text", "reason"), [row[:2] for row in REFUSED], ids=[row[2] for row in REFUSED])
def test_what_two_programs_could_read_differently_is_refused(text: str, reason: str):
    """Nothing is repaired: the reason is given, and the text, which may hold a password, is not in it."""
    answer = canonical_origin(text)
    assert isinstance(answer, BadUrl)
    assert reason in answer.reason
    assert "canary" not in answer.reason


@pytest.mark.parametrize("text", [row[0] for row in CANONICAL], ids=[row[2] for row in CANONICAL])
def test_the_canonical_form_is_its_own_canonical_form(text: str):
    """Canonicalising twice changes nothing."""
    once = canonical_origin(text)
    assert isinstance(once, str)
    assert canonical_origin(once) == once


@given(st.text(alphabet=string.printable + "üß。\u202e\u2028１", max_size=40))
@example("a.example:443/x")
def test_no_text_raises_and_whatever_passes_is_stable_ascii(text: str):
    """Any text gives a canonical origin, which is ASCII and canonical, or a reason."""
    for candidate in (text, f"https://{text}"):
        answer = canonical_origin(candidate)
        if isinstance(answer, str):
            assert answer.isascii()
            assert canonical_origin(answer) == answer
            assert answer.startswith(("https://", "http://127.", "http://localhost", "http://[::1]"))


def test_the_same_origin_is_told_from_others_path_included():
    """The path is part of a tenant's origin."""
    assert same_origin("https://A.example:443/x/", "https://a.example/x")
    assert not same_origin("https://a.example/x", "https://a.example/y")
    assert not same_origin("https://a.example", "https://b.example")
    assert not same_origin("https://a.example", "https://a.example:8443")


def test_two_unusable_texts_are_never_the_same_origin():
    """Equal nonsense must not open a door."""
    assert not same_origin("https://a.example.", "https://a.example.")
    assert not same_origin("https://a.example.", "https://a.example")


@pytest.mark.parametrize(
    ("origin", "url", "expected"),
    [
        pytest.param("https://a.example", "https://a.example", True, id="equal"),
        pytest.param("https://a.example", "https://A.example:443/hooks/1/", True, id="any-path"),
        pytest.param("https://a.example", "https://a.example?x=https://b.example#f", True, id="query-and-fragment"),
        pytest.param("https://a.example/hooks", "https://a.example/hooks", True, id="path-equal"),
        pytest.param("https://a.example/hooks/", "https://a.example/hooks/1", True, id="path-below"),
        pytest.param("https://a.example/hooks", "https://a.example/hooksmith", False, id="path-with-prefix"),
        pytest.param("https://a.example/hooks", "https://a.example/", False, id="path-above"),
        pytest.param("https://a.example/hooks", "https://a.example/hooks/../x", False, id="path-leaves"),
        pytest.param("https://a.example", "https://a.example.evil.example", False, id="host-as-prefix"),
        pytest.param("https://a.example", "https://a.example@evil.example", False, id="host-as-user"),
        pytest.param("https://a.example", "https://a.example\\@evil.example", False, id="backslash"),
        pytest.param("https://a.example", "https://a.example:8443", False, id="port"),
        pytest.param("https://localhost", "http://localhost", False, id="scheme"),
        pytest.param("https://a.example", "https://a.example.", False, id="trailing-dot"),
        pytest.param("https://a.example/hooks", "https://a.example/hooks/..;/x", False, id="path-leaves-by-parameter"),
        pytest.param("https://a.example/hooks", "https://a.example/hooks/..;a=b", False, id="path-leaves-at-its-end"),
        pytest.param("https://a.example/hooks", "https://a.example/hooks/a..;b", True, id="dots-in-a-name"),
        pytest.param("https://xn--fa-hia.example", "https://fa\u00df.example", False, id="two-standards-of-names"),
        pytest.param("https://xn--bcher-kva.example", "https://b\u00fccher.example", False, id="international"),
        pytest.param("https://b\u00fccher.example", "https://xn--bcher-kva.example", True, id="its-ascii-form"),
        pytest.param("https://a.example", "", False, id="empty"),
        pytest.param("", "https://a.example", False, id="no-origin"),
    ],
)
def test_a_secret_covers_urls_of_its_own_origin_only(origin: str, url: str, expected: bool):
    """A secret's `for` says beside which URLs it may be sent; doubt means no."""
    assert covers(origin, url) is expected


def test_a_token_url_keeps_its_path_to_the_letter():
    """Parts are for a caller that needs the path as written."""
    url = parse_url("https://ID.example/auth/realms/acme/")
    assert not isinstance(url, BadUrl)
    assert (url.authority, url.path) == ("https://id.example", "/auth/realms/acme/")


@pytest.mark.parametrize(
    "template",
    [
        pytest.param("https://{tenant}.p.example", id="host"),
        pytest.param("http://127.0.0.1:8080/{tenant}", id="path"),
        pytest.param("https://one.example", id="none"),
        pytest.param("https://{tenant}.example/{tenant}", id="twice"),
    ],
)
def test_a_template_may_name_the_tenant(template: str):
    """`{tenant}` may stand in host and path, or nowhere."""
    assert check_template(template) == template


@pytest.mark.parametrize(
    "template",
    [
        pytest.param("https://{region}.example", id="other-placeholder"),
        pytest.param("https://{tenant.__class__}.example", id="attribute"),
        pytest.param("https://{tenant!r}.example", id="conversion"),
        pytest.param("https://{{tenant}}.example", id="doubled-braces"),
        pytest.param("https://{Tenant}.example", id="case"),
        pytest.param("https://a.example:{tenant}", id="port"),
        pytest.param("{tenant}://a.example", id="scheme"),
        pytest.param("https://{tenant}@a.example", id="user"),
        pytest.param("https://a.example?tenant={tenant}", id="query"),
        pytest.param("http://{tenant}.example", id="http"),
        pytest.param("http://{tenant}", id="http-tenant-as-host"),
    ],
)
def test_a_template_has_no_other_placeholder_and_no_other_place_for_it(template: str):
    """A template is an origin in every respect, once the tenant is in."""
    assert isinstance(check_template(template), BadUrl)


def test_each_tenant_has_its_own_canonical_origin():
    """Two tenants, two origins."""
    assert origin_of("HTTPS://{tenant}.P.example/", "acme") == "https://acme.p.example"
    assert origin_of("HTTPS://{tenant}.P.example/", "acme-staging") == "https://acme-staging.p.example"


def test_a_tenant_that_does_not_fit_the_template_is_a_usage_problem():
    """A name of 63 letters is allowed, and too long for a label that adds to it."""
    problem = origin_of("https://{tenant}-x.example", "a" * 63)
    assert isinstance(problem, UsageProblem)
    assert "a" * 63 in problem.message
    assert isinstance(origin_of("https://a.{tenant}", "123"), UsageProblem)
