"""The pictures of an evaluation."""

from __future__ import annotations

import io

import pytest
from evaluated import EIGHT, drawn
from PIL import Image

from emojicam.models import evaluate
from emojicam.models.history import History
from emojicam.models.reports import plots


@pytest.mark.parametrize(("channels", "size"), [(1, 48), (3, 224), (3, 20)])
def test_faces_may_be_grey_or_coloured_and_of_any_size(channels: int, size: int) -> None:
    scores, faces = drawn(EIGHT, 30, channels, size)
    faces.images[:] = 0
    faces.images[:, 0] = 255  # red, or white
    found = evaluate.worst_mistakes(scores, faces)
    with Image.open(io.BytesIO(plots.mistakes(faces.images, found))) as picture:
        middle = picture.convert("RGB").getpixel((100, 100))
    assert middle == ((255, 255, 255) if channels == 1 else (255, 0, 0))


def test_a_run_that_logged_no_validation_can_be_drawn() -> None:
    bare = History((1, 2), ({"epoch": 1}, {"epoch": 2}))
    assert bare.sets == {}
    assert plots.curves(bare)[:4] == b"\x89PNG"


@pytest.mark.parametrize(("share", "said"), [(0.5, "50 %"), (0.9964, "99.6 %"), (1.0, "100 %"), (0.994, "99 %")])
def test_certainty_is_not_feigned(share: float, said: str) -> None:
    assert plots.percent(share) == said
