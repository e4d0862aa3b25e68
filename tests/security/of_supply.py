"""Threats by how the program and its dependencies come to run."""

from collections.abc import Mapping

from tests.security.one import Threat

THREATS: Mapping[str, Threat] = {
    "dependencies": Threat(
        threat="A dependency is swapped, or another package is taken for it",
        defence=(
            "Locks with the hash of every file and no address, installed without resolving; packages of node have "
            "hashes too, and run nothing when they are installed; nobody is told to install the program by a name that "
            "is somebody else's"
        ),
        tests=(
            "tests/packaging/test_supply.py::*",
            "tests/packaging/test_locks.py::*",
            "tests/workflows/test_install.py::*",
        ),
        breaks=(
            "a-lock-without-a-hash",
            "an-installation-that-resolves",
            "a-package-of-node-runs",
            "installed-by-a-strangers-name",
        ),
    ),
    "actions": Threat(
        threat="An action of a workflow is moved to other code, or a job may do more than it needs",
        defence=(
            "Every action is pinned by its commit, those in the docs too; a job has the permissions that it names, and "
            "who may write to GitHub has no credentials of tenants and builds nothing"
        ),
        tests=("tests/workflows/test_policy.py::*",),
        breaks=("an-action-by-its-tag", "a-job-that-may-write", "the-tool-of-a-pull-request", "a-fork-is-planned"),
    ),
    "releases": Threat(
        threat="A release is not what its commit says",
        defence=(
            "Only a tag of the version on main is built, from what is committed alone, twice to the same bytes on two "
            "machines; with checksums, GitHub's attestation and a bill of materials (CycloneDX); a person publishes it"
        ),
        tests=("tests/packaging/test_release.py::*", "tests/workflows/test_release.py::*"),
        breaks=(
            "a-release-of-what-lies-about",
            "a-release-that-nobody-can-repeat",
            "a-release-of-any-branch",
            "a-release-of-what-was-swapped",
            "a-bill-with-half-of-it",
        ),
    ),
    "secrets in the repository": Threat(
        threat="Somebody commits a secret, or code that invites an attack",
        defence="detect-secrets and bandit in `make check`, offline, with exceptions that tests hold as they stand",
        tests=("tests/security/test_checks.py::*",),
        breaks=("secrets-are-looked-for-in-no-file", "any-text-is-no-secret", "bandit-looks-away"),
    ),
}
