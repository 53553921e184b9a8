"""Work that goes to threads leaves the event loop free."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from emojicam.web.in_thread import in_thread


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2, "work") as threads:
        yield threads


def test_what_is_returned_comes_from_a_thread_of_the_pool(pool: ThreadPoolExecutor) -> None:
    name = asyncio.run(in_thread(pool, lambda: threading.current_thread().name))
    assert name.startswith("work_")


def test_what_is_raised_is_raised_here(pool: ThreadPoolExecutor) -> None:
    error = ValueError("a defect")

    def work() -> None:
        raise error

    with pytest.raises(ValueError, match="a defect") as caught:
        asyncio.run(in_thread(pool, work))
    assert caught.value is error


def test_meanwhile_the_loop_goes_on(pool: ThreadPoolExecutor) -> None:
    go_on = threading.Event()

    async def both() -> list[str]:
        done: list[str] = []

        async def slow() -> None:
            assert await in_thread(pool, lambda: go_on.wait(20))
            done.append("slow")

        async def quick() -> None:
            done.append("quick")
            go_on.set()

        await asyncio.gather(slow(), quick())
        return done

    assert asyncio.run(both()) == ["quick", "slow"]
