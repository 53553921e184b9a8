"""A file that is read twice: each frame gets its own pixels again, or none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pytest
from making import Picture, write_video

from emojicam.stream.media.reread import Reread
from emojicam.stream.media.sources import VideoFile
from emojicam.stream.types import Frame, Judged


def frame(number: int, time: float | None = None, level: int | None = None) -> Frame:
    """A picture of one grey, by which it is known."""
    return Frame(
        number, number / 25 if time is None else time, np.full((4, 6, 3), number if level is None else level, np.uint8)
    )


@dataclass
class Twice:
    """A file whose second reading is as the test says."""

    second: list[Frame]
    whole: bool = True
    closed: list[bool] = field(default_factory=list)

    def again(self) -> Twice:
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.closed.append(True)

    def __iter__(self) -> Iterator[Frame]:
        yield from self.second


def away(*frames: Frame) -> list[Judged]:
    return [Judged(one.away(), ()) for one in frames]


def levels(frames: list[Judged]) -> list[tuple[int, int]]:
    return [(one.frame.index, int(one.frame.pixels[0, 0, 0])) for one in frames]


def test_each_frame_gets_its_pixels_again() -> None:
    file = Twice([frame(n) for n in range(5)])
    reread = Reread(file)
    done = list(reread(away(*(frame(n) for n in range(5)))))
    assert levels(done) == [(n, n) for n in range(5)]
    assert not any(one.frame.is_away for one in done)
    assert (reread.lost, reread.notes, file.closed) == (0, [], [True])


def test_frames_that_were_held_pass_as_they_are() -> None:
    held = Judged(frame(2, level=99), ())
    done = list(Reread(Twice([frame(n) for n in range(4)]))([*away(frame(0), frame(1)), held, *away(frame(3))]))
    assert levels(done) == [(0, 0), (1, 1), (2, 99), (3, 3)]


def test_a_frame_that_the_second_reading_lacks_is_left_out_and_told() -> None:
    reread = Reread(Twice([frame(0), frame(2), frame(3)]))
    assert levels(list(reread(away(*(frame(n) for n in range(4)))))) == [(0, 0), (2, 2), (3, 3)]
    assert reread.notes == ["1 frame was left out: the file reads differently a second time"]


def test_a_frame_that_only_the_second_reading_has_is_passed_over() -> None:
    extra = frame(1, 0.02, level=200)
    second = [frame(0), extra, frame(2, 1 / 25, level=1), frame(3, 2 / 25, level=2)]
    reread = Reread(Twice(second))
    assert levels(list(reread(away(frame(0), frame(1), frame(2))))) == [(0, 0), (1, 1), (2, 2)]
    assert reread.lost == 0


def test_a_second_reading_that_ends_early_loses_the_rest_and_no_more() -> None:
    reread = Reread(Twice([frame(0), frame(1)]))
    assert levels(list(reread(away(*(frame(n) for n in range(5)))))) == [(0, 0), (1, 1)]
    assert reread.notes == ["3 frames were left out: the file reads differently a second time"]


def test_a_picture_of_another_size_is_never_taken() -> None:
    other = Frame(1, 1 / 25, np.zeros((6, 4, 3), np.uint8))
    assert levels(list(Reread(Twice([frame(0), other, frame(2)]))(away(frame(0), frame(1), frame(2))))) == [
        (0, 0),
        (2, 2),
    ]


def test_the_file_is_closed_when_nobody_wants_more() -> None:
    file = Twice([frame(n) for n in range(5)])
    running = iter(Reread(file)(away(*(frame(n) for n in range(5)))))
    next(running)
    running.close()  # type: ignore[attr-defined]
    assert file.closed == [True]


@pytest.mark.parametrize("whole", [True, False])
def test_a_damaged_file_is_doubtful(whole: bool) -> None:
    assert Reread(Twice([], whole=whole)).doubtful() is not whole


def test_a_real_file_is_read_the_same_twice(tmp_path: Path, portrait: Picture) -> None:
    path = tmp_path / "clip.mp4"
    write_video(path, [np.roll(portrait, 3 * n, axis=1) for n in range(20)])
    with VideoFile(path) as video:
        first = list(video)
        assert video.whole
        second = list(Reread(video)(away(*first)))
    assert all(np.array_equal(one.frame.pixels, two.pixels) for one, two in zip(second, first, strict=True))
    assert [one.frame.time for one in second] == [two.time for two in first]


def test_a_frame_that_is_away_knows_which_and_how_large_it_is_and_holds_nothing() -> None:
    large = Frame(7, 0.28, np.zeros((1080, 1920, 3), np.uint8))
    gone = large.away()
    assert (gone.index, gone.time, gone.width, gone.height, gone.is_away) == (7, 0.28, 1920, 1080, True)
    assert gone.pixels.strides == (0, 0, 0)
