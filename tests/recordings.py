"""Recordings whose pictures and sound tell the time, and ways to join them and to bend their clocks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import av.audio.stream
import av.video.stream
import numpy as np
from making import RATE, tone

SOUND, PICTURE = 8, 9
"""Kinds of FLV's tags."""

PART = 1.0
"""Seconds of a recording."""

FLASH = 0.4
"""Seconds after which a recording flashes, and beeps at the same time."""


def write_recording(path: Path, *, starts: float = 0.0, options: dict[str, str] | None = None) -> None:
    """Write 25 frames with one white frame among them, and a beep as long at the same time.

    Args:
        path: The suffix chooses container and codecs.
        starts: Seconds at which the clock begins; a container may add some of its own.
        options: For the muxer.
    """
    codecs = {".mpg": ("mpeg2video", "mp2"), ".webm": ("libvpx", "libopus")}
    video, audio = codecs.get(path.suffix, ("libx264", "aac"))
    options = {"output_ts_offset": str(starts), **(options or {})}
    with av.open(str(path), "w", container_options=options) as container:
        pictures = container.add_stream(video, rate=25)
        sound = container.add_stream(audio, rate=RATE, layout="mono")
        assert isinstance(pictures, av.video.stream.VideoStream)
        assert isinstance(sound, av.audio.stream.AudioStream)
        pictures.width, pictures.height, pictures.pix_fmt = 64, 48, "yuv420p"
        pictures.options = {"preset": "veryfast", "g": "10"} if video == "libx264" else {"g": "10"}
        for index in range(round(PART * 25)):
            level = 255 if index == round(FLASH * 25) else 20
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), level, np.uint8), format="bgr24")
            frame.pts, frame.time_base = index, Fraction(1, 25)
            container.mux(pictures.encode(frame))
            samples = tone(1000, 0.04) if level == 255 else np.zeros(RATE // 25, np.float32)
            piece = av.AudioFrame.from_ndarray((samples * 32767).astype(np.int16)[None], format="s16", layout="mono")
            piece.sample_rate, piece.pts, piece.time_base = RATE, index * RATE // 25, Fraction(1, RATE)
            container.mux(sound.encode(piece))
        container.mux(pictures.encode(None))
        container.mux(sound.encode(None))


def flashes(path: Path) -> list[float]:
    """Find the times of the white frames, s."""
    with av.open(str(path)) as container:
        return [float(f.time) for f in container.decode(video=0) if f.to_ndarray(format="gray8").mean() > 150]


def beeps(path: Path) -> list[float]:
    """Find the times at which it begins to beep, s."""
    found: list[float] = []
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            samples = np.abs(frame.to_ndarray()[0].astype(np.float32))
            if frame.format.name.startswith("s16"):
                samples /= 32767
            for at in np.flatnonzero(samples > 0.1)[:1]:
                time = float(frame.time) + at / frame.sample_rate
                if not found or time > found[-1] + 0.2:
                    found.append(time)
    return found


@dataclass(frozen=True)
class Tag:
    """A packet of an FLV file; its time is in ms."""

    kind: int
    time: int
    content: bytes


def flv_tags(path: Path) -> list[Tag]:
    """Take an FLV file apart."""
    data, at, tags = path.read_bytes(), 13, []
    while at + 11 <= len(data):
        size = int.from_bytes(data[at + 1 : at + 4], "big")
        time = int.from_bytes(data[at + 4 : at + 7], "big") | data[at + 7] << 24
        tags.append(Tag(data[at], time, data[at + 11 : at + 11 + size]))
        at += 11 + size + 4
    return tags


def write_flv(path: Path, tags: Iterable[Tag]) -> None:
    """Put an FLV file together."""
    data = b"FLV\x01\x05\x00\x00\x00\x09\x00\x00\x00\x00"
    for tag in tags:
        time = (tag.time & 0xFFFFFF).to_bytes(3, "big") + bytes([tag.time >> 24 & 0xFF])
        whole = bytes([tag.kind]) + len(tag.content).to_bytes(3, "big") + time + bytes(3) + tag.content
        data += whole + len(whole).to_bytes(4, "big")
    path.write_bytes(data)


def joined(path: Path, parts: Sequence[Path]) -> None:
    """Join recordings as people do: their bytes, one after the other; of FLV without the further headers."""
    head = 13 if path.suffix == ".flv" else 0
    path.write_bytes(parts[0].read_bytes() + b"".join(part.read_bytes()[head:] for part in parts[1:]))
