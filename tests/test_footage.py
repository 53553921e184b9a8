"""Real footage, where it lies beside the checkout; it is not ours to commit."""

from __future__ import annotations

import json
from pathlib import Path

import making
import pytest
from making import MEDIA

from emojicam.stream.records.report import ReportWriter
from emojicam.wiring import Annotator

pytestmark = pytest.mark.skipif(not MEDIA.is_dir(), reason="no footage beside this checkout")


@pytest.mark.parametrize(
    ("name", "frames", "faces", "share", "emotion"),
    [
        ("two-faces-tilting", 56, 2, 0.95, None),
        ("one-man-smiling", 62, 1, 0.90, "happiness"),
        ("three-people-approaching", 41, 3, 0.90, None),
    ],
)
def test_people_are_found_in_nearly_every_frame(
    name: str, frames: int, faces: int, share: float, emotion: str | None, annotator: Annotator, tmp_path: Path
) -> None:
    source, target = MEDIA / f"{name}.mp4", tmp_path / "out.mp4"
    with ReportWriter(tmp_path / "out.jsonl", annotator.labels) as report:
        annotator.video(source, target, report)
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    before, after = making.read_video(source)[1], making.read_video(target)[1]
    assert len(before) == len(after) == len(lines) == frames
    assert after == pytest.approx(before, abs=0.001)
    assert sum(len(line["faces"]) == faces for line in lines) >= share * frames
    if emotion:
        assert sum(any(face["emotion"] == emotion for face in line["faces"]) for line in lines) >= 0.9 * frames


def test_the_emoji_tilt_with_the_heads(annotator: Annotator) -> None:
    rolls = [[face.roll for face in judged.faces] for judged in annotator.stream(MEDIA / "two-faces-tilting.mp4")]
    first, last = rolls[0], rolls[-1]
    # Both begin nearly upright and lean to the image's left, by some 45 degrees.
    assert all(-25 < roll < 5 for roll in first)
    assert all(-60 < roll < -30 for roll in last)
