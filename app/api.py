"""The Python API: three functions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from enum import Enum
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from emojicam import plan
from emojicam.errors import UsageError
from emojicam.stream.drawing.overlay import Style
from emojicam.stream.faces.detect import Range
from emojicam.stream.inference.provider import Provider
from emojicam.stream.media.container import Kind
from emojicam.stream.types import Judged, JudgedFace
from emojicam.wiring import Annotator, Look, Summary, picture

E = TypeVar("E", bound=Enum)


def annotate(
    source: str | Path,
    out: str | Path | None = None,
    *,
    style: str = "cover",
    theme: str = "classic",
    model: str = "mien",
    provider: str = "auto",
    range: str = "auto",
    report: str | Path | None = None,
    codec_preset: str = "veryfast",
    overwrite: bool = False,
) -> Summary:
    """Copy a photo or a video with an emoji on every face.

    Args:
        source: A JPEG, PNG or WebP photo, or a video.
        out: A file or a folder; by default `NAME-emoji.SUFFIX` in the current folder.
        style: cover, badge or label.
        theme: A theme's name, or a folder of PNGs named by emotion.
        model: A model's name, or an ONNX file that `emojicam export` wrote.
        provider: auto, cpu, cuda or tensorrt.
        range: near, auto or far.
        report: Where to record what was seen, .jsonl or .csv.
        codec_preset: x264's, for videos.
        overwrite: Replace what is there.

    Returns:
        What was seen.

    Raises:
        EmojicamError: As `emojicam.errors` has it.
    """
    path = Path(source)
    job = plan.job(path, out, several=False, overwrite=overwrite)
    look = replace(_look(model, provider, range), style=_choice(Style, style), theme=theme, preset=codec_preset)
    with ExitStack() as stack:
        annotator = stack.enter_context(Annotator(look))
        record = None
        if report is not None:
            record = stack.enter_context(annotator.report(Path(report), overwrite=overwrite))
        work = annotator.photo if job.kind is Kind.PHOTO else annotator.video
        return work(job.source, job.target, record, overwrite=overwrite)


def analyze(
    picture_or_path: str | Path | npt.NDArray[np.uint8],
    *,
    model: str = "mien",
    provider: str = "auto",
    range: str = "auto",
) -> list[JudgedFace]:
    """Find the faces of a photo and read each one's emotion.

    Args:
        picture_or_path: A photo's path, or BGR uint8 HxWx3.
        model: A model's name, or an ONNX file.
        provider: auto, cpu, cuda or tensorrt.
        range: near, auto or far.

    Returns:
        The faces, largest first, each with `box`, `score`, `roll` and `emotion`.

    Raises:
        EmojicamError: As `emojicam.errors` has it.
    """
    frame = picture(picture_or_path)
    with Annotator(_look(model, provider, range)) as annotator:
        return list(annotator.judge(frame).faces)


def stream(
    source: str | Path,
    *,
    model: str = "mien",
    provider: str = "auto",
    range: str = "auto",
) -> Iterator[Judged]:
    """Judge a video (or a photo) frame by frame.

    Args:
        source: Its path.
        model: A model's name, or an ONNX file.
        provider: auto, cpu, cuda or tensorrt.
        range: near, auto or far.

    Yields:
        Each frame with its faces, in order; closing the iterator ends the work.

    Raises:
        EmojicamError: As `emojicam.errors` has it.
    """
    with Annotator(_look(model, provider, range)) as annotator:
        yield from annotator.stream(Path(source))


def _look(model: str, provider: str, range: str) -> Look:
    return Look(model=model, provider=_choice(Provider, provider), range=_choice(Range, range), quiet=True)


def _choice(kind: type[E], word: str) -> E:
    try:
        return kind(word)
    except ValueError as error:
        raise UsageError(f"{word!r} is none of {', '.join(str(member.value) for member in kind)}") from error
