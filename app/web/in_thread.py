"""Work that would keep the event loop waiting goes to threads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


async def in_thread(pool: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    """What `work` returns, or raises, in one of the threads."""
    return await asyncio.get_running_loop().run_in_executor(pool, work)
