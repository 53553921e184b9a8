"""Pictures that come with emojicam: the emoji themes, and a sample photo."""

from __future__ import annotations

import math
import os
import warnings
from importlib import resources
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from emojicam.assets.manifest import manifest
from emojicam.assets.vector import rasterize
from emojicam.errors import UsageError
from emojicam.meant import meant

FALLBACK = "classic"
"""The theme that draws what another lacks."""

DISC = 248 / 256
"""Diameter of its emoji's disc as a share of their width: what covers a face."""

FINE = 1024
"""Px of a side that art of large pixels is enlarged to at least, by a whole factor; smaller sizes are made of that."""

MOST = 4096
"""Most px that an emoji may have along a side."""

DEGREES = 3
"""Most pictures that an emotion may have: from faint to strong."""

COARSE = 128
"""Px of an emoji's longer side, below which it looks coarse on a face in an HD video."""


def themes() -> tuple[str, ...]:
    """Names of the emoji themes that come with emojicam, `classic` first."""
    names = [folder.name for folder in _emojis().iterdir() if folder.is_dir()]
    return tuple(sorted(names, key=lambda name: (name != FALLBACK, name)))


def theme_folder(theme: str) -> Path:
    """The folder of an emoji theme: one of ours by name, or the user's own by path.

    Raises:
        UsageError: It is neither.
    """
    if theme in themes():
        return _emojis() / theme
    if theme and os.path.isdir(theme):
        return Path(theme)
    raise UsageError(
        f"no theme is called {theme!r}, and no such folder; there are: {', '.join(themes())}{meant(theme, themes())}"
    )


def disc(folder: Path) -> float:
    """The diameter of the part of a theme's emoji that hides what is below, as a share of their width.

    Raises:
        UsageError: The theme's `theme.toml` is wrong.
    """
    return manifest(folder).disc


def is_own(folder: Path) -> bool:
    """Whether a theme's folder is the user's, not one of ours."""
    return folder.parent != _emojis()


def emoji_files(folder: Path, emotion: str) -> tuple[Path, ...]:
    """The files that an emotion is drawn from, in a theme's folder: one for each degree, or one for all.

    What is missing stands in another file: a degree in `EMOTION.png`, if that is there, all else in `classic`'s.

    Args:
        folder: With `EMOTION-1.png`, `EMOTION-2.png` and perhaps `EMOTION-3.png`, or `EMOTION.png`.
        emotion: A noun.

    Returns:
        Two or three, from faint to strong; or one alone, which may not be there if `classic` has none either.

    Raises:
        UsageError: There is a picture of a fourth degree.
    """
    there = {degree: path for degree in range(1, 10) if os.path.exists(path := folder / f"{emotion}-{degree}.png")}
    if there and max(there) > DEGREES:
        found = ", ".join(path.name for path in there.values())
        raise UsageError(f"{folder}: has {found}; the degrees of an emotion are -1 and -2, or -1, -2 and -3")
    plain = folder / f"{emotion}.png"
    fallback = _emojis() / FALLBACK
    if os.path.exists(plain) or folder == fallback:
        others: tuple[Path, ...] = (plain,)
    else:
        others = emoji_files(fallback, emotion)
        others = others if os.path.exists(others[0]) else (plain,)
    if not there:
        return others
    count = len(there) if [*there] in ([1, 2], [1, 2, 3]) else max(2, *there, len(others))
    return tuple(there.get(degree) or others[min(degree, len(others)) - 1] for degree in range(1, count + 1))


def emojis(theme: str, emotion: str) -> tuple[npt.NDArray[np.uint8], ...]:
    """Read all pictures of an emotion in a theme, those that faces are drawn with.

    Args:
        theme: A name, or a folder, as for `emoji_files`.
        emotion: A noun: happiness, sadness, …

    Returns:
        One to three, from faint to strong: uint8 HxWx4, RGBA, straight alpha.

    Raises:
        UsageError: Neither the theme nor `classic` has such a picture, one can't be read, or there are too many.
    """
    folder = theme_folder(theme)
    return tuple(picture(folder, path) for path in emoji_files(folder, emotion))


