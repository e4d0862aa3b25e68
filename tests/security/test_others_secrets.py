"""What one tenant's server says of another's secret: several may share a host, and a host may mix them up."""

import json
from dataclasses import dataclass

import pytest

from tests.journeys.stage import Stage
from tests.plugins.threats import Cases
from tests.security.parrot import SPELLINGS, Habit, parrot
from tests.security.spelled import marked, spelled_in


@dataclass(frozen=True, slots=True)
class Telling(Habit):
    """A server that refuses everything, and tells a text in doing so."""

    told: str = ""

    def answer(self, head: str, body: str) -> bytes:
        said = json.dumps({"error_code": "denied", "message": f"no entry with {self.told} here"}).encode()
        return b"HTTP/1.1 403 Forbidden\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b" % (len(said), said)


@pytest.mark.parametrize("whose", ["token", "client", "secret", "not-selected"])
def test_no_tenants_answer_shows_another_tenants_secret(stage: Stage, whose: str, cases: Cases):
    """A token, a client's secret, a webhook's key, of one that is planned or of one that only has an entry."""
    text = marked(whose)
    for spell in SPELLINGS.values():
        with parrot(Telling(403, "plain", told=spell(text))) as origin:
            for tenant in ("acme", "beta"):
                stage.tenant(tenant, on_hold_timer_duration=60)
                stage.access(tenant, origin=f"{origin}/{tenant}")
            if whose == "token":
                stage.access("beta", origin=f"{origin}/beta", token=text)
            elif whose == "client":
                stage.access("beta", client=True, origin=f"{origin}/beta", client_secret=text)
            elif whose == "secret":
                stage.secret("beta", "KEY", text)
            else:
                stage.access("gamma", origin=f"{origin}/gamma", token=text)
            ended = stage.run("plan", "--origin", f"{origin}/{{tenant}}", "-v")
        assert ended.exit_code == 1
        shown = ended.stdout + ended.stderr + json.dumps(ended.report)
        assert "[redacted]" in json.dumps(ended.tenant("acme"))
        assert spelled_in(shown.encode(), [text]) == []
        cases.add()
