"""The stages of several streams: the faces of all in one batch, and nothing of one in another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from making import Picture, i420, seen_at

from emojicam.settings import DEFAULTS
from emojicam.several import Several
from emojicam.stream.live.reconnect import Opening
from emojicam.stream.live.together import Of, Together
from emojicam.stream.types import Format, Frame, Seen
from emojicam.wiring import Annotator

SIZE = (640, 360)


@dataclass
class Wants:
    """What a test wants to have drawn."""

    cell: tuple[int, int] | None = None
    mirror: bool = False
    sent: tuple[int, ...] = ()

    def whole(self, stream: int) -> bool:
        return stream in self.sent


@pytest.fixture
def scenes(portrait: Picture) -> list[Picture]:
    """One face on the left, one on the right, and nobody."""
    return [
        *[i420(seen_at(portrait, SIZE, 1.0, shift=shift)) for shift in (-90, 60)],
        i420(np.full((360, 640, 3), 90, np.uint8)),
    ]


def frame(pixels: Picture, number: int) -> Frame:
    return Frame(number, 100 + number / 30, pixels, Format.I420)


def counted(annotator: Annotator, batches: list[int]) -> Callable[[], None]:
    """Note how many faces the classifier gets at once."""
    before = annotator.classify.many

    def many(frames: list[Seen]) -> list:  # type: ignore[type-arg]
        batches.append(sum(len(seen.faces) for seen in frames))
        return before(frames)

    annotator.classify.many = many  # type: ignore[assignment,method-assign]
    return lambda: setattr(annotator.classify, "many", before)


def test_faces_of_all_streams_are_judged_in_one_batch_and_go_back_to_their_own(
    annotator: Annotator, scenes: list[Picture]
) -> None:
    several = Several(annotator, DEFAULTS, 3, Wants())
    batches: list[int] = []
    undo = counted(annotator, batches)
    seen = [several.see(Of(stream, frame(scenes[stream], number))) for number in range(2) for stream in (0, 1, 2)]
    judged = [several.cover(one) for one in several.judge(seen)]
    undo()
    assert batches == [2]  # whose turn it was: each face once
    assert [one.stream for one in judged] == [0, 1, 2, 0, 1, 2]
    assert [len(one.item.faces) for one in judged] == [1, 1, 0, 1, 1, 0]
    left, right = judged[0].item.faces[0], judged[1].item.faces[0]
    assert left.middle[0] + 100 < right.middle[0]
    assert [one.item.faces[0].track for one in judged if one.item.faces] == [1, 1, 1, 1]  # each counts its own
    assert [one.item.frame for one in judged] == [one.item.frame for one in seen]


def test_only_what_is_wanted_is_drawn(annotator: Annotator, scenes: list[Picture]) -> None:
    several = Several(annotator, DEFAULTS, 3, Wants())
    (judged,) = several.judge([several.see(Of(0, frame(scenes[0], 0)))])
    nothing = several.draw(judged).item
    assert (nothing.whole, nothing.small, nothing.picture) == (None, None, None)
    several = Several(annotator, DEFAULTS, 3, Wants(sent=(0,)))
    whole = several.draw(judged).item.whole
    assert whole is not None
    assert whole.pixels.shape == (540, 640)
    assert several.draw(Of(1, judged.item)).item.whole is None


def test_a_cell_shows_the_emoji_and_its_mirror_image_only_if_asked(annotator: Annotator, scenes: list[Picture]) -> None:
    wants = Wants(cell=(318, 178))
    several = Several(annotator, DEFAULTS, 3, wants)
    (judged,) = several.judge([several.see(Of(0, frame(scenes[0], 0)))])
    plain = several.draw(judged).item
    wants.mirror = True
    turned = several.draw(judged).item
    assert plain.picture is not None
    assert turned.picture is not None
    assert plain.picture.shape == turned.picture.shape == (178, 316, 3)
    places = [np.argwhere(yellow(picture))[:, 1].mean() for picture in (plain.picture, turned.picture)]
    assert places[0] + places[1] == pytest.approx(315, abs=6)
    assert places[0] < 150
    assert plain.small is not None
    assert turned.small is not None
    assert (plain.small.pixels == turned.small.pixels).all()  # what a GIF is made of is never a mirror


def yellow(bgr: Picture) -> Picture:
    return np.asarray((bgr[..., 2] > 190) & (bgr[..., 1] > 130) & (bgr[..., 0] < 120))


def test_a_line_runs_all_streams_to_their_ends(annotator: Annotator, scenes: list[Picture]) -> None:
    def opening(stream: int) -> Opening:
        return Opening(lambda: iter([frame(scenes[stream], number) for number in range(3)]), f"{stream}", once=True)

    together = Together([opening(stream) for stream in range(3)], lambda: False, lambda text: None)
    taken: list[Of[object]] = []
    result = Several(annotator, DEFAULTS, 3, Wants()).line(together).run(taken.append)
    assert result.dropped == 0
    assert [sum(one.last for one in taken if one.stream == stream) for stream in range(3)] == [1, 1, 1]
    came = [source.counts.frames for source in together.sources]
    assert [len([one for one in taken if one.stream == stream]) for stream in range(3)] == [
        1 + frames - dropped for frames, dropped in zip(came, together.dropped, strict=True)
    ]
