"""Fixtures of every test, and the rules of all: in CI a skip is a failure, and no property fails for being slow."""

from hypothesis import settings

pytest_plugins = ["tests.plugins.ci_skips", "tests.plugins.campaigns", "tests.plugins.threats"]

# A machine that does something else besides makes an example slow, and nothing wrong.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
