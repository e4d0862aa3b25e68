"""Threats by what is printed, reported and kept."""

from collections.abc import Mapping

from tests.security.one import Threat

THREATS: Mapping[str, Threat] = {}
