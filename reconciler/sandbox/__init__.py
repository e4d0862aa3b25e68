"""A test double of the API: real HTTP on loopback, state in SQLite, every documented status, and faults on demand.

It is built from the catalogue alone and knows no key by name. It says nothing about the platform beyond its
document: where that is silent, it does what we expect of the platform, which may be wrong.

Only a server needs the extra `sandbox` (starlette, uvicorn); importing this package doesn't.
"""

from reconciler.sandbox.access import credentials, secret_text, write_credentials
from reconciler.sandbox.answer import MAX_BODY
from reconciler.sandbox.commands import reset, set_, show
from reconciler.sandbox.controls import Controls, Row
from reconciler.sandbox.faults import EVERY, TOKEN, ErrorBody, Fault, FaultKind
from reconciler.sandbox.history import Author, LogEntry, Write
from reconciler.sandbox.refusal import SandboxRefusal
from reconciler.sandbox.seed import SHIPPED
from reconciler.sandbox.server import DB, RunningSandbox, Sandbox, serve
from reconciler.sandbox.store import Stored

__all__ = [
    "DB",
    "EVERY",
    "MAX_BODY",
    "SHIPPED",
    "TOKEN",
    "Author",
    "Controls",
    "ErrorBody",
    "Fault",
    "FaultKind",
    "LogEntry",
    "Row",
    "RunningSandbox",
    "Sandbox",
    "SandboxRefusal",
    "Stored",
    "Write",
    "credentials",
    "reset",
    "secret_text",
    "serve",
    "set_",
    "show",
    "write_credentials",
]
