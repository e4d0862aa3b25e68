"""Threats by how the program and its dependencies come to run."""

from collections.abc import Mapping

from tests.security.one import Threat

THREATS: Mapping[str, Threat] = {}
