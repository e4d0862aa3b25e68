"""The command, again and again, each time in a process of its own that is measured: `python -m tests.security.runner`.

Everything that a run may import is loaded once; each line of standard input is one run, in a fork, and its end is one
line of standard output. So a run costs what it does, and not what Python's start does.
"""

import gc
import importlib
import json
import os
import pkgutil
import resource
import signal
import sys
import time
from pathlib import Path
from typing import Any

import reconciler
from reconciler.cli.main import COMMANDS, run

ROOM = 2 << 30
"""Bytes that a run may reserve beyond what is loaded, which is more than it takes: the stacks of the threads that look
names up are half a gibibyte. It keeps the machine alive; what is allowed is up to the test."""


def load() -> None:
    """Import what a run may import."""
    for found in pkgutil.walk_packages(reconciler.__path__, "reconciler."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)
    assert COMMANDS


def _size() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * resource.getpagesize()


def _be(asked: dict[str, Any], most: int) -> None:
    """Become the run. Never returns."""
    code = 99
    try:
        os.setsid()
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.chdir(asked["cwd"])
        os.environ.clear()
        os.environ.update(asked["env"])
        for number, name in ((0, os.devnull), (1, asked["out"]), (2, asked["err"])):
            flags = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
            os.dup2(os.open(name, flags, 0o600), number)
        code = run(asked["words"])
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _ended(child: int, seconds: float) -> dict[str, Any]:
    """Wait for the run, and say how it ended; what takes too long is killed."""
    until = time.monotonic() + seconds
    hung = False
    while True:
        done, status, used = os.wait4(child, 0 if hung else os.WNOHANG)
        if done:
            break
        if time.monotonic() > until:
            hung = True
            os.killpg(child, signal.SIGKILL)
        time.sleep(0.002)
    return {
        "exit_code": os.waitstatus_to_exitcode(status),
        "hung": hung,
        "cpu": used.ru_utime + used.ru_stime,
        "mib": used.ru_maxrss / 1024,
    }


def main() -> None:
    """Serve until there is no more input."""
    load()
    gc.collect()
    gc.freeze()  # or the first collection in each run would copy all that is loaded
    most = _size() + ROOM
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            _be(asked, most)
        sys.stdout.write(json.dumps(_ended(child, asked["seconds"])) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
