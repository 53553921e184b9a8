"""Media made by the tests, and ways to read results back."""

from __future__ import annotations

import cmath
import math
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import av.audio.resampler
import av.audio.stream
import av.container
import av.stream
import av.video.stream
import cv2
import numpy as np
import numpy.typing as npt

from emojicam.models.card import EMOTIONS
from emojicam.stream.types import Emotion, JudgedFace

Picture = npt.NDArray[np.uint8]

MEDIA = Path(__file__).resolve().parent.parent.parent / "shared" / "media"
"""Real footage, where it lies beside the checkout; it is not ours to commit."""

RATE = 48_000


def seen_at(
    portrait: Picture, size: tuple[int, int] = (640, 480), zoom: float = 1.5, roll: float = 0.0, shift: float = 0.0
) -> Picture:
    """The portrait on a grey ground: its face in the middle, scaled, turned clockwise, moved to the right.

    Returns:
        BGR uint8, `size` is (width, height).
    """
    width, height = size
    angle = math.radians(roll)
    cos, sin = zoom * math.cos(angle), zoom * math.sin(angle)
    x, y = width / 2 + shift, height / 2
    face = (224, 125)
    matrix = np.array([[cos, -sin, x - cos * face[0] + sin * face[1]], [sin, cos, y - sin * face[0] - cos * face[1]]])
    way = cv2.INTER_AREA if zoom < 0.7 else cv2.INTER_LINEAR
    return np.asarray(
        cv2.warpAffine(portrait, matrix, size, flags=way, borderMode=cv2.BORDER_CONSTANT, borderValue=(128, 128, 128)),
        np.uint8,
    )


def write_video(
    path: Path,
    pictures: Sequence[Picture],
    *,
    pts: Sequence[int] | None = None,
    time_base: Fraction = Fraction(1, 12800),
    rate: int = 25,
    tones: Sequence[float] = (),
    rotation: int = 0,
    pix_fmt: str = "yuv420p",
    codec: str = "libx264",
    audio_codec: str = "aac",
    options: dict[str, str] | None = None,
    sound_starts: float = 0.0,
    sample_aspect: Fraction | None = None,
    cover: Picture | None = None,
    container_options: dict[str, str] | None = None,
) -> None:
    """Write pictures (BGR) as a video.

    Args:
        path: The suffix chooses the container.
        pictures: BGR uint8, all of one size.
        pts: In ticks of `time_base`; by default evenly at `rate`.
        time_base: Seconds a tick.
        rate: Nominal frames a second.
        tones: Hz; one mono audio track each, as long as the pictures.
        rotation: Degrees counter-clockwise that a player shall turn the picture.
        pix_fmt: Of the encoder.
        codec: For the pictures.
        audio_codec: For the tones.
        options: For the video encoder.
        sound_starts: Seconds at which the tones begin.
        sample_aspect: Width of a pixel over its height.
        cover: BGR; cover art, as music shops put it into files.
        container_options: For the muxer.
    """
    ticks = list(pts) if pts is not None else [round(i / rate / time_base) for i in range(len(pictures))]
    seconds = float((ticks[-1] - ticks[0]) * time_base) + 1 / rate
    with av.open(str(path), "w", container_options=container_options or {}) as container:
        stream = container.add_stream(codec, rate=rate)
        assert isinstance(stream, av.video.stream.VideoStream)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = pix_fmt
        stream.thread_count = 2  # the same file on every machine
        stream.codec_context.time_base = time_base
        stream.codec_context.options = options or ({"preset": "ultrafast", "crf": "12"} if codec == "libx264" else {})
        if sample_aspect:
            stream.codec_context.sample_aspect_ratio = sample_aspect
        if rotation:
            stream.set_display_rotation(rotation)
        art = _cover_stream(container, cover) if cover is not None else None
        sounds = []
        for number, hz in enumerate(tones):
            sound = container.add_stream(audio_codec, rate=RATE, layout="mono")
            assert isinstance(sound, av.audio.stream.AudioStream)
            sound.metadata["language"] = ("eng", "deu", "fra")[number % 3]
            sounds.append((sound, tone(hz, seconds)))
        if art is not None and cover is not None:
            container.mux(art.encode(av.VideoFrame.from_ndarray(cover, format="bgr24").reformat(format="yuvj420p")))
            container.mux(art.encode(None))
        for picture, at in zip(pictures, ticks, strict=True):
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts, frame.time_base = at, time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        for sound, samples in sounds:
            _sing(container, sound, samples, round(sound_starts * RATE))


def write_sound(path: Path, hz: float, seconds: float, *, cover: Picture | None = None) -> None:
    """Write a file that holds sound and nothing else (but perhaps cover art): AAC, one channel."""
    with av.open(str(path), "w") as container:
        art = _cover_stream(container, cover) if cover is not None else None
        sound = container.add_stream("aac", rate=RATE, layout="mono")
        assert isinstance(sound, av.audio.stream.AudioStream)
        if art is not None and cover is not None:
            container.mux(art.encode(av.VideoFrame.from_ndarray(cover, format="bgr24").reformat(format="yuvj420p")))
            container.mux(art.encode(None))
        _sing(container, sound, tone(hz, seconds), 0)


