"""A Ray cluster of two nodes on this machine, in a process of its own, whose second node can be killed.

Run as a program it starts the nodes, prints the address, and kills the second node at the first line that it reads.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from emojicam.cluster.connection import ALONE, QUIET

LOOPBACK = {name: ALONE[name] for name in ("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "RAY_AUTH_MODE")}
"""What a program needs to find nodes that listen on the loopback device alone."""


class Nodes:
    """The nodes, and what programs need that use them.

    Attributes:
        address: What `--cluster` takes.
        environment: The environment of programs that use the cluster.
    """

    def __init__(self, program: subprocess.Popen[str], environment: dict[str, str]) -> None:
        self._program, self.environment = program, environment
        assert program.stdout is not None
        self.address = program.stdout.readline().strip()
        assert self.address, "the nodes did not start"

    def kill(self) -> None:
        """Kill the second node, and wait until it is dead."""
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        self._program.stdin.write("kill\n")
        self._program.stdin.flush()
        assert self._program.stdout.readline() == "dead\n"


@contextmanager
def nodes(folder: Path, more: dict[str, str] | None = None) -> Iterator[Nodes]:
    """Two nodes with a core each, which keep what they write in a folder."""
    token = secrets.token_hex(32)
    environment = {**os.environ, **QUIET, **ALONE, **(more or {}), "RAY_AUTH_TOKEN": token, "RAY_TMPDIR": str(folder)}
    environment["RAY_worker_niceness"] = "0"  # else whatever else runs on this machine goes first
    (folder / "ray").mkdir()
    program = subprocess.Popen(
        [sys.executable, __file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        text=True,
    )
    used = {**os.environ, **(more or {}), **LOOPBACK, "RAY_AUTH_TOKEN": token}
    try:
        yield Nodes(program, used)
    finally:
        assert program.stdin is not None
        program.stdin.close()
        program.wait(60)


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
        cluster.remove_node(second, allow_graceful=False)
        say("dead")
        sys.stdin.read()
    cluster.shutdown()


if __name__ == "__main__":
    _serve()
