"""A film that was seen: who showed what in each of its frames."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from making import judged_face

from emojicam.models.card import EMOTIONS
from emojicam.stream.records.record import Record
from emojicam.stream.types import Frame, Judged, JudgedFace, Placement

LABELS = ("happiness", *(label for label in EMOTIONS if label != "happiness"))

PIXELS = np.zeros((48, 64, 3), np.uint8)

RATE = 10


def face(track: int | None, emotion: str = "happiness", placement: Placement = Placement.DETECTED) -> JudgedFace:
    p = {label: 0.9 if label == emotion else 0.1 / 7 for label in LABELS}
    one = judged_face((10, 10, 20, 20), track=track)
    return replace(one, emotion=replace(one.emotion, labels=LABELS, p=tuple(p.values())), placement=placement)


def film(*frames: list[JudgedFace]) -> list[Judged]:
    return [Judged(Frame(n, n / RATE, PIXELS), tuple(faces)) for n, faces in enumerate(frames)]


FILM = film(
    *[[face(1), face(2, "neutral")]] * 10,
    *[[face(1, "surprise"), face(2, "neutral", Placement.AHEAD)]] * 10,
    *[[face(2, "neutral", Placement.COASTED)]] * 5,
    *[[]] * 5,
    *[[face(1)]] * 10,
)


def gathered(frames: list[Judged]) -> Record:
    record = Record()
    for judged in frames:
        record.add(judged)
    return record
