"""The film of how a net learns: after each epoch what it says of a few faces and where it looks, as an mp4."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import av.video.reformatter
import av.video.stream
import cv2
import numpy as np
import numpy.typing as npt

from emojicam.errors import MissingExtra, OutputError, UsageError
from emojicam.export.explain import attention
from emojicam.export.explain_plot import Explained
from emojicam.export.film_frame import HEIGHT, MOST, WIDTH, Watched, film_frame
from emojicam.files import refuse_existing, writing
from emojicam.models import evaluate
from emojicam.models.checkpoint import Checkpoint
from emojicam.models.data.faces import Faces
from emojicam.models.history import read_history
from emojicam.models.inputs import Normalised
from emojicam.models.reports.figure import need_matplotlib

RATE = 2
"""Pictures a second, one an epoch."""

LAST = 3
"""Seconds that the last picture is shown."""

SHARE = 0.05
"""Share of the time that may go into writing the film anew while the training goes on."""

BT709 = 1
"""FFmpeg's number for the colours of HD video, in each of its lists."""


class Film:
    """The film of one training run, which is whole whenever somebody looks.

    After each epoch its picture is kept in a folder of the run. From these the film is written anew, at once if that is
    quickly done, and when the `with` ends, however that may be. So a run that was interrupted leaves a film, and one
    that goes on later has all of it.
    """

    def __init__(self, path: Path, run: Path) -> None:
        """Make the film of a run.

        Args:
            path: Where it goes; what is there is replaced.
            run: Folder of the run, with its `metrics.jsonl`.
        """
        self.path, self._run, self._folder = path, run, run / "film"
        self._chosen: npt.NDArray[np.int64] | None = None
        self._written, self._took, self._stale = -1e9, 0.0, False

    @staticmethod
    def refuse(path: Path, *, overwrite: bool) -> None:
        """Refuse a film that can't be made, before any work.

        Raises:
            UsageError: It isn't called .mp4.
            OutputError: It can't be written there, or something is there already.
            MissingExtra: captum or matplotlib is not installed.
        """
        if path.suffix.lower() != ".mp4":
            raise UsageError(f"--film {path}: a film's name ends in .mp4")
        refuse_existing(path, overwrite)
        need_matplotlib()
        try:
            import captum  # noqa: F401
        except ImportError as error:
            raise MissingExtra("captum", "train") from error

    def __enter__(self) -> Self:
        return self

    def __call__(self, checkpoint: Checkpoint, faces: Faces, row: dict[str, object]) -> None:
        """Add the picture of an epoch that has just ended; its line is in `metrics.jsonl`.

        Args:
            checkpoint: The net as it is.
            faces: The validation's, each with a majority label; the same at each call.
            row: The epoch's line.

        Raises:
            OutputError: It can't be written.
        """
        epoch = int(str(row["epoch"]))
        if self._chosen is None:
            self._chosen = chosen(faces)
            for later in self._pictures(epoch):  # of a run that was begun anew, or went on from before
                later.unlink()
        few = faces.take(self._chosen)
        title = f"{checkpoint.card.recipe or checkpoint.card.net} learns"
        picture = film_frame(watched(checkpoint, few), read_history(self._run / "metrics.jsonl"), title)
        with writing(self._folder / f"{epoch:06}.jpg") as part:
            part.write_bytes(cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes())
        self._stale = True
        if self._took < SHARE * (time.monotonic() - self._written):
            self._write()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        try:
            if self._stale or (kind is None and self._pictures()):
                self._write()
        except OutputError:
            if kind is None:
                raise
        if kind is None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _pictures(self, first: int = 0) -> list[Path]:
        """The pictures of the epochs from one on, in their order."""
        found = sorted(path for path in self._folder.glob("*.jpg") if path.stem.isdecimal())
        return [path for path in found if int(path.stem) >= first]

    def _write(self) -> None:
        began = time.monotonic()
        with writing(self.path) as part:
            encode(self._pictures(), part)
        self._written = time.monotonic()
        self._took, self._stale = self._written - began, False


def chosen(faces: Faces, most: int = MOST) -> npt.NDArray[np.int64]:
    """Choose faces to watch: one of each class, then a second one of each, and so on, in the order of the labels.

    Of a class those come first on whose label people agree the most, and among these the first in the data.

    Args:
        faces: Faces with majority labels.
        most: How many at most.

    Returns:
        int64 M, their numbers.
    """
    agreed = faces.answers[0].targets[np.arange(len(faces)), faces.majority]
    order = np.argsort(-agreed, kind="stable")
    classes = [order[faces.majority[order] == label][:most] for label in range(len(faces.labels))]
    turns = [(turn, label, int(at)) for label, found in enumerate(classes) for turn, at in enumerate(found)]
    first = sorted(turns)[:most]
    return np.array([at for _, _, at in sorted(first, key=lambda one: (one[1], one[0]))], np.int64)


def watched(checkpoint: Checkpoint, faces: Faces) -> list[Watched]:
    """Ask a net about faces: what it says, and where the evidence lies for what it holds to be the likeliest."""
    card, images = checkpoint.card, np.ascontiguousarray(faces.images[:])
    p = np.exp(evaluate.answers_of(checkpoint.net, card, images).decided)
    net = Normalised(checkpoint.net, card).eval()
    device = next(checkpoint.net.parameters()).device
    heats = attention(net.to(device), images, p.argmax(1).astype(np.int64))
    return [
        Watched(
            Explained(
                image[0] if len(image) == 1 else np.ascontiguousarray(image.transpose(1, 2, 0)),
                card.labels,
                tuple(float(share) for share in row),
                (heat,),
            ),
            int(truth),
        )
        for image, row, heat, truth in zip(images, p, heats, faces.majority, strict=True)
    ]


def encode(pictures: Sequence[Path], path: Path) -> None:
    """Write pictures as an mp4 (H.264), each for half a second and the last one for three.

    Args:
        pictures: JPEGs of 1280x720 px, at least one.
        path: Where to write it.

    Raises:
        OutputError: It can't be written, or a picture is damaged.
    """
    try:
        with av.open(f"file:{path}", "w", format="mp4", options={"movflags": "+faststart"}) as container:
            stream = container.add_stream("libx264", rate=RATE)
            assert isinstance(stream, av.video.stream.VideoStream)
            stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
            coding = stream.codec_context
            coding.colorspace = coding.color_primaries = coding.color_trc = coding.color_range = BT709
            coding.gop_size = 10
            coding.options = {"preset": "veryfast", "crf": "18"}
            shown = [*pictures, *[pictures[-1]] * (LAST * RATE - 1)]
            for number, name in enumerate(shown):
                if not number or name != shown[number - 1]:
                    picture = cv2.imread(str(name))
                    if picture is None or picture.shape != (HEIGHT, WIDTH, 3):
                        raise OutputError(f"{name}: not a picture of this film; without it the film can be made")
                    frame = av.VideoFrame.from_ndarray(np.asarray(picture, np.uint8), format="bgr24").reformat(
                        format="yuv420p", dst_colorspace=av.video.reformatter.Colorspace.ITU709
                    )
                frame.pts, frame.time_base = number, Fraction(1, RATE)
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    except av.error.FFmpegError as error:
        raise OutputError(f"{path}: can't be written: {error.strerror or error}") from error
