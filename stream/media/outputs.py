"""Tell which file a video's copy is to be, and make its writer."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from emojicam.errors import UsageError
from emojicam.stream.choices import ENCODER, PRESET, Encoder
from emojicam.stream.media import animation_writer, sinks
from emojicam.stream.media.animation_writer import AnimationWriter
from emojicam.stream.media.signatures import signature
from emojicam.stream.media.sinks import VideoWriter
from emojicam.stream.media.sources import VideoInfo

SUFFIXES = (*sinks.SUFFIXES, *animation_writer.SUFFIXES)
"""Suffixes of all that a video is written as."""


def refuse_suffix(path: Path) -> None:
    """Check that a video can be written under a name.

    Raises:
        UsageError: It is written with other suffixes.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise UsageError(f"{path}: a video is written as {', '.join(SUFFIXES)}, not {suffix or 'without a suffix'}")


def suffix_of_copy(path: Path) -> str:
    """The suffix that a video's copy gets where nobody asked for another.

    A GIF stays one, and so does an animated WebP, by content; of the rest the suffix decides, and what isn't written
    becomes an mp4.

    Args:
        path: The video.
    """
    with suppress(OSError), path.open("rb") as file:
        found = signature(file)
        if found is not None and found.format in ("GIF", "WEBP"):
            return f".{found.format.lower()}"
    suffix = path.suffix.lower()
    return suffix if suffix in sinks.SUFFIXES else sinks.SUFFIXES[0]


def writer(
    path: Path, info: VideoInfo, *, preset: str = PRESET, encoder: Encoder = ENCODER, overwrite: bool = False
) -> VideoWriter | AnimationWriter:
    """Make the writer of a copy; nothing is opened before its `with`.

    Args:
        path: The file; its suffix is one of `SUFFIXES`.
        info: What is known of the source.
        preset: x264's preset, for videos.
        encoder: What writes the pictures of videos.
        overwrite: Replace what is there.
    """
    if path.suffix.lower() in animation_writer.SUFFIXES:
        return AnimationWriter(path, info, overwrite=overwrite)
    return VideoWriter(path, info, preset=preset, encoder=encoder, overwrite=overwrite)