def _cover_stream(container: av.container.OutputContainer, cover: Picture) -> av.video.stream.VideoStream:
    art = container.add_stream("mjpeg", rate=1)
    assert isinstance(art, av.video.stream.VideoStream)
    art.height, art.width = cover.shape[:2]
    art.pix_fmt = "yuvj420p"
    art.disposition = av.stream.Disposition.attached_pic
    return art


def _sing(
    container: av.container.OutputContainer,
    sound: av.audio.stream.AudioStream,
    samples: npt.NDArray[np.float32],
    begin: int,
) -> None:
    """Encode samples, the first of them at `begin` (in samples)."""
    sound.codec_context.open(strict=False)
    frame = av.AudioFrame.from_ndarray(samples[None], format="flt", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = RATE, begin, Fraction(1, RATE)
    fit = av.audio.resampler.AudioResampler(
        sound.codec_context.format, sound.codec_context.layout, RATE, sound.codec_context.frame_size or 1024
    )
    for piece in [*fit.resample(frame), *fit.resample(None)]:
        container.mux(sound.encode(piece))
    container.mux(sound.encode(None))


def tone(hz: float, seconds: float) -> npt.NDArray[np.float32]:
    """A sine, float32, one channel."""
    return (0.4 * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


def read_video(path: Path) -> tuple[list[Picture], list[float]]:
    """Decode: pictures (BGR, not rotated) and times (s)."""
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
        return [f.to_ndarray(format="bgr24") for f in frames], [float(f.pts * f.time_base) for f in frames]


def read_sound(path: Path, track: int = 0) -> tuple[npt.NDArray[np.float32], float]:
    """Decode an audio track: samples (float32, first channel) and the time of the first (s)."""
    with av.open(str(path)) as container:
        frames = list(container.decode(audio=track))
        samples = np.concatenate([f.to_ndarray()[0].astype(np.float32) for f in frames])
        return samples, float(frames[0].pts * frames[0].time_base)


def i420(picture: Picture) -> Picture:
    """A BGR picture with even sides as I420, BT.601, limited range."""
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420), np.uint8)


def judged_face(
    box: tuple[float, float, float, float],
    emotion: str = "happiness",
    *,
    roll: float = 0.0,
    confidence: float = 0.9,
    track: int | None = None,
) -> JudgedFace:
    """A face as detector and classifier would hand it on; the eyes lie where the short-range model finds them."""
    left, top, width, height = box
    middle = complex(left + width / 2, top + height / 2)
    to_eye = cmath.rect(1, math.radians(roll))
    a, b = (middle + to_eye * complex(side * 0.23 * width, -0.25 * height) for side in (-1, 1))
    rest = [label for label in EMOTIONS if label != emotion]
    return JudgedFace(
        box=box,
        score=0.9,
        eyes=((a.real, a.imag), (b.real, b.imag)),
        roll=roll,
        track=track,
        emotion=Emotion((emotion, *rest), (confidence, *[(1 - confidence) / len(rest)] * len(rest))),
    )


HEAD_MIDDLE = (224, 125)
"""Of the face in the portrait, px."""


def add_head(picture: Picture, portrait: Picture, x: float, y: float, zoom: float = 1.0) -> None:
    """Lay an oval with the portrait's head onto a picture (BGR, changed in place), its face's middle at x, y (px)."""
    height, width = picture.shape[:2]
    cx, cy = HEAD_MIDDLE
    matrix = np.array([[zoom, 0, x - zoom * cx], [0, zoom, y - zoom * cy]])
    oval = np.zeros(portrait.shape[:2], np.uint8)
    cv2.ellipse(oval, (cx, cy - 12), (70, 88), 0, 0, 360, 255, -1)
    moved = cv2.warpAffine(portrait, matrix, (width, height), flags=cv2.INTER_LINEAR).astype(np.float32)
    weight = (
        cv2.warpAffine(cv2.GaussianBlur(oval, (0, 0), 2), matrix, (width, height))[..., None].astype(np.float32) / 255
    )
    picture[:] = np.rint(picture + weight * (moved - picture)).astype(np.uint8)


def amazed(portrait: Picture) -> Picture:
    """The portrait with its smile smoothed away and its mouth wide open instead."""
    smile = np.zeros(portrait.shape[:2], np.uint8)
    cv2.ellipse(smile, (224, 146), (36, 20), 0, 0, 360, 255, -1)
    skin = cv2.inpaint(portrait, smile, 5, cv2.INPAINT_TELEA)
    weight = cv2.GaussianBlur(smile, (0, 0), 4)[..., None].astype(np.float32) / 255
    face = np.rint(skin + weight * (cv2.GaussianBlur(skin, (0, 0), 5).astype(np.float32) - skin)).astype(np.uint8)
    cv2.ellipse(face, (224, 153), (11, 17), 0, 0, 360, (30, 20, 50), -1, cv2.LINE_AA)
    return np.asarray(face, np.uint8)


def flat(luma: int, chroma: int) -> npt.NDArray[np.uint8]:
    """A 4x4 picture of one colour, I420."""
    return np.vstack([np.full((4, 4), luma, np.uint8), np.full((2, 4), chroma, np.uint8)])


def as_stored(picture: Picture, orientation: int) -> Picture:
    """A picture as a camera stores it that says by this orientation tag (Exif, 1 to 8) how it is to be turned."""
    turned = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.transpose(1, 0, 2),
        6: lambda a: np.rot90(a, 1),
        7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
        8: lambda a: np.rot90(a, -1),
    }
    return turned[orientation](picture)
