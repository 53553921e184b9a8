"""The models kept loaded, and used by several threads at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import making
import numpy as np
import pytest
from making import Picture, read_video, write_video

import emojicam
from emojicam.errors import UsageError
from emojicam.stream.types import JudgedFace


@pytest.fixture
def photos(tmp_path: Path, portrait: Picture) -> list[Path]:
    """Six photos of one face at different places."""
    paths = [tmp_path / f"{number}.png" for number in range(6)]
    for number, path in enumerate(paths):
        cv2.imwrite(str(path), making.seen_at(portrait, (320, 240), 0.8, shift=10 * number))
    return paths


@pytest.fixture
def clip(tmp_path: Path, portrait: Picture) -> Path:
    path = tmp_path / "clip.mp4"
    write_video(path, [making.seen_at(portrait, (320, 240), 0.8, shift=i) for i in range(12)])
    return path


def told(faces: list[JudgedFace]) -> list[tuple[object, str]]:
    return [(face.rounded().box, face.label) for face in faces]


def test_it_does_what_the_functions_do(photos: list[Path], clip: Path, tmp_path: Path) -> None:
    with emojicam.Annotator(range="near", style="badge", codec_preset="ultrafast") as annotator:
        assert told(annotator.analyze(photos[0])) == told(emojicam.analyze(photos[0], range="near"))
        assert len(annotator.analyze(photos)) == 6
        assert len(list(annotator.analyze_video(clip))) == 12
        assert annotator.annotate(photos[0], tmp_path / "out.png").emotions == {"happiness": 1}
        summary = annotator.annotate(clip, tmp_path / "out.mp4", report=tmp_path / "seen.csv")
    assert summary.frames == len(read_video(tmp_path / "out.mp4")[0]) == 12
    assert len((tmp_path / "seen.csv").read_text().splitlines()) == 13
    emojicam.annotate(photos[0], tmp_path / "same.png", range="near", style="badge")
    assert (tmp_path / "out.png").read_bytes() == (tmp_path / "same.png").read_bytes()


def test_several_threads_may_use_it_at_once(photos: list[Path], clip: Path) -> None:
    with emojicam.Annotator(range="near") as annotator:
        alone = [told(annotator.analyze(path)) for path in photos]
        with ThreadPoolExecutor(3) as threads:
            film = threads.submit(lambda: [told(list(judged.faces)) for judged in annotator.analyze_video(clip)])
            together = list(threads.map(lambda path: told(annotator.analyze(path)), photos * 2))
        assert together == alone * 2
        assert film.result() == [told(list(judged.faces)) for judged in annotator.analyze_video(clip)]


def test_photos_may_be_read_while_a_video_is(photos: list[Path], clip: Path) -> None:
    """In one thread, inside the loop over its frames: nobody waits for himself."""
    with emojicam.Annotator(range="near") as annotator:
        seen = [
            (len(judged.faces), len(annotator.analyze(photos[0])))
            for judged in annotator.analyze_video(clip)
            if judged.frame.index % 5 == 0
        ]
    assert seen == [(1, 1)] * 3


def test_what_is_closed_says_so(photos: list[Path], clip: Path) -> None:
    annotator = emojicam.Annotator(range="near")
    frames = annotator.analyze_video(clip)
    next(frames)
    annotator.close()
    annotator.close()
    assert len(list(frames)) == 11, "what is under way ends well"
    with pytest.raises(UsageError, match="this Annotator is closed"):
        annotator.analyze(photos[0])
    with pytest.raises(UsageError, match="this Annotator is closed"):
        next(annotator.analyze_video(clip))


def test_what_fails_leaves_it_usable(photos: list[Path], tmp_path: Path) -> None:
    with emojicam.Annotator(range="near") as annotator:
        with pytest.raises(UsageError, match="no such file"):
            annotator.analyze(tmp_path / "nowhere.png")
        (tmp_path / "torn.png").write_bytes(photos[0].read_bytes()[:4000])
        with pytest.raises(emojicam.EmojicamError, match="damaged"):
            annotator.analyze([photos[0], tmp_path / "torn.png"])
        assert len(annotator.analyze(photos[0])) == 1


@pytest.mark.parametrize("path", [3, None, b"clip.mp4", np.zeros(3)])
def test_other_things_than_paths_are_refused_with_what_was_got(path: object) -> None:
    with pytest.raises(UsageError, match=r"a video is a path, not "):
        emojicam.analyze_video(path)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"source is a path, not "):
        emojicam.annotate(path)  # type: ignore[arg-type]
