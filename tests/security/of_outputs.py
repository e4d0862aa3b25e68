"""Threats by what is printed, reported and kept."""

from collections.abc import Mapping

from tests.breaks.of_outputs import PLANS, SECRETS, TEXTS
from tests.security.one import Threat

THREATS: Mapping[str, Threat] = {
    "secrets-shown": Threat(
        threat="A secret shows in stdout, stderr, a log, a report, a journal, an undo, an imported file, an exception,"
        " a traceback, or among a process's arguments",
        defence="Secrets are of a type that has no rendering, reports are built without them, what an API echoes is"
        " redacted by value in every spelling, whichever tenant's it is, bugs are told by kind and place, and no"
        " finding quotes what may be one",
        tests=(
            "tests/security/test_secrets_shown.py::*",
            "tests/security/test_others_secrets.py::*",
            "tests/journeys/test_secrets.py::*",
            "tests/journeys/test_doctor_secrets.py::*",
            "tests/platform/test_secrecy.py::*",
            "tests/platform/test_redact.py::*",
            "tests/model/test_values.py::test_a_secret_*",
            "tests/cli/test_endings.py::test_a_bug_*",
            "tests/inputs/test_credentials.py::test_*_without_a_value*",
            "tests/inputs/test_credentials.py::test_no_document_raises_or_shows_what_stands_in_it",
            "tests/inputs/test_command.py::test_a_variable_before_the_program_is_not_shown",
        ),
        breaks=tuple(one.name for one in SECRETS),
    ),
    "texts-obeyed": Threat(
        threat="A text from a file, the platform, git or an argument moves a terminal, is a command to a CI runner, or"
        " becomes a part of a comment, a page or a tenant file",
        defence="Each is escaped for its medium where it is put in: what can't be seen is spelled out, `::` and `##`"
        " are broken on stdout and stderr, Markdown and HTML get entities, YAML gets one quoted line",
        tests=(
            "tests/security/test_texts_*.py::*",
            "tests/report/test_untrusted.py::*",
            "tests/report/test_markdown.py::test_any_string_*",
            "tests/report/test_html.py::test_any_string_*",
            "tests/report/test_html.py::test_the_data_*",
            "tests/report/test_text.py::test_no_string_*",
            "tests/report/test_text.py::test_a_message_*",
            "tests/report/test_json.py::test_the_json_moves_*",
            "tests/report/test_yaml_text.py::*",
            "tests/browser/test_page.py::test_strings_that_attack_stay_text",
            "tests/browser/test_page.py::test_the_policy_is_in_force",
            "tests/github/test_runner.py::*",
            "tests/github/test_annotate.py::test_an_annotation_is_understood_as_it_was_meant",
        ),
        breaks=tuple(one.name for one in TEXTS),
    ),
    "plans-forged": Threat(
        threat="A plan file, merged shard or journal is stolen, confused or forged",
        defence="It only says what was reviewed: apply plans afresh, writes what git declares and the platform lacks,"
        " counts that at the gate, and looks again before a sequence is set; a forged file can stop a run, no more. No"
        " run reads a journal",
        tests=(
            "tests/security/test_forged_plans.py::*",
            "tests/security/test_forged_journals.py::*",
            "tests/journeys/test_damaged_plans.py::*",
            "tests/journeys/test_reviewed_plans.py::*",
            "tests/planning/test_review.py::*",
            "tests/planning/test_gate_of_shards.py::*",
        ),
        breaks=tuple(one.name for one in PLANS),
    ),
}
