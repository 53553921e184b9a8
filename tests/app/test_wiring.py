from __future__ import annotations

import gc
import os
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest
from making import Picture, read_video, write_video

from emojicam.settings import Settings
from emojicam.stream.choices import Range
from emojicam.stream.cores import HERE
from emojicam.wiring import Annotator, settled

allowed = HERE.allowed


@pytest.fixture
def two() -> Iterator[list[int]]:
    """Two cores, and no other."""
    before = allowed()
    os.sched_setaffinity(0, before[:2])
    yield before[:2]
    os.sched_setaffinity(0, before)


def places_of(threads: set[int]) -> set[tuple[int, ...]]:
    return {tuple(sorted(os.sched_getaffinity(thread))) for thread in threads}


def threads() -> set[int]:
    return {int(name) for name in os.listdir("/proc/self/task")}


@pytest.mark.skipif(len(allowed()) < 2, reason="takes two cores, and a system that lets a thread choose")
@pytest.mark.parametrize(
    ("preset", "cores", "kept"), [("ultrafast", 0, True), ("ultrafast", 1, False), ("veryfast", 0, False)]
)
def test_on_two_cores_the_two_threads_of_a_quick_video_keep_to_one_each(
    preset: str, cores: int, kept: bool, two: list[int], portrait: Picture, tmp_path: Path
) -> None:
    clip, out = tmp_path / "clip.mp4", tmp_path / "out.mp4"
    write_video(clip, [portrait] * 12)
    before = threads()
    here: set[tuple[int, ...]] = set()
    with Annotator(Settings(range=Range.NEAR, preset=preset, cores=cores)) as annotator:
        detecting = places_of(threads() - before)
        summary = annotator.video(clip, out, progress=lambda done, of: here.add(tuple(allowed())))
    assert len(detecting) == len(here) == 1
    if kept:
        assert sorted([*detecting, *here]) == [(two[0],), (two[1],)]
    else:
        assert detecting == here == {tuple(two)}
    assert allowed() == two
    assert summary.faces == {1: 12}
    assert len(read_video(out)[0]) == 12


def test_while_it_runs_only_new_things_are_looked_through_for_garbage() -> None:
    class Circle:
        def __init__(self) -> None:
            self.itself = self

    with settled():
        assert gc.get_freeze_count() > 10_000
        gone = weakref.ref(Circle())
        gc.collect()
        assert gone() is None
    assert gc.get_freeze_count() == 0
