"""Decode a video on the graphics chip, as far as it gives the pictures that software gives.

The chip is never believed: the first pictures are decoded by both and compared, and whatever goes wrong later, software
decodes again from the keyframe before, and goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Protocol, TypeAlias, cast

import av
import av.error
import av.packet
import av.stream
import av.video.codeccontext
import av.video.frame
import av.video.stream
import numpy as np
from av.codec.hwaccel import HWAccel

from emojicam.stream.choices import Decoder
from emojicam.stream.i420 import Pixels

Packet: TypeAlias = "av.packet.Packet[av.stream.Stream]"
VideoFrame: TypeAlias = av.video.frame.VideoFrame

PROVEN = 12
"""Pictures in a row that must be the same before software is let go: all kinds of them are among so many."""

MOST_KEPT = 600
"""Packets that are kept at most for the case that the chip fails: more than there usually are between three keyframes.

Where they are further apart, software decodes from there on.
"""

PAYS = 1920 * 1088
"""Pixels of a picture up to which software is as quick: no other step waits for it, and a chip's must be fetched."""

LAYOUTS = ("yuv420p", "yuvj420p")
"""Layouts of pictures that come off a chip unchanged (as NV12). Of 10 bits and 4:2:2 others would be made."""

CHIPS = {"cuda": "NVDEC", "videotoolbox": "VideoToolbox", "d3d11va": "D3D11", "vaapi": "VAAPI", "dxva2": "DXVA2"}
"""FFmpeg's names of kinds of devices that decode, the best first, with those that people know them by.

Quick Sync and AMF have decoders of their own in FFmpeg, whose times and order are others; their chips are reached by
D3D11 and VAAPI.
"""


class Decodes(Protocol):
    """A decoder: packets in, pictures out."""

    def decode(self, packet: Packet | None = None) -> list[VideoFrame]:
        """Decode a packet; an empty one brings out what is held back."""
        ...

    def flush_buffers(self) -> None:
        """Forget what was decoded, so that it can begin at a keyframe."""
        ...


Opens = Callable[[av.video.stream.VideoStream], Decodes | None]
"""Opens a chip's decoder for a stream; None where there is none, or none that takes it."""


class ProvenDecoder:
    """Decodes a stream on a chip once that has given software's pictures, and with software from where it fails.

    Attributes:
        on_chip: The chip decodes now, alone.
        refused: The chip gave other pictures, or failed, and has been let go.
        damaged: Packets that software couldn't decode either when it took over.
    """

    def __init__(self, software: Decodes, chip: Decodes) -> None:
        """Begin with both.

        Args:
            software: The decoder that is believed.
            chip: The other.
        """
        self.on_chip = self.refused = False
        self.damaged = 0
        self._software = software
        self._chip: Decodes | None = chip
        self._mine: list[VideoFrame] = []
        self._theirs: list[VideoFrame] = []
        self._kept: list[Packet] = []
        self._same = 0
        self._latest: int | None = None
        self._behind: int | None = None

    def decode(self, packet: Packet) -> list[VideoFrame]:
        """Decode a packet.

        Raises:
            FFmpegError: It can't be decoded, by software.
        """
        if self._chip is None:
            return self._software.decode(packet)
        self._keep(packet)
        frames = self._alone(packet) if self.on_chip else self._compared(packet)
        self._note(frames)
        return frames

    def _note(self, frames: list[VideoFrame]) -> None:
        """Note the latest time that was given."""
        for frame in frames:
            if frame.pts is not None and (self._latest is None or frame.pts > self._latest):
                self._latest = frame.pts

    def _keep(self, packet: Packet) -> None:
        """Keep what software needs to go on: from the last keyframe but one, for pictures may refer across the last."""
        if packet.is_keyframe:
            keys = [at for at, one in enumerate(self._kept) if one.is_keyframe]
            del self._kept[: keys[-1] if keys else 0]
        self._kept.append(packet)

    def _alone(self, packet: Packet) -> list[VideoFrame]:
        assert self._chip is not None
        try:
            frames = self._chip.decode(packet)
        except av.error.EOFError:
            raise
        except av.error.FFmpegError:
            return self._handed_over()
        if any(frame.is_corrupt or frame.pts is None for frame in frames) or len(self._kept) > MOST_KEPT:
            return self._handed_over()
        return self._not_given(frames)

    def _not_given(self, frames: list[VideoFrame]) -> list[VideoFrame]:
        """Leave out what software had given before the chip came to it."""
        while self._behind is not None and frames:
            if frames[0].pts is not None and frames[0].pts <= self._behind:
                frames = frames[1:]
            else:
                self._behind = None
        return frames

    def _handed_over(self) -> list[VideoFrame]:
        """Decode what is kept with software, and give what the chip hasn't given; the chip is let go."""
        self._chip, self.on_chip, self.refused = None, False, True
        packets, self._kept = self._kept, []
        frames: list[VideoFrame] = []
        for packet in packets:
            try:
                frames += self._software.decode(packet)
            except av.error.EOFError:
                break
            except av.error.FFmpegError:
                self.damaged += 1
        latest = self._latest
        return [one for one in frames if latest is None or one.pts is None or one.pts > latest]

    def _compared(self, packet: Packet) -> list[VideoFrame]:
        """Decode with both; what is given is software's."""
        assert self._chip is not None
        try:
            self._theirs += self._chip.decode(packet)
        except av.error.FFmpegError:
            self._let_go()
        frames = self._software.decode(packet)
        if self._chip is not None:
            self._mine += frames
            self._compare()
        if self._same < PROVEN or self._chip is None:
            return frames
        self._note(frames)
        self.on_chip, self._behind = True, self._latest
        self._software.flush_buffers()
        ahead, self._mine, self._theirs = self._theirs, [], []
        return frames + self._not_given(ahead)

    def _compare(self) -> None:
        while self._mine and self._theirs and self._same < PROVEN:
            mine, theirs = self._mine.pop(0), self._theirs.pop(0)
            if not same(mine, theirs):
                self._let_go()
                return
            self._same += 1

    def _let_go(self) -> None:
        self.refused = True
        self._chip, self._mine, self._theirs, self._kept = None, [], [], []


