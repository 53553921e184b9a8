"""The models, kept loaded for users of the Python API: for any number of pictures and videos, in several threads."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self, Unpack, overload

# First of all that is heavy, for who shows pictures in OpenCV's windows: see `emojicam.commands.live`.
import cv2  # noqa: F401

from emojicam import plan, wiring
from emojicam.afar import near
from emojicam.errors import UsageError
from emojicam.findings import Faces, VideoFaces
from emojicam.given import PictureLike, frame_of, is_several, refuse_other
from emojicam.options import Annotating, explained, path_from, settings_from
from emojicam.settings import choice
from emojicam.stream.choices import COLOUR_ORDER, ColourOrder
from emojicam.stream.media.container import Kind
from emojicam.stream.types import Judged
from emojicam.summary import Summary


class Annotator:
    """The models, loaded once: it does what the functions of `emojicam` do, without loading them each time.

    Use it in a `with`, or close it. Several threads may use it at once: each piece of work that is under way has models
    of its own, which are loaded when they are first needed (half a second and some 50 MB) and kept for the next.
    """

    @explained
    def __init__(self, **options: Unpack[Annotating]) -> None:
        """Load the models.

        Args:
            **options: As `Annotating` has them.

        Raises:
            EmojicamError: One of the kinds that `emojicam.errors` lists.
        """
        self._settings = settings_from(Annotating, options, "Annotator")
        self._free, self._loads = Lock(), Lock()
        self._closed = False
        self._idle = [self._load()]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Free the models; those that are at work are freed when they are done."""
        with self._free:
            self._closed, idle = True, self._idle
            self._idle = []
        for loaded in idle:
            loaded.__exit__(None, None, None)

    # A path is a sequence of words, too: the first of the two holds for it.
    @overload
    def analyze(self, picture: PictureLike, *, colour: str | ColourOrder = ...) -> Faces: ...  # type: ignore[overload-overlap]
    @overload
    def analyze(self, picture: Sequence[PictureLike], *, colour: str | ColourOrder = ...) -> list[Faces]: ...
    def analyze(
        self, picture: PictureLike | Sequence[PictureLike], *, colour: str | ColourOrder = COLOUR_ORDER.value
    ) -> Faces | list[Faces]:
        """Find the faces of a picture and read each one's emotion; of several pictures, in one batch.

        Args:
            picture: A photo's path or bytes, uint8 HxWx3, an image of Pillow's, or a list of them.
            colour: The order of arrays' colours, bgr or rgb.

        Returns:
            The faces, largest first; of a list of pictures a list of those.

        Raises:
            EmojicamError: One of the kinds that `emojicam.errors` lists.
        """
        pictures, order = pictures_from(picture, colour)
        with self._borrowed() as loaded:
            found = analyzed(loaded, pictures, order)
        return found if is_several(picture) else found[0]

    def analyze_video(self, source: str | os.PathLike[str]) -> VideoFaces:
        """Read the emotions in a video (or a photo) frame by frame.

        Args:
            source: The video's path, or the photo's.

        Returns:
            An iterator over the frames with their faces, in order; closing it ends the work.

        Raises:
            EmojicamError: One of the kinds that `emojicam.errors` lists.
        """
        path = path_from(source, "a video")
        return VideoFaces(self._frames(path), str(path))

    def annotate(
        self,
        source: str | os.PathLike[str],
        out: str | os.PathLike[str] | None = None,
        *,
        report: str | os.PathLike[str] | None = None,
        overwrite: bool = False,
    ) -> Summary:
        """Copy a photo or a video with an emoji on every face.

        Args:
            source: A photo (JPEG, PNG, WebP, HEIC, AVIF, TIFF, BMP, told by its content), or a video.
            out: A file or a folder; by default `NAME-emoji.SUFFIX` in the current folder.
            report: Where to record what was seen, .jsonl or .csv.
            overwrite: Replace what is there.

        Returns:
            What was seen.

        Raises:
            EmojicamError: One of the kinds that `emojicam.errors` lists.
        """
        job = job_from(source, out, overwrite=overwrite)
        with self._borrowed() as loaded:
            return annotated(loaded, job, report, overwrite=overwrite)

    @contextmanager
    def _borrowed(self) -> Iterator[wiring.Annotator]:
        """Have models that nobody else uses meanwhile.

        Raises:
            UsageError: It is closed.
        """
        loaded = self._taken()
        try:
            yield loaded
        finally:
            self._give_back(loaded)

    def _taken(self) -> wiring.Annotator:
        with self._free:
            if self._closed:
                raise UsageError("this Annotator is closed: make another, or use it inside its `with`")
            if self._idle:
                return self._idle.pop()
        return self._load()

    def _give_back(self, loaded: wiring.Annotator) -> None:
        with self._free:
            if not self._closed:
                self._idle.append(loaded)
                return
        loaded.__exit__(None, None, None)

    def _load(self) -> wiring.Annotator:
        with self._loads:
            return wiring.Annotator(self._settings)

    def _frames(self, path: Path) -> Generator[Judged]:
        with self._borrowed() as loaded:
            yield from loaded.stream(path)


