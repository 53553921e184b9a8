"""A Ray cluster of two nodes on this machine, in a process of its own, whose second node can be killed.

Run as a program it starts the nodes, prints the address, and kills the second node at the first line that it reads, in
the middle of a file.
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emojicam.cluster.connection import ALONE, QUIET

LOOPBACK = {name: ALONE[name] for name in ("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "RAY_AUTH_MODE")}
"""What a program needs to find nodes that listen on the loopback device alone."""


@dataclass(frozen=True)
class Nodes:
    """Two nodes, and what programs need that use them.

    Attributes:
        address: What `--cluster` takes.
        environment: The environment of programs that use the cluster.
        kill: Kills the second node while it works on a file, and waits until it is dead.
        inside: What stands before the command of such a program.
    """

    address: str
    environment: dict[str, str]
    kill: Callable[[], None]
    inside: tuple[str, ...] = ()


@contextmanager
def beside_each_other(folder: Path) -> Iterator[Nodes]:
    """Two nodes with a core each on the loopback device, which keep what they write in a folder."""
    token = secrets.token_hex(32)
    environment = {**os.environ, **QUIET, **ALONE, "RAY_AUTH_TOKEN": token, "RAY_TMPDIR": str(folder)}
    environment |= {"RAY_worker_niceness": "0", "TMPDIR": str(folder)}  # else whatever else runs here goes first
    (folder / "ray").mkdir()
    used = {**os.environ, **LOOPBACK, "RAY_AUTH_TOKEN": token, "TMPDIR": str(folder)}
    with _program(environment) as program:
        address = _answer(program)
        assert address, "the nodes did not start"
        yield Nodes(address, used, lambda: _kill(program))


@contextmanager
def _program(environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """Run this file as a program, which ends when nobody writes to it any more."""
    started = subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True
    )
    with started as program:  # which closes both pipes at the end
        try:
            yield program
        finally:
            assert program.stdin is not None
            program.stdin.close()
            try:
                program.wait(60)
            except subprocess.TimeoutExpired:
                program.kill()
                raise


def _answer(program: subprocess.Popen[str]) -> str:
    assert program.stdout is not None
    return program.stdout.readline().strip()


def _kill(program: subprocess.Popen[str]) -> None:
    assert program.stdin is not None
    program.stdin.write("kill\n")
    program.stdin.flush()
    assert _answer(program) == "dead"


def workers() -> list[int]:
    """The processes that annotate a file at the moment."""
    found = []
    for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
        with suppress(OSError):
            if Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"ray::annotate"):
                found.append(pid)
    return found


def _children(parent: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def held_at_work(node: Callable[[], list[int]]) -> int:
    """Wait until a worker of a node is in the middle of a file, and hold it there.

    Args:
        node: Gives the node's processes.
    """
    while True:
        for worker in set(workers()).intersection(node()):
            os.kill(worker, signal.SIGSTOP)
            if worker in workers():
                return worker
            os.kill(worker, signal.SIGCONT)
        time.sleep(0.02)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _serve() -> None:
    from ray.cluster_utils import Cluster

    given: dict[str, Any] = {
        "num_cpus": 1,
        "num_gpus": 0,
        "node_ip_address": "127.0.0.1",
        "object_store_memory": 80 << 20,
    }
    cluster = Cluster(initialize_head=True, head_node_args={**given, "include_dashboard": False})
    second = cluster.add_node(**given)
    cluster.wait_for_nodes()
    say(cluster.address)
    if sys.stdin.readline():
        raylet = second.all_processes["raylet"][0].process.pid
        worker = held_at_work(lambda: _children(raylet))
        cluster.remove_node(second, allow_graceful=False)
        os.kill(worker, signal.SIGCONT)  # it finds that its node is gone
        say("dead")
        sys.stdin.read()
    cluster.shutdown()


if __name__ == "__main__":
    _serve()
