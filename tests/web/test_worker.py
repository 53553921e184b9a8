"""One thread with the models: what comes first, and what has no room."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
from serving import PaintedModels, picture

from emojicam.stream.types import Frame
from emojicam.web.worker import Busy, Worker


def test_frames_of_streams_come_before_photos() -> None:
    begun, go = threading.Event(), threading.Event()
    order: list[int] = []

    def before(frame: Frame) -> None:
        order.append(frame.index)
        if frame.index == 0:
            begun.set()
            go.wait(20)

    models = PaintedModels(before=before)

    async def requests() -> None:
        with Worker(models.load) as worker:
            first = asyncio.create_task(worker.judge(picture(0)))
            await asyncio.to_thread(begun.wait, 20)
            photos = [asyncio.create_task(worker.judge(picture(100 + n))) for n in range(5)]
            await asyncio.sleep(0.1)
            session = worker.models.stream()
            frames = [asyncio.create_task(worker.judge(picture(1 + n), session)) for n in range(3)]
            await asyncio.sleep(0.1)
            go.set()
            await asyncio.gather(first, *photos, *frames)

    asyncio.run(requests())
    assert order == [0, 1, 2, 3, 100, 101, 102, 103, 104]


def test_a_photo_that_takes_long_holds_nobody_up() -> None:
    begun, go = threading.Event(), threading.Event()
    order: list[int] = []

    def before(frame: Frame) -> None:
        order.append(frame.index)
        time.sleep(0.02)
        if not begun.is_set():
            begun.set()
            go.wait(20)

    models = PaintedModels(before=before, steps=9)

    async def requests() -> None:
        with Worker(models.load) as worker:
            large = [asyncio.create_task(worker.judge(picture(n), who="large")) for n in range(2)]
            await asyncio.to_thread(begun.wait, 20)
            small = asyncio.create_task(worker.judge(picture(100), who="small"))
            frame = asyncio.create_task(worker.judge(picture(200), worker.models.stream()))
            await asyncio.sleep(0.1)
            go.set()
            await asyncio.gather(*large, small, frame)

    asyncio.run(requests())
    assert order[:21] == [0, *[200] * 10, *[100] * 10], "frames first, and then who has had nothing yet"
    assert order[21:] == [*[0] * 9, *[1] * 10], "photos of one address one after another"


def test_a_photo_that_nobody_waits_for_any_more_is_given_up_between_two_steps() -> None:
    begun = threading.Event()
    order: list[int] = []

    def before(frame: Frame) -> None:
        order.append(frame.index)
        begun.set()
        time.sleep(0.05)

    async def requests() -> None:
        with Worker(PaintedModels(before=before, steps=200).load) as worker:
            gone = asyncio.create_task(worker.judge(picture(0), who="gone"))
            await asyncio.to_thread(begun.wait, 20)
            gone.cancel()
            await asyncio.wait([gone])
            assert worker.waiting == 0

    asyncio.run(requests())
    assert 1 <= len(order) < 20


def test_photos_take_no_room_from_streams() -> None:
    begun, go = threading.Event(), threading.Event()

    def before(frame: Frame) -> None:
        begun.set()
        go.wait(20)

    async def requests() -> None:
        with Worker(PaintedModels(before=before).load, room=2) as worker:
            first = asyncio.create_task(worker.judge(picture(0)))
            await asyncio.to_thread(begun.wait, 20)
            photos = [asyncio.create_task(worker.judge(picture(100 + n))) for n in range(2)]
            await asyncio.sleep(0.1)
            with pytest.raises(Busy):
                await worker.judge(picture(102))
            frame = asyncio.create_task(worker.judge(picture(1), worker.models.stream()))
            await asyncio.sleep(0.1)
            go.set()
            await asyncio.gather(first, frame, *photos)

    asyncio.run(requests())
