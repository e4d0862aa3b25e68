"""`doctor` is called where things are broken, and what is broken may hold a secret: it is never shown."""

from collections.abc import Mapping

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.sandbox import ErrorBody, Fault, FaultKind
from tests.journeys.stage import Stage

CANARY = "canary-0123456789"
SETTINGS = (
    None,
    f'token = "{CANARY}"',
    f'origin = "https://me:{CANARY}@{{tenant}}.example"',
    f'limits = "{CANARY}"',
    f'[limits]\nconcurrency = "{CANARY}"',
    f'[apply]\ndrift = "{CANARY}"',
    f"[[{CANARY}",
)
CREDENTIALS = (
    None,
    CANARY,
    f"acme: {CANARY}",
    f"acme: {{token: {CANARY}}}",
    f"acme: {{origin: 'https://x:{CANARY}@acme.example', token: {CANARY}}}",
    f"acme: {{origin: 'https://acme.example', token: '{CANARY} {CANARY}'}}",
    f"acme: {{origin: 'https://acme.example', token: {CANARY}, {CANARY}: {CANARY}}}",
    f"acme: {{origin: 'https://acme.example', client_id: a, client_secret: {CANARY}, token_url: '{CANARY}'}}",
    f"acme: &a [{CANARY}",
)
FILES = (
    None,
    f"sales_order: {{external_order_webhook: {{url: 'https://orders.acme.example/', api_key: {CANARY}}}}}",
    f"sales_order: {{external_order_webhook: {{api_key: [{CANARY}], timeout: 3}}}}",
)
ENVIRONMENT: tuple[Mapping[str, str], ...] = (
    {},
    {"RECONCILER_CREDENTAILS": CANARY},
    {"https_proxy": f"http://me:{CANARY}@127.0.0.1:9"},
    {"RECONCILER_LIMITS_CONCURRENCY": CANARY},
    {"RECONCILER_ORIGIN": f"https://me:{CANARY}@{{tenant}}.example"},
)
FAULTS = (None, Fault(FaultKind.STATUS, times=None, status=400, body=ErrorBody.ECHO), Fault(FaultKind.GARBAGE))


@given(
    text=st.sampled_from(SETTINGS),
    credentials=st.sampled_from(CREDENTIALS),
    file=st.sampled_from(FILES),
    environment=st.sampled_from(ENVIRONMENT),
    fault=st.sampled_from(FAULTS),
    form=st.sampled_from(["text", "markdown", "json"]),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_broken_no_secret_is_shown(
    stage: Stage,
    text: str | None,
    credentials: str | None,
    file: str | None,
    environment: Mapping[str, str],
    fault: Fault | None,
    form: str,
):
    """Settings, credentials, files, the environment and the platform's answers, each as it can be wrong."""
    stage.clear()
    stage.sandbox.clear_faults()
    stage.settings()
    stage.canaries.add(CANARY)
    stage.tenant("acme", on_hold_timer_duration=60)
    stage.access("acme", token=CANARY)
    if text is not None:
        (stage.folder / "reconciler.toml").write_text(text)
    if credentials is not None:
        (stage.folder / "credentials.yaml").write_text(credentials)
    if file is not None:
        (stage.folder / "tenants" / "acme.yaml").write_text(file)
    if fault is not None:
        stage.sandbox.fault(fault)
    reports = [word for suffix in ("json", "md", "html", "txt") for word in ("--report", f"out.{suffix}")]
    stage.environment = environment
    ended = stage.run("doctor", "-v", "--format", form, *reports)
    assert ended.exit_code in {0, 1}
    for path in stage.folder.glob("out.*"):
        assert CANARY not in path.read_text(), path.name
