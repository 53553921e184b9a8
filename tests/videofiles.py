"""Videos whose pictures tell what became of them, and ways to copy one and to look into it."""

from __future__ import annotations

from pathlib import Path

import av
import av.container
import av.error
import av.stream
import av.video.stream
import making
import numpy as np
import numpy.typing as npt
from making import Picture, read_sound

from emojicam.stream.media.sinks import VideoWriter
from emojicam.stream.media.sources import VideoFile
from emojicam.stream.types import Drawn, Frame, Judged

RED, GREEN, BLUE, GREY = (0, 0, 255), (0, 255, 0), (255, 0, 0), (128, 128, 128)

UNEVEN = [0, 40, 73, 100, 180, 181, 222, 260, 400, 433, 466, 500, 600, 900, 910, 950, 1000, 1040, 1080, 1500]
"""Milliseconds: a phone in bad light."""


def moving(count: int = 12, size: tuple[int, int] = (160, 120)) -> list[Picture]:
    """A bright bar that wanders over a soft pattern: BGR, `size` is (width, height)."""
    width, height = size
    ground = np.add.outer(np.linspace(40, 120, height), np.linspace(0, 60, width))
    pictures = []
    for index in range(count):
        picture = np.dstack([ground, ground, ground]).astype(np.uint8)
        left = round(index * (width - 20) / count)
        picture[:, left : left + 20] = (90, 200, 230)
        pictures.append(picture)
    return pictures


def corners(width: int = 160, height: int = 120) -> Picture:
    """Red at the top left, green at the top right, blue at the bottom left, grey at the bottom right."""
    picture = np.full((height, width, 3), GREY, np.uint8)
    picture[: height // 2, : width // 2] = RED
    picture[: height // 2, width // 2 :] = GREEN
    picture[height // 2 :, : width // 2] = BLUE
    return picture


def corners_seen(picture: Picture) -> list[str]:
    """The nearest colour's name in each corner: top left, top right, bottom left, bottom right."""
    height, width = picture.shape[:2]
    named = {"red": RED, "green": GREEN, "blue": BLUE, "grey": GREY}
    places = [(y, x) for y in (height // 4, 3 * height // 4) for x in (width // 4, 3 * width // 4)]
    return [min(named, key=lambda name: int(np.abs(picture[at].astype(int) - named[name]).sum())) for at in places]


def copied(source: Path, target: Path, *, preset: str = "ultrafast", overwrite: bool = False) -> list[str]:
    """Through our source and our sink, without a face; gives the writer's notes."""
    with VideoFile(source) as video:
        writer = VideoWriter(target, video.info, preset=preset, overwrite=overwrite)
        with writer:
            for frame in video:
                writer(plain(frame))
    return writer.notes


def plain(frame: Frame) -> Drawn:
    return Drawn(Judged(frame, ()), frame.pixels)


def frames_of(path: Path) -> list[Frame]:
    with VideoFile(path) as video:
        return list(video)


def sound_packets(path: Path, track: int) -> list[tuple[float, bytes]]:
    """Time (s) and content of each packet."""
    with av.open(str(path)) as container:
        packets = container.demux(container.streams.audio[track])
        return [(float(p.pts * p.time_base), bytes(p)) for p in packets if p.size and p.pts is not None]


def pitch(samples: npt.NDArray[np.float32]) -> float:
    """The strongest frequency, Hz."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), n=8 * len(samples)))
    return float(spectrum.argmax() * making.RATE / (8 * len(samples)))


def onset(path: Path) -> float:
    """When the sound becomes loud, s."""
    samples, start = read_sound(path)
    return start + int((np.abs(samples) > 0.1 * np.abs(samples).max()).argmax()) / making.RATE


UPRIGHT = {
    # A counter-clockwise quarter turn takes the top right corner to the top left.
    0: ["red", "green", "blue", "grey"],
    90: ["green", "grey", "red", "blue"],
    180: ["grey", "blue", "green", "red"],
    270: ["blue", "red", "grey", "green"],
}
