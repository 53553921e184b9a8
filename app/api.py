"""The Python API: four functions that take the command line's options, from the same home (`emojicam.settings`)."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
from PIL import Image

from emojicam import assets, plan
from emojicam.afar import near
from emojicam.errors import UsageError
from emojicam.redraw import Redrawer
from emojicam.settings import DEFAULTS, Settings, choice
from emojicam.stream.choices import SCALE_LEAST, SCALE_MOST, Corrections, Decoder, Encoder, Provider, Range, Style
from emojicam.stream.media.container import Kind
from emojicam.stream.records.values import FARTHEST
from emojicam.stream.types import Judged, JudgedFace
from emojicam.summary import Summary
from emojicam.theme import refuse_unpictured
from emojicam.wiring import Annotator, overlay, picture


def annotate(
    source: str | Path,
    out: str | Path | None = None,
    *,
    style: str | Style = DEFAULTS.style,
    scale: float = DEFAULTS.scale,
    shadow: bool = DEFAULTS.shadow,
    theme: str = DEFAULTS.theme,
    model: str = DEFAULTS.model,
    provider: str | Provider = DEFAULTS.provider,
    fast_math: bool = DEFAULTS.fast_math,
    range: str | Range = DEFAULTS.range,
    threshold: float = DEFAULTS.threshold,
    min_face: float = DEFAULTS.min_face,
    expressive: float = DEFAULTS.expressive,
    resting_face: bool = DEFAULTS.resting_face,
    lookahead: float = DEFAULTS.lookahead,
    report: str | Path | None = None,
    record: str | Path | None = None,
    persons: Mapping[int, str] = MappingProxyType({}),
    only: Iterable[str] = (),
    leave: Iterable[str] = (),
    codec_preset: str = DEFAULTS.preset,
    encoder: str | Encoder = DEFAULTS.encoder,
    decoder: str | Decoder = DEFAULTS.decoder,
    overwrite: bool = False,
) -> Summary:
    """Copy a photo or a video with an emoji on every face.

    Args:
        source: A photo (JPEG, PNG, WebP, HEIC, AVIF, TIFF, BMP, told by its content), or a video.
        out: A file or a folder; by default `NAME-emoji.SUFFIX` in the current folder.
        style: cover, badge, label, blur, pixelate or solid.
        scale: Size of what is drawn, 0.5 to 2; below 1 some of a face may be seen.
        shadow: An emoji that covers a face casts a soft shadow.
        theme: A theme's name, or a folder of PNGs named by emotion (fear.png), or by emotion and degree (fear-1.png).
        model: A model's name, or an ONNX file that `emojicam export` wrote.
        provider: auto, cpu, cuda or tensorrt.
        fast_math: A GPU may round (TF32): quicker, and scores differ by up to 1e-3.
        range: near, auto or far.
        threshold: Least score of a face, 0-1.
        min_face: Least width of a face, px.
        expressive: How readily an expression is seen, 0-1; 0.5 is as the model decides.
        resting_face: Read each person of a video against their own face at rest.
        lookahead: Seconds that a video is looked ahead and back, to cover faces where they are not detected.
        report: Where to record what was seen, .jsonl or .csv.
        record: A record (.jsonl) to draw, instead of looking again.
        persons: By a person's number the word for what they show: an emotion, a style for them, or "none" (bare).
        only: Emotions; faces that show others are left bare.
        leave: Emotions; faces that show these are left bare.
        codec_preset: x264's preset, for videos.
        encoder: What writes videos: x264 or hardware.
        decoder: What reads videos: software, hardware or auto.
        overwrite: Replace what is there.

    Returns:
        What was seen.

    Raises:
        EmojicamError: One of the kinds that `emojicam.errors` lists.
    """
    path = Path(source)
    job = plan.job(path, out, several=False, overwrite=overwrite)
    settings = replace(
        _looking(model, provider, fast_math, range, threshold, min_face, expressive),
        style=choice(Style, style),
        scale=scale,
        shadow=shadow,
        theme=theme,
        resting_face=resting_face,
        lookahead=lookahead,
        corrections=Corrections(tuple(persons.items()), tuple(only), tuple(leave)),
        preset=codec_preset,
        encoder=choice(Encoder, encoder),
        decoder=choice(Decoder, decoder),
    )
    with ExitStack() as stack:
        painter = stack.enter_context(Annotator(settings) if record is None else Redrawer(settings, Path(record)))
        writer = None if report is None else stack.enter_context(painter.report(Path(report), overwrite=overwrite))
        here = stack.enter_context(near(job, overwrite=overwrite))
        work = painter.photo if here.kind is Kind.PHOTO else painter.video
        return work(here.source, here.target, writer, overwrite=overwrite)


def analyze(
    picture_or_path: str | Path | npt.NDArray[np.uint8] | Image.Image,
    *,
    model: str = DEFAULTS.model,
    provider: str | Provider = DEFAULTS.provider,
    fast_math: bool = DEFAULTS.fast_math,
    range: str | Range = DEFAULTS.range,
    threshold: float = DEFAULTS.threshold,
    min_face: float = DEFAULTS.min_face,
    expressive: float = DEFAULTS.expressive,
) -> list[JudgedFace]:
    """Find the faces of a photo and read each one's emotion.

    Args:
        picture_or_path: A photo's path, BGR uint8 HxWx3, or an image of Pillow's.
        model: A model's name, or an ONNX file.
        provider: auto, cpu, cuda or tensorrt.
        fast_math: A GPU may round (TF32): quicker, and scores differ by up to 1e-3.
        range: near, auto or far.
        threshold: Least score of a face, 0-1.
        min_face: Least width of a face, px.
        expressive: How readily an expression is seen, 0-1; 0.5 is as the model decides.

    Returns:
        The faces, largest first, each with `box`, `score`, `roll`, `emotion`, `label` and `degree`.

    Raises:
        EmojicamError: One of the kinds that `emojicam.errors` lists.
    """
    frame = picture(picture_or_path)
    with Annotator(_looking(model, provider, fast_math, range, threshold, min_face, expressive)) as annotator:
        return list(annotator.judge(frame).faces)


def analyze_video(
    source: str | Path,
    *,
    model: str = DEFAULTS.model,
    provider: str | Provider = DEFAULTS.provider,
    fast_math: bool = DEFAULTS.fast_math,
    range: str | Range = DEFAULTS.range,
    threshold: float = DEFAULTS.threshold,
    min_face: float = DEFAULTS.min_face,
    expressive: float = DEFAULTS.expressive,
    resting_face: bool = DEFAULTS.resting_face,
) -> Generator[Judged]:
    """Read the emotions in a video (or a photo) frame by frame.

    Args:
        source: The video's path, or the photo's.
        model: A model's name, or an ONNX file.
        provider: auto, cpu, cuda or tensorrt.
        fast_math: A GPU may round (TF32): quicker, and scores differ by up to 1e-3.
        range: near, auto or far.
        threshold: Least score of a face, 0-1.
        min_face: Least width of a face, px.
        expressive: How readily an expression is seen, 0-1; 0.5 is as the model decides.
        resting_face: Read each person of a video against their own face at rest.

    Returns:
        An iterator over the frames with their faces, in order; closing it ends the work.

    Raises:
        EmojicamError: One of the kinds that `emojicam.errors` lists.
    """
    # At once: not when the first frame is asked for.
    looking = _looking(model, provider, fast_math, range, threshold, min_face, expressive)
    settings = replace(looking, resting_face=resting_face)

    def frames() -> Generator[Judged]:
        with Annotator(settings) as annotator:
            yield from annotator.stream(Path(source))

    return frames()


def draw(
    picture_or_path: str | Path | npt.NDArray[np.uint8] | Image.Image,
    faces: Iterable[JudgedFace],
    *,
    style: str | Style = DEFAULTS.style,
    theme: str = DEFAULTS.theme,
    scale: float = DEFAULTS.scale,
) -> npt.NDArray[np.uint8]:
    """Draw faces on a picture, as `analyze` gives them or as you have changed them.

    Args:
        picture_or_path: A photo's path, BGR uint8 HxWx3, or an image of Pillow's.
        faces: What to draw, the topmost first. `dataclasses.replace(face, shown="surprise")` gives a face another
            emotion, `style=Style.BADGE` another style than the rest, `alone=True` leaves it bare.
        style: cover, badge, label, blur, pixelate or solid.
        theme: A theme's name, or a folder of PNGs.
        scale: Factor of the size of what is drawn, 0.5 to 2.

    Returns:
        The picture with the faces drawn: BGR uint8 HxWx3, a copy.

    Raises:
        EmojicamError: One of the kinds that `emojicam.errors` lists.
    """
    frame = picture(picture_or_path)
    if not SCALE_LEAST <= scale <= SCALE_MOST:
        raise UsageError(f"scale {scale:g}: from {SCALE_LEAST:g} to {SCALE_MOST:g}")
    drawn = tuple(_drawable(face) for face in faces)
    shown = tuple(dict.fromkeys(face.label for face in drawn))
    for emotion in shown:
        refuse_unpictured(theme, emotion)
    draw_on = overlay(assets.theme_folder(theme), shown, choice(Style, style), scale=scale)
    return draw_on(Judged(frame, drawn)).pixels.copy()


def _drawable(face: JudgedFace) -> JudgedFace:
    """Check that a face can be drawn.

    Raises:
        UsageError: It is none, or its place is nowhere.
    """
    if not isinstance(face, JudgedFace):
        raise UsageError(f"a face is as `analyze` gives it, not {type(face).__name__}")
    values = (*face.box, face.roll)
    if not all(abs(value) <= FARTHEST for value in values) or min(face.box[2:]) <= 0:
        raise UsageError(f"no face can be drawn with the box {face.box} and the roll {face.roll}")
    return face


def _looking(
    model: str,
    provider: str | Provider,
    fast_math: bool,
    range: str | Range,
    threshold: float,
    min_face: float,
    expressive: float,
) -> Settings:
    return Settings(
        model=model,
        provider=choice(Provider, provider),
        fast_math=fast_math,
        range=choice(Range, range),
        threshold=threshold,
        min_face=min_face,
        expressive=expressive,
        quiet=True,
    )
