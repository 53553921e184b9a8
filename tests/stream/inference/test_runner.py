"""Batches run through a session: the same answers, whatever their size and whoever asks."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from onnxfiles import CARD, write_model

from emojicam import models
from emojicam.models.card import Crop
from emojicam.stream.choices import Provider
from emojicam.stream.inference.runner import SIZES, Bound, Direct, Faces, Lane
from emojicam.stream.inference.session import open_model


def test_a_gpu_is_run_by_one_thread_whoever_asks() -> None:
    lane = Lane(own_thread=True)
    seen: list[int] = []

    def note() -> int:
        seen.append(threading.get_ident())
        return len(seen)

    askers = [threading.Thread(target=lane, args=(note,)) for _ in range(5)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert lane(note) == 6
    assert len(set(seen)) == 1
    assert threading.get_ident() not in seen
    assert Lane(own_thread=False)(threading.get_ident) == threading.get_ident()
    with pytest.raises(ZeroDivisionError):
        lane(lambda: 1 // 0)


def test_of_large_faces_a_gpu_takes_fewer_at_a_time(tmp_path: Path) -> None:
    card = replace(CARD, crop=Crop().at(224))
    path = write_model(tmp_path / "m.onnx", card, shape=("batch", 1, 224, 224))
    bound = Bound(open_model(path, Provider.CPU).session, "cpu", graphs=False)
    answers = bound(np.zeros((40, 1, 224, 224), np.uint8))
    assert answers[0].shape == (40, 2)
    assert bound.slots == (8, 16)


@pytest.mark.parametrize("number", [1, 2, 3, 7, 16, 33, 64])
def test_bound_buffers_answer_as_a_plain_run_does(number: int) -> None:
    opened = open_model(models.model_file(models.DEFAULT), Provider.CPU)
    bound, direct = Bound(opened.session, "cpu", graphs=False), Direct(opened.session)
    rng = np.random.default_rng(number)
    for _ in range(3):  # the second time the buffers hold the first time's faces
        faces = rng.integers(0, 256, (number, 1, 48, 48), dtype=np.uint8)
        ours, theirs = bound(faces), direct(faces)
        assert [answer.shape for answer in ours] == [(number, len(opened.card.labels))] * 2  # as decided, and without
        assert ours[0] == pytest.approx(theirs[0], abs=1e-5)
        again = ours[0].copy()
        bound(255 - faces)
        assert np.array_equal(ours[0], again), "an answer changed under its owner"


def test_a_batch_is_filled_up_to_one_of_a_few_sizes() -> None:
    bound = Bound(open_model(models.model_file(models.DEFAULT), Provider.CPU).session, "cpu", graphs=False)
    for number in (1, 3, 4, 5, 40):
        bound(np.zeros((number, 1, 48, 48), np.uint8))
    assert set(bound.slots) <= set(SIZES)
    assert bound.slots == (1, 4, 8, 64)


class Gpu:
    """A session whose memory is enough for so many faces; it notes how many it was given at a time."""

    def __init__(self, session: onnxruntime.InferenceSession, room: int) -> None:
        self._session, self._room = session, room
        self.runs: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def run_with_iobinding(self, binding: Any, options: Any) -> None:
        size = binding.get_outputs()[0].shape()[0]
        if size > self._room:
            raise RuntimeError("Failed to allocate memory for requested buffer")
        self._session.run_with_iobinding(binding, options)
        self.runs.append(size)


@pytest.fixture
def small(tmp_path: Path) -> onnxruntime.InferenceSession:
    """A quick net."""
    return open_model(write_model(tmp_path / "m.onnx"), Provider.CPU).session


def small_faces(number: int) -> Faces:
    return np.random.default_rng(0).integers(0, 256, (number, 1, 12, 12), dtype=np.uint8)


def test_many_small_faces_are_one_run(small: onnxruntime.InferenceSession) -> None:
    session = Gpu(small, room=256)
    bound, direct = Bound(session, "cpu", graphs=False), Direct(small)  # type: ignore[arg-type]
    faces = small_faces(300)
    bound(faces)
    session.runs.clear()
    for number in (256, 129, 100, 64, 300):
        (answer,) = bound(faces[:number])
        assert answer == pytest.approx(direct(faces[:number])[0], abs=1e-6)
    assert session.runs == [256, 256, 128, 128, 64, 256, 64]  # a size's first run is a trial


def test_where_memory_is_short_large_batches_come_in_parts(small: onnxruntime.InferenceSession) -> None:
    session = Gpu(small, room=70)
    bound = Bound(session, "cpu", graphs=False)  # type: ignore[arg-type]
    faces = small_faces(200)
    for _ in range(2):
        assert bound(faces)[0] == pytest.approx(Direct(small)(faces)[0], abs=1e-6)
    assert bound.slots == (8, 64)
    assert max(session.runs) == 64


def test_what_fails_for_one_face_fails(small: onnxruntime.InferenceSession) -> None:
    with pytest.raises(RuntimeError, match="Failed to allocate"):
        Bound(Gpu(small, room=0), "cpu", graphs=False)(small_faces(200))  # type: ignore[arg-type]


def test_a_direct_run_takes_large_batches_in_parts() -> None:
    session = open_model(models.model_file(models.DEFAULT), Provider.CPU).session
    faces = np.random.default_rng(0).integers(0, 256, (10, 1, 48, 48), dtype=np.uint8)
    assert Direct(session, largest=3)(faces)[0] == pytest.approx(Direct(session)(faces)[0], abs=1e-6)
