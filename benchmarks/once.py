"""Run one command and tell what it took, as JSON on stdout; what the command says is dropped, but for stderr.

    python -I -S benchmarks/once.py SECONDS COMMAND...

A process's own, because Linux counts a process's memory from before it became the command: from its parent. The
benchmarks' own memory would be told as that of every small command. This one is as small as a Python gets, and all of
its imports are paid before the clock runs. After `SECONDS` the command is killed, with all that it started.
"""

import json
import os
import signal
import sys
from time import perf_counter


def main(seconds: int, command: list[str]) -> None:
    """Run it."""
    nothing = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in (0, 1)]
    start = perf_counter()
    child = os.posix_spawnp(command[0], command, os.environ, file_actions=nothing, setpgroup=0)
    signal.signal(signal.SIGALRM, lambda *_: os.killpg(child, signal.SIGKILL))
    signal.alarm(seconds)
    try:
        _, status, used = os.wait4(child, 0)
    except BaseException:
        os.killpg(child, signal.SIGKILL)
        raise
    wall = perf_counter() - start
    cost = {"cpu": used.ru_utime + used.ru_stime, "wall": wall, "memory": used.ru_maxrss / 1024}
    print(json.dumps({"code": os.waitstatus_to_exitcode(status), **cost}))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
