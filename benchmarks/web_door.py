"""How one good visitor of the web app fares beside one who misbehaves, and the memory that large photos leave behind.

    python benchmarks/web_door.py

A server of its own is started for each trouble. The good visitor (127.0.0.2) sends the sample photo over and over; the
bad one (127.0.0.3) is a process of its own, of low priority: it is another machine's work. Prints the good one's median
and longest wait and what was refused to them, alone and beside each trouble; then the server's memory (RSS, Linux)
before and after six large photos.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import numpy as np
from PIL import Image

from emojicam import assets

TOKEN = "correct-horse-battery"
GOOD, BAD = "127.0.0.2", "127.0.0.3"
SECONDS = 12.0
SCAN = b"\xff\xda\x00\x08\x01\x01\x00\x01\x3f\x00"
"""A pass of a progressive JPEG that refines nothing."""


@contextmanager
def server() -> Iterator[tuple[int, int]]:
    """A server's port and process id."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "emojicam", "web", "--no-browser", "--port", "0", "--token", TOKEN]
        running = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True)
        assert running.stderr is not None
        line = running.stderr.readline()
        while "http://" not in line:
            line = running.stderr.readline()
        said: list[str] = []
        reader = threading.Thread(target=lambda: said.extend(running.stderr or ()), daemon=True)
        reader.start()
        try:
            yield int(line.split(":")[3].split("/")[0]), running.pid
        finally:
            running.terminate()
            running.wait(60)
            reader.join(5)
            if said:
                print(f"    the log has {len(said)} lines, the first: {said[0].strip()[:100]}")


def client(port: int, address: str) -> httpx.Client:
    """A visitor with the token."""
    return httpx.Client(
        base_url=f"http://127.0.0.1:{port}",
        headers={"Authorization": f"Bearer {TOKEN}"},
        transport=httpx.HTTPTransport(local_address=address),
        timeout=60,
    )


def fares(port: int, seconds: float) -> str:
    """Send the sample over and over, each time on a new connection; tell how it went."""
    photo = assets.sample_photo().read_bytes()
    times, seen = [], Counter[str]()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.perf_counter()
        with client(port, GOOD) as visitor:
            try:
                seen[str(visitor.post("/api/photo", files={"photo": photo}).status_code)] += 1
            except httpx.HTTPError as error:
                seen[type(error).__name__] += 1
        times.append(time.perf_counter() - began)
        time.sleep(0.4)
    told = ", ".join(f"{count}x {word}" for word, count in seen.items())
    return f"median {statistics.median(times) * 1000:6.0f} ms, longest {max(times) * 1000:6.0f} ms  ({told})"


def _line(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=30, source_address=(BAD, 0))


def endless_headers(port: int) -> None:
    """Four connections whose request never ends."""

    def one() -> None:
        while True:
            with suppress(OSError), _line(port) as line:
                line.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: ")
                while True:
                    line.sendall(b"a" * 65536)
            time.sleep(0.05)

    _all(one, 4)


def idle_connections(port: int) -> None:
    """Three hundred connections on which nothing is said."""
    lines = []
    while True:
        if len(lines) < 300:
            with suppress(OSError):
                lines.append(_line(port))
        else:
            time.sleep(0.2)
            lines = [line for line in lines if not _ended(line)]


def _ended(line: socket.socket) -> bool:
    line.setblocking(False)
    try:
        return not line.recv(100)
    except BlockingIOError:
        return False
    except OSError:
        return True


def heavy(passes: int = 85) -> bytes:
    """A JPEG of 25 megapixels in many passes."""
    memory = io.BytesIO()
    Image.fromarray(np.full((5000, 5000), 90, np.uint8)).convert("RGB").save(memory, "JPEG", progressive=True)
    return memory.getvalue()[:-2] + SCAN * passes + b"\xff\xd9"


def heavy_photos(port: int) -> None:
    """Twenty senders of such JPEGs."""
    _photos(port, heavy(), stay=True)


def large_photos(port: int) -> None:
    """The same, of photos as large in the usual number of passes, which are taken."""
    _photos(port, heavy(0), stay=True)


def gone_senders(port: int) -> None:
    """The same, of large photos in the usual number of passes, whose senders hang up and come again."""
    _photos(port, heavy(0), stay=False)


