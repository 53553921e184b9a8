"""Work that would keep the event loop waiting goes to threads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


async def in_thread(pool: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    """Run `work` in one of the pool's threads, and return or raise what it does."""
    return await asyncio.get_running_loop().run_in_executor(pool, work)
