"""Whether anything grows while a long video is annotated.

usage: python benchmarks/soak.py [--mp4] [FRAMES]     (default: 200,000, some fifteen minutes)

Small frames, a face in half of them, through the whole line into a file. Memory, threads and descriptors are noted as
it goes; the slope is that of a straight line through the memory after the first fifth. Linux alone.

Into Matroska, which needs no memory of its frames. An mp4 ends with a table of them all, of which FFmpeg keeps 72 bytes
a frame until then: 7.2 MB in 100,000 frames (an hour), which --mp4 allows for.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import av
import av.video.stream
import cv2
import numpy as np

from emojicam import assets
from emojicam.settings import Settings
from emojicam.stream.choices import Range
from emojicam.stream.media.photos import read_photo
from emojicam.wiring import Annotator, one_thread_each

SIDE = 96
NOTES = 100
LIMIT = 1.0
"""MB of memory in 100,000 frames."""

TABLE = 7.2
"""The same, of an mp4's table of frames."""


def write_clip(path: Path, frames: int) -> None:
    """The portrait's head comes and goes every two seconds, and is covered for another half."""
    head = cv2.resize(
        read_photo(assets.sample_photo()).bgr[10:230, 115:335], (SIDE, SIDE), interpolation=cv2.INTER_AREA
    )
    wall = np.full((SIDE, SIDE, 3), 120, np.uint8)
    pictures = [av.VideoFrame.from_ndarray(np.asarray(one, np.uint8), format="bgr24") for one in (head, wall)]
    pictures = [picture.reformat(format="yuv420p") for picture in pictures]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        assert isinstance(stream, av.video.stream.VideoStream)
        stream.width, stream.height, stream.pix_fmt = SIDE, SIDE, "yuv420p"
        stream.options = {"preset": "ultrafast"}
        for index in range(frames):
            picture = pictures[index // 60 % 2]
            picture.pts, picture.time_base = index, Fraction(1, 30)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))


def state() -> tuple[float, int, int]:
    """MB in memory, threads, descriptors of this process."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return (
        pages * os.sysconf("SC_PAGE_SIZE") / 1e6,
        len(os.listdir("/proc/self/task")),
        len(os.listdir("/proc/self/fd")),
    )


def main() -> int:
    """Print the course and the slope; 1 if anything grows."""
    numbers = [given for given in sys.argv[1:] if given != "--mp4"]
    if len(numbers) > 1 or not all(number.isdecimal() for number in numbers):
        print(__doc__)
        return 2
    frames = int(numbers[0]) if numbers else 200_000
    mp4 = "--mp4" in sys.argv
    one_thread_each()
    rows: list[tuple[int, float, int, int]] = []
    every = max(1, frames // NOTES)

    def progress(done: int, expected: int | None) -> None:
        if done % every == 0 and done < frames:  # at the end the first threads are done before the last
            rows.append((done, *state()))
            if len(rows) % 10 == 0:
                print(
                    f"{done:>8,} frames: {rows[-1][1]:.1f} MB, {rows[-1][2]} threads, {rows[-1][3]} descriptors",
                    flush=True,
                )

    with tempfile.TemporaryDirectory() as folder:
        clip, out = Path(folder) / "clip.mp4", Path(folder) / ("out.mp4" if mp4 else "out.mkv")
        write_clip(clip, frames)
        started = time.monotonic()
        with Annotator(Settings(range=Range.NEAR, preset="ultrafast", quiet=True)) as annotator:
            summary = annotator.video(clip, out, progress=progress)
        seconds = time.monotonic() - started
        with av.open(str(out)) as container:
            whole = sum(1 for packet in container.demux(video=0) if packet.size)
    if not summary.frames == whole == frames or not 0.45 * frames < summary.faces[1] < 0.7 * frames:
        raise SystemExit(f"{frames} frames in, {whole} out, {summary.faces[1]} of them with a face")
    later = rows[len(rows) // 5 :]
    slope = float(np.polyfit([row[0] for row in later], [row[1] for row in later], 1)[0]) * 100_000
    threads, descriptors = ({row[place] for row in later} for place in (2, 3))
    print(
        f"{frames:,} frames in {seconds:.0f} s: {slope:+.2f} MB of memory in 100,000 frames, "
        f"threads {sorted(threads)}, descriptors {sorted(descriptors)}"
    )
    return int(slope >= LIMIT + mp4 * TABLE or len(threads) > 1 or len(descriptors) > 1)


if __name__ == "__main__":
    sys.exit(main())
