import json
import traceback
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.inputs.credentials import Credentials, load_credentials
from reconciler.inputs.usage import UsageProblem
from reconciler.inputs.user import UserSettings
from reconciler.model.access import Access, ClientCredentials, StaticToken
from reconciler.model.tenant import BoundSecret
from reconciler.model.values import Secret

Load = Callable[[str], Credentials]
Complaint = Callable[[str], str]
CANARY = "canary-never-shown"

TWO_TENANTS = """
acme:
  origin: HTTPS://Acme.example:443/
  token: "  token-of-acme\\n"
  secrets:
    WEBHOOK: {value: "a b\\tç ", for: https://hooks.example/}
beta:
  origin: http://127.0.0.1:8080/beta
  client_id: beta-client
  client_secret: beta-secret
  token_url: https://ID.example/realms/beta/token/
"""


def test_each_tenant_gets_its_own_entry_in_canonical_form(credentials: Load):
    """A token, or client credentials; origins canonical, texts stripped, a token URL to the letter."""
    loaded = credentials(TWO_TENANTS)
    assert loaded.access("acme", "https://acme.example") == Access(
        "acme",
        "https://acme.example",
        StaticToken(Secret("token-of-acme")),
        {"WEBHOOK": BoundSecret(Secret("a b\tç"), "https://hooks.example")},
    )
    assert loaded.access("beta", "http://127.0.0.1:8080/beta/") == Access(
        "beta",
        "http://127.0.0.1:8080/beta",
        ClientCredentials("beta-client", Secret("beta-secret"), "https://id.example/realms/beta/token/"),
    )


def test_a_token_is_not_handed_out_for_another_origin(credentials: Load):
    """Settings that name another host get both origins to look at, and no token."""
    problem = credentials(TWO_TENANTS).access("acme", "https://evil.example")
    assert isinstance(problem, UsageProblem)
    assert "https://acme.example" in str(problem)
    assert "https://evil.example" in str(problem)
    assert "token-of-acme" not in str(problem)


def test_a_tenant_without_an_entry_learns_where_one_goes(credentials: Load):
    """The tenant, the nearest name, and the sources."""
    problem = credentials(TWO_TENANTS).access("acmee", "https://acme.example")
    assert isinstance(problem, UsageProblem)
    for part in ("acmee", 'Did you mean "acme"?', "--credentials", "RECONCILER_CREDENTIALS_COMMAND"):
        assert part in str(problem)


def test_all_selected_tenants_are_checked_at_once(credentials: Load):
    """Before the first request: what is missing, what is for elsewhere, ten at most."""
    loaded = credentials(TWO_TENANTS)
    origins = {"acme": "https://acme.example", "beta": "https://beta.example"}
    problem = loaded.accesses({**origins, **{f"t{n:02}": f"https://t{n}.example" for n in range(12)}})
    assert isinstance(problem, UsageProblem)
    assert "13 of 14 tenants" in problem.message
    assert len(problem.details) == 11
    assert problem.details[0].startswith("beta: the entry is for http://127.0.0.1:8080/beta")
    assert problem.details[-1] == "… and 3 more"
    both = loaded.accesses({"beta": "http://127.0.0.1:8080/beta", "acme": "https://acme.example"})
    assert not isinstance(both, UsageProblem)
    assert [(name, access.tenant) for name, access in both.items()] == [("acme", "acme"), ("beta", "beta")]


def test_nobody_selected_needs_nothing(credentials: Load):
    """An empty shard is fine."""
    assert credentials(TWO_TENANTS).accesses({}) == {}


