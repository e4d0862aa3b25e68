"""Threats by who is sent a token or a secret, and what a hostile branch can do."""

from collections.abc import Mapping

from tests.security.one import Threat

THREATS: Mapping[str, Threat] = {
    "token-elsewhere": Threat(
        threat="A file, setting, redirect, absolute URL, proxy variable or .netrc sends a token to another host",
        defence="A token goes to the origin of its own entry of the credentials, https but for loopback. Redirects are "
        "failures, other addresses are refused below the HTTP client, and no proxy or .netrc is used",
        tests=(
            "tests/security/test_tokens_stay.py::*",
            "tests/platform/test_guard.py::*",
            "tests/platform/test_not_sent.py::*",
            "tests/inputs/test_credentials.py::test_a_token_is_not_handed_out_for_another_origin",
            "tests/platform/test_tokens.py::test_a_client_secret_goes_to_the_token_url_and_nowhere_else*",
            "tests/github/test_api.py::test_a_download_follows_to_the_storage_without_the_token",
            "tests/github/test_api.py::test_a_next_page_at_another_address_is_not_asked",
            "tests/github/test_api.py::test_a_read_that_is_no_download_is_not_sent_elsewhere",
        ),
        breaks=(
            "redirects-are-followed",
            "proxies-of-the-environment",
            "any-origin-for-a-token",
            "a-token-for-the-storage",
            "any-origin-on-a-free-connection",
        ),
    ),
    "hostile-checkout": Threat(
        threat="Somebody checks out a hostile branch and runs a command in it",
        defence="A repository's settings name no command, token URL, credentials, or file out of their folder. Git "
        "runs without hooks, filters, monitors or fetches, and from the PATH's absolute entries. Nothing but the "
        "folders of tenants and schemas is read, no link out of them or of `.reconciler/` is followed, no module of "
        "the branch is imported",
        tests=(
            "tests/security/test_checkout.py::*",
            "tests/inputs/test_trust.py::*",
            "tests/inputs/test_committed.py::*",
            "tests/inputs/test_revision.py::*",
            "tests/journeys/test_own_folder.py::*",
            "tests/journeys/test_init.py::test_nothing_is_written_through_a_link*",
            "tests/catalogue/test_load.py::test_an_extra_folder_is_read_as_far_as_it_goes_and_no_further*",
            "tests/catalogue/test_load.py::test_no_derived_file_is_written_or_taken_away_through_a_link",
            "tests/github/test_ground.py::*",
        ),
        breaks=(
            "settings-name-commands",
            "settings-reach-out",
            "a-monitor-of-the-branchs",
            "a-bare-repository-in-the-branch",
            "what-is-missing-is-fetched",
            "a-git-of-the-branchs",
            "links-out-of-the-tenants",
            "the-default-folder-leads-out",
            "kept-where-a-link-leads",
            "schemas-by-a-link",
        ),
    ),
    "secret-elsewhere": Threat(
        threat="A tenant's file names another tenant's secret or a variable, or pairs a secret with a new host",
        defence="A reference stands for a secret of that tenant's own entry, in a sensitive field alone, beside a URL "
        "of the origin that the secret is for. What two programs could read differently is no such URL. Schemas that "
        "don't say where the secret of a field is sent are refused",
        tests=(
            "tests/security/test_secret_places.py::*",
            "tests/inputs/test_origins.py::*",
            "tests/journeys/test_secrets.py::test_a_secret_that_may_not_be_sent_refuses_its_tenant*",
            "tests/journeys/test_secrets.py::test_a_reviewed_plan_does_not_lift_a_secret_rule",
            "tests/catalogue/test_load.py::test_a_known_path_in_capitals_is_the_known_key",
            "tests/catalogue/test_load.py::test_what_is_not_understood_is_refused_with_its_place[unbound]",
            "tests/catalogue/test_load.py::test_a_secret_that_the_platform_keeps_is_said_to_be_kept",
        ),
        breaks=(
            "a-secret-for-any-host",
            "a-secret-beside-any-path",
            "everybodys-secrets",
            "two-readings-of-a-host",
            "a-secret-for-no-host",
        ),
    ),
    "credentials-command": Threat(
        threat="The command that prints the credentials runs something else, hangs, or shows them",
        defence="No shell, no program from the working directory, a minute of time and 16 MiB; the end of its stderr "
        "is shown where it ran and in no report, its stdout and its arguments never",
        tests=(
            "tests/inputs/test_command.py::*",
            "tests/inputs/test_sources.py::*",
            "tests/inputs/test_user.py::*",
            "tests/journeys/test_credentials_command.py::*",
        ),
        breaks=(
            "a-shell-for-the-command",
            "what-the-command-printed",
            "a-program-of-the-branchs",
            "the-commands-words-are-kept",
            "a-command-of-the-checkouts",
        ),
    ),
    "kept-secrets": Threat(
        threat="Credentials can be read by others, or stand in git",
        defence="A credentials file that others can read or write is refused. Each command refuses settings with a "
        "secret's name in them, `validate` finds literals in sensitive fields of tenant files. Both are searched for "
        "well-known kinds of secrets in any value, name or comment; none is repeated",
        tests=(
            "tests/security/test_kept_secrets.py::*",
            "tests/model/test_secret_shapes.py::*",
            "tests/inputs/test_sources.py::test_a_file_open_to_others_is_refused_with_the_command_to_run*",
            "tests/desired/test_checks.py::test_a_literal_secret_is_never_shown_in_any_wrong_form*",
            "tests/journeys/test_secrets.py::test_a_literal_secret_in_a_file_is_refused_without_being_shown",
            "tests/journeys/test_doctor_secrets.py::*",
        ),
        breaks=(
            "credentials-for-the-group",
            "a-literal-is-repeated",
            "only-sensitive-fields-are-searched",
            "a-glance-passes-secrets",
            "a-message-repeats-what-slipped",
            "settings-are-not-searched",
        ),
    ),
    "tls": Threat(
        threat="Somebody on the way answers in a tenant's name, or listens",
        defence="Certificate and name are verified on each connection, by TLS 1.2 or newer; what fails is an "
        "unreadable tenant, and nothing was sent. A setting adds authorities from its folder, and turns nothing off",
        tests=(
            "tests/security/test_tls.py::*",
            "tests/platform/test_tls.py::*",
            "tests/platform/test_transport_tls.py::*",
            "tests/journeys/test_doctor_network.py::test_a_certificate_that_is_not_trusted_is_a_problem*",
        ),
        breaks=("any-certificate", "any-name", "old-tls"),
    ),
}
"""By a short name."""
