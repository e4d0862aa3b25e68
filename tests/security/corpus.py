"""Hostile texts, by name: what a file, a document or a report could hold to harm whoever reads it. Made, not stored.

Each is as large as its reader takes, or a little larger.
"""

import json
from collections.abc import Callable, Mapping
from typing import Final

MIB: Final = 1 << 20
_WEBHOOK = 'sales_order: {external_order_webhook: {url: "%s", api_key: {secret: A}}}\n'


def _times(text: str, size: int = MIB) -> bytes:
    """Return `text` as often as fits into `size` bytes."""
    return (text * (size // len(text.encode()))).encode()


def _many(row: Callable[[int], str], count: int, before: str, after: str) -> bytes:
    return f"{before}{', '.join(map(row, range(count)))}{after}\n".encode()


def _laughs(levels: int) -> bytes:
    """Ten to the power of `levels`, by anchors."""
    lines = ["a0: &a0 [lol]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, levels))]
    return "\n".join(lines).encode()


def _merges(levels: int) -> bytes:
    """Nested merge keys, which take a lenient reader half a minute."""
    lines = ["a0: &a0 {x: 1}", *(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}" for n in range(1, levels))]
    return "\n".join(lines).encode()


YAML: Final[Mapping[str, bytes]] = {
    "billion-laughs": _laughs(12),
    "merge-bomb": _merges(12),
    "alias-to-itself": b"a: &a [*a]\n",
    "anchor": b"sales_order: &x {external_oms: {enabled: true}}\n",
    "python-object": b"sales_order: !!python/object/apply:os.system ['touch canary-was-here']\n",
    "tag": b"sales_order: !include /etc/passwd\n",
    "tag-binary": b"sales_order: {external_oms: !!binary aGk=}\n",
    "directive-yaml": b"%YAML 1.1\n---\nsales_order: {}\n",
    "directive-tag": b"%TAG ! tag:example.com,2000:\n---\nsales_order: {}\n",
    "directive-unknown": _times("%FOO bar\n"),
    "two-documents": b"sales_order: {external_oms: {enabled: true}}\n---\nsales_order: {}\n",
    "many-documents": _times("---\n"),
    "duplicate-key": b"sales_order: {external_oms: {enabled: true, enabled: false}}\n",
    "duplicate-keys": _many(lambda _: "a: 1", 4_900, "sales_order: {", "}"),
    "deep-lists": b"[" * MIB,
    "deep-maps": _times("{a: "),
    "deep-blocks": "".join(f"{' ' * n}a:\n" for n in range(1, 1_400)).encode(),
    "deep-65": b"sales_order: " + b"[" * 64 + b"]" * 64,
    "deep-900": b"sales_order: {external_oms: " + b"[" * 900 + b"]" * 900 + b"}",
    "sequence-dashes": _times("- "),
    "question-marks": _times("? "),
    "colons": _times(": "),
    "quotes": _times('"'),
    "open-quote": b'a: "' + b"x" * (MIB - 5),
    "one-long-name": b"a" * (MIB - 3) + b": 1",
    "one-long-line-of-blanks": b"a:" + b" " * (MIB - 3),
    "comments": _times("#\n"),
    "tabs": _times("\t"),
    "folded": b"a: >\n" + _times(" x\n", MIB - 10),
    "escapes": b'a: "' + _times("\\u0041", MIB - 8) + b'"\n',
    "half-a-surrogate-pair": b'sales_order: {a: "\\ud800"}\n',
    "surrogate-in-utf-8": b"sales_order: {a: \xed\xa0\x80}\n",
    "overlong-utf-8": b"sales_order: {a: \xc0\xaf}\n",
    "not-utf-8": b"sales_order: \xff\xfe\n",
    "latin-1": "sales_order: {a: é}\n".encode("latin-1"),
    "utf-16": "sales_order: {}\n".encode("utf-16"),
    "utf-32": "sales_order: {}\n".encode("utf-32"),
    "nul": b"sales_order: {a: x\0y}\n",
    "nuls": b"\0" * MIB,
    "escaped-nul": b'sales_order: {a: "x\\0y"}\n',
    "controls": b"\x01" * MIB,
    "terminal-escape": b"sales_order: {a: \x1b[2J}\n",
    "bidi": "sales_order: {\u202egro: 1}\n".encode(),
    "byte-order-marks": "\ufeff".encode() * 1_000,
    "line-separators": "sales_order: {a: 1} # \u2028sales_order: {}\n".encode(),
    "integer-of-5000-digits": b"sales_order: {on_hold_timer_duration: " + b"9" * 5_000 + b"}\n",
    "octal-of-5000-digits": b"sales_order: {on_hold_timer_duration: 0" + b"7" * 5_000 + b"}\n",
    "hex-of-a-mebibyte": b"sales_order: {on_hold_timer_duration: 0x" + b"f" * (MIB - 60) + b"}\n",
    "float-beyond-all": b"sales_order: {on_hold_timer_duration: 1e999999999}\n",
    "infinity": b"sales_order: {on_hold_timer_duration: .inf}\n",
    "not-a-number": b"sales_order: {on_hold_timer_duration: .nan}\n",
    "sexagesimal": b"sales_order: {on_hold_timer_duration: 190:20:30}\n",
    "sixties-without-end": b"sales_order: {on_hold_timer_duration: " + _times("1:", 100_000) + b"1}\n",
    "underscores": b"sales_order: {on_hold_timer_duration: 1" + b"_" * 100_000 + b"}\n",
    "too-large": b"#" * (MIB + 1),
    "empty": b"",
    "a-scalar": b"canary-text\n",
    "a-list": b"- 1\n",
    "unknown-keys": _many(lambda n: f"x{n}: 1", 4_900, "sales_order: {", "}"),
    "keys-that-are-nearly-one": _many(lambda n: f"on_hold_timer_duratio{n}: 1", 4_900, "sales_order: {", "}"),
    "unknown-groups": "\n".join(f"sales_orde{n}: {{a: 1}}" for n in range(3_000)).encode(),
    "unknown-fields": _many(lambda n: f"limit{n}: 1", 4_900, "sales_order: {big_sales_order: {", "}}"),
    "wrong-items": _many(lambda n: f"x{n}", 9_900, "sales_order: {cancellation_allowed_from: [", "]}"),
    "wrong-mappings": _many(lambda n: f"{{a{n}: 1}}", 3_200, "sales_order: {cancellation_allowed_from: [", "]}"),
    "mixed-items": _many(
        lambda n: f"x{n}" if n % 2 else f"[{n}]", 6_500, "sales_order: {cancellation_allowed_from: [", "]}"
    ),
    "every-scalar-is-a-trap": _many(lambda n: f"a{n}: 0755", 4_900, "sales_order: {", "}"),
    "a-hundred-thousand-items": _many(str, 100_000, "sales_order: {cancellation_allowed_from: [", "]}"),
    "profiles-that-are-not-there": _many(lambda n: f"_p{n}", 9_900, "extends: [", "]"),
    "one-profile-again-and-again": _many(lambda _: "_p", 9_900, "extends: [", "]"),
    "profile-outside": b"extends: [_../../etc/passwd, ../_x, /etc/_passwd]\n",
    "url-of-dots": (_WEBHOOK % ("https://" + "a." * 500_000)).encode(),
    "url-of-colons": (_WEBHOOK % ("https://[" + ":" * 500_000)).encode(),
    "url-of-slashes": (_WEBHOOK % ("/" * 1_000_000)).encode(),
    "url-of-urls": (_WEBHOOK % ("https://" * 125_000)).encode(),
    "url-of-ats": (_WEBHOOK % ("https://" + "@" * 900_000)).encode(),
    "name-of-a-secret-without-end": (_WEBHOOK % "https://a.example/").replace("A}", "A" * 900_000 + "}").encode(),
}
"""None of them is a tenant's file, a credentials document, or a file of schemas."""

TOML: Final[Mapping[str, bytes]] = {
    "dotted-key-without-end": b"a" + b".a" * 100_000 + b" = 1\n",
    "many-dotted-keys": _times("a.b.c.d = 1\n", 250_000),
    "deep-array": b"a = " + b"[" * 100_000,
    "deep-table": b"a = " + b"{a = " * 50_000,
    "many-tables": b"".join(b"[a%d]\n" % n for n in range(20_000)),
    "array-of-tables": _times("[[gate.freeze]]\n", 250_000),
    "the-same-key-twice": b'origin = "a"\norigin = "b"\n',
    "integer-of-5000-digits": b"[limits]\nread_timeout = " + b"9" * 5_000 + b"\n",
    "infinity": b"[limits]\nread_timeout = inf\n",
    "not-a-number": b"[limits]\nread_timeout = nan\n",
    "float-beyond-all": b"[limits]\nread_timeout = 1e999\n",
    "half-a-surrogate-pair": b'origin = "\\ud800"\n',
    "nul": b'origin = "\0"\n',
    "escaped-nul": b'tenants = "a\\u0000b"\n',
    "not-utf-8": b'origin = "\xff"\n',
    "utf-16": 'origin = "a"\n'.encode("utf-16"),
    "too-large": b"#" * (1 << 18) + b"#",
    "nuls": b"\0" * 250_000,
    "open-text": b'origin = "' + b"x" * 250_000,
    "unknown-settings": b"".join(b"a%d = 1\n" % n for n in range(20_000)),
    "a-command": b'credentials_command = "touch canary-was-here"\n',
    "out-of-the-folder": b'tenants = "../.."\n',
    "schemas-out-of-the-folder": b'schemas = "/etc"\n',
    "a-moment-that-is-none": b'[[gate.freeze]]\nfrom = 9999-99-99T99:99:99Z\nto = 1\nreason = ""\n',
    "quotes": _times("'''", 250_000),
    "equals": _times("=", 250_000),
}
"""None of them is a settings file."""


def of_report(plan: str) -> Mapping[str, bytes]:
    """Return hostile reports, made of a good one where that is what makes them hostile."""
    document = json.loads(plan)
    return {
        "deep-lists": b"[" * 10_000,
        "deep-and-closed": b"[" * 10_000 + b"]" * 10_000,
        "deep-objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        "deep-value": _with(plan, "[" * 900 + "]" * 900),
        "very-deep-value": _with(plan, "[" * 10_000 + "]" * 10_000),
        "member-twice": b'{"format_version": "1.0", "format_version": "1.0"}',
        "member-twice-in-another-spelling": b'{"a": 1, "\\u0061": 2}',
        "not-a-number": _with(plan, "NaN"),
        "infinity": _with(plan, "-Infinity"),
        "float-beyond-all": _with(plan, "1e400"),
        "integer-of-5000-digits": _with(plan, "9" * 5_000),
        "negative-count": plan.replace('"line": ', '"line": -').encode(),
        "not-utf-8": plan.encode().replace(b'"plan"', b'"\xff"'),
        "utf-16": plan.encode("utf-16"),
        "nul": plan.encode().replace(b"{", b"\0{", 1),
        "nuls": b"\0" * MIB,
        "cut-off": plan.encode()[: len(plan) // 2],
        "twice": plan.encode() * 2,
        "empty": b"",
        "blanks": b" " * MIB,
        "a-list": b"[]",
        "a-number": b"7",
        "a-text-without-end": b'"' + b"x" * MIB,
        "escapes": b'"' + b"\\u0041" * (MIB // 6) + b'"',
        "bare-format": b'{"format_version": "1.0"}',
        "newer": json.dumps({**document, "format_version": "9.0"}).encode(),
        "version-without-end": json.dumps({**document, "format_version": "9" * 100_000 + ".0"}).encode(),
        "other-command": json.dumps({**document, "command": "x" * MIB}).encode(),
        "shard-without-end": _selecting(document, shard="1/" + "9" * 5_000),
        "shard-of-none": _selecting(document, shard="2/1"),
        "tenants-that-are-none": json.dumps({**document, "tenants": [{}] * 1_000}).encode(),
        "digest-without-end": json.dumps({**document, "digest": "sha256:" + "0" * MIB}).encode(),
    }


def _with(plan: str, value: str) -> bytes:
    """Put JSON text in the place of the first value that is planned."""
    before, found, after = plan.partition('"after": ')
    assert found
    _, comma, rest = after.partition(",")
    return f"{before}{found}{value}{comma}{rest}".encode()


def _selecting(document: dict[str, object], **changes: object) -> bytes:
    selection = document["selection"]
    assert isinstance(selection, dict)
    return json.dumps({**document, "selection": {**selection, **changes}}).encode()


_HEADER = b'{"journal_version": "1.0", "command": "apply"}\n'
_SENDING = {"event": "sending", "tenant": "acme", "origin": "https://a", "key": "a.b", "write_once": False, "at": "x"}


def _sending(**changes: object) -> bytes:
    return _HEADER + json.dumps({**_SENDING, **changes}).encode() + b"\n"


JOURNALS: Final[Mapping[str, bytes]] = {
    "deep-line": _HEADER + b"[" * 100_000 + b"\n" + _HEADER,
    "deep-header": b'{"journal_version": "1.0", "commit": ' + b"[" * 10_000 + b"]" * 10_000 + b"}\n" + _HEADER,
    "not-utf-8": _HEADER + b"\xff\n" + _HEADER,
    "nul": _HEADER + b"\0\n" + _HEADER,
    "utf-16": _HEADER.decode().encode("utf-16") * 2,
    "list": b"[]\n" + _HEADER,
    "newer": b'{"journal_version": "9.0"}\n',
    "version-of-a-list": b'{"journal_version": []}\n',
    "no-version": b"{}\n",
    "no-tenant": _sending(tenant=None),
    "tenant-of-a-list": _sending(tenant=["a"]),
    "end-of-nothing": _HEADER + b'{"event": "ended", "tenant": "a", "key": "b"}\n',
    "exit-code-of-5000-digits": _HEADER + b'{"event": "finished", "exit_code": ' + b"9" * 5_000 + b"}\n" + _HEADER,
    "exit-code-that-is-true": _HEADER + b'{"event": "finished", "exit_code": true}\n',
}
"""None of them is a journal."""

ODD_JOURNALS: Final[Mapping[str, bytes]] = {
    "deep-value": _HEADER + json.dumps(_SENDING).encode()[:-1] + b', "after": ' + b"[" * 900 + b"]" * 900 + b"}\n",
    "less-deep-value": _HEADER + json.dumps(_SENDING).encode()[:-1] + b', "after": ' + b"[" * 400 + b"]" * 400 + b"}\n",
    "half-a-surrogate-pair": _sending(tenant="\ud800", after="\udfff"),
    "command-in-a-name": _sending(tenant="acme; touch canary-was-here", after="::set-output name=a::b"),
    "terminal-escape": _sending(tenant="\x1b[2J", at="\x1b]0;canary\x07", after="\x1b[1A"),
    "float-beyond-all": _HEADER + json.dumps(_SENDING).encode()[:-1] + b', "after": 1e999}\n',
    "integer-of-4000-digits": _HEADER + json.dumps(_SENDING).encode()[:-1] + b', "after": ' + b"9" * 4_000 + b"}\n",
    "no-header": b"",
    "deep-header": b'{"journal_version": "1.0", "commit": ' + b"[" * 900 + b"]" * 900 + b"}\n",
    "last-line-cut-off": _HEADER + b'{"event": "sending", "tenant": "ac',
    "events-without-end": _HEADER + b'{"event": "x"}\n' * 50_000,
    "the-same-key-again-and-again": _HEADER + (json.dumps(_SENDING).encode() + b"\n") * 5_000,
}
"""Readable, or not: whoever reads them shows something that is no harm, or says why not."""
