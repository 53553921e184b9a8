"""Choose the encoder that writes a video's pictures, and say how it is set: x264, VP9, or the machine's own.

The same pictures become the same bytes on every machine: how many threads an encoder has never depends on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import cast

import av
import av.error
import av.video.codeccontext
import cv2
import numpy as np

from emojicam.stream.choices import PRESETS, Encoder

THREADS = 6
"""Threads of an encoder, on every machine.

x264 gives each a picture of its own ("frame threads"; PyAV's default is slices of one picture). Of 1, 2, 4, 6 and 8
threads the file has 438 kB each time, and of slices 438, 445, 459, 471 and 485 kB, in the same CPU time (720p, 5 s,
veryfast). Motion up or down is followed for 50 px only from one picture to the next (720p), which is why pictures
differ with the number all the same. Each thread holds a picture more: some 10 MB at 720p, 90 MB at 4K.
"""

AVX512 = cv2.checkHardwareSupport(13)
"""Whether this CPU has AVX-512, by OpenCV's number for it (CV_CPU_AVX_512F).

x264's code for it reads memory that nobody wrote, where it follows what pictures hand on to each other (mbtree), unless
a row's macroblocks are a multiple of 16: one file in eight was another (160x120), with MALLOC_PERTURB_ most.
Its code for AVX2 and older ones gives the same bytes always, and all of them the same, in the same time within what can
be measured (720p: 9.2 and 8.7 ms a picture with veryfast, 21.2 and 22.2 with medium).
"""

QUICK = ("ultrafast", "superfast")
"""Presets with which an encoder takes less time than the other steps together."""

QUICK_PIXELS = 1280 * 720
"""Pixels of a picture up to which one thread is enough for a quick preset: it writes 400 and 200 of them a second.

Six would cost a sixth more CPU time (2.9 ms a picture instead of 2.5, ultrafast).
"""

VP9_QUALITY = 24
"""VP9's constant quality, 0 (best) to 63."""


@dataclass(frozen=True)
class Encoding:
    """An encoder and its settings.

    Attributes:
        codec: FFmpeg's name of the encoder.
        title: The name that people know it by.
        pixels: FFmpeg's name of the layout that it takes pictures in.
        options: Its own options, by name.
        threads: How many it has; 0 leaves that to it, which is for those that don't run on the CPU.
    """

    codec: str
    title: str
    options: tuple[tuple[str, str], ...]
    pixels: str = "yuv420p"
    threads: int = 0


@dataclass(frozen=True)
class Shape:
    """The shape of what is to be encoded.

    Attributes:
        width: Px, even.
        height: Px, even.
        time_base: Seconds per tick of the timestamps.
        rate: Frames a second, nominally.
    """

    width: int
    height: int
    time_base: Fraction = field(default=Fraction(1, 30))
    rate: Fraction = field(default=Fraction(30))

    @property
    def keyframes(self) -> int:
        """Pictures from one keyframe to the next: two seconds, quick to seek, and about what a crash can cost."""
        return max(1, min(250, round(2 * self.rate)))


def _as(codec: str, title: str, pixels: str = "yuv420p", **options: str) -> Encoding:
    return Encoding(codec, title, tuple(options.items()), pixels)


HARDWARE = (
    _as("h264_nvenc", "NVENC", preset="p4", rc="vbr", cq="23", **{"spatial-aq": "1"}, bf="0"),
    _as("h264_qsv", "Quick Sync", "nv12", preset="fast", global_quality="23", idr_interval="0", bf="0"),
    _as("h264_amf", "AMF", quality="balanced", rc="cqp", qp_i="21", qp_p="23", bf="0"),
    _as("h264_videotoolbox", "VideoToolbox", flags="+qscale", global_quality="7080", bf="0"),
)
"""Encoders of graphics chips, the first that works is taken: of constant quality, and without pictures that refer to
later ones, so that each is written with the time it was given."""

USUAL = Shape(1280, 720)
"""The shape by which it is told beforehand what a machine has."""


def software(suffix: str, preset: str, shape: Shape, *, avx512: bool = AVX512) -> Encoding:
    """The encoder that runs on the CPU: VP9 for WebM, x264 for all else.

    Args:
        suffix: The file's, in lower case.
        preset: x264's; VP9 has speeds, which are taken in the same order.
        shape: What is to be encoded.
        avx512: The CPU has AVX-512, which is left out.
    """
    if suffix == ".webm":
        return Encoding("libvpx-vp9", "libvpx", _vp9(preset), threads=THREADS)
    quick = preset in QUICK and shape.width * shape.height <= QUICK_PIXELS
    without = (("x264-params", "asm=AVX2"),) if avx512 else ()
    return Encoding("libx264", "x264", (("preset", preset), ("crf", "20"), *without), threads=1 if quick else THREADS)


def _vp9(preset: str) -> tuple[tuple[str, str], ...]:
    """Make VP9's options of an x264 preset: the fastest of its speeds stand for the fast ones."""
    speed = max(0, 8 - PRESETS.index(preset))
    way = "realtime" if speed >= 5 else "good"
    return (("deadline", way), ("cpu-used", str(speed)), ("crf", str(VP9_QUALITY)), ("row-mt", "1"))


@dataclass(frozen=True)
class Choice:
    """The encoder of one file.

    Attributes:
        encoding: The encoder.
        note: Why it isn't the one that was asked for; None if it is, or if none works on this machine at all.
    """

    encoding: Encoding
    note: str | None = None


def choose(asked: Encoder, suffix: str, preset: str, shape: Shape, hardware: Sequence[Encoding] = HARDWARE) -> Choice:
    """Choose the encoder of a file.

    Args:
        asked: What the user wants.
        suffix: The file's, in lower case.
        preset: x264's.
        shape: What is to be encoded.
        hardware: The machine's own encoders, the best first.
    """
    plain = software(suffix, preset, shape)
    usual = first_working(hardware) if asked is Encoder.HARDWARE else None
    if usual is None:
        return Choice(plain)
    if suffix == ".webm":
        return Choice(plain, f"written by {plain.title}: {usual.title} writes no WebM here")
    found = first_working(hardware, shape)
    if found is None:
        return Choice(plain, f"written by {plain.title}: {usual.title} can't write {shape.width}x{shape.height} px")
    return Choice(found)


def first_working(hardware: Sequence[Encoding] = HARDWARE, shape: Shape = USUAL) -> Encoding | None:
    """Find the first of some encoders that works here; None if none does."""
    return next((one for one in hardware if works(one, shape)), None)


@lru_cache(maxsize=64)
def works(encoding: Encoding, shape: Shape) -> bool:
    """Try an encoder with six pictures: each must come back, in order, at its own time, and the first as a keyframe."""
    step = max(1, round(1 / (shape.rate * shape.time_base)))
    times = [step * at for at in (0, 1, 2, 5, 6, 9)]
    try:
        context = cast("av.video.codeccontext.VideoCodecContext", av.CodecContext.create(encoding.codec, "w"))
        configure(context, encoding, shape)
        packets = [packet for at in times for packet in context.encode(_grey(shape, at))]
        packets += context.encode(None)
    except (av.error.FFmpegError, ValueError, NotImplementedError):  # it isn't there, in one way or another
        return False
    return [packet.pts for packet in packets] == times and packets[0].is_keyframe


def configure(context: av.video.codeccontext.VideoCodecContext, encoding: Encoding, shape: Shape) -> None:
    """Set an encoder that isn't open yet: what of it doesn't depend on the source's colours."""
    context.width, context.height, context.pix_fmt = shape.width, shape.height, encoding.pixels
    context.time_base, context.framerate = shape.time_base, shape.rate
    context.gop_size = shape.keyframes
    context.bit_rate = 0  # some have a default, which bounds the quality
    context.options = dict(encoding.options)
    if encoding.threads:
        context.thread_count, context.thread_type = encoding.threads, "FRAME"


def _grey(shape: Shape, at: int) -> av.VideoFrame:
    pixels = np.full((shape.height * 3 // 2, shape.width), 128, np.uint8)
    frame = av.VideoFrame.from_ndarray(pixels, format="yuv420p")
    frame.pts, frame.time_base = at, shape.time_base
    return frame
