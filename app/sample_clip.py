"""The demo's clip: a camera that moves, turns and zooms over the sample photo, with a little tune."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path

import av
import av.audio.stream
import av.video.stream
import cv2
import numpy as np

from emojicam.errors import OutputError
from emojicam.stream.choices import PRESET
from emojicam.stream.i420 import Pixels

WIDTH, HEIGHT, RATE, SECONDS = 640, 480, 30, 6
SAMPLE_RATE = 48_000
TUNE = (262, 330, 392, 523, 392, 330, 349, 440, 523, 440, 392, 330)
"""Pitches of the tune's notes in Hz, two notes a second."""


def make_clip(photo: Pixels, path: Path) -> None:
    """Write the demo's clip, an H.264 mp4 with AAC sound.

    Args:
        photo: BGR uint8 HxWx3, with a face a little above the middle.
        path: Where to write it.

    Raises:
        OutputError: It can't be written.
    """
    try:
        with av.open(str(path), "w", format="mp4") as container:
            video = container.add_stream("libx264", rate=RATE)
            audio = container.add_stream("aac", rate=SAMPLE_RATE, layout="mono")
            assert isinstance(video, av.video.stream.VideoStream)
            assert isinstance(audio, av.audio.stream.AudioStream)
            video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
            video.options = {"preset": PRESET, "crf": "18"}
            for index in range(RATE * SECONDS):
                frame = av.VideoFrame.from_ndarray(view(photo, index / (RATE * SECONDS)), format="bgr24")
                frame.pts, frame.time_base = index, Fraction(1, RATE)
                container.mux(video.encode(frame))
            container.mux(video.encode(None))
            for start, samples in enumerate(np.split(tune(), SECONDS * 10)):
                sound = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
                sound.sample_rate, sound.pts = SAMPLE_RATE, start * len(samples)
                sound.time_base = Fraction(1, SAMPLE_RATE)
                container.mux(audio.encode(sound))
            container.mux(audio.encode(None))
    except OSError as error:
        raise OutputError(f"{path}: can't be written: {error.strerror or error}") from error


def view(photo: Pixels, phase: float) -> Pixels:
    """Draw what the camera sees at a moment of its round.

    Args:
        photo: BGR uint8 HxWx3.
        phase: Share of the round that has passed, 0 to 1.

    Returns:
        BGR uint8, 480x640x3.
    """
    height, width = photo.shape[:2]
    turn = 2 * math.pi * phase
    zoom = 1.55 + 0.65 * math.sin(turn - 0.6)
    roll = math.radians(24 * math.sin(2 * turn))
    cos, sin = zoom * math.cos(roll), zoom * math.sin(roll)
    # The face's middle in the photo goes to a place that wanders through the picture.
    face = (0.437 * width, 0.25 * height)
    x = WIDTH / 2 + 90 * math.sin(turn)
    y = HEIGHT / 2 - 30 + 45 * math.sin(2 * turn + 1)
    matrix = np.array([[cos, -sin, x - cos * face[0] + sin * face[1]], [sin, cos, y - sin * face[0] - cos * face[1]]])
    size = (WIDTH, HEIGHT)
    sharp = cv2.warpAffine(photo, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    # Around the photo's edge: its own colours, out of focus (blurred small: a wide blur at full size takes long).
    small = cv2.resize(sharp, (WIDTH // 8, HEIGHT // 8), interpolation=cv2.INTER_AREA)
    blurred = cv2.resize(cv2.GaussianBlur(small, (0, 0), 3), size, interpolation=cv2.INTER_CUBIC)
    mask = cv2.warpAffine(np.full((height, width), 255, np.uint8), matrix, size, flags=cv2.INTER_LINEAR)
    weight = cv2.GaussianBlur(mask, (0, 0), 3).astype(np.float32)[..., None] / 255
    mixed = sharp.astype(np.float32) * weight + blurred.astype(np.float32) * (1 - weight)
    return np.clip(np.rint(mixed), 0, 255).astype(np.uint8)


def tune() -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """The clip's sound: float32, one channel, -1 to 1."""
    note = np.arange(SAMPLE_RATE // 2) / SAMPLE_RATE
    fade = np.exp(-5 * note) * np.minimum(1, note * 100)
    notes = [fade * (np.sin(2 * np.pi * f * note) + 0.3 * np.sin(4 * np.pi * f * note)) for f in TUNE]
    return (0.2 * np.concatenate(notes)).astype(np.float32)
