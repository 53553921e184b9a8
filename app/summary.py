"""The faces and emotions that were seen in one file, in a line."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field

from emojicam.stream.meter import Times
from emojicam.stream.records.record import Record, shares_text
from emojicam.stream.types import Judged

SMALL = 16
"""Px below which faces are no longer all found."""


@dataclass
class Summary:
    """The faces and emotions that were seen in one file.

    Attributes:
        frames: How many were annotated.
        faces: Number of frames, by how many faces they have.
        emotions: Number of faces, over all frames, by emotion.
        notes: What the user should know.
        narrowest: Width of the smallest face, px; infinite without one.
        record: What each person showed, and when.
        times: What the threads did with their time; None for a photo.
    """

    frames: int = 0
    faces: Counter[int] = field(default_factory=Counter)
    emotions: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    narrowest: float = math.inf
    record: Record = field(default_factory=Record)
    times: Times | None = None

    def add(self, judged: Judged) -> None:
        """Count one frame and its faces."""
        self.frames += 1
        faces = [face for face in judged.faces if face.confirmed]
        self.faces[len(faces)] += 1
        self.emotions.update(face.label for face in faces)
        self.narrowest = min([self.narrowest, *(face.box[2] for face in faces)])
        self.record.add(judged)

    @property
    def doubts(self) -> list[str]:
        """Notes on what can't be sure: where faces may be bare, and that there are very small ones."""
        small = f"faces of {self.narrowest:.0f} px across are there: others as small may have been missed"
        return [*self.record.doubts(), *([small] if self.narrowest < SMALL else [])]

    def __str__(self) -> str:
        if not self.emotions:
            return "no face found" if self.frames == 1 else f"{self.frames} frames, no face found"
        usual = max((n for n in self.faces if n), key=lambda n: self.faces[n])
        faces = f"{usual} face{'s' if usual > 1 else ''}"
        if self.frames == 1:
            return f"{faces}: {', '.join(f'{c} × {n}' if c > 1 else n for n, c in self.emotions.most_common())}"
        return f"{self.frames} frames, mostly {faces}: {shares_text(self.record.shares())}"