def pictures_from(
    picture: PictureLike | Sequence[PictureLike], colour: str | ColourOrder
) -> tuple[Sequence[PictureLike], ColourOrder]:
    """Take one picture or a list of them, before anything is loaded.

    Raises:
        UsageError: One can be no picture; of a list the message says which.
    """
    order = choice(ColourOrder, colour)
    if not is_several(picture):
        refuse_other(picture, order)
        return [picture], order  # type: ignore[list-item]
    for number, one in enumerate(picture):
        try:
            refuse_other(one, order)
        except UsageError as error:
            raise UsageError(f"picture {number} of {len(picture)}: {error}") from error
    return list(picture), order


def job_from(source: str | os.PathLike[str], out: str | os.PathLike[str] | None, *, overwrite: bool) -> plan.Job:
    """Decide what is made of a file, and refuse what could do harm.

    Raises:
        EmojicamError: It is refused.
    """
    if out is not None:
        path_from(out, "out")
        out = os.fspath(out)  # a slash at its end, which a `Path` forgets, says that a folder is meant
    return plan.job(path_from(source, "source"), out, several=False, overwrite=overwrite)


def annotated(
    painter: wiring.Painter, job: plan.Job, report: str | os.PathLike[str] | None, *, overwrite: bool
) -> Summary:
    """Copy a photo or a video with emoji, and record what was seen.

    Raises:
        EmojicamError: It can't be read or written.
    """
    with ExitStack() as stack:
        made = None if report is None else painter.report(path_from(report, "report"), overwrite=overwrite)
        writer = None if made is None else stack.enter_context(made)
        here = stack.enter_context(near(job, overwrite=overwrite))
        work = painter.photo if here.kind is Kind.PHOTO else painter.video
        return work(here.source, here.target, writer, overwrite=overwrite)


def analyzed(loaded: wiring.Annotator, pictures: Sequence[PictureLike], order: ColourOrder) -> list[Faces]:
    """Find and read the faces of pictures that were taken, a batch at a time."""
    return [faces for some in _parts(pictures) for faces in _judged(loaded, some, order)]


def _parts(pictures: Sequence[PictureLike]) -> Iterator[Sequence[PictureLike]]:
    """Part pictures into batches: the pixels of one are held at once."""
    for start in range(0, len(pictures), wiring.GATHER):
        yield pictures[start : start + wiring.GATHER]


def _judged(loaded: wiring.Annotator, pictures: Sequence[PictureLike], order: ColourOrder) -> list[Faces]:
    found = loaded.judge_all([frame_of(picture, order) for picture in pictures])
    return [
        Faces(judged.faces, picture, (judged.frame.width, judged.frame.height), order)
        for picture, judged in zip(pictures, found, strict=True)
    ]