def emoji(theme: str, emotion: str) -> npt.NDArray[np.uint8]:
    """Read the one picture that stands for an emotion in a theme.

    Args:
        theme: A name, or a folder, as for `emoji_files`. Where there is no `EMOTION.png` it is the middle one of three
            degrees, the stronger one of two.
        emotion: A noun: happiness, sadness, …

    Returns:
        uint8 HxWx4, RGBA, straight alpha.

    Raises:
        UsageError: Neither the theme nor `classic` has such a picture, or it can't be read.
    """
    folder = theme_folder(theme)
    plain = folder / f"{emotion}.png"
    if os.path.exists(plain):
        return picture(folder, plain)
    files = emoji_files(folder, emotion)
    return picture(folder, files[len(files) // 2])


def picture(folder: Path, path: Path, size: int = 0) -> npt.NDArray[np.uint8]:
    """Read one picture for a theme, as large as it is or as it can be drawn.

    Args:
        folder: The theme's.
        path: One of `emoji_files`: the theme's own, or of `classic`, whose disc is made as large as the theme's then.
        size: Px that its longer side is to have if it can, at most `MOST`: from the SVG beside it, or where the art is
            of large pixels.

    Returns:
        uint8 HxWx4, RGBA, straight alpha.

    Raises:
        UsageError: It is not there, or not one that an emoji may be.
    """
    rgba, about = _read(path), manifest(path.parent)
    longest = max(rgba.shape[:2])
    if size > longest and (drawn := _drawn(path.with_suffix(".svg"), min(size, MOST))) is not None:
        rgba = drawn
    elif about.nearest:
        times = math.ceil(min(max(size, FINE), MOST) / longest)
        rgba = rgba.repeat(times, 0).repeat(times, 1)
    return rgba if path.parent == folder else _refitted(rgba, about.disc / disc(folder))


def _drawn(svg: Path, size: int) -> npt.NDArray[np.uint8] | None:
    """Render the drawing beside a picture; one that is not there, or is none, is passed over."""
    try:
        return np.asarray(rasterize(svg, size)) if os.path.isfile(svg) else None
    except (OSError, ValueError):
        return None


def _refitted(rgba: npt.NDArray[np.uint8], share: float) -> npt.NDArray[np.uint8]:
    """Cut a picture's border off, or add a clear one, until its side has this share of what it had."""
    side = len(rgba)
    border = round((share - 1) * side / 2)
    box = (-border, -border, side + border, side + border)
    return np.asarray(Image.fromarray(rgba).crop(box))


def _read(path: Path) -> npt.NDArray[np.uint8]:
    """Read a picture.

    Raises:
        UsageError: It is not there, or not one that an emoji may be.
    """
    if os.path.exists(path) and not os.path.isfile(path):  # a pipe would be waited for
        raise UsageError(f"{path}: not a PNG that can be read")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the limit here is lower than Pillow's
            with Image.open(path, formats=("PNG",)) as image:
                moves = getattr(image, "is_animated", False)
                if not moves and max(image.size) <= MOST:
                    return _rgba(image)
    except Image.DecompressionBombError:
        moves = False  # even larger
    except FileNotFoundError as error:
        raise UsageError(
            f"{path}: no such emoji; a theme has one PNG for each emotion, such as happiness.png"
        ) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise UsageError(f"{path}: not a PNG that can be read") from error
    if moves:
        raise UsageError(f"{path}: moves; an emoji is a still picture")
    raise UsageError(f"{path}: has more than the {MOST}x{MOST} px that an emoji needs")


def _rgba(image: Image.Image) -> npt.NDArray[np.uint8]:
    if image.mode.startswith("I"):  # Pillow cuts 16-bit grey off at 255 instead of scaling it
        image = Image.fromarray((np.asarray(image).clip(0, 65535) // 256).astype(np.uint8))
    return np.asarray(image.convert("RGBA"))


def sample_photo() -> Path:
    """The sample photo: NASA's portrait of Eileen Collins (public domain)."""
    return Path(str(resources.files("emojicam.assets"))) / "samples" / "astronaut.png"


def _emojis() -> Path:
    return Path(str(resources.files("emojicam.assets"))) / "emojis"
