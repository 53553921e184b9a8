"""The whole files that are damaged: small ones of every format, with a face in them."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import av
import cv2
import numpy as np
from commandline import write_clip
from films import FILM, LABELS
from making import Picture, judged_face, seen_at, write_video
from onnxfiles import write_model
from PIL import Image, features

from emojicam import assets
from emojicam.models.card import EMOTIONS
from emojicam.stream.records.report import ReportWriter
from emojicam.stream.types import Frame, Judged

FRAMES, SIZE = 12, (64, 48)

VIDEOS = {
    "mp4": ("libx264", "aac"),
    "mov": ("libx264", "aac"),
    "mkv": ("libx264", "aac"),
    "webm": ("libvpx", "libopus"),
    "avi": ("mpeg4", "mp2"),
    "ts": ("libx264", "aac"),
    "flv": ("libx264", "aac"),
}
"""Suffix, and the codecs of picture and sound."""

ANIMATIONS = {"gif": "GIF", "apng": "PNG", "animated-webp": "WEBP"}
"""Format, and what Pillow calls it."""

PHOTOS = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP", "tiff": "TIFF", "bmp": "BMP"} | (
    {"avif": "AVIF"} if features.check("avif") else {}
)

SUFFIXES = {"apng": ".png", "animated-webp": ".webp"}
"""Where a format's name isn't its suffix."""


def pictures() -> list[Picture]:
    """Somebody who moves to the right: BGR."""
    portrait = np.asarray(cv2.imread(str(assets.sample_photo())), np.uint8)
    return [seen_at(portrait, SIZE, 0.3, shift=number - FRAMES / 2) for number in range(FRAMES)]


def video(folder: Path, form: str) -> bytes:
    """A video with sound."""
    codec, audio_codec = VIDEOS[form]
    path = folder / f"seed.{form}"
    write_video(path, pictures(), codec=codec, audio_codec=audio_codec, tones=(440,))
    return path.read_bytes()


def animation(folder: Path, form: str) -> bytes:
    """An animated picture."""
    first, *rest = [Image.fromarray(np.ascontiguousarray(picture[..., ::-1])) for picture in pictures()]
    memory = io.BytesIO()
    first.save(memory, ANIMATIONS[form], save_all=True, append_images=rest, duration=40, loop=0)
    return memory.getvalue()


def photo(folder: Path, form: str) -> bytes:
    """A photo with what cameras put beside it: EXIF, a colour profile's place, a comment's."""
    image = Image.fromarray(np.ascontiguousarray(pictures()[0][..., ::-1]))
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "maker"
    memory = io.BytesIO()
    image.save(memory, PHOTOS[form], **({} if form == "bmp" else {"exif": exif}))
    return memory.getvalue()


def frames_in(path: Path) -> int:
    """Count the pictures of a file that are decoded."""
    if path.suffix in (".gif", ".png", ".webp"):
        with Image.open(path) as image:
            return int(getattr(image, "n_frames", 1))
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def model(folder: Path) -> bytes:
    """A model of two labels."""
    return write_model(folder / "seed.onnx").read_bytes()


def record(folder: Path, form: str) -> bytes:
    """The report of a film of four seconds."""
    path = folder / f"seed.{form}"
    with ReportWriter(path, LABELS, overwrite=True) as report:
        for judged in FILM:
            report.add("a.jpg", judged)
    return path.read_bytes()


def redrawn(folder: Path) -> bytes:
    """What may be drawn on a clip of three frames, `in.mp4`, which is beside it then."""
    write_clip(folder / "in.mp4", 3)
    with ReportWriter(folder / "seed.jsonl", EMOTIONS, overwrite=True) as report:
        for number in range(3):
            faces = judged_face((20, 10, 20, 22), track=1), judged_face((-5, 8, 12, 12), "fear", roll=30, track=2)
            report.add("in.mp4", Judged(Frame(number, number / 25, np.zeros((48, 64, 3), np.uint8)), faces))
    return (folder / "seed.jsonl").read_bytes()


def theme(folder: Path, form: str) -> bytes:
    """One emoji of a theme."""
    return (assets.theme_folder("classic") / f"happiness-3.{form}").read_bytes()


def multipart(folder: Path) -> bytes:
    """A form with a photo and two words, as browsers send it; its boundary is `boundary`."""
    parts = [b'Content-Disposition: form-data; name="photo"; filename="me.jpg"\r\nContent-Type: image/jpeg\r\n\r\n']
    parts[0] += photo(folder, "jpg")
    parts += [
        f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode()
        for name, value in (("style", "badge"), ("theme", "classic"))
    ]
    return b"".join(b"--boundary\r\n" + part + b"\r\n" for part in parts) + b"--boundary--\r\n"


def choice(folder: Path) -> bytes:
    """A stream's wish for other emoji, as text."""
    return json.dumps({"theme": "classic", "style": "badge"}).encode()


Seed = Callable[[Path], bytes]
