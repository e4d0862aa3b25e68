"""Starts the server of the benchmarks on a core of its own, and makes the certificate that it shows."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import trustme

from benchmarks.fleet import DOMAIN
from benchmarks.measuring import ROOT, SERVER, Broken, pinned


def certified(folder: Path) -> tuple[Path, Path]:
    """Return an authority's certificate, and with its key one for every host of the fleet, both just made."""
    authority = trustme.CA(key_type=trustme.KeyType.ECDSA)
    ca, host = folder / "ca.pem", folder / "host.pem"
    authority.cert_pem.write_to_path(str(ca))
    authority.issue_cert(f"*.{DOMAIN}", key_type=trustme.KeyType.ECDSA).private_key_and_cert_chain_pem.write_to_path(
        str(host)
    )
    return ca, host


@contextlib.contextmanager
def serving(*, think: float, moved: int = 10, certificate: Path | None = None) -> Iterator[int]:
    """Serve the fleet while this is open; gives the port."""
    words = ["--think", str(think), "--moved", str(moved)]
    words += ["--certificate", str(certificate)] if certificate else []
    with spoken([sys.executable, "-m", "benchmarks.server", *words]) as port:
        yield port


@contextlib.contextmanager
def spoken(command: list[str]) -> Iterator[int]:
    """Run a server that prints its port, while this is open; gives the port."""
    with pinned(SERVER):
        child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    with child:
        try:
            assert child.stdout is not None  # noqa: S101 - for the type checker
            if not (port := child.stdout.readline()):
                raise Broken(f"{' '.join(command[1:3])} did not start")
            yield int(port)
        finally:
            child.kill()
