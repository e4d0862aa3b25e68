"""Draws where the processor's time of a plan goes: `docs/images/plan-profile-NAME.svg`.

    python -m benchmarks.profile NAME [--tenants COUNT] [--tree DIR]

A plan of 1,000 tenants over HTTPS, as in `benchmarks.plan`, a few times over; py-spy looks at it a hundred times a
second, without stopping it, while it holds Python's lock. `--tree` has the package of another checkout run, to see how
it was before.
"""

import argparse
import os
import tempfile
from pathlib import Path

from benchmarks.fleet import DOMAIN, write
from benchmarks.icicle import svg
from benchmarks.measuring import BIN, CLIENT, PEERS, ROOT, environment, spent
from benchmarks.serving import certified, serving

IMAGES = ROOT / "docs" / "images"
RATE = "100"
TIMES = 3
AT_ONCE = 100


def samples(tenants: int, tree: Path) -> str:
    """Return collapsed stacks of some plans; one before them compiles every module."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        authority, certificate = certified(folder)
        env = environment(folder, named=True)
        env["PYTHONPATH"] = os.pathsep.join((str(ROOT / "benchmarks" / "names"), str(tree)))
        plan = [str(BIN / "reconciler"), "plan", "--credentials", "credentials.yaml"]
        spy = [str(PEERS / "py-spy"), "record", "-r", RATE, "--nonblocking", "--gil", "-f", "raw"]
        with serving(think=0.05, certificate=certificate) as port:
            fleet = folder / "fleet"
            write(fleet, tenants, f"https://{{tenant}}.{DOMAIN}:{port}", authority=authority, concurrency=AT_ONCE)
            spent(plan, fleet, env, core=CLIENT)
            seen = [folder / f"{turn}.raw" for turn in range(TIMES)]
            for file in seen:
                # Not on one core: py-spy would take its turns with what it looks at.
                spent([*spy, "-o", str(file), "--", *plan], fleet, env)
        return "".join(file.read_text(encoding="utf-8", errors="replace") for file in seen)


def main() -> None:
    """Sample, and draw."""
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("name")
    wanted.add_argument("--tenants", type=int, default=1000)
    wanted.add_argument("--tree", type=Path, default=ROOT)
    given = wanted.parse_args()
    picture = IMAGES / f"plan-profile-{given.name}.svg"
    title = f"reconciler plan, {given.tenants:,} tenants over HTTPS, {AT_ONCE} at once: {given.name}"
    picture.write_text(svg(samples(given.tenants, given.tree.resolve()), title), encoding="utf-8")
    print(picture.relative_to(ROOT))


if __name__ == "__main__":
    main()
