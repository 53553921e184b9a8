"""The family `pixel`: faces on a grid of 24 x 24, whose edges stay crisp at any size."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot

from emojicam.assets.shapes import SIDE, numbered, picture

GRID = 24
"""Pixels along each side."""

REACH = 248 / 512 * GRID
"""The disc's radius in pixels. One that it touches belongs to the face, so that no pixel of a head is left bare."""

LEFT, TOP = 4, 5
"""Column and row of the grid at which the features begin that are written below."""

INKS = {"K": "#2a1430", "W": "#ffffff", "R": "#7a1733", "T": "#ff6f80", "D": "#d8455f", "B": "#3fb2ff", "b": "#c8ecff"}


@dataclass(frozen=True)
class Skin:
    """The tints of a face, as CSS colours; `blush` is that of P."""

    base: str
    light: str
    shade: str
    edge: str
    blush: str


YELLOW = Skin("#ffd23f", "#fff0a0", "#f3a51f", "#8a4b08", "#ff9a5a")
PALE = Skin("#ffe58a", "#fff7cf", "#eec04f", "#85550f", "#ffb98a")
BLUE = Skin("#7cc0f5", "#c9e8ff", "#4b92d8", "#1c4a86", "#7cc0f5")
RED = Skin("#ff6a4d", "#ffb199", "#d93a2c", "#7a1114", "#ff6a4d")
VIOLET = Skin("#a9a4f7", "#dcd9ff", "#7d74d6", "#38317f", "#a9a4f7")
ORANGE = Skin("#ffb15c", "#ffe0b5", "#ee8430", "#86400c", "#ff8a5a")
GREEN = Skin("#9ccf4a", "#dcf2a0", "#6ba534", "#2f5a18", "#9ccf4a")
MAUVE = Skin("#cfa0cf", "#f0dcf0", "#a472ab", "#552a60", "#cfa0cf")

RAISED = """
..KKK......KKK..
.K...K....K...K.
"""
WORRIED = """
....KK....KK....
...K........K...
.KK..........KK.
"""
EYES = """
..KKK......KKK..
..WKK......WKK..
..KKK......KKK..
..KKK......KKK..
"""
RINGS = """
..KKK......KKK..
.KWWWK....KWWWK.
.KWKWK....KWKWK.
.KWWWK....KWWWK.
..KKK......KKK..
"""
GLARE = """
..WKK......KKW..
..WKK......KKW..
"""

NEUTRAL = {
    1: "..KKK......KKK..",
    3: EYES,
    9: """
PP.KK......KK.PP
PP..KKKKKKKK..PP
""",
}
HAPPINESS = (
    {
        0: RAISED,
        3: EYES,
        8: """
PPK..........KPP
PPKK........KKPP
...KKK....KKK...
.....KKKKKK.....
""",
    },
    {
        0: RAISED,
        3: EYES,
        8: """
P.KKKKKKKKKKKK.P
P.KWWWWWWWWWWK.P
..KRRRRRRRRRRK..
...KRRTTTTRRK...
....KKTTTTKK....
......KKKK......
""",
    },
    {
        0: RAISED,
        3: """
..KKK......KKK..
.K...K....K...K.
.K...K....K...K.
""",
        7: """
KKKKKKKKKKKKKKKK
KWWWWWWWWWWWWWWK
KWWWWWWWWWWWWWWK
KRRRRRRRRRRRRRRK
.KRRRTTTTTTRRRK.
.KRRTTTTTTTTRRK.
..KKTTTTTTTTKK..
....KKKKKKKK....
""",
    },
)
SADNESS = (
    {
        0: WORRIED,
        4: EYES,
        11: """
....KKKKKKKK....
...KKK....KKK...
...K........K...
""",
    },
    {
        0: WORRIED,
        4: EYES,
        8: """
..bB........bB..
..BB..KKKK..BB..
..BB.KRRRRK.BB..
..BBKRRRRRRKBB..
..BBKRRTTRRKBB..
..BBKKKKKKKKBB..
..BB........BB..
""",
    },
)
ANGER = (
    {
        1: """
.KK..........KK.
..KKK......KKK..
....KK....KK....
""",
        4: GLARE,
        10: """
....KKKKKKKK....
...KKK....KKK...
...K........K...
""",
    },
    {
        0: """
KK............KK
KKKK........KKKK
..KKKK....KKKK..
....KKK..KKK....
""",
        4: GLARE,
        8: """
..KKKKKKKKKKKK..
.KWWKWWKKWWKWWK.
.KWWKWWKKWWKWWK.
.KKKKKKKKKKKKKK.
.KWWKWWKKWWKWWK.
..KKKKKKKKKKKK..
""",
    },
)
FEAR = (
    {
        -1: WORRIED,
        3: RINGS,
        11: """
...KK..KK..KK...
..K..KK..KK..K..
""",
    },
    {
        -1: WORRIED,
        3: RINGS,
        9: """
..KKKKKKKKKKKK..
.KWRWWRWWRWWRWK.
.KRRRRRRRRRRRRK.
.KRRRRRRRRRRRRK.
.KWRWWRWWRWWRWK.
..KKKKKKKKKKKK..
""",
    },
)
SURPRISE = (
    {
        -1: RAISED,
        3: EYES,
        10: """
......KKKK......
.....KRRRRK.....
.....KRRRRK.....
......KKKK......
""",
    },
    {
        -1: RAISED,
        2: RINGS,
        8: """
......KKKK......
.....KRRRRK.....
....KRRRRRRK....
....KRRRRRRK....
....KRTTTTRK....
.....KTTTTK.....
......KKKK......
""",
    },
)
DISGUST = {
    0: """
.KKKK......KKKK.
.....K....K.....
""",
    3: """
.KKK........KKK.
...KKK....KKK...
.KKK........KKK.
""",
    8: """
....KKKKKKKK....
..KKKRRRRRRKKK..
..KKTTTDDTTTKK..
..K.TTTDDTTT.K..
....TTTDDTTT....
....TTTTTTTT....
.....TTTTTT.....
""",
}
CONTEMPT = {
    -1: """
..........KKKK..
.........K....K.
.KKKKK..........
""",
    3: """
.KKKKK....KKKKK.
.WWKWW....WWKWW.
..WKW......WKW..
""",
    9: """
.............KK.
...........KKK..
..KKKKKKKKKK....
""",
}

