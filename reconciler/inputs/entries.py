"""The credentials document: from YAML to one Access a tenant, with every finding and never a value.

A finding names tenant, field and position. Even an unknown name is not shown unless it is nearly a known one: where
the indentation is wrong, a secret can stand where a name should.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from reconciler.inputs.origins import BadUrl, canonical_origin, parse_url
from reconciler.inputs.usage import did_you_mean
from reconciler.model.access import Access, ClientCredentials, StaticToken
from reconciler.model.tenant import BoundSecret
from reconciler.model.values import Secret
from reconciler.strictyaml import Node

_TENANT = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_SECRET_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,127}")
_VISIBLE = re.compile(r"[\x21-\x7e]+")
_CLIENT = ("client_id", "client_secret", "token_url")
_FIELDS = frozenset({"origin", "token", *_CLIENT, "secrets"})
_SECRET_FIELDS = frozenset({"value", "for"})


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing wrong with the document, at a position."""

    line: int
    column: int
    message: str


def read_entries(root: Node) -> tuple[Mapping[str, Access], tuple[Finding, ...]]:
    """Return what could be read, and every finding in the order of the document. With findings, use nothing of it."""
    findings: list[Finding] = []
    if not isinstance(root.content, Mapping):
        findings.append(Finding(root.line, root.column, "The document must map tenants to their entries"))
    entries: dict[str, Access] = {}
    for name, item in root.members.items():
        if not _TENANT.fullmatch(name):
            message = "This is not a tenant's name: small letters, digits and dashes, at most 63"
            findings.append(Finding(item.line, item.column, message))
            continue
        access = _Entry(name, name, item.node, findings).access(name)
        if access is not None:
            entries[name] = access
    return entries, tuple(sorted(findings))


@dataclass(slots=True)
class _Entry:
    """One mapping of the document being read; `what` names it in findings."""

    tenant: str
    what: str
    node: Node
    findings: list[Finding]
    start: int = field(init=False)

    def __post_init__(self) -> None:
        """Remember where this entry's findings begin."""
        self.start = len(self.findings)

    def access(self, tenant: str) -> Access | None:
        """Return the tenant's access, None when anything about it is wrong."""
        if not self._is_mapping("origin, token (or client_id, client_secret, token_url), secrets"):
            return None
        self._refuse_unknown(_FIELDS)
        origin = self._origin("origin")
        grant = self._grant()
        secrets = dict(self._secrets())
        if origin is None or grant is None or len(self.findings) > self.start:
            return None
        return Access(tenant, origin, grant, secrets)

    def bound_secret(self) -> BoundSecret | None:
        """Return one member of `secrets`, None when anything about it is wrong."""
        if not self._is_mapping("value and for"):
            return None
        self._refuse_unknown(_SECRET_FIELDS)
        value, origin = self._text("value"), self._origin("for")
        return None if value is None or origin is None else BoundSecret(Secret(value), origin)

    def _grant(self) -> StaticToken | ClientCredentials | None:
        client = [name for name in _CLIENT if name in self.node.members]
        if "token" in self.node.members and client:
            self._find(self.node, f"has both token and {', '.join(client)}: keep one way to get in")
            return None
        if client:
            client_id, secret = self._visible("client_id"), self._visible("client_secret")
            url = self._token_url()
            if client_id is None or secret is None or url is None:
                return None
            return ClientCredentials(client_id, Secret(secret), url)
        if "token" in self.node.members:
            token = self._visible("token")
            return None if token is None else StaticToken(Secret(token))
        self._find(self.node, "has neither token nor client_id, client_secret and token_url")
        return None

    def _secrets(self) -> Iterator[tuple[str, BoundSecret]]:
        item = self.node.members.get("secrets")
        if item is None:
            return
        if not isinstance(item.node.content, Mapping):
            self._find(item.node, "secrets must map names to value and for")
        for name, member in item.node.members.items():
            if not _SECRET_NAME.fullmatch(name):
                message = f"{self.what}: a name in secrets may have letters, digits, _ . - and starts with a letter"
                self.findings.append(Finding(member.line, member.column, message))
                continue
            what = f"{self.tenant}.secrets.{name}"
            bound = _Entry(self.tenant, what, member.node, self.findings).bound_secret()
            if bound is not None:
                yield name, bound

    def _origin(self, name: str) -> str | None:
        text = self._text(name)
        if text is None:
            return None
        origin = canonical_origin(text)
        if isinstance(origin, BadUrl):
            self._find_at(name, origin.reason)
            return None
        return origin

    def _token_url(self) -> str | None:
        text = self._visible("token_url")
        if text is None:
            return None
        url = parse_url(text)
        if isinstance(url, BadUrl):
            self._find_at("token_url", url.reason)
            return None
        # Unlike an origin's, its path is used to the letter: a trailing slash may matter.
        return url.authority + url.path

    def _visible(self, name: str) -> str | None:
        """Return text fit for a header or a form. An HTTP library would print any other text in its exception."""
        text = self._text(name)
        if text is None or _VISIBLE.fullmatch(text):
            return text
        self._find_at(name, "has a blank, a control character or a letter outside of ASCII in it")
        return None

    def _text(self, name: str) -> str | None:
        """Return a field's text without surrounding blanks: a copied token often ends in a newline."""
        item = self.node.members.get(name)
        if item is None:
            self._find(self.node, f"{name} is missing")
            return None
        if item.node.broken:
            return None  # the parser has a finding for it
        content = item.node.content
        if content is not None and not isinstance(content, str):
            self._find_at(name, "must be text: put it in quotes")
            return None
        text = (content or "").strip()
        if not text:
            self._find_at(name, "is empty")
        return text or None

    def _is_mapping(self, members: str) -> bool:
        if not isinstance(self.node.content, Mapping):
            self._find(self.node, f"must be a mapping with {members}")
        return isinstance(self.node.content, Mapping)

    def _refuse_unknown(self, known: frozenset[str]) -> None:
        for name, item in self.node.members.items():
            if name not in known:
                message = f"{self.what}: an unknown field.{did_you_mean(name, known)}"
                self.findings.append(Finding(item.line, item.column, message))

    def _find(self, node: Node, message: str) -> None:
        self.findings.append(Finding(node.line, node.column, f"{self.what}: {message}"))

    def _find_at(self, name: str, message: str) -> None:
        self._find(self.node.members[name].node, f"{name} {message}")
