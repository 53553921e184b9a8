"""Makes the footage that the guest's camera shows: a real face that smiles and sways a little, always near the middle.

usage: footage.py TARGET.mp4
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from making import seen_at, write_video

from emojicam import assets

if __name__ == "__main__":
    portrait = np.asarray(cv2.imread(str(assets.sample_photo())), np.uint8)
    turns = [2 * math.pi * number / 30 for number in range(30)]
    frames = [seen_at(portrait, (640, 480), 1.3, roll=4 * math.sin(turn), shift=6 * math.cos(turn)) for turn in turns]
    write_video(Path(sys.argv[1]), frames, rate=10)
