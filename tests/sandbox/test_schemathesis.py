"""The running sandbox against the OpenAPI document, by schemathesis: all its checks, on generated requests."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from reconciler.catalogue import Catalogue, load
from reconciler.sandbox import RunningSandbox

QUICK = settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
DEEP = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))

loaded = load()
assert isinstance(loaded, Catalogue), str(loaded)
documented = schemathesis.openapi.from_dict(dict(loaded.openapi()))


def judge(case: "schemathesis.Case[Any]", sandbox: RunningSandbox):
    """Send one generated request, with a good bearer where it has none, and let every check judge the answer."""
    case.call_and_validate(
        base_url=f"{sandbox.origin('acme')}/v0",
        headers={"Authorization": f"Bearer {sandbox.static_token('acme')}"},
    )


@documented.parametrize()
@QUICK
def test_every_answer_is_as_the_document_says(case: "schemathesis.Case[Any]", sandbox: RunningSandbox):
    """Statuses, content types, bodies, refused methods, ignored tokens: for valid and for broken requests."""
    judge(case, sandbox)


@pytest.mark.long
@documented.parametrize()
@DEEP
def test_many_more_answers_are_as_the_document_says(case: "schemathesis.Case[Any]", sandbox: RunningSandbox):
    """The same, deeper, and with other requests each time."""
    judge(case, sandbox)
