"""Animated WebP and AVIF as a source of frames: of the one FFmpeg decodes nothing, of the other no transparency."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError

from emojicam.errors import InputError
from emojicam.stream.i420 import BT601, Pixels
from emojicam.stream.media.extent import extent_of
from emojicam.stream.media.playing import Playing, playing_of
from emojicam.stream.media.sources import BT601_TAGS, MOST_PIXELS, VideoInfo
from emojicam.stream.types import Format, Frame


class Animation:
    """The pictures of an animated WebP or AVIF file as I420, once each; where they are transparent, they become white.

    Odd sizes lose their last row or column.
    """

    live = False

    def __init__(self, path: Path) -> None:
        """Open the file and read its header.

        Raises:
            InputError: It isn't such a file, or it is too large.
        """
        try:
            self._image = Image.open(path, formats=["WEBP", "AVIF"])
            width, height = self._image.size
            frames = int(getattr(self._image, "n_frames", 1))
        except (OSError, ValueError, SyntaxError, UnidentifiedImageError, Image.DecompressionBombError) as error:
            raise InputError(f"{path}: neither a photo nor a video that can be read") from error
        if width * height > MOST_PIXELS:
            self._image.close()
            raise InputError(f"{path}: {width}x{height} px is more than 8K, the largest taken")
        self.path = path
        self._read = 0
        self.info = VideoInfo(
            sound=None,
            width=max(2, width & ~1),
            height=max(2, height & ~1),
            time_base=Fraction(1, 1000),
            rate=Fraction(25),
            frames=frames,
            sample_aspect=Fraction(1),
            colour=BT601,
            tags=BT601_TAGS,
            playing=playing_of(path) or Playing(),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._image.close()

    def again(self) -> Animation:
        """Open the same file once more."""
        return Animation(self.path)

    @property
    def whole(self) -> bool:
        """Whether nothing damaged has been read so far; what can't be read ends the file."""
        return True

    def __iter__(self) -> Iterator[Frame]:
        """Give each picture once, in order, with the times that the file says."""
        at = 0
        for index in range(self.info.frames or 0):
            try:
                self._image.seek(index)
                picture = self._image.convert("RGBA")
            except (OSError, ValueError, SyntaxError, EOFError):
                return
            yield Frame(index, at / 1000, self._i420(picture), Format.I420, self.info.colour)
            self._read += 1
            # Browsers show pictures of less than 11 ms for 100 ms.
            shown = int(self._image.info.get("duration", 100))
            at += shown if shown > 10 else 100

    @property
    def notes(self) -> list[str]:
        """Notes for the user about the file, once all pictures are read."""
        lost = (self.info.frames or 0) - self._read
        if lost:
            return [f"the last {lost} of {self.info.frames} pictures can't be read"]
        if self._image.format == "WEBP" and extent_of(self.path, "webp").broken:
            read = "picture was" if self._read == 1 else "pictures were"
            return [f"the file is damaged in its middle: {self._read} {read} read"]
        return []  # one that was cut off isn't read at all

    def _i420(self, picture: Image.Image) -> Pixels:
        size = self.info.width, self.info.height
        rgb = np.asarray(on_white(picture))[: size[1], : size[0]]
        if rgb.shape[:2] != size[::-1]:
            rgb = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_NEAREST))
        return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2YUV_I420), np.uint8)


def on_white(picture: Image.Image) -> Image.Image:
    """Lay a picture with transparency (RGBA) on white: RGB."""
    ground = Image.new("RGBA", picture.size, "white")
    ground.alpha_composite(picture)
    return ground.convert("RGB")