_START = "acme:\n  origin: https://acme.example\n"


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        pytest.param("", "There are no credentials", id="nothing"),
        pytest.param(" \n", "empty", id="blank"),
        pytest.param("canary-never-shown", "1:1 The document must map tenants", id="a-bare-token"),
        pytest.param("- canary-never-shown", "1:1 The document must map tenants", id="a-list"),
        pytest.param("acme: canary-never-shown", "1:7 acme: must be a mapping with origin", id="token-only"),
        pytest.param("acme:", "acme: must be a mapping", id="empty-entry"),
        pytest.param("Canary-Never-Shown: {}", "1:1 This is not a tenant's name", id="bad-name"),
        pytest.param("canary-never-shown_: {}", "1:1 This is not a tenant's name", id="bad-name-2"),
        pytest.param(_START, "acme: has neither token nor client_id", id="no-grant"),
        pytest.param("acme: {token: canary-never-shown}", "acme: origin is missing", id="no-origin"),
        pytest.param(_START + "  token:", "3:9 acme: token is empty", id="null-token"),
        pytest.param(_START + "  token: ''", "acme: token is empty", id="empty-token"),
        pytest.param(_START + '  token: " \\t\\n"', "acme: token is empty", id="blank-token"),
        pytest.param(_START + "  token: canary never-shown", "token has a blank", id="blank-in-token"),
        pytest.param(_START + "  token: canary-never-shown-ü", "token has a blank", id="letter-in-token"),
        pytest.param(_START + '  token: "canary\\nX-Evil: 1"', "token has a blank", id="header-injection"),
        pytest.param(_START + '  token: "canary\\0"', "control character", id="null-in-token"),
        pytest.param(_START + "  token: 98127", "3:10 acme: token must be text: put it in quotes", id="number"),
        pytest.param(_START + "  token: 098127", "3:10 A number with a leading zero", id="octal"),
        pytest.param(_START + "  token: true", "acme: token must be text", id="boolean"),
        pytest.param(_START + "  token: [canary-never-shown]", "acme: token must be text", id="list"),
        pytest.param(_START + "  token: a\n  client_id: b", "both token and client_id", id="both"),
        pytest.param(
            _START + "  client_id: a\n  token_url: https://x.example",
            "acme: client_secret is missing",
            id="no-client-secret",
        ),
        pytest.param(_START + "  client_id: a\n  client_secret: b", "acme: token_url is missing", id="no-token-url"),
        pytest.param(
            _START + "  client_id: a\n  client_secret: b\n  token_url: http://id.example",
            "5:14 acme: token_url must be https",
            id="http-token-url",
        ),
        pytest.param(
            _START + "  client_id: a\n  client_secret: b\n  token_url: https://x:canary-never-shown@id.example",
            "acme: token_url has a user name",
            id="password-in-token-url",
        ),
        pytest.param(
            _START + "  client_id: a\n  client_secret: canary never-shown\n  token_url: https://i.example",
            "acme: client_secret has a blank",
            id="blank-in-client-secret",
        ),
        pytest.param("acme: {origin: 'http://acme.example', token: t}", "origin must be https", id="http-origin"),
        pytest.param(
            "acme: {origin: 'https://canary-never-shown@acme.example', token: t}",
            "origin has a user name",
            id="user-in-origin",
        ),
        pytest.param(_START + "  tokn: canary-never-shown", 'unknown field. Did you mean "token"?', id="typo"),
        pytest.param(_START + "  token: t\n  canary-never-shown: x", "4:3 acme: an unknown field.", id="stray"),
        pytest.param(_START + "  token: t\n  secrets: canary-never-shown", "secrets must map", id="secrets-text"),
        pytest.param(_START + "  token: t\n  secrets: {A: canary-never-shown}", "acme.secrets.A: must be", id="bare"),
        pytest.param(_START + "  token: t\n  secrets: {A: {value: x}}", "acme.secrets.A: for is missing", id="for"),
        pytest.param(
            _START + "  token: t\n  secrets: {A: {for: 'https://x.example'}}",
            "acme.secrets.A: value is missing",
            id="value",
        ),
        pytest.param(
            _START + "  token: t\n  secrets: {A: {value: canary-never-shown, for: 'http://x.example'}}",
            "acme.secrets.A: for must be https",
            id="http-for",
        ),
        pytest.param(
            _START + "  token: t\n  secrets: {A: {value: x, fro: 'https://x.example'}}",
            'unknown field. Did you mean "for"?',
            id="typo-in-secret",
        ),
        pytest.param(_START + "  token: t\n  secrets: {'canary never-shown': {}}", "a name in secrets", id="name"),
        pytest.param("acme: {token: canary-never-shown", "Not YAML", id="syntax"),
        pytest.param("a: &canary-never-shown {}\nb: *canary-never-shown", "1:4 An anchor", id="anchor"),
        pytest.param("acme: !canary-never-shown {}", "A tag", id="tag"),
        pytest.param(_START + "  token: canary-never-shown\n  token: canary-never-shown2", "twice", id="duplicate"),
        pytest.param("acme: {}\nacme: {}", "twice", id="duplicate-tenant"),
        pytest.param("canary-never-shown:\n a: b\n  c: canary-never-shown", "Not YAML", id="indentation"),
    ],
)
def test_a_bad_document_is_explained_without_a_value(complaint: Complaint, document: str, expected: str):
    """Tenant, field and position; never what stands there."""
    text = complaint(document)
    assert expected in text
    assert "canary" not in text.lower()


def test_all_findings_come_together_in_the_order_of_the_document(complaint: Complaint):
    """Notation and content, both tenants."""
    text = complaint("beta:\n  token: 0755\nacme:\n  origin: ftp://x\n  token: 5\nzeta: {}\n")
    positions = [line.split()[0] for line in text.splitlines()[1:-1]]
    assert positions == ["2:3", "2:10", "4:11", "5:10", "6:7", "6:7"]
    assert "6 problems" in text


def test_a_refused_scalar_is_reported_once(complaint: Complaint):
    """The parser's finding says it all."""
    assert complaint("acme: {origin: 'https://a.example', token: 12:30}").count("1:44") == 1


def test_a_document_with_one_finding_grants_nothing(complaint: Complaint):
    """Half a document is not used: a broken entry on another tenant may be the wrong file."""
    assert "one problem" in complaint(TWO_TENANTS + "zeta: 5\n")


def test_nothing_renders_a_secret(credentials: Load):
    """Neither repr, str, format nor a traceback of whatever holds them."""
    loaded = credentials(
        f"acme: {{origin: 'https://acme.example', token: {CANARY}-t,"
        f" secrets: {{A: {{value: {CANARY}-s, for: 'https://x.example'}}}}}}\n"
        f"beta: {{origin: 'https://beta.example', client_id: me, client_secret: {CANARY}-c,"
        " token_url: 'https://id.example'}"
    )
    for thing in (loaded, *loaded.entries.values()):
        for rendered in (repr(thing), str(thing), f"{thing}", f"{thing!r:>200}"):
            assert CANARY not in rendered
    with pytest.raises(RuntimeError) as caught:
        raise RuntimeError(loaded, dict(loaded.entries))
    assert CANARY not in "".join(traceback.format_exception(caught.value))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.just(CANARY) | st.text(max_size=5),
        lambda below: (
            st.lists(below, max_size=3)
            | st.dictionaries(
                st.sampled_from(["acme", "origin", "token", "secrets", "A", "value", "for", "client_id", CANARY + "_"]),
                below,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_no_document_raises_or_shows_what_stands_in_it(document: object):
    """Any JSON is YAML: it loads, or gives a problem that shows no text of the document."""
    loaded = load_credentials(None, {"RECONCILER_CREDENTIALS": json.dumps(document)}, UserSettings())
    assert CANARY not in str(loaded)
    assert CANARY not in repr(loaded)
