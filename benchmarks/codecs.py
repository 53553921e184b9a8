"""How many pictures a second encoders write and decoders read here, and that they keep what they promise.

usage: python benchmarks/codecs.py [FRAMES]

x264 as the program sets it, and each graphics chip that works; the clips are made from the sample portrait (clips.py),
five faces. Wall time, nothing else running. A file is written twice and compared to the byte; a chip's pictures are
compared with software's, level by level.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from clips import write_clip

from emojicam.stream.choices import Decoder, Encoder
from emojicam.stream.cores import usable
from emojicam.stream.media.decoders import first_chip
from emojicam.stream.media.encoders import HARDWARE, first_working
from emojicam.stream.media.sinks import VideoWriter
from emojicam.stream.media.sources import VideoFile
from emojicam.stream.types import Drawn, Frame, Judged

SIZES = {"720p": (1280, 720), "1080p": (1920, 1080), "4K": (3840, 2160)}
PRESETS = ("ultrafast", "superfast", "veryfast", "medium")
ENOUGH = 60
"""Pictures that are held at most, and written again and again."""


def write(clip: Path, out: Path, drawn: list[Drawn], count: int, preset: str, encoder: Encoder) -> float:
    """Write pictures, over and over again with new times; gives how many a second."""
    with VideoFile(clip) as video:
        info = video.info
    writer = VideoWriter(out, info, preset=preset, encoder=encoder, overwrite=True)
    started = time.perf_counter()
    with writer:
        for number in range(count):
            one = drawn[number % len(drawn)]
            frame = Frame(number, number / 30, one.pixels, one.judged.frame.format, one.judged.frame.colour)
            writer(Drawn(Judged(frame, ()), one.pixels))
    return count / (time.perf_counter() - started)


def encoders(name: str, clip: Path, count: int, folder: Path) -> None:
    """Print a line for each preset of x264, and one for a chip."""
    with VideoFile(clip) as video:
        drawn = [Drawn(Judged(frame, ()), frame.pixels) for frame, _ in zip(video, range(ENOUGH), strict=False)]
    files = folder / "one.mp4", folder / "two.mp4"
    for preset in PRESETS:
        rate = max(write(clip, file, drawn, count, preset, Encoder.X264) for file in files)
        alike = files[0].read_bytes() == files[1].read_bytes()
        size = files[0].stat().st_size / count / 1000
        print(f"{name} x264 {preset}: {rate:.0f} a second, {size:.1f} kB each, written twice the same: {alike}")
    chip = first_working(HARDWARE)
    if chip is not None:
        rate = write(clip, files[0], drawn, count, PRESETS[0], Encoder.HARDWARE)
        print(f"{name} {chip.title}: {rate:.0f} a second, {files[0].stat().st_size / count / 1000:.1f} kB each")


def read(clip: Path, decoder: Decoder) -> tuple[float, int]:
    """Read a clip; gives how many pictures a second, and how many there are."""
    started = time.perf_counter()
    with VideoFile(clip, decoder) as video:
        count = sum(1 for _ in video)
    return count / (time.perf_counter() - started), count


def decoders(name: str, clip: Path) -> None:
    """Print a line for software, and one for a chip."""
    print(f"{name} read by software: {read(clip, Decoder.SOFTWARE)[0]:.0f} a second")
    kind = first_chip()
    if kind is None:
        return
    first, again = (read(clip, Decoder.HARDWARE)[0] for _ in range(2))
    with VideoFile(clip) as plain, VideoFile(clip, Decoder.HARDWARE) as chip:
        alike = all(np.array_equal(a.pixels, b.pixels) for a, b in zip(plain, chip, strict=True))
        notes = chip.notes
    print(f"{name} read by {kind}: {first:.0f} and {again:.0f} a second, the same pictures: {alike} {notes or ''}")


def main() -> None:
    """Measure all sizes."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    print(f"{usable()} cores; writes: {first_working() or 'no chip'}; reads: {first_chip() or 'no chip'}")
    with tempfile.TemporaryDirectory() as folder:
        for name, (width, height) in SIZES.items():
            clip = Path(folder) / f"{name}.mp4"
            write_clip(clip, width, height, 5, max(30, count // (4 if name == "4K" else 1)))
            decoders(name, clip)
            if name != "4K":
                encoders(name, clip, count, Path(folder))


if __name__ == "__main__":
    main()
