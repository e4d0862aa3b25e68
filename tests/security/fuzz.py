"""One reader under coverage-guided fuzzing: `python -m tests.security.fuzz TARGET SECONDS FOLDER`.

libFuzzer makes inputs, starting from those in FOLDER. A run fails by any exception, by more than five seconds or
512 MiB for one input, and by what a target itself holds. At the end it says how many inputs were tried.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import atheris  # type: ignore[import-untyped,import-not-found,unused-ignore]

with atheris.instrument_imports(include=["reconciler", "yaml"], enable_loader_override=False):
    import yaml

    from reconciler.catalogue import Catalogue, load
    from reconciler.desired.fleet import load as load_fleet
    from reconciler.desired.listing import list_files
    from reconciler.inputs.entries import read_entries
    from reconciler.inputs.tomlfiles import parse_toml
    from reconciler.inputs.usage import UsageProblem
    from reconciler.model.files import Entry, Kind
    from reconciler.model.report import Report
    from reconciler.platform.bodies import NotStrictJson
    from reconciler.platform.bodies import parse as parse_body
    from reconciler.report.from_json import from_json
    from reconciler.report.journal_reading import JournalReading, journal_json, journal_text, read_journal
    from reconciler.report.to_json import to_json
    from reconciler.strictyaml import MAX_DEPTH, Node, parse, quick
    from reconciler.strictyaml.scalars import resolve


def _plain(event: yaml.Event, events: Iterator[yaml.Event]) -> Any:
    """What PyYAML's own parser reads, put together without its constructors."""
    if isinstance(event, yaml.ScalarEvent):
        return event.value if event.style else resolve(event.value)
    flat: list[Any] = []
    while not isinstance(following := next(events), yaml.CollectionEndEvent):
        flat.append(_plain(following, events))
    return flat if isinstance(event, yaml.SequenceStartEvent) else dict(zip(flat[::2], flat[1::2], strict=True))


def _depth(node: Node) -> int:
    content = node.content
    inner = [item.node for item in content.values()] if isinstance(content, dict) else content
    return 1 + max(map(_depth, inner), default=0) if isinstance(inner, tuple | list) else 0


def fuzz_yaml(data: bytes) -> None:
    """A document, whatever the bytes; an accepted one says what PyYAML's pure parser reads in it."""
    document = parse(data, file="f.yaml", max_bytes=4096)
    root = document.root
    assert root is None or _depth(root) <= MAX_DEPTH
    assert root is not None or document.problems
    glanced = quick(data)
    if glanced is not None:
        assert document.problems == ()
        assert json.dumps(glanced) == json.dumps(document.value)
    if document.problems:
        return
    text = data.decode("utf-8-sig")
    try:
        events = iter([one for one in yaml.parse(text, Loader=yaml.SafeLoader) if isinstance(one, _CONTENT)])
    except yaml.YAMLError:
        return  # the two of PyYAML differ in what they take; ours takes no more than libyaml
    assert _same(document.value, _plain(next(events), events))
    json.dumps(document.value, allow_nan=False).encode()


_CONTENT = (yaml.ScalarEvent, yaml.CollectionStartEvent, yaml.CollectionEndEvent)


def _same(one: Any, other: Any) -> bool:
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


CATALOGUE = load()
assert isinstance(CATALOGUE, Catalogue)


class _One:
    """A folder with a tenant and a profile of the same text."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def entries(self) -> Iterator[Entry]:
        yield from (Entry("acme.yaml", Kind.FILE), Entry("_p.yaml", Kind.FILE))

    def read(self, path: str, limit: int) -> bytes:
        return self._data[:limit]


def fuzz_tenant(data: bytes) -> None:
    """A tenant, with problems or with keys that fit their schemas."""
    assert isinstance(CATALOGUE, Catalogue)
    (tenant,) = load_fleet(list_files(_One(data), shown="tenants"), None, CATALOGUE).tenants
    assert len(tenant.problems) < 400
    assert all(one.file and one.message for one in tenant.problems)


def fuzz_credentials(data: bytes) -> None:
    """Entries, or findings."""
    document = parse(data, file="f.yaml", hidden=lambda _: True)
    if document.root is not None:
        read_entries(document.root)


def fuzz_report(data: bytes) -> None:
    """A report that can be written again, or why it is none."""
    report = from_json(data)
    if isinstance(report, Report):
        assert from_json(to_json(report)) == report


def fuzz_journal(data: bytes) -> None:
    """A journal that can be shown, or why it is none."""
    journal = read_journal(data)
    if isinstance(journal, JournalReading):
        assert "\x1b" not in journal_text(journal).encode().decode()
        json.loads(journal_json(journal))


def fuzz_body(data: bytes) -> None:
    """JSON that every reader reads alike, or why it is none."""
    try:
        document = parse_body(data)
    except NotStrictJson:
        return
    json.dumps(document, allow_nan=False, ensure_ascii=False).encode()


def fuzz_settings(data: bytes) -> None:
    """Values, or why there are none."""
    found = parse_toml(data, Path("reconciler.toml"))
    assert isinstance(found, dict | UsageProblem)


TARGETS: Final[Mapping[str, Callable[[bytes], None]]] = {
    name.removeprefix("fuzz_"): target for name, target in list(globals().items()) if name.startswith("fuzz_")
}


def main() -> None:
    """Fuzz one target."""
    target, seconds, folder = sys.argv[1:]
    limits = ("-timeout=5", "-rss_limit_mb=512", "-max_len=4096", "-verbosity=0", "-print_final_stats=1")
    atheris.Setup(
        [sys.argv[0], f"-max_total_time={seconds}", *limits, f"-artifact_prefix={folder}/", folder], TARGETS[target]
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
