"""Train a model on a folder of one's own, export it, measure it, and draw a photo with it.

    python own_model.py faces/ -o runs/own --epochs 40 --try party.jpg

`faces/` holds a folder of pictures for each emotion: happy/*.jpg, sad/*.jpg and so on.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path


def emojicam(*words: str | Path) -> None:
    """Run a command of emojicam's; the script ends where that fails."""
    print("emojicam", *words, flush=True)
    done = subprocess.run([sys.executable, "-m", "emojicam", *map(str, words)])
    if done.returncode:
        sys.exit(done.returncode)


def main() -> None:
    """Do all four steps, each a command that can be typed as well."""
    parser = argparse.ArgumentParser(description="Train a model on a folder of one's own.")
    parser.add_argument("data", type=Path, help="a folder of pictures for each emotion")
    parser.add_argument("-o", "--out", type=Path, default=Path("runs/own"), help="folder for the run")
    parser.add_argument("--net", default="cnn3", help="a recipe, as `emojicam models` lists them")
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--try", dest="photo", type=Path, help="a photo to draw with the new model")
    given = parser.parse_args()
    data = ("--data", given.data, "--format", "folders")
    model = given.out / "model.onnx"
    emojicam("train", given.net, *data, "-o", given.out, "--epochs", str(given.epochs))
    emojicam("export", given.out / "best.pt", "-o", model)
    emojicam("evaluate", model, *data, "-o", given.out / "report")
    if given.photo:
        emojicam("annotate", given.photo, "--model", model, "-o", f"{given.out}/")


if __name__ == "__main__":
    main()
