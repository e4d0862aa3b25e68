"""Threats by what stands in files, schemas and the API's answers."""

from collections.abc import Mapping

from tests.security.one import Threat

THREATS: Mapping[str, Threat] = {
    "hostile-files": Threat(
        "A tenant file, profile, settings file, credentials document, plan file, report or journal is made to harm who "
        "reads it: bombs, depth, tags, anchors, duplicates, odd encodings, numbers without end, pipes, devices, links",
        "Strict readers with bounds for size, depth, values and findings; only regular files are opened, and without "
        "waiting; links are followed within their folder alone; what is refused is told with file, line and column. "
        "Each text of a corpus costs less than a second and 200 MiB, and the largest report that is read 1.5 GiB",
        (
            "tests/security/test_hostile_files.py::*",
            "tests/security/test_fuzzing.py::*",
            "tests/strictyaml/test_parse.py::*",
            "tests/strictyaml/test_quick.py::*",
            "tests/strictyaml/test_scalars.py::*",
            "tests/desired/test_corpus.py::*",
            "tests/desired/test_listing.py::*",
            "tests/report/test_json.py::test_what_is_no_report_is_said_why*",
            "tests/journeys/test_damaged_plans.py::*",
        ),
        (
            "a-file-may-be-nested-without-end",
            "every-finding-of-a-file-is-told",
            "a-url-may-be-of-any-length",
            "a-pipe-is-waited-for",
            "a-pipe-of-schemas-is-waited-for",
            "a-dotted-key-may-be-of-any-length",
            "a-report-may-have-any-number-of-values",
        ),
    ),
    "hostile-schemas": Threat(
        "A folder of schemas refers to other places, has patterns or rules that take for ever, or seems to check what "
        "nobody checks",
        "References within the document alone, inlined up to a bound; an empty registry; patterns are matched in "
        "linear time, and refused when they are read if they can't be; formats are asserted or refused; NaN is no "
        "number; nothing is read outside of the folder",
        (
            "tests/security/test_hostile_schemas.py::*",
            "tests/catalogue/test_load.py::test_what_is_not_understood_is_refused_with_its_place*",
            "tests/catalogue/test_load.py::test_a_house_rule_that_is_none_is_refused*",
            "tests/catalogue/test_compiled.py::*",
            "tests/desired/test_formats.py::*",
        ),
        (
            "patterns-backtrack",
            "patterns-are-not-tried-when-they-are-read",
            "items-are-compared-each-with-each",
            "schemas-are-read-wherever-a-link-leads",
            "a-rule-may-refer-elsewhere",
            "a-format-that-nobody-asserts-is-taken",
        ),
    ),
    "hostile-answers": Threat(
        "The API, or whoever answers in its place, sends too much, too slowly, too deep, compressed, or what two "
        "readers read differently; the token host too",
        "Bodies up to 1 MiB, 256 KiB of everything else, a time for the whole answer, nothing decompressed, strict "
        "JSON; that tenant is unreadable and not written, and the others are planned and applied",
        (
            "tests/security/test_hostile_answers.py::*",
            "tests/platform/test_odd_answers.py::*",
            "tests/platform/test_bodies.py::*",
            "tests/platform/test_answering.py::*",
            "tests/platform/test_answering_properties.py::*",
            "tests/journeys/test_isolation.py::*",
        ),
        (
            "a-body-may-be-of-any-size",
            "headers-may-be-of-any-size",
            "a-slow-answer-is-waited-for",
            "the-last-of-two-members-counts",
            "a-compressed-answer-is-read",
        ),
    ),
}
