from reconciler.inputs.credentials import Credentials, load_credentials
from reconciler.inputs.user import UserSettings


def test_the_credentials_of_twenty_thousand_tenants_are_read():
    """The bound on values grows with the bound on bytes: one document holds the whole fleet's credentials."""
    document = "".join(f"t{n}:\n  origin: https://t{n}.example\n  token: canary\n" for n in range(20_000))
    loaded = load_credentials(None, {"RECONCILER_CREDENTIALS": document}, UserSettings())
    assert isinstance(loaded, Credentials), str(loaded)
    assert len(loaded.entries) == 20_000
