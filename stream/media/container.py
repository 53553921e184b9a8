"""Open a file as media, safely: by content, from this machine's files alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path

import av
import av.container
import av.error
import av.packet
import av.stream

from emojicam.errors import InputError, UsageError

FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,asf,ogg,gif,apng,h264,hevc,m4v,mjpeg,ivf,"
    "yuv4mpegpipe,mxf,dv,nut,av1,obu,vc1,rm"
)
"""FFmpeg's demuxers that read one file and nothing else. Playlists (HLS, DASH, SDP, ffconcat) open further addresses,
whatever their file is called, so they are not among them."""


HEAD = 1 << 16
"""Bytes at a file's start that are looked at: colour profiles stand before the chunk that tells whether a PNG moves."""


class Kind(Enum):
    """The kind of a file, by its first bytes."""

    PHOTO = "photo"
    VIDEO = "video"  # anything with several pictures, and what isn't known


def kind(path: Path) -> Kind:
    """Tell what a file is by its first bytes.

    Raises:
        UsageError: It isn't there, or can't be read.
        InputError: It is empty.
    """
    head = _head(path)
    if not head:
        raise InputError(f"{path}: the file is empty")
    if head.startswith(PNG):
        return Kind.VIDEO if _png_moves(head) else Kind.PHOTO
    if _is_webp(head):
        moves = head[12:16] == b"VP8X" and len(head) > 20 and head[20] & 2  # as its extended header says
        return Kind.VIDEO if moves else Kind.PHOTO
    return Kind.PHOTO if head.startswith(b"\xff\xd8\xff") else Kind.VIDEO


PNG = b"\x89PNG\r\n\x1a\n"


def is_webp(path: Path) -> bool:
    """Whether a file's first bytes are those of WebP.

    Raises:
        UsageError: It isn't there, or can't be read.
    """
    return _is_webp(_head(path))


def _is_webp(head: bytes) -> bool:
    return head[:4] == b"RIFF" and head[8:12] == b"WEBP"


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(HEAD)
    except FileNotFoundError as error:
        raise UsageError(f"{path}: no such file") from error
    except OSError as error:
        raise UsageError(f"{path}: can't be read: {error.strerror or error}") from error


def _png_moves(head: bytes) -> bool:
    """Whether a PNG's chunk that tells of several pictures (acTL) stands before the first picture (IDAT)."""
    at = len(PNG)
    while at + 8 <= len(head):
        length, name = int.from_bytes(head[at : at + 4], "big"), head[at + 4 : at + 8]
        if name in (b"acTL", b"IDAT"):
            return name == b"acTL"
        at += length + 12
    return False


def open_media(path: Path) -> av.container.InputContainer:
    """Open a media file for demuxing.

    Raises:
        UsageError: It isn't there, or can't be read.
        InputError: It isn't media.
    """
    # merge_pmt_versions: where recordings were joined, the second one's tracks may have other numbers (PIDs).
    options = {"protocol_whitelist": "file", "format_whitelist": FORMATS, "merge_pmt_versions": "1"}
    try:
        # "file:" keeps a name such as "concat:a|b" from being taken for a protocol.
        # Words in another alphabet than they say are no reason to refuse the pictures.
        return av.open(f"file:{path}", mode="r", container_options=options, metadata_errors="replace")
    except FileNotFoundError as error:
        raise UsageError(f"{path}: no such file") from error
    except PermissionError as error:
        raise UsageError(f"{path}: can't be read: {error.strerror}") from error
    except (av.error.FFmpegError, OSError, ValueError) as error:
        if _lacks_index(path):
            raise InputError(
                f"{path}: the video has no index (moov): it was cut off, or its recording never ended"
            ) from error
        raise InputError(f"{path}: neither a photo nor a video that can be read") from error


def _lacks_index(path: Path) -> bool:
    """Whether a file is MP4 or QuickTime whose boxes can be followed, and none of them is the index."""
    names: list[bytes] = []
    size = path.stat().st_size
    with path.open("rb") as file:
        while len(names) < 1000 and len(head := file.read(16)) >= 8:
            length, name = int.from_bytes(head[:4], "big"), head[4:8]
            if length == 1:
                length = int.from_bytes(head[8:], "big")
            if length < 8 and length != 0:
                break
            names.append(name)
            if length == 0 or length > size:  # no seek goes as far as some damaged ones say
                break
            file.seek(length - len(head), 1)
    return names[:1] == [b"ftyp"] and b"moov" not in names


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
