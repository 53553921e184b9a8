"""Drawing for all visitors: each in their own theme and style, one at a time with each overlay."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from making import judged_face
from PIL import Image

from emojicam import assets
from emojicam.errors import UsageError
from emojicam.stream.choices import Style
from emojicam.stream.types import Frame, Judged
from emojicam.web.overlays import Overlays

LABELS = ("happiness", "fear")
COLOURS = {"red": (200, 0, 0), "blue": (0, 0, 200)}
"""RGB."""


@pytest.fixture
def themes(tmp_path: Path) -> dict[str, Path]:
    """Two, each of one colour."""
    for name, colour in COLOURS.items():
        (tmp_path / name).mkdir()
        for label in LABELS:
            Image.new("RGBA", (64, 64), (*colour, 255)).save(tmp_path / name / f"{label}.png")
    return {name: tmp_path / name for name in COLOURS}


def judged(side: float = 60, label: str = "happiness") -> Judged:
    frame = Frame(0, 0.0, np.full((240, 320, 3), 90, np.uint8))
    return Judged(frame, (judged_face((160 - side / 2, 120 - side / 2, side, side), label),))


@pytest.mark.parametrize("name", COLOURS)
def test_each_theme_is_drawn_in_its_own_pictures(themes: dict[str, Path], name: str) -> None:
    before = judged()
    drawn = Overlays(themes, LABELS)(before, name, Style.COVER)
    assert tuple(drawn.pixels[120, 160, ::-1]) == COLOURS[name]
    assert (before.frame.pixels == 90).all()
    assert drawn.judged is before


def test_each_style_is_drawn_in_its_own_way(themes: dict[str, Path]) -> None:
    overlays = Overlays(themes, LABELS)
    noise = np.random.default_rng(1).integers(80, 100, (240, 320, 3), np.uint8)
    before = Judged(Frame(0, 0.0, noise), judged().faces)
    pictures = {style: overlays(before, "red", style).pixels for style in Style}
    assert len({picture.tobytes() for picture in pictures.values()}) == len(Style)
    assert (pictures[Style.BADGE][120, 160] == noise[120, 160]).all()


def test_all_is_drawn_as_large_and_with_such_a_shadow_as_the_server_says(themes: dict[str, Path]) -> None:
    def touched(overlays: Overlays, *, shadow: bool = True) -> int:
        return int((overlays(judged(), "red", Style.COVER, shadow=shadow).pixels != 90).any(axis=2).sum())

    usual, plain = Overlays(themes, LABELS), Overlays(themes, LABELS, shadow=False)
    assert touched(Overlays(themes, LABELS, scale=0.5)) < touched(plain) < touched(usual)
    assert touched(plain) == touched(usual, shadow=False)


def test_many_may_draw_at_once(themes: dict[str, Path]) -> None:
    overlays = Overlays(themes, LABELS)
    wishes = [(name, 20 + 4 * number) for number in range(20) for name in COLOURS] * 2
    alone = [overlays(judged(side), name, Style.COVER).pixels for name, side in wishes]
    fresh = Overlays(themes, LABELS)
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(lambda wish: fresh(judged(wish[1]), wish[0], Style.COVER).pixels, wishes))
    assert all(np.array_equal(one, other) for one, other in zip(alone, together, strict=True))


def test_a_theme_with_a_broken_picture_is_refused_at_the_start(themes: dict[str, Path]) -> None:
    (themes["blue"] / "fear.png").write_bytes(b"none")
    with pytest.raises(UsageError, match="fear"):
        Overlays(themes, LABELS)


def test_for_what_a_theme_lacks_classic_stands_in(themes: dict[str, Path]) -> None:
    (themes["blue"] / "fear.png").unlink()
    overlays = Overlays({**themes, "classic": assets.theme_folder("classic")}, LABELS)
    afraid = judged(label="fear")
    blue, classic = (overlays(afraid, name, Style.BADGE).pixels.astype(int) for name in ("blue", "classic"))
    assert np.abs(blue - classic).mean() < 2


def test_our_own_emoji_are_drawn_as_on_the_command_line() -> None:
    classic = assets.theme_folder("classic")
    drawn = Overlays({"classic": classic}, LABELS)(judged(), "classic", Style.COVER)
    blue, green, red = drawn.pixels[110:130, 150:170].reshape(-1, 3).mean(axis=0)
    assert red > blue + 60
    assert green > blue + 60


def test_a_visitor_sees_degrees_too(themes: dict[str, Path]) -> None:
    for degree, level in ((1, 60), (2, 120)):
        Image.new("RGBA", (64, 64), (0, level, 0, 255)).save(themes["red"] / f"fear-{degree}.png")
    overlays = Overlays(themes, LABELS)
    before = judged(label="fear")
    for drawn, level in ((0.6, 60), (0.95, 120)):
        face = replace(before.faces[0], drawn=drawn)
        shown = overlays(replace(before, faces=(face,)), "red", Style.COVER).pixels
        assert shown[120, 160].tolist() == [0, level, 0]
