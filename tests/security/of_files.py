"""Threats by what stands in files, schemas and the API's answers."""

from collections.abc import Mapping

from tests.security.one import Threat

THREATS: Mapping[str, Threat] = {}
