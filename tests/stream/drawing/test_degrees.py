from __future__ import annotations

import pytest

from emojicam.stream.drawing.degrees import STEPS, picture


@pytest.mark.parametrize(
    ("pictures", "shares", "chosen"),
    [
        (1, [0.0, 0.5, 0.8, 1.0], [0, 0, 0, 0]),
        (2, [0.0, 0.5, 0.89, 0.9, 0.97, 1.0], [0, 0, 0, 1, 1, 1]),
        (3, [0.0, 0.55, 0.74, 0.75, 0.8, 0.94, 0.95, 0.97, 1.0], [0, 0, 0, 1, 1, 1, 2, 2, 2]),
    ],
)
def test_the_stronger_the_degree_the_later_the_picture(pictures: int, shares: list[float], chosen: list[int]) -> None:
    assert [picture(share, pictures) for share in shares] == chosen


@pytest.mark.parametrize("pictures", STEPS)
def test_every_picture_is_the_one_of_some_decided_degree(pictures: int) -> None:
    assert {picture(0.5 + step / 100, pictures) for step in range(51)} == set(range(pictures))
