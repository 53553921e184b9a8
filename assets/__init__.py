"""Pictures that come with emojicam: the emoji themes, and a sample photo."""

from __future__ import annotations

import warnings
from importlib import resources
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from emojicam.errors import UsageError
from emojicam.meant import meant

DISC = 248 / 256
"""Diameter of our emoji's disc as a share of their width: what covers a face."""

MOST = 4096
"""Most px that an emoji may have along a side."""

DEGREES = 3
"""Most pictures that an emotion may have: from faint to strong."""

COARSE = 128
"""Px of an emoji's longer side, below which it looks coarse on a face in an HD video."""


def themes() -> tuple[str, ...]:
    """Names of the emoji themes that come with emojicam."""
    return tuple(sorted(folder.name for folder in _emojis().iterdir() if folder.is_dir()))


def theme_folder(theme: str) -> Path:
    """The folder of an emoji theme: one of ours by name, or the user's own by path.

    Raises:
        UsageError: It is neither.
    """
    if theme in themes():
        return _emojis() / theme
    if theme and Path(theme).is_dir():
        return Path(theme)
    raise UsageError(
        f"no theme is called {theme!r}, and no such folder; there are: {', '.join(themes())}{meant(theme, themes())}"
    )


def disc(folder: Path) -> float:
    """The diameter of the part of a theme's emoji that hides what is below, as a share of their width."""
    return 1.0 if is_own(folder) else DISC


def is_own(folder: Path) -> bool:
    """Whether a theme's folder is the user's, not one of ours."""
    return folder.parent != _emojis()


def emoji_files(folder: Path, emotion: str) -> tuple[Path, ...]:
    """The files that an emotion is drawn from, in a theme's folder: one for each degree, or one for all.

    Args:
        folder: With `EMOTION-1.png`, `EMOTION-2.png` and perhaps `EMOTION-3.png`, or `EMOTION.png`.
        emotion: A noun.

    Returns:
        Two or three, from faint to strong; or `EMOTION.png` alone, whether it is there or not.

    Raises:
        UsageError: There are pictures of some degrees, but not of all up to the strongest.
    """
    there = [path for path in (folder / f"{emotion}-{degree}.png" for degree in range(1, 10)) if path.exists()]
    series = [folder / f"{emotion}-{degree}.png" for degree in range(1, len(there) + 1)]
    if there and (there != series or not 2 <= len(there) <= DEGREES):
        found = ", ".join(path.name for path in there)
        raise UsageError(f"{folder}: has {found}; the degrees of an emotion are -1 and -2, or -1, -2 and -3")
    return tuple(there) or (folder / f"{emotion}.png",)


def emojis(theme: str, emotion: str) -> tuple[npt.NDArray[np.uint8], ...]:
    """Read all pictures of an emotion in a theme, those that faces are drawn with.

    Args:
        theme: A name, or a folder, as for `emoji_files`.
        emotion: A noun: happiness, sadness, …

    Returns:
        One to three, from faint to strong: uint8 HxWx4, RGBA, straight alpha.

    Raises:
        UsageError: The theme has no such picture, one can't be read, or a degree is missing.
    """
    return tuple(_read(path) for path in emoji_files(theme_folder(theme), emotion))


def emoji(theme: str, emotion: str) -> npt.NDArray[np.uint8]:
    """Read the one picture that stands for an emotion in a theme.

    Args:
        theme: A name, or a folder, as for `emoji_files`. Where there is no `EMOTION.png` it is the middle one of three
            degrees, the stronger one of two.
        emotion: A noun: happiness, sadness, …

    Returns:
        uint8 HxWx4, RGBA, straight alpha.

    Raises:
        UsageError: The theme has no such picture, or it can't be read.
    """
    folder = theme_folder(theme)
    plain = folder / f"{emotion}.png"
    if plain.exists():
        return _read(plain)
    files = emoji_files(folder, emotion)
    return _read(files[len(files) // 2])


def _read(path: Path) -> npt.NDArray[np.uint8]:
    """Read a picture.

    Raises:
        UsageError: It is not there, or not one that an emoji may be.
    """
    if path.exists() and not path.is_file():  # a pipe would be waited for
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
