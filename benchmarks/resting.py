"""What a person's own face at rest is worth: soft smiles as photos, and after the same person's neutral face.

usage: python benchmarks/resting.py FOLDER [--model NAME|F.onnx] [--expressive E]

FOLDER holds NNN-neutral.jpg and NNN-smiling.jpg for each person, and perhaps people.csv with face_id, face_age,
face_gender and face_eth. A stream is made of each pair, ten judgements a second: the neutral face for five seconds, the
smiling one for three, and the neutral one mirrored for three, so that it isn't the one that was learnt. For each share
that is taken off the resting face: in how many people happiness is the likeliest at the end of the smile, in how many
it is shown then, and in how many the mirrored neutral face is shown as neutral. A share of 0 is the photos alone. Last,
the share of neutral faces that are shown as neutral though they are seen otherwise than they were learnt, in their
third part: blurred, darker, lit from the side, noisy, turned, nodding, cut a little off.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from emojicam.given import frame_of
from emojicam.models.evaluate import wilson
from emojicam.settings import DEFAULTS, Settings, add_model
from emojicam.stream.emotions.classify import judged_face
from emojicam.stream.emotions.resting import RestingFaces
from emojicam.stream.emotions.smooth import Smoother
from emojicam.stream.types import Emotion, Frame, Judged, JudgedFace
from emojicam.wiring import Annotator

SHARES = (0.0, 0.1, 0.25, 0.4, 0.5)
RATE = 10
PIXELS = np.zeros((2, 2, 3), np.uint8)
PARTS = (5, 3, 3)
"""Seconds of the neutral face, the smile, and the neutral face mirrored."""


@dataclass(frozen=True)
class Person:
    """The faces of one person, in the order of `PARTS`, and what is known of the person."""

    faces: tuple[JudgedFace, JudgedFace, JudgedFace]
    groups: tuple[str, ...]
    otherwise: tuple[JudgedFace, ...] = ()


def otherwise(annotator: Annotator, frame: Frame) -> tuple[JudgedFace, ...]:
    """The largest face of a picture as it would be read in other moments: blurred, darker, turned, cut a little off."""
    seen = annotator.detect(frame)
    face = annotator.classify.cut(frame, seen.faces[:1])[0, 0].astype(np.float32)
    side = face.shape[0]
    middle = (side / 2, side / 2)
    turned = [cv2.getRotationMatrix2D(middle, degrees, scale) for degrees, scale in ((8, 1), (0, 1.12), (0, 0.9))]
    squeezed = [np.array([[share, 0, side * (1 - share) / 2], [0, 1, 0]]) for share in (0.85, 0.75)]
    nodding = [np.array([[1, 0, 0], [0, 0.85, 0.075 * side]]), *(np.array([[1.0, 0, 0], [0, 1, by]]) for by in (-2, 2))]
    moved = [
        cv2.warpAffine(face, move, (side, side), borderMode=cv2.BORDER_REPLICATE)
        for move in (*turned, *squeezed, *nodding)
    ]
    lit = [face * 0.4, face * np.linspace(0.5, 1.1, side, dtype=np.float32)]
    rough = [cv2.GaussianBlur(face, (0, 0), 1.5), face + np.random.default_rng(0).normal(0, 12, face.shape)]
    cuts = np.stack([np.clip(one, 0, 255).astype(np.uint8) for one in (*moved, *lit, *rough)])[:, None]
    known = annotator.classify(seen).faces[0]
    return tuple(
        replace(judged_face(known, Emotion(known.emotion.labels, tuple(map(float, p)))), track=1)
        for p in annotator.classify.probabilities(cuts)
    )


def largest(annotator: Annotator, frame: Frame) -> JudgedFace | None:
    """The largest face of a picture as the first person of a stream."""
    faces = annotator.classify(annotator.detect(frame)).faces
    return replace(faces[0], track=1) if faces else None


def people(annotator: Annotator, folder: Path) -> list[Person]:
    """Everybody whose faces are found in all pictures."""
    told = {}
    if (folder / "people.csv").exists():
        with (folder / "people.csv").open(newline="") as file:
            told = {row["face_id"]: groups(row) for row in csv.DictReader(file)}
    found = []
    for path in sorted(folder.glob("*-neutral.jpg")):
        number = path.name.partition("-")[0]
        neutral, smile = frame_of(path), frame_of(folder / f"{number}-smiling.jpg")
        mirrored = Frame(0, 0.0, np.ascontiguousarray(neutral.pixels[:, ::-1]))
        a, b, c = (largest(annotator, frame) for frame in (neutral, smile, mirrored))
        if a and b and c:
            found.append(Person((a, b, c), told.get(number, ()), otherwise(annotator, neutral)))
        else:
            print(f"{number}: a face isn't found, and the person left out")
    return found


def groups(row: dict[str, str]) -> tuple[str, ...]:
    """The groups that a person belongs to."""
    age = int(row["face_age"]) if row["face_age"].isdigit() else None
    ages = "age unknown" if age is None else "under 25" if age < 25 else "25 to 34" if age < 35 else "35 and older"
    return row["face_gender"], ages, row["face_eth"].replace("_", " ")


def seen(person: Person, share: float) -> tuple[bool, bool, bool]:
    """Whether happiness is the likeliest of the smile, and shown, and the mirrored neutral face shown as neutral."""
    rest, smooth = RestingFaces(share), Smoother()
    faces = [face for face, seconds in zip(person.faces, PARTS, strict=True) for _ in range(seconds * RATE)]
    read = [rest(Judged(Frame(n, n / RATE, PIXELS), (face,))) for n, face in enumerate(faces)]
    shown = [smooth(judged).faces[0].label for judged in read]
    smiling = sum(PARTS[:2]) * RATE - 1
    return read[smiling].faces[0].emotion.label == "happiness", shown[smiling] == "happiness", shown[-1] == "neutral"


def calm_otherwise(everybody: Sequence[Person], share: float) -> list[bool]:
    """Whether each neutral face is shown as neutral when it is seen otherwise than it was learnt."""
    return [
        seen(replace(person, faces=(person.faces[0], person.faces[0], other)), share)[2]
        for person in everybody
        for other in person.otherwise
    ]


def share_of(hits: Sequence[bool]) -> str:
    """A share with its 95 % interval."""
    low, high = wilson(sum(hits), len(hits))
    return f"{100 * sum(hits) / len(hits):5.1f} ({100 * low:3.0f} to {100 * high:3.0f})"


def main() -> int:
    """Print the shares, of all and by group."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--expressive", type=float, default=DEFAULTS.expressive)
    add_model(parser)
    given = parser.parse_args()
    with Annotator(Settings(model=given.model, expressive=given.expressive, quiet=True)) as annotator:
        everybody = people(annotator, given.folder)
    if not everybody:
        print(f"{given.folder}: holds no pair of faces")
        return 2
    names = ["all", *sorted({group for person in everybody for group in person.groups})]
    print("%, with 95 % intervals (Wilson): smiles whose likeliest is happiness | shown | neutral shown as neutral")
    for share in SHARES:
        print(f"\nshare {share:g}")
        told = [(("all", *person.groups), seen(person, share)) for person in everybody]
        for name in names:
            columns = list(zip(*(answer for groups, answer in told if name in groups), strict=True))
            print(f"  {name:14} {len(columns[0]):3} people  {'  |  '.join(map(share_of, columns))}")
        print(f"  neutral faces seen otherwise, shown as neutral: {share_of(calm_otherwise(everybody, share))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
