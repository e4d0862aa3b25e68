"""What each peer is given to read, of the same fleet: an inventory, a configuration, a file a key."""

import json
from pathlib import Path

from benchmarks import fleet

_SOURCE = """\
data "terraform_remote_state" "{name}" {{
  backend = "http"
  config  = {{ address = "{url}" }}
}}
"""
_DIFFERS = """\
locals {{
  pairs = {{
{pairs}  }}
}}
output "differs" {{
  value = [for key, pair in local.pairs : key if pair[0] != pair[1]]
}}
"""
ANSIBLE = """\
[defaults]
forks = 50
home = ansible
[connection]
pipelining = true
"""
"""As many forks as help on any machine, and no files for modules: both faster than what it does unasked."""


def write(folder: Path, count: int, port: int, python: Path) -> None:
    """Write it all into a new folder: first ours, reached over plain HTTP by the path.

    What is desired is written for the others as the API tells it, so that equal is equal, and they need not know
    that the order of some lists doesn't matter.
    """
    fleet.write(folder, count, f"http://127.0.0.1:{port}/{{tenant}}")
    desired = {fleet.name_of(i): fleet.live(i, moved=False) for i in range(count)}
    for tenant, keys in desired.items():
        (folder / "desired" / tenant).mkdir(parents=True)
        for key, value in keys.items():
            (folder / "desired" / tenant / f"{key}.json").write_text(json.dumps(value), encoding="utf-8")
    known = {
        "ansible_connection": "local",
        "ansible_python_interpreter": str(python),
        "origin": f"http://127.0.0.1:{port}",
        "token": fleet.TOKEN,
    }
    hosts = {tenant: {"desired": keys} for tenant, keys in desired.items()}
    inventory = {"all": {"hosts": hosts, "vars": known}}
    (folder / "inventory.json").write_text(json.dumps(inventory), encoding="utf-8")
    (folder / "ansible.cfg").write_text(ANSIBLE, encoding="utf-8")
    (folder / "terraform").mkdir()
    (folder / "terraform" / "main.tf").write_text(_terraform(desired, port), encoding="utf-8")


def _terraform(desired: dict[str, dict[str, object]], port: int) -> str:
    """Return a configuration that reads all keys, and tells by an output which of them differ."""
    sources, pairs = [], []
    for tenant, keys in desired.items():
        for key, value in keys.items():
            name = f"{tenant.replace('-', '_')}_{key}"
            url = f"http://127.0.0.1:{port}/state/{tenant}/v0/config/sales_order/{key}"
            sources.append(_SOURCE.format(name=name, url=url))
            live = f"jsondecode(data.terraform_remote_state.{name}.outputs.value)"
            # JSON's strings are HCL's, as no value of the fleet has a "${" in it.
            pairs.append(f'    "{tenant}.{key}" = [{live}, jsondecode({json.dumps(json.dumps(value))})]\n')
    return "".join(sources) + _DIFFERS.format(pairs="".join(pairs))
