"""What the two nets see: pasted faces by size, roll and light, clips with their truth, and bare frames of made clips.

usage: python benchmarks/eyes_scenes.py [--fer DIR] [--count N] [--clip FILE=FACES ...] [--move FILE]

--fer DIR holds fer2013.csv and fer2013new.csv: PublicTest faces with a FER+ majority label are pasted, one at a time,
anywhere into grey pictures, and detected as those of a photo are. --clip FILE=FACES: a clip and how many faces are in
each of its frames. --move FILE: a clip of one face that looks ahead and hardly moves; it is moved by affine transforms,
so that its true place is known in each frame, and annotated: frames in which less than half of the face's inner ellipse
is changed are bare.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import av.video.stream
import cv2
import numpy as np
import numpy.typing as npt

from emojicam.models.data.fer import read_ferplus
from emojicam.settings import Settings
from emojicam.stream.choices import Range
from emojicam.stream.faces.detect import Detector
from emojicam.stream.i420 import Pixels
from emojicam.stream.types import Frame
from emojicam.wiring import Annotator

SCENES = (
    *((640, 480, side, 0, 1.0) for side in (300, 160, 64, 40, 28, 20)),
    *((1280, 720, side, 0, 1.0) for side in (64, 40, 28)),
    *((640, 480, 160, roll, 1.0) for roll in (30, 45, 60, 90, 180)),
    *((640, 480, 100, 0, light) for light in (0.5, 0.25, 0.15)),
)
"""Width and height of the picture, side of the face (px), roll (degrees), and light."""

RATE = 25
SECONDS = 20


def paste(
    face: Pixels, rng: np.random.Generator, width: int, height: int, side: int, roll: float, light: float
) -> tuple[Pixels, tuple[float, float]]:
    """A grey picture with a face in it.

    Args:
        face: uint8 48x48.
        rng: Draws the place.
        width: Of the picture, px.
        height: Of the picture, px.
        side: Of the face, px.
        roll: Degrees by which it is turned clockwise.
        light: Factor of all levels.

    Returns:
        BGR uint8 HxWx3, and the face's middle in px.
    """
    if side < 48:
        face = np.asarray(cv2.resize(face, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
    angle, reach = math.radians(roll), 0.75 * side
    x = rng.uniform(min(reach, width / 2), max(width - reach, width / 2))
    y = rng.uniform(min(reach, height / 2), max(height - reach, height / 2))
    k, half = side / len(face), (len(face) - 1) / 2
    cos, sin = k * math.cos(angle), k * math.sin(angle)
    matrix = np.array([[cos, -sin, x - half * (cos - sin)], [sin, cos, y - half * (sin + cos)]])
    way = cv2.INTER_CUBIC if side >= 48 else cv2.INTER_LINEAR
    large = cv2.warpAffine(face, matrix, (width, height), flags=way, borderMode=cv2.BORDER_REPLICATE)
    inside = cv2.warpAffine(np.full_like(face, 255), matrix, (width, height))
    grey = np.clip(np.where(np.asarray(inside) > 127, large, 128) * light, 0, 255).astype(np.uint8)
    return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8), (x, y)


def pasted(folder: Path, count: int) -> None:
    """Print the share that is found of each kind."""
    faces = read_ferplus(folder)["validation"].by("ferplus").with_majority()
    count = min(count, len(faces))
    with Detector(Range.AUTO, quiet=True) as detector:
        print(f"{'picture':>10} {'side':>5} {'roll':>5} {'light':>6} {'found':>7}  elsewhere, in {count} pictures")
        for width, height, side, roll, light in SCENES:
            rng = np.random.default_rng(1)
            found = others = 0
            for number in rng.choice(len(faces), count, replace=False):
                picture, (x, y) = paste(faces.images[number][0], rng, width, height, side, roll, light)
                seen = detector(Frame(0, 0.0, picture)).faces
                mine = [face for face in seen if math.dist(face.middle, (x, y)) < side / 2]
                found += bool(mine)
                others += len(seen) - len(mine)
            share = 100 * found / count
            print(f"{width:5}x{height:<4} {side:5} {roll:5} {light:6.2f} {share:5.1f} %  {others}", flush=True)


def truth(annotator: Annotator, clip: Path, faces: int) -> None:
    """Print in how many frames of a clip as many faces are seen as there are."""
    with tempfile.TemporaryDirectory() as folder:
        summary = annotator.video(clip, Path(folder) / "out.mp4")
    right = 100 * summary.faces[faces] / summary.frames
    mean = sum(number * frames for number, frames in summary.faces.items()) / summary.frames
    people = len([track for track in summary.record.people if track])
    print(
        f"{clip.name}: {faces} faces in {right:.1f} % of {summary.frames} frames, {mean:.2f} a frame, {people} people"
    )


Move = Callable[[float], tuple[float, float, float]]
"""Seconds to zoom, and the shift in widths of the face, across and down."""

MOVES: dict[str, Move] = {
    "still": lambda t: (1.0, 0.0, 0.0),
    "zooms to six times its size and back": lambda t: (1 + 5 * math.sin(math.pi * min(t / 8, 1)) ** 2, 0.0, 0.0),
    "glides half out at the top": lambda t: (1.0, 0.0, -1.0 * min(t / 3, 1.0) if t < 5 else -max(0.0, 1 - (t - 5) / 3)),
    "walks to and fro": lambda t: (1.0, 1.2 * math.sin(t), 0.2 * math.cos(1.7 * t)),
}

HIDDEN = "is not to be seen by a net for eight seconds"


def moved(annotator: Annotator, clip: Path) -> None:
    """Print how many frames are bare, of each way in which the clip's face is moved."""
    pictures = _frames(clip)
    face = max(annotator.detect(Frame(0, 0.0, pictures[0])).faces, key=lambda one: one.area)
    for name, move in [*MOVES.items(), (HIDDEN, MOVES["walks to and fro"])]:
        with tempfile.TemporaryDirectory() as folder:
            source, target = Path(folder) / "in.mp4", Path(folder) / "out.mp4"
            places = _write(source, pictures, face.middle, face.box[2], move, name == HIDDEN)
            annotator.video(source, target)
            shares = [
                _changed(before, after, place)
                for before, after, place in zip(_frames(source), _frames(target), places, strict=True)
            ]
        bare = sum(share < 0.5 for share in shares)
        print(f"{name}: {bare} of {len(shares)} frames bare, least share covered {100 * min(shares):.0f} %", flush=True)


