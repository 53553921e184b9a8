"""Who has hung up is worked for no longer."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from emojicam.web.gone import Gone, unless_gone


def visitor(*messages: str) -> Any:
    """A visitor's `receive`, who then stays."""
    left = list(messages)

    async def receive() -> dict[str, str]:
        if not left:
            await asyncio.sleep(60)
        return {"type": left.pop(0)}

    return receive


def test_work_is_done_for_who_stays() -> None:
    async def work() -> int:
        await asyncio.sleep(0.01)
        return 7

    assert asyncio.run(unless_gone(visitor("http.request"), work())) == 7


def test_work_ends_when_its_visitor_hangs_up() -> None:
    log = []

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            log.append("ended")

    with pytest.raises(Gone):
        asyncio.run(unless_gone(visitor("http.request", "http.disconnect"), work()))
    assert log == ["ended"]


def test_what_goes_wrong_is_raised() -> None:
    async def work() -> None:
        await asyncio.sleep(0)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        asyncio.run(unless_gone(visitor(), work()))
