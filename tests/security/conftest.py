"""The stage of the journeys, for campaigns through the command line."""

from tests.journeys.conftest import catalogue, sandbox, served, stage

__all__ = ["catalogue", "sandbox", "served", "stage"]
