"""Of a file's own words a copy keeps title, language and chapters, and nothing that says where, when or with what."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.stream
import av.video.stream
import numpy as np
import pytest
from making import read_video, write_video
from videofiles import copied, frames_of, moving, plain

from emojicam.stream.media.sinks import VideoWriter
from emojicam.stream.media.sources import VideoFile
from emojicam.stream.media.words import Chapter

PRIVATE = {
    "location": "+48.1173+011.5167/",
    "com.apple.quicktime.location.ISO6709": "+48.1173+011.5167+520.000/",
    "com.apple.quicktime.make": "Obscura",
    "com.apple.quicktime.model": "Lucida 9",
    "creation_time": "2021-05-04T03:02:01Z",
    "date": "2021-05-04",
    "artist": "Nomen Nescio",
    "comment": "at home",
    "description": "the kitchen",
    "timecode": "03:02:01:00",
    "serial_number": "S/N 4711",
}

MARKS = (b"48.117", b"Obscura", b"Lucida", b"2021", b"Nescio", b"at home", b"kitchen", b"03:02:01", b"4711")


def write_told(path: Path, *, begin: int = 0, language: str = "deu") -> None:
    """A video of two seconds with all that a file may say of itself; its clock begins at `begin` (seconds)."""
    options = {"movflags": "use_metadata_tags"} if path.suffix in (".mp4", ".mov") else {}
    with av.open(str(path), "w", container_options=options) as container:
        stream = container.add_stream("libx264", rate=25)
        assert isinstance(stream, av.video.stream.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.metadata.update({"language": language, "creation_time": PRIVATE["creation_time"]})
        container.metadata.update({"title": "Ein schöner Tag", **PRIVATE})
        titled: list[Any] = [
            {
                "id": number,
                "start": 1000 * begin + start,
                "end": 1000 * begin + end,
                "time_base": Fraction(1, 1000),
                "metadata": {"title": title},
            }
            for number, (start, end, title) in enumerate([(0, 800, "Anfang"), (800, 2000, "Schluß")], 1)
        ]
        container.set_chapters(titled)
        for index in range(50):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 90, np.uint8), format="bgr24")
            frame.pts, frame.time_base = 25 * begin + index, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def chapters_of(path: Path) -> list[tuple[float, float, str]]:
    """Begin and end (s) and title of each."""
    with av.open(str(path)) as container:
        found = []
        for one in container.chapters():
            base = one["time_base"] or Fraction(0)
            found.append((float(one["start"] * base), float(one["end"] * base), one["metadata"]["title"]))
        return found


@pytest.mark.parametrize("suffix", [".mp4", ".m4v", ".mov", ".mkv"])
@pytest.mark.parametrize("name", ["told.mp4", "told.mov", "told.mkv"])
def test_title_language_and_chapters_are_kept_and_nothing_else(tmp_path: Path, name: str, suffix: str) -> None:
    source, target = tmp_path / name, tmp_path / f"out{suffix}"
    write_told(source, language="ger" if name.endswith("mov") else "deu")
    copied(source, target, preset="veryfast")
    with av.open(str(target)) as container:
        assert container.metadata["title"] == "Ein schöner Tag"
        assert container.streams.video[0].metadata["language"] in ("deu", "ger")
    assert chapters_of(target) == [
        (0.0, pytest.approx(0.8), "Anfang"),
        (pytest.approx(0.8), pytest.approx(2), "Schluß"),
    ]
    assert len(read_video(target)[0]) == 50
    content = target.read_bytes()
    assert [mark for mark in MARKS if mark in content] == []


def test_the_source_says_what_it_has_and_a_file_without_words_nothing(tmp_path: Path) -> None:
    told, silent = tmp_path / "told.mkv", tmp_path / "silent.mkv"
    write_told(told)
    write_video(silent, moving(5))
    with VideoFile(told) as video:
        assert video.info.words.title == "Ein schöner Tag"
        assert video.info.words.chapters[0] == Chapter(Fraction(0), Fraction(4, 5), "Anfang")
    with VideoFile(silent) as video:
        assert not video.info.words.title
        assert not video.info.words.chapters


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_chapters_move_with_the_pictures(tmp_path: Path, suffix: str) -> None:
    source, target = tmp_path / "late.mkv", tmp_path / f"out{suffix}"
    write_told(source, begin=3600)
    assert chapters_of(source)[0][0] == 3600
    copied(source, target)
    assert read_video(target)[1][0] == pytest.approx(0, abs=0.01)
    assert [begin for begin, _, _ in chapters_of(target)] == pytest.approx([0, 0.8], abs=0.001)


def test_the_languages_of_sound_are_kept_in_quicktime_too(tmp_path: Path) -> None:
    source, target = tmp_path / "two.mp4", tmp_path / "out.mov"
    write_video(source, moving(10), tones=(440, 660))  # English and German
    copied(source, target)
    with av.open(str(target)) as container:
        assert [track.metadata.get("language") for track in container.streams.audio] == ["eng", "ger"]


def test_a_part_with_chapters_can_be_played(tmp_path: Path) -> None:
    """What a killed run leaves: a copy of the file while it is written."""
    source, target, left = tmp_path / "told.mp4", tmp_path / "out.mp4", tmp_path / "left.mp4"
    write_told(source)
    noise = np.random.default_rng(1)
    with VideoFile(source) as video:
        frame = next(iter(video))
        with VideoWriter(target, video.info, preset="ultrafast") as write:
            for number in range(200):
                pixels = noise.integers(0, 255, frame.pixels.shape, np.uint8)
                write(plain(replace(frame, index=number, time=number / 25, pixels=pixels)))
            left.write_bytes(write.part.read_bytes())
    assert len(read_video(target)[0]) == 200
    assert len(frames_of(left)) >= 50


def test_words_in_another_alphabet_than_they_say_are_no_reason_to_refuse_a_video(tmp_path: Path) -> None:
    source = tmp_path / "latin.mkv"
    write_told(source)
    content = source.read_bytes()
    assert "schöner".encode() in content
    source.write_bytes(content.replace("schöner".encode(), b"sch\xf6n ner"))
    copied(source, tmp_path / "out.mp4")
    assert len(read_video(tmp_path / "out.mp4")[0]) == 50