def _frames(path: Path) -> list[Pixels]:
    with av.open(str(path)) as container:
        return [np.asarray(frame.to_ndarray(format="bgr24"), np.uint8) for frame in container.decode(video=0)]


Matrix = npt.NDArray[np.float64]


def _write(
    path: Path, pictures: list[Pixels], middle: tuple[float, float], side: float, move: Move, hide: bool
) -> list[tuple[tuple[float, float], float]]:
    """Write the moved clip, and give the face's true middle and width in each frame."""
    height, width = pictures[0].shape[0] & ~1, pictures[0].shape[1] & ~1
    places = []
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE)
        assert isinstance(stream, av.video.stream.VideoStream)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"preset": "veryfast", "crf": "16"}
        for index in range(RATE * SECONDS):
            zoom, across, down = move(index / RATE)
            x, y = middle[0] + across * side, middle[1] + down * side
            matrix = np.array([[zoom, 0, x - zoom * middle[0]], [0, zoom, y - zoom * middle[1]]])
            # To and fro through the clip: it has no cut.
            turn = index % (2 * len(pictures) - 2)
            picture = pictures[turn if turn < len(pictures) else 2 * len(pictures) - 2 - turn]
            picture = cv2.warpAffine(picture, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
            if hide and 6 <= index / RATE < 14:
                picture = _blinded(np.asarray(picture, np.uint8), (x, y), side * zoom)
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="bgr24")
            frame.pts, frame.time_base = index, Fraction(1, RATE)
            container.mux(stream.encode(frame))
            places.append(((x, y), side * zoom))
        container.mux(stream.encode(None))
    return places


def _blinded(picture: Pixels, middle: tuple[float, float], side: float) -> Pixels:
    """Blur a face until no net sees one."""
    x, y, half = round(middle[0]), round(middle[1]), round(0.8 * side)
    part = picture[max(0, y - half) : y + half, max(0, x - half) : x + half]
    part[:] = cv2.GaussianBlur(part, (0, 0), side / 5)
    return picture


def _changed(before: Pixels, after: Pixels, place: tuple[tuple[float, float], float]) -> float:
    """The share of a face's inner ellipse, where it lies in the picture, that looks otherwise than before."""
    (x, y), side = place
    oval = np.zeros(before.shape[:2], np.uint8)
    cv2.ellipse(oval, (round(x), round(y)), (round(0.35 * side), round(0.42 * side)), 0, 0, 360, 1, -1)
    if not oval.any():
        return 1.0
    change = np.abs(before.astype(int) - after).max(2)
    return float((change[oval > 0] >= 12).mean())


def main() -> int:
    """Print what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fer", type=Path, metavar="DIR")
    parser.add_argument("--count", type=int, default=100, metavar="N")
    parser.add_argument("--clip", action="append", default=[], metavar="FILE=FACES")
    parser.add_argument("--move", type=Path, metavar="FILE")
    given = parser.parse_args()
    if given.fer:
        pasted(given.fer, given.count)
    if given.clip or given.move:
        with Annotator(Settings(preset="ultrafast", quiet=True)) as annotator:
            for text in given.clip:
                path, _, faces = text.rpartition("=")
                truth(annotator, Path(path), int(faces))
            if given.move:
                moved(annotator, given.move)
    return 0


if __name__ == "__main__":
    sys.exit(main())
