"""A picture of whole themes: a row for each, with all their emoji and degrees."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from emojicam import assets
from emojicam.theme import Theme, pictures_of

CELL = 112
"""Px of the square for each emoji."""

EMOJI = 96
"""Px of an emoji."""

SMALL = 20
"""Px of the small copy beneath, which shows whether it can still be read."""

MARGIN = 24
HEAD = 44
"""Px above a row, for the theme's name."""

NAME = 24
"""Px beneath the small copy for its name: the emotion, and which degree of it."""

ROW = HEAD + CELL + SMALL + NAME + 12
GROUND, INK, FAINT = (250, 249, 246), (34, 30, 42), (112, 106, 122)


def sheet(themes: Sequence[Theme]) -> Image.Image:
    """Draw a sheet of themes.

    Returns:
        An RGB image with a row for each theme: its name, its emoji, and each once more as small as text, with what it
        stands for.

    Raises:
        UsageError: A picture can't be read.
    """
    rows = [(theme, pictures_of(theme.folder)) for theme in themes]
    wide = 2 * MARGIN + CELL * max(len(pictures) for _, pictures in rows)
    drawn = Image.new("RGB", (wide, 2 * MARGIN + ROW * len(rows)), GROUND)
    for number, (theme, pictures) in enumerate(rows):
        top = MARGIN + ROW * number
        _title(drawn, theme, top)
        for column, (name, path) in enumerate(pictures.items()):
            art = Image.fromarray(assets.picture(theme.folder, path))
            middle = MARGIN + CELL * column + CELL // 2
            _paste(drawn, art, EMOJI, (middle, top + HEAD + CELL // 2))
            _paste(drawn, art, SMALL, (middle, top + HEAD + CELL + SMALL // 2))
            _name(drawn, name.replace("-", " "), (middle, top + HEAD + CELL + SMALL + NAME - 6))
    return drawn


def _title(drawn: Image.Image, theme: Theme, top: int) -> None:
    draw = ImageDraw.Draw(drawn)
    font = ImageFont.load_default(size=24)
    draw.text((MARGIN + 8, top + 26), theme.name, font=font, fill=INK, anchor="ls")
    after = MARGIN + 8 + font.getlength(theme.name) + 14
    draw.text((after, top + 26), theme.about, font=ImageFont.load_default(size=17), fill=FAINT, anchor="ls")


def _name(drawn: Image.Image, name: str, below: tuple[int, int]) -> None:
    ImageDraw.Draw(drawn).text(below, name, font=ImageFont.load_default(size=14), fill=FAINT, anchor="ms")


def _paste(drawn: Image.Image, art: Image.Image, side: int, middle: tuple[int, int]) -> None:
    scale = side / max(art.size)
    size = (max(1, round(art.width * scale)), max(1, round(art.height * scale)))
    small = art.resize(size, Image.Resampling.BOX if scale < 0.5 else Image.Resampling.LANCZOS)
    drawn.paste(small, (middle[0] - size[0] // 2, middle[1] - size[1] // 2), small)
