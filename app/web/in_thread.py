"""Work that would keep the event loop waiting goes to threads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


async def in_thread(pool: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    """Run `work` in one of the pool's threads, and return or raise what it does.

    If nobody waits for it any more, it isn't begun; what has begun is waited for all the same, so that what it uses is
    counted until it is done.
    """
    running = pool.submit(work)
    try:
        return await asyncio.wrap_future(running)
    except asyncio.CancelledError:
        if not running.cancel():
            await asyncio.wait([asyncio.wrap_future(running)])
        raise
