"""Draws two pictures of docs/first-steps.md anew, by emojicam itself: all styles, and a timeline.

    python docs/site/pictures.py

It needs the extras cpu and train. The pictures are looked at before they are committed.
"""

from __future__ import annotations

import json
import math
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from emojicam import assets
from emojicam.stream.choices import Style

PICTURES = Path(__file__).resolve().parent.parent / "pictures"
PHOTO = assets.sample_photo()
SIDE = 300
"""Px of one cell of a sheet."""
RATE = 10
"""Frames a second of the record that is made up."""


def main() -> None:
    """Draw all of them."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        _styles(work)
        _timeline(work)


def _emojicam(*words: str) -> None:
    subprocess.run(["emojicam", *words], check=True)


def _styles(work: Path) -> None:
    """Put the sample in each style beside each other."""
    sheet = Image.new("RGB", (3 * SIDE, 2 * SIDE))
    for place, style in enumerate(Style):
        drawn = work / f"{style.value}.png"
        _emojicam("annotate", str(PHOTO), "--style", style.value, "-o", str(drawn))
        with Image.open(drawn) as whole:
            part = whole.convert("RGB").crop((100, 0, 350, 250)).resize((SIDE, SIDE), Image.Resampling.LANCZOS)
        sheet.paste(part, (place % 3 * SIDE, place // 3 * SIDE))
    sheet.save(PICTURES / "styles.jpg", quality=85)


def _timeline(work: Path) -> None:
    """Plot a record that is made up: the sample's one smile makes no timeline."""
    acts = {
        1: ((0, "neutral"), (4, "surprise"), (7, "happiness"), (16, "neutral"), (20, "sadness")),
        2: ((2, "happiness"), (9, "neutral"), (13, "anger"), (18, "happiness")),
    }
    record = work / "talk.jsonl"
    with record.open("w") as lines:
        for frame in range(24 * RATE):
            time = frame / RATE
            faces = [_face(track, time, act) for track, act in acts.items() if time >= act[0][0]]
            line = {"source": "talk.mp4", "frame": frame, "time": time, "size": [640, 480], "faces": faces}
            print(json.dumps(line), file=lines)
    _emojicam("report", str(record), "--plot", str(PICTURES / "timeline.png"), "--overwrite")


def _face(track: int, time: float, act: Sequence[tuple[float, str]]) -> dict[str, object]:
    """Make up a face at a moment of its act; an emotion swells and ebbs."""
    begun, emotion = max(one for one in act if one[0] <= time)
    degree = 0.0 if emotion == "neutral" else round(0.3 + 0.6 * math.sin(min((time - begun) / 5, 1) * math.pi) ** 2, 2)
    box = [120 + 240 * (track - 1), 120, 140, 160]
    return {"track": track, "box": box, "emotion": emotion, "drawn": degree, "degree": degree}


if __name__ == "__main__":
    main()