def _photos(port: int, data: bytes, *, stay: bool) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="photo"\r\n\r\n' + data + b"\r\n--x--\r\n"
    head = (
        f"POST /api/photo HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n"
        f"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()

    def one() -> None:
        while True:
            with suppress(OSError), _line(port) as line:
                line.sendall(head + body)
                if stay:
                    line.recv(1000)
                else:
                    time.sleep(0.1)
            time.sleep(0.1)

    _all(one, 20)


def guesses(port: int) -> None:
    """Four who try tokens as fast as they can, on connections that they keep."""
    guess = b"GET /api/openapi.json HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer x\r\n\r\n"

    def one() -> None:
        while True:
            with suppress(OSError), _line(port) as line:
                line.sendall(guess)
                while line.recv(65536):
                    line.sendall(guess)

    _all(one, 4)


def tiny_chunks(port: int) -> None:
    """A body that comes in chunks of one byte."""
    head = "POST /api/photo HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\n"
    _flood(port, head + "Transfer-Encoding: chunked\r\n\r\n", None, b"1\r\na\r\n" * 10_000)


def fragments(port: int) -> None:
    """A WebSocket's message in endless empty parts."""
    _flood(port, UPGRADE, _framed(2, b"", last=False), _framed(0, b"", last=False) * 10_000)


def pings(port: int) -> None:
    """A WebSocket's pings as fast as they can be sent."""
    _flood(port, UPGRADE, b"", _framed(9, b"p" * 125) * 1000)


def wishes(port: int) -> None:
    """The wishes of the camera's page, as fast as they can be sent."""
    _flood(port, UPGRADE, b"", _framed(1, b'{"theme":"classic","style":"label"}') * 500)


UPGRADE = (
    "GET /api/camera HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


def _framed(code: int, data: bytes, *, last: bool = True) -> bytes:
    """A WebSocket's frame of less than 126 bytes, masked with zeros."""
    return bytes([last << 7 | code, 0x80 | len(data)]) + bytes(4) + data


def _flood(port: int, head: str, first: bytes | None, again: bytes) -> None:
    first_line, rest = head.split("\r\n", 1)
    trusted = f"{first_line}\r\nAuthorization: Bearer {TOKEN}\r\nOrigin: http://localhost\r\n{rest}"

    def one() -> None:
        while True:
            with suppress(OSError), _line(port) as line:
                line.sendall(trusted.encode())
                if first is not None:
                    line.recv(1000)  # the handshake's answer
                    line.sendall(first)
                while True:
                    line.sendall(again)
            time.sleep(0.1)

    _all(one, 1)


def _all(one: Callable[[], None], number: int) -> None:
    if hasattr(os, "nice"):
        os.nice(15)
    threads = [threading.Thread(target=one, daemon=True) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def rss(pid: int, what: str = "VmRSS") -> int:
    """Megabytes of a process that are in memory; with `VmHWM`, the most so far."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split(f"{what}:")[1].split()[0]) // 1024


def memory() -> None:
    """Print the server's memory before and after six large photos, sent together."""
    pixels = np.random.default_rng(0).integers(0, 90, (4900, 5000, 3), dtype=np.uint8)
    noise = io.BytesIO()
    Image.fromarray(pixels).save(noise, "JPEG", quality=40)

    def send(port: int) -> None:
        with client(port, GOOD) as visitor:
            visitor.post("/api/photo", files={"photo": noise.getvalue()}, headers={"Accept": "image/jpeg"})

    with server() as (port, pid):
        fares(port, 2)
        before = rss(pid)
        threads = [threading.Thread(target=send, args=(port,)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        time.sleep(2)
        print(f"memory: {before} MB, after six large photos {rss(pid)} MB, peak {rss(pid, 'VmHWM')} MB")


TROUBLES = (
    None,
    endless_headers,
    idle_connections,
    heavy_photos,
    large_photos,
    gone_senders,
    guesses,
    tiny_chunks,
    fragments,
    pings,
    wishes,
)


def main() -> None:
    """Print a line for each trouble."""
    chosen = sys.argv[1:]
    for trouble in TROUBLES:
        name = trouble.__name__ if trouble else "alone"
        if chosen and name not in chosen:
            continue
        with server() as (port, pid):
            fares(port, 1)
            bad = multiprocessing.Process(target=trouble, args=(port,), daemon=True) if trouble else None
            if bad:
                bad.start()
                time.sleep(2)
            told = fares(port, SECONDS)
            print(f"{name:18}{told}, server's peak {rss(pid, 'VmHWM')} MB", flush=True)
            if bad:
                bad.kill()
                bad.join()
    if os.path.exists("/proc/self/status") and (not chosen or "memory" in chosen):
        memory()


if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    main()
