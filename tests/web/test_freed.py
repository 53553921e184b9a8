"""Memory that photos leave behind is given back."""

from __future__ import annotations

import asyncio
import ctypes
import sys
from pathlib import Path

import pytest

from emojicam.web import freed
from emojicam.web.freed import Freed, trim


def held() -> int:
    """Bytes of this process that are in memory."""
    return 1024 * int(Path("/proc/self/status").read_text().split("VmRSS:")[1].split()[0])


@pytest.mark.skipif(sys.platform != "linux", reason="/proc, and glibc")
def test_freed_blocks_go_back_to_the_system() -> None:
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "malloc_trim"):
        pytest.skip("another library than glibc")
    libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
    blocks = [libc.malloc(100_000) for _ in range(1000)]  # too small to be the system's own
    for block in blocks:
        ctypes.memset(block, 1, 100_000)
    for block in blocks[:-1]:  # the last one keeps the others from going back by themselves
        libc.free(block)
    before = held()
    trim()
    assert before - held() > 80_000_000
    libc.free(blocks[-1])


def test_it_is_done_once_when_the_last_photo_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(freed, "PAUSE", 0.1)
    calls: list[int] = []

    async def run() -> None:
        memory = Freed(lambda: calls.append(1))
        for _ in range(5):
            with memory.afterwards():
                await asyncio.sleep(0.01)
        assert calls == []
        await asyncio.sleep(0.5)
        assert calls == [1]

    asyncio.run(run())


def test_it_is_done_though_photos_keep_coming(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(freed, "PAUSE", 10.0)
    monkeypatch.setattr(freed, "LONGEST", 0.1)
    calls: list[int] = []

    async def run() -> None:
        memory = Freed(lambda: calls.append(1))
        for _ in range(30):
            with memory.afterwards():
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)
        assert calls

    asyncio.run(run())
