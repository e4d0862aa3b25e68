"""Threats by who is sent a token or a secret, and what a hostile branch can do."""

from collections.abc import Mapping

from tests.security.one import Threat

THREATS: Mapping[str, Threat] = {}