Features = dict[int, str]
Cells = dict[tuple[int, int], str]


def drawings() -> dict[str, str]:
    """Draw the family: the text of each SVG by its name, `EMOTION` or `EMOTION-DEGREE`."""
    single = {
        "neutral": _face("Neutral", PALE, NEUTRAL),
        "disgust": _face("Disgust", GREEN, DISGUST),
        "contempt": _face("Contempt", MAUVE, CONTEMPT),
    }
    series = {
        "happiness": [_face("Happiness", YELLOW, features) for features in HAPPINESS],
        "sadness": [_face("Sadness", BLUE, features) for features in SADNESS],
        "anger": [_face("Anger", RED, features) for features in ANGER],
        "fear": [_face("Fear", VIOLET, features) for features in FEAR],
        "surprise": [_face("Surprise", ORANGE, features) for features in SURPRISE],
    }
    return single | numbered(series)


def _face(title: str, skin: Skin, features: Features) -> str:
    cells = _disc(skin) | _cells(features, {**INKS, "P": skin.blush})
    squares = "".join(_squares(cells, colour) for colour in sorted(set(cells.values())))
    return picture(title, f'<g transform="scale({SIDE / GRID:.9f})" shape-rendering="crispEdges">{squares}</g>')


def _disc(skin: Skin) -> Cells:
    """The face's own pixels by column and row, lit from the top left."""
    inside = {(x, y) for x in range(GRID) for y in range(GRID) if _nearest(x, y) < REACH}
    return {cell: _tint(cell, skin, inside) for cell in inside}


def _nearest(x: int, y: int) -> float:
    """The distance from the grid's middle to the nearest point of a pixel."""
    middle = GRID / 2
    return hypot(max(x - middle, middle - x - 1), max(y - middle, middle - y - 1))


def _tint(cell: tuple[int, int], skin: Skin, inside: set[tuple[int, int]]) -> str:
    x, y = cell
    if any(beside not in inside for beside in ((x - 1, y), (x + 1, y), (x, y - 1), (x, y + 1))):
        return skin.edge
    away = hypot(x - GRID * 0.4, y - GRID * 0.38)
    return skin.shade if away > GRID * 0.45 else skin.light if x + y < GRID * 0.42 else skin.base


def _cells(features: Features, inks: dict[str, str]) -> Cells:
    """The pixels that brows, eyes and mouth are made of."""
    cells: Cells = {}
    for first, rows in features.items():
        for down, row in enumerate(rows.split()):
            cells |= {(LEFT + x, TOP + first + down): inks[ink] for x, ink in enumerate(row) if ink != "."}
    return cells


def _squares(cells: Cells, colour: str) -> str:
    """One path with a bar for each run of pixels of a colour."""
    bars = []
    for x, y in sorted((cell for cell, tint in cells.items() if tint == colour), key=lambda cell: (cell[1], cell[0])):
        if cells.get((x - 1, y)) == colour:
            continue
        end = next(end for end in range(x, GRID + 1) if cells.get((end, y)) != colour)
        bars.append(f"M{x} {y}H{end}V{y + 1}H{x}Z")
    return f'<path fill="{colour}" d="{"".join(bars)}"/>'
