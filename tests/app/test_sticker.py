"""The pictures of a sticker: who is chosen, which moments, and that the face is never in them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from making import Picture, add_head, seen_at, write_video

from emojicam import assets
from emojicam.errors import InputError, UsageError
from emojicam.sticker import Cutout, of_clip, of_photo
from emojicam.stream.types import Frame
from emojicam.wiring import Annotator

GREY = (128, 128, 128)


def two(portrait: Picture, *, second: bool = True, shift: int = 0) -> Picture:
    """A large head at the left, and a smaller one at the right: 640x360."""
    picture = np.full((360, 640, 3), GREY, np.uint8)
    add_head(picture, portrait, 200 + shift, 180, 1.4)
    if second:
        add_head(picture, portrait, 480, 180, 0.8)
    return picture


@pytest.fixture(scope="module")
def clip(portrait: Picture, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half a second of nobody, then a second of one who moves, and a smaller one beside: 20 frames a second."""
    path = tmp_path_factory.mktemp("clip") / "a.mp4"
    nobody = [np.full((360, 640, 3), GREY, np.uint8)] * 10
    write_video(path, [*nobody, *(two(portrait, shift=4 * step) for step in range(20))], rate=20)
    return path


def covered(cutout: Cutout, annotator: Annotator) -> bool:
    """Whether no face is seen in the pictures, on a grey ground."""
    for rgba in cutout.pictures:
        share = rgba[..., 3:].astype(np.float32) / 255
        bgr = np.rint(rgba[..., 2::-1] * share + 128 * (1 - share)).astype(np.uint8)
        small = np.asarray(cv2.resize(bgr, (256, 256), interpolation=cv2.INTER_AREA), np.uint8)
        if any(face.score > 0.9 and face.area < 60 * 60 for face in annotator.judge(Frame(0, 0.0, small)).faces):
            return False
    return True


def test_a_photos_sticker_is_of_the_sample(annotator: Annotator) -> None:
    made = of_photo(annotator, assets.sample_photo(), None)
    (rgba,) = made.pictures
    assert (made.emotion, made.shown) == ("happiness", [0])
    assert rgba.shape == (512, 512, 4)
    assert rgba[0, 0, 3] == rgba[511, 511, 3] == 0
    yellow = (rgba[..., 0] > 200) & (rgba[..., 2] < 120) & (rgba[..., 3] == 255)
    assert yellow.mean() > 0.15
    assert covered(made, annotator)


def test_the_largest_face_is_taken_unless_another_is_asked_for(
    tmp_path: Path, annotator: Annotator, portrait: Picture
) -> None:
    path = tmp_path / "two.png"
    cv2.imwrite(str(path), two(portrait))
    largest = of_photo(annotator, path, None).pictures[0]
    assert np.array_equal(of_photo(annotator, path, 1).pictures[0], largest)
    assert not np.array_equal(of_photo(annotator, path, 2).pictures[0], largest)
    with pytest.raises(UsageError, match=r"two\.png: has no person 3; there are 1, 2"):
        of_photo(annotator, path, 3)


def test_a_photo_without_a_face_has_no_sticker(tmp_path: Path, annotator: Annotator) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.full((200, 200, 3), GREY, np.uint8))
    with pytest.raises(InputError, match=r"a\.png: no face found, so there is no sticker"):
        of_photo(annotator, tmp_path / "a.png", None)


def test_a_clips_sticker_begins_with_the_first_face_and_follows_the_largest(clip: Path, annotator: Annotator) -> None:
    made = of_clip(annotator, clip, None, 3.0, None)
    assert made.emotion == "happiness"
    assert len(made.pictures) == len(made.shown) == 10, "every second of 20"
    assert sum(made.shown) == pytest.approx(1000, abs=100)
    middles = [np.nonzero(rgba[..., 3])[1].mean() for rgba in made.pictures]
    assert np.abs(np.diff(middles)).max() < 20, "who moves by 80 px stays in the middle"
    assert covered(made, annotator)


def test_a_part_of_a_clip_is_as_long_as_asked_for(clip: Path, annotator: Annotator) -> None:
    made = of_clip(annotator, clip, 0.8, 0.4, None)
    assert len(made.pictures) == 4
    assert sum(made.shown) == 400
    other = of_clip(annotator, clip, 0.8, 0.4, 2)
    assert not np.array_equal(other.pictures[0], made.pictures[0])
    with pytest.raises(UsageError, match=r"a\.mp4: has no person 7; there are 1, 2"):
        of_clip(annotator, clip, 0.8, 0.4, 7)


def test_a_part_without_a_face_is_told(clip: Path, annotator: Annotator, tmp_path: Path, portrait: Picture) -> None:
    with pytest.raises(InputError, match=r"a\.mp4: no face found from 9\.00 s on"):
        of_clip(annotator, clip, 9.0, 1.0, None)
    write_video(tmp_path / "grey.mp4", [np.full((64, 64, 3), GREY, np.uint8)] * 3)
    with pytest.raises(InputError, match=r"grey\.mp4: no face found, so"):
        of_clip(annotator, tmp_path / "grey.mp4", None, 3.0, None)


def test_a_head_at_the_border_is_cut_out_as_well(tmp_path: Path, annotator: Annotator, portrait: Picture) -> None:
    path = tmp_path / "top.png"
    cv2.imwrite(str(path), seen_at(portrait, (320, 240), 1.3)[70:])
    made = of_photo(annotator, path, None)
    assert made.pictures[0][..., 3].max() == 255
    assert covered(made, annotator)
