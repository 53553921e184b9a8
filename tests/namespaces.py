"""A Ray cluster of two nodes in two network namespaces (Linux): a head and a node with a cable between them, no more.

They are started as docs/cluster.md says. Neither has a way out: what they would send to anybody else goes nowhere.
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from clusters import Nodes, held_at_work

HEAD, NODE = "10.231.7.1", "10.231.7.2"
"""Their addresses on the cable."""

PORT = 6379
"""Where the head answers."""

TOLD = {
    "RAY_AUTH_MODE": "token",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_USAGE_STATS_REPORT_URL": "http://127.0.0.1:9",
    "RAY_worker_niceness": "0",
}
"""What docs/cluster.md has both told."""


class NotPermitted(Exception):
    """This machine, or this user, makes no network namespaces."""


@contextmanager
def in_namespaces(folder: Path) -> Iterator[Nodes]:
    """Two nodes with a core each, which keep what they write in a folder.

    Raises:
        NotPermitted: The namespaces can't be made.
    """
    token = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32), "TMPDIR": str(folder)}
    told = {**os.environ, **TOLD, **token}
    with ExitStack() as stack:
        head, node = (stack.enter_context(_namespace(f"emojicam-{name}-{os.getpid()}")) for name in ("head", "node"))
        _join(head, node)
        (folder / "ray").mkdir()
        own = ("--head", f"--port={PORT}", f"--temp-dir={folder / 'ray'}", "--include-dashboard=false")
        _start(head, HEAD, *own, environment=told)
        _start(node, NODE, f"--address={HEAD}:{PORT}", environment=told)
        used = {**os.environ, **token}
        yield Nodes(f"{HEAD}:{PORT}", used, lambda: _kill(node), tuple(_within(head)))


@contextmanager
def _namespace(name: str) -> Iterator[str]:
    """A namespace with nothing but its loopback device; whoever is left in it at the end is killed."""
    try:
        subprocess.run(["ip", "netns", "add", name], capture_output=True, check=True, text=True)
    except FileNotFoundError as error:
        raise NotPermitted("there is no `ip`") from error
    except subprocess.CalledProcessError as error:
        raise NotPermitted(error.stderr.strip()) from error
    try:
        _ip("-n", name, "link", "set", "lo", "up")
        yield name
    finally:
        _end_all(name)
        _ip("netns", "delete", name)


def _join(head: str, node: str) -> None:
    """Lay a cable between two namespaces."""
    _ip("link", "add", "cable", "netns", head, "type", "veth", "peer", "name", "cable", "netns", node)
    for name, address in ((head, HEAD), (node, NODE)):
        _ip("-n", name, "address", "add", f"{address}/30", "dev", "cable")
        _ip("-n", name, "link", "set", "cable", "up")


def _ip(*words: str) -> str:
    return subprocess.run(["ip", *words], capture_output=True, check=True, text=True).stdout


def _within(name: str) -> list[str]:
    return ["ip", "netns", "exec", name]


def _start(name: str, address: str, *words: str, environment: dict[str, str]) -> None:
    ray = Path(sys.executable).with_name("ray")
    given = ["--num-cpus=1", "--num-gpus=0", f"--object-store-memory={80 << 20}", "--disable-usage-stats"]
    command = [*_within(name), str(ray), "start", f"--node-ip-address={address}", *words, *given]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _kill(node: str) -> None:
    """Kill all of a node at once, in the middle of a file, as a machine that loses its power."""
    held_at_work(lambda: _pids(node))
    _end_all(node)


def _pids(name: str) -> list[int]:
    return [int(pid) for pid in _ip("netns", "pids", name).split()]


def _end_all(name: str) -> None:
    for pid in _pids(name):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
