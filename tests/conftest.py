"""Fixtures of every test, and the rule that in CI a skip is a failure."""

pytest_plugins = ["tests.plugins.ci_skips", "tests.plugins.campaigns"]
