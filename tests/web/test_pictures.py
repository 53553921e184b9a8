"""The small pictures of emoji, themes and styles: made when they are asked for, and then kept."""

from __future__ import annotations

import numpy as np
import pytest
from serving import Site, opened

from emojicam import assets
from emojicam.stream.choices import Style
from emojicam.web.pictures import FILLED, GROUND, ICON, MASKED, PREVIEW, app_icons, icon, pictures, preview

CLASSIC = assets.theme_folder("classic")


def test_there_is_one_of_each_emotion_and_of_each_style_and_a_second_time_it_is_there() -> None:
    listed = pictures({"classic": CLASSIC, "again": CLASSIC}, ("happiness", "fear"))
    assert len(listed) == 2 * (2 + len(Style))
    maker = listed["/emoji/1/fear.png"]
    assert maker() is maker()


def test_an_emoji_is_small_and_of_its_emotion() -> None:
    shown = {label: opened(icon(CLASSIC, label)) for label in ("happiness", "sadness")}
    assert all(max(picture.shape[:2]) == ICON for picture in shown.values())
    assert not np.array_equal(shown["happiness"], shown["sadness"])


def test_the_app_has_an_icon_that_may_be_cut_to_any_shape() -> None:
    listed = app_icons(CLASSIC, "happiness")
    full = opened(listed[MASKED]())
    assert full.shape == (512, 512, 3)
    at = np.arange(512) - 255.5
    outside = np.hypot(*np.meshgrid(at, at)) > 0.8 * 256  # what a system may cut away
    assert np.array_equal(np.unique(full[outside], axis=0), [GROUND[::-1]])
    assert (full[256] != GROUND[::-1]).any(axis=1).sum() == pytest.approx(FILLED * 512, abs=20)
    assert opened(listed["/static/icon-192.png"]()).shape == (192, 192, 3)


def test_each_style_is_shown_on_a_face_in_its_own_way() -> None:
    shown = {style: opened(preview(CLASSIC, ("happiness",), style)) for style in Style}
    assert all(picture.shape == (PREVIEW[1], PREVIEW[0], 3) for picture in shown.values())
    assert len({picture.tobytes() for picture in shown.values()}) == len(Style)
    middle = shown[Style.COVER][60:90, 80:110].reshape(-1, 3).mean(axis=0)
    assert middle[2] > middle[0] + 60  # an emoji's yellow


def test_without_happiness_the_first_emotion_is_shown() -> None:
    assert preview(CLASSIC, ("sadness", "fear"), Style.COVER) != preview(CLASSIC, ("fear",), Style.COVER)


@pytest.mark.parametrize("path", ["/emoji/0/happiness.png", "/preview/0/cover.png"])
def test_they_are_served(here: Site, path: str) -> None:
    with here.client() as client:
        answer = client.get(path)
        assert answer.headers["content-type"] == "image/png"
        assert opened(answer.content).size
        assert client.get(path.replace("0", "9")).status_code == 404