def same(one: VideoFrame, other: VideoFrame) -> bool:
    """Whether two decoded pictures are whole, and the same in time and every level."""
    if one.pts is None or one.pts != other.pts or one.is_corrupt or other.is_corrupt:
        return False
    if other.format.name != "nv12" or (one.width, one.height) != (other.width, other.height):
        return False  # not a chip's: software inside FFmpeg stands in for it
    return all(np.array_equal(a, b) for a, b in zip(planes_of(one), planes_of(other), strict=True))


def planes_of(frame: VideoFrame) -> tuple[Pixels, Pixels, Pixels]:
    """The planes Y, U and V of a decoded 4:2:0 picture, not copied.

    Args:
        frame: Its format is yuv420p, yuvj420p, or NV12, in which U and V take turns.

    Returns:
        uint8 HxW and twice half of it, rounded up.
    """
    width, height = frame.width, frame.height
    across, down = (width + 1) // 2, (height + 1) // 2
    rows = [np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size) for plane in frame.planes]
    if frame.format.name == "nv12":
        both = rows[1][:down, : 2 * across]
        return rows[0][:height, :width], both[:, ::2], both[:, 1::2]
    return rows[0][:height, :width], rows[1][:down, :across], rows[2][:down, :across]


def proven(asked: Decoder, stream: av.video.stream.VideoStream, opens: Opens | None = None) -> ProvenDecoder | None:
    """Begin to decode a stream on a chip; None where software is to do it.

    Args:
        asked: What the user wants.
        stream: The stream; nothing of it has been decoded yet.
        opens: Opens the chip's decoder; None: this machine's.
    """
    if asked is Decoder.SOFTWARE or stream.codec_context.pix_fmt not in LAYOUTS:
        return None
    if asked is Decoder.AUTO and stream.width * stream.height <= PAYS:
        return None
    chip = (opens or on_this_machine)(stream)
    return None if chip is None else ProvenDecoder(cast("Decodes", stream.codec_context), chip)


def on_this_machine(stream: av.video.stream.VideoStream) -> Decodes | None:
    """Open the decoder of this machine's chip for a stream; None where there is none."""
    kind = first_chip(stream.codec_context.name)
    if kind is None:
        return None
    context = _opened(stream.codec_context.name, kind)
    if context is None:
        return None
    context.extradata = stream.codec_context.extradata
    context.reorder_depth = stream.codec_context.reorder_depth
    return cast("Decodes", context)


@lru_cache
def first_chip(codec: str = "h264") -> str | None:
    """Find FFmpeg's name of the first kind of device that decodes here; None if none does.

    Args:
        codec: FFmpeg's name of what is to be decoded.
    """
    return next((kind for kind in CHIPS if _opened(codec, kind) is not None), None)


def _opened(codec: str, kind: str) -> av.video.codeccontext.VideoCodecContext | None:
    try:
        accel = HWAccel(kind, allow_software_fallback=False)
        context = cast("av.video.codeccontext.VideoCodecContext", av.CodecContext.create(codec, "r", accel))
    except (av.error.FFmpegError, ValueError, NotImplementedError):
        return None
    return context if context.is_hwaccel else None
