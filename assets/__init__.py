"""Pictures that come with emojicam: the emoji themes, and a sample photo."""

from __future__ import annotations

import warnings
from importlib import resources
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from emojicam.errors import UsageError

DISC = 248 / 256
"""Diameter of our emoji's disc as a share of their width: what covers a face."""

MOST_PIXELS = 4096 * 4096
"""Most pixels that one emoji may have."""


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
    raise UsageError(f"no theme is called {theme!r}, and no such folder; there are: {', '.join(themes())}")


def disc(folder: Path) -> float:
    """The diameter of the part of a theme's emoji that hides what is below, as a share of their width."""
    return DISC if folder.parent == _emojis() else 1.0


def emoji(theme: str, emotion: str) -> npt.NDArray[np.uint8]:
    """Read one emoji of a theme.

    Args:
        theme: A name, or a folder with `EMOTION.png` files.
        emotion: A noun: happiness, sadness, …

    Returns:
        uint8 HxWx4, RGBA, straight alpha.

    Raises:
        UsageError: The theme has no such picture, or it can't be read.
    """
    path = theme_folder(theme) / f"{emotion}.png"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the limit here is lower than Pillow's
            with Image.open(path, formats=("PNG",)) as image:
                if image.width * image.height <= MOST_PIXELS:
                    return np.asarray(image.convert("RGBA"))
    except Image.DecompressionBombError:
        pass  # even larger
    except FileNotFoundError as error:
        raise UsageError(
            f"{path}: no such emoji; a theme has one PNG for each emotion, such as happiness.png"
        ) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise UsageError(f"{path}: not a PNG that can be read") from error
    raise UsageError(f"{path}: has more than the 4096x4096 px that an emoji needs")


def sample_photo() -> Path:
    """The sample photo: NASA's portrait of Eileen Collins (public domain)."""
    return Path(str(resources.files("emojicam.assets"))) / "samples" / "astronaut.png"


def _emojis() -> Path:
    return Path(str(resources.files("emojicam.assets"))) / "emojis"
