"""Sources to a catalogue, and to the files derived from it: bytes in, bytes out, the same ones every time."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from reconciler.catalogue.catalogue import Catalogue
from reconciler.catalogue.cursor import start
from reconciler.catalogue.document import Rules, read_keys
from reconciler.catalogue.keyfile import DERIVED, to_document
from reconciler.catalogue.ordering import order_faults
from reconciler.catalogue.problem import CatalogueProblem
from reconciler.catalogue.rules import read_rules
from reconciler.catalogue.sources import Sources
from reconciler.model.key import Key, Schema
from reconciler.model.problem import Problem
from reconciler.strictyaml import parse

INDEX: Final = "keys/index.json"
"""Which key files belong together, in which order, and their hashes: a file changed by hand is not believed."""

TENANT: Final = "tenant.schema.json"
PROFILE: Final = "profile.schema.json"


def compose(sources: Sources, onto: Catalogue | None = None) -> Catalogue | CatalogueProblem:
    """Return the catalogue of `sources`, added to the keys of `onto` if there is one, or every finding.

    What is added can't replace: a known name or path is refused, or write-once could be talked away. Rules for
    a known key are added to its own; they can only forbid more.
    """
    problems: list[Problem] = []
    rules = read_rules(sources, problems)
    known = onto.keys if onto else ()
    origin = onto.origin_template if onto else ""
    keys: tuple[Key, ...] = ()
    if sources.openapi is not None or onto is None:
        page = start(parse(sources.openapi or b"", file=sources.openapi_file), sources.openapi_file, problems)
        first = max((key.order for key in known), default=-1) + 1
        origin, keys = read_keys(page, rules, origin=onto.origin_template if onto else None, first=first)
    every = (*_with_rules(known, rules), *keys)
    problems.extend(_clashes(sources, known, keys, rules))
    problems.extend(_order_problems(sources, every))
    if problems:
        return CatalogueProblem(tuple(sorted(problems)))
    return Catalogue(every, origin, onto.document if onto else sources.openapi or b"")


def derive(sources: Sources, onto: Catalogue | None = None) -> Mapping[str, bytes] | CatalogueProblem:
    """Return every derived file by its name below the folder of `sources`.

    Of a folder that adds to `onto`, the key files are those of its own keys; the schemas of whole files know all keys.
    """
    catalogue = compose(sources, onto)
    if isinstance(catalogue, CatalogueProblem):
        return catalogue
    known = {key.name for key in onto.keys} if onto else set()
    digest = sources.digest
    own = [key for key in catalogue.keys if key.name not in known]
    files = {f"keys/{key.name}.schema.json": _bytes(to_document(key, digest)) for key in own}
    index = {
        "$comment": DERIVED,
        "x-derived-from": digest,
        "origin_template": catalogue.origin_template,
        "keys": [{"file": name, "sha256": hashlib.sha256(data).hexdigest()} for name, data in files.items()],
    }
    whole = {TENANT: catalogue.tenant_schema(), PROFILE: catalogue.profile_schema()}
    marked = {name: _bytes(_marked(schema, digest)) for name, schema in whole.items()}
    return dict(sorted({**files, INDEX: _bytes(index), **marked}.items()))


def _marked(schema: Schema, digest: str) -> Schema:
    return {"$schema": schema["$schema"], "$comment": schema["$comment"], "x-derived-from": digest, **schema}


def _bytes(document: Mapping[str, Any]) -> bytes:
    """Fields keep their order, which is the document's: it decides how values are shown."""
    return (json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _with_rules(known: tuple[Key, ...], rules: Rules) -> Iterator[Key]:
    for key in known:
        added = rules.get(key.name, ())
        yield replace(key, rules=(*key.rules, *added)) if added else key


def _clashes(sources: Sources, known: tuple[Key, ...], keys: tuple[Key, ...], rules: Rules) -> Iterator[Problem]:
    # A server may not care about case, and then another spelling of a path is the same key.
    names, paths = {key.name for key in known}, {key.path.lower() for key in known}
    for key in keys:
        if key.name in names or key.path.lower() in paths:
            hint = "A known key can't be described again; take the path out. A house rule may add to it."
            yield _problem(sources.openapi_file, "known", f"{key.name} is a key already", hint)
    every = names | {key.name for key in keys}
    ids = {key.name: {rule.id for rule in key.rules} for key in known}
    for name, added in rules.items():
        file = f"{sources.folder}/rules/{name}.yaml"
        if name not in every:
            yield _problem(file, "rules", f"There is no key {name}", "The file's name is the key's full name.")
        for rule in added:
            if rule.id in ids.get(name, ()):
                yield _problem(file, "rules", f"{name} has a rule {rule.id} already", "Give it another id.")


def _order_problems(sources: Sources, keys: tuple[Key, ...]) -> Iterator[Problem]:
    for name, fault in order_faults(keys):
        yield _problem(sources.openapi_file, "order", f"{name}: {fault}")


def _problem(file: str, rule: str, message: str, hint: str = "") -> Problem:
    return Problem(file, 0, 0, "", f"catalogue/{rule}", message, hint)
