"""A Ray cluster of two nodes in two network namespaces (Linux): a head and a node with a cable between them, no more.

They are started as docs/cluster.md says. What they send to anybody else goes to a device that loses it, and is noted
down by this file, run as a program.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
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

AWAY = "away"
"""The device of each by which everything leaves that isn't for the other."""

ALL, IPV4 = 0x0003, 0x0800
"""What Linux calls all packets, and those of IPv4."""

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

    What is sent to others is in the files `away-…` of that folder: addresses and names that are looked up, one a line.

    Raises:
        NotPermitted: The namespaces can't be made.
    """
    token = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32), "TMPDIR": str(folder)}
    told = {**os.environ, **TOLD, **token}
    with ExitStack() as stack:
        head, node = (stack.enter_context(_namespace(f"emojicam-{name}-{os.getpid()}")) for name in ("head", "node"))
        _join(head, node)
        for name in (head, node):
            stack.enter_context(_noted(name, folder / f"away-{name}"))
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


@contextmanager
def _noted(name: str, file: Path) -> Iterator[None]:
    """Lead all that is sent to others out of a namespace, and note where it was to go."""
    _ip("-n", name, "link", "add", AWAY, "type", "veth", "peer", "name", "nowhere")
    _ip("-n", name, "link", "set", "nowhere", "up")
    _ip("-n", name, "link", "set", AWAY, "arp", "off", "up")
    _ip("-n", name, "route", "add", "default", "dev", AWAY)
    with file.open("w") as notes:
        listener = subprocess.Popen([*_within(name), sys.executable, __file__], stdout=notes)
        with listener:
            try:
                yield
            finally:
                listener.kill()


def _listen() -> None:
    """Print the address, or the name that is looked up, of each packet that leaves by the device."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ALL)) as device:
        device.bind((AWAY, ALL))
        while True:
            packet, (_, protocol, *_) = device.recvfrom(65536)
            if protocol == IPV4:
                sys.stdout.write(f"{_meant(packet)}\n")
                sys.stdout.flush()


def _meant(packet: bytes) -> str:
    """The address to which a packet (IPv4) goes; of a question of a name, the name."""
    rest = packet[(packet[0] & 15) * 4 :]
    if packet[9] != socket.IPPROTO_UDP or rest[2:4] != (53).to_bytes(2, "big"):
        return socket.inet_ntoa(packet[16:20])
    words, at = [], 20
    while rest[at]:
        words.append(rest[at + 1 : at + 1 + rest[at]].decode())
        at += 1 + rest[at]
    return ".".join(words)


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


if __name__ == "__main__":
    _listen()
