"""The Python API's four functions; each loads what it needs, and takes the options that `emojicam.options` tells of."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Sequence
from typing import Unpack, overload

from emojicam.annotator import analyzed, annotated, job_from, pictures_from
from emojicam.findings import Faces, VideoFaces
from emojicam.given import PictureLike, frame_of, is_several
from emojicam.options import Annotating, Drawing, Looking, Watching, explained, path_from, settings_from
from emojicam.painting import Picture, painted
from emojicam.redraw import Redrawer
from emojicam.settings import choice
from emojicam.stream.choices import COLOUR_ORDER, ColourOrder
from emojicam.stream.types import Judged, JudgedFace
from emojicam.summary import Summary
from emojicam.wiring import Annotator


@explained
def annotate(
    source: str | os.PathLike[str],
    out: str | os.PathLike[str] | None = None,
    *,
    report: str | os.PathLike[str] | None = None,
    record: str | os.PathLike[str] | None = None,
    overwrite: bool = False,
    **options: Unpack[Annotating],
) -> Summary:
    """Copy a photo or a video with an emoji on every face.

    Args:
        source: A photo (JPEG, PNG, WebP, HEIC, AVIF, TIFF, BMP, told by its content), or a video.
        out: A file or a folder; by default `NAME-emoji.SUFFIX` in the current folder.
        report: Where to record what was seen, .jsonl or .csv.
        record: A record (.jsonl) to draw, instead of looking again.
        overwrite: Replace what is there.
        **options: As `Annotating` has them.

    Returns:
        What was seen.

    Raises:
        EmojicamError: One of the kinds that `emojicam.errors` lists.
    """
    settings = settings_from(Annotating, options, "annotate")
    job = job_from(source, out, overwrite=overwrite)
    with Annotator(settings) if record is None else Redrawer(settings, path_from(record, "record")) as painter:
        return annotated(painter, job, report, overwrite=overwrite)


# A path is a sequence of words, too: the first of the two holds for it.
@overload
def analyze(picture: PictureLike, *, colour: str | ColourOrder = ..., **options: Unpack[Looking]) -> Faces: ...  # type: ignore[overload-overlap]
@overload
def analyze(
    picture: Sequence[PictureLike], *, colour: str | ColourOrder = ..., **options: Unpack[Looking]
) -> list[Faces]: ...
@explained
def analyze(
    picture: PictureLike | Sequence[PictureLike],
    *,
    colour: str | ColourOrder = COLOUR_ORDER.value,
    **options: Unpack[Looking],
) -> Faces | list[Faces]:
    """Find the faces of a picture and read each one's emotion; of several pictures, in one batch.

    Args:
        picture: A photo's path or bytes, uint8 HxWx3, an image of Pillow's, or a list of them.
        colour: The order of arrays' colours, bgr or rgb.
        **options: As `Looking` has them.

    Returns:
        The faces, largest first, each with `box`, `score`, `roll`, `emotion`, `label` and `degree`; of a list of
        pictures a list of those.

    Raises:
        EmojicamError: One of the kinds that `emojicam.errors` lists.
    """
    settings = settings_from(Looking, options, "analyze")
    pictures, order = pictures_from(picture, colour)  # what is refused is refused before the models are loaded
    with Annotator(settings) as loaded:
        found = analyzed(loaded, pictures, order)
    return found if is_several(picture) else found[0]


@explained
def analyze_video(source: str | os.PathLike[str], **options: Unpack[Watching]) -> VideoFaces:
    """Read the emotions in a video (or a photo) frame by frame.

    Args:
        source: The video's path, or the photo's.
        **options: As `Watching` has them.

    Returns:
        An iterator over the frames with their faces, in order; closing it ends the work.

    Raises:
        EmojicamError: One of the kinds that `emojicam.errors` lists.
    """
    # At once: not when the first frame is asked for.
    settings = settings_from(Watching, options, "analyze_video")
    path = path_from(source, "a video")

    def frames() -> Generator[Judged]:
        with Annotator(settings) as loaded:
            yield from loaded.stream(path)

    return VideoFaces(frames(), str(path))


@explained
def draw(
    picture: PictureLike,
    faces: Iterable[JudgedFace],
    *,
    colour: str | ColourOrder = COLOUR_ORDER.value,
    **options: Unpack[Drawing],
) -> Picture:
    """Draw faces on a picture, as `analyze` gives them or as you have changed them.

    Args:
        picture: A photo's path or bytes, uint8 HxWx3, or an image of Pillow's.
        faces: What to draw, the topmost first. `dataclasses.replace(face, shown="surprise")` gives a face another
            emotion, `style=Style.BADGE` another style than the rest, `alone=True` leaves it bare.
        colour: The order of the colours, bgr or rgb: of an array that is given, and of what is returned.
        **options: As `Drawing` has them.

    Returns:
        The picture with the faces drawn: uint8 HxWx3, a copy.

    Raises:
        EmojicamError: One of the kinds that `emojicam.errors` lists.
    """
    settings, order = settings_from(Drawing, options, "draw"), choice(ColourOrder, colour)
    return painted(frame_of(picture, order), faces, settings, order)
