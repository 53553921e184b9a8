"""Open a file as media, safely: by content, from this machine's files alone."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from enum import Enum
from pathlib import Path

import av
import av.container
import av.error
import av.packet
import av.stream

from emojicam.errors import InputError, UsageError
from emojicam.stream.media.signatures import Signature, boxes, signature

FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,asf,ogg,gif,apng,h264,hevc,m4v,mjpeg,ivf,"
    "yuv4mpegpipe,mxf,dv,nut,av1,obu,vc1,rm"
)
"""FFmpeg's demuxers that read one file and nothing else. Playlists (HLS, DASH, SDP, ffconcat) open further addresses,
whatever their file is called, so they are not among them."""


class Kind(Enum):
    """The kind of a file, by its content."""

    PHOTO = "photo"
    VIDEO = "video"  # anything with several pictures, and what isn't known


def kind(path: Path) -> Kind:
    """Tell what a file is by its content.

    Raises:
        UsageError: It isn't there, or can't be read.
        InputError: It is empty.
    """
    found = _signature(path)
    return Kind.PHOTO if found and not found.moves else Kind.VIDEO


def is_animation(path: Path) -> bool:
    """Whether a file is an animated WebP or AVIF, which FFmpeg can't decode, or not with its transparency.

    Raises:
        UsageError: It isn't there, or can't be read.
        InputError: It is empty.
    """
    found = _signature(path)
    return found is not None and found.moves and found.format in ("WEBP", "AVIF")


def _signature(path: Path) -> Signature | None:
    try:
        with path.open("rb") as file:
            if not file.read(1):
                raise InputError(f"{path}: the file is empty")
            return signature(file)
    except FileNotFoundError as error:
        raise UsageError(f"{path}: no such file") from error
    except OSError as error:
        raise UsageError(f"{path}: can't be read: {error.strerror or error}") from error


def open_media(path: Path) -> av.container.InputContainer:
    """Open a media file for demuxing.

    Raises:
        UsageError: It isn't there, or can't be read.
        InputError: It isn't media.
    """
    # merge_pmt_versions: where recordings were joined, the second one's tracks may have other numbers (PIDs).
    options = {"protocol_whitelist": "file", "format_whitelist": FORMATS, "merge_pmt_versions": "1"}
    # A large comment or profile before the picture keeps FFmpeg from finding out that a PNG moves.
    found = _signature(path)
    # And JPEGs behind one another are taken for one by a name that ends so.
    form = {"PNG": "apng", "JPEG": "mjpeg"}.get(found.format) if found else None
    try:
        # "file:" keeps a name such as "concat:a|b" from being taken for a protocol. Titles and comments are in whatever
        # encoding: one that isn't UTF-8 is no reason to refuse a film.
        return av.open(f"file:{path}", mode="r", format=form, container_options=options, metadata_errors="replace")
    except FileNotFoundError as error:
        raise UsageError(f"{path}: no such file") from error
    except PermissionError as error:
        raise UsageError(f"{path}: can't be read: {error.strerror}") from error
    except (av.error.FFmpegError, OSError, ValueError) as error:
        if _lacks_index(path):
            raise InputError(
                f"{path}: the video has no index (moov): it was cut off, or its recording never ended"
            ) from error
        whole = _before_a_torn_index(path)
        if whole is not None:
            with suppress(av.error.FFmpegError, OSError, ValueError):
                return av.open(_Beginning(path, whole), mode="r", container_options=options, metadata_errors="replace")
        raise InputError(f"{path}: neither a photo nor a video that can be read") from error


def _lacks_index(path: Path) -> bool:
    """Whether a file is MP4 or QuickTime whose boxes can be followed, and none of them is the index."""
    with path.open("rb") as file:
        names = [name for name, _, _ in boxes(file)]
    return names[:1] == [b"ftyp"] and b"moov" not in names


def _before_a_torn_index(path: Path) -> int | None:
    """Say where an MP4 that was written piece by piece is whole up to, if it ends within the index of its last piece.

    FFmpeg reads such a file where it ends within pictures, and opens it not at all where it ends within an index.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        pieces = list(boxes(file))
    if len(pieces) < 2 or b"moov" not in [name for name, _, _ in pieces[:-1]]:
        return None
    (_, before, length), (name, begin, wanted) = pieces[-2:]
    return before + length if name == b"moof" and begin + wanted > size else None


class _Beginning:
    """The first bytes of a file, as a file that FFmpeg reads through Python."""

    def __init__(self, path: Path, size: int) -> None:
        self._file, self._size = path.open("rb"), size

    def read(self, most: int) -> bytes:
        return self._file.read(max(0, min(most, self._size - self._file.tell())))

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        if whence == os.SEEK_END:
            offset, whence = self._size + offset, os.SEEK_SET
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def __del__(self) -> None:  # a container that is closed lets go of it, and closes it not
        self._file.close()


MOST_FAILURES = 100
"""Failures in a row after which the rest of a file is given up."""


def packets_of(
    container: av.container.InputContainer,
    streams: list[av.stream.Stream],
    damaged: Callable[[], None],
    unknown: Callable[[], None] | None = None,
) -> Iterator[av.packet.Packet[av.stream.Stream]]:
    """Demux a file to its end; a damaged place costs itself, not the rest of the file.

    Args:
        container: The file.
        streams: Those whose packets are wanted.
        damaged: Called for each place that can't be read.
        unknown: Called instead if tracks appear that weren't there at the start; they can't be read.
    """
    failures = 0
    while failures < MOST_FAILURES:
        try:
            for packet in container.demux(streams):
                yield packet
                failures = 0
            return
        except av.error.EOFError:
            return
        except IndexError:  # as in a television recording across two programmes
            (unknown or damaged)()
            failures += 1
        except av.error.FFmpegError:
            # Invalid data, as a rule; a damaged length can ask for more memory than there is. PyAV's iterator has ended
            # with that; a new one goes on behind it.
            damaged()
            failures += 1
