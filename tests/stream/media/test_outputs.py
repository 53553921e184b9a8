"""What a video's copy is, by its name and its content."""

from __future__ import annotations

from pathlib import Path

import pytest

from emojicam.errors import UsageError
from emojicam.stream.media.animation_writer import AnimationWriter
from emojicam.stream.media.animations import Animation
from emojicam.stream.media.outputs import SUFFIXES, refuse_suffix, suffix_of_copy, writer
from emojicam.stream.media.sinks import VideoWriter
from emojicam.stream.media.sources import VideoFile

GIF, WEBP, MP4 = b"GIF89a..........", b"RIFF\x1a\0\0\0WEBPVP8X..........", b"....ftypisom...."


@pytest.mark.parametrize(
    ("name", "content", "suffix"),
    [
        ("a.gif", GIF, ".gif"),
        ("a.mp4", GIF, ".gif"),  # what it is counts, not what it is called
        ("a.gif", MP4, ".mp4"),
        ("a.webp", WEBP, ".webp"),
        ("a.WebM", MP4, ".webm"),
        ("a.mkv", MP4, ".mkv"),
        ("a.avi", MP4, ".mp4"),
        ("a", MP4, ".mp4"),
    ],
)
def test_a_copy_is_what_its_source_is_where_that_can_be_written(
    tmp_path: Path, name: str, content: bytes, suffix: str
) -> None:
    (tmp_path / name).write_bytes(content)
    assert suffix_of_copy(tmp_path / name) == suffix


@pytest.mark.parametrize("name", ["a.avi", "a", "a.png"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match=r"a video is written as \.mp4, .*\.webm, \.gif, \.webp, not"):
        refuse_suffix(Path(name))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_name_has_its_writer(tmp_path: Path, suffix: str) -> None:
    from making import write_video
    from videofiles import moving, plain

    write_video(tmp_path / "in.mp4", moving(5))
    target = tmp_path / f"out{suffix}"
    refuse_suffix(target)
    with VideoFile(tmp_path / "in.mp4") as video:
        write = writer(target, video.info, preset="ultrafast")
        assert isinstance(write, AnimationWriter if suffix in (".gif", ".webp") else VideoWriter)
        with write:
            for frame in video:
                write(plain(frame))
    reader = Animation if suffix == ".webp" else VideoFile
    with reader(target) as copy:
        assert len(list(copy)) == (5 if suffix not in (".gif", ".webp") else 3), "every second of 25 a second"
