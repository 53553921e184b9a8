"""What all requests of one server share."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from making import judged_face
from serving import GOOD, Site

from emojicam.stream.choices import Style
from emojicam.stream.types import Frame, Judged
from emojicam.web.config import Config
from emojicam.web.shared import address, as_json, style_of


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("10.0.0.1", "10.0.0.2", False),
        ("fd00::1", "fd00::2", True),
        ("fd00::1", "fd00:0:0:0:ffff::2", True),
        ("fd00:0:0:1::1", "fd00:0:0:2::1", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("testclient", "testclient", True),
    ],
)
def test_an_ipv6_network_counts_as_one(one: str, other: str, same: bool) -> None:
    def of(host: str) -> str:
        connection: Any = SimpleNamespace(client=SimpleNamespace(host=host))
        return address(connection)

    assert (of(one) == of(other)) is same


def test_without_a_sender_there_is_no_address() -> None:
    connection: Any = SimpleNamespace(client=None)
    assert address(connection) == ""


@pytest.mark.parametrize("style", Style)
def test_a_style_is_found_by_its_word_alone(style: Style) -> None:
    assert style_of(style.value) is style
    assert style_of(style.name) is None
    assert style_of("") is None


def test_what_was_seen_is_told_in_numbers_that_json_knows() -> None:
    one = judged_face((10.04, 20.06, 30, 31.25), "fear", roll=-3.14159, confidence=0.9, track=7)
    frame = Frame(0, 0.0, np.zeros((48, 64, 3), np.uint8))
    told = as_json(Judged(frame, (one, replace(one, track=None, shown="neutral", unsure=True))))
    assert json.loads(json.dumps(told)) == told
    assert (told["width"], told["height"]) == (64, 48)
    first, second = told["faces"]
    assert (first["number"], second["number"]) == (1, 2)
    assert first["box"] == [10.0, 20.1, 30, 31.2]
    assert (first["track"], first["score"]) == (7, 0.9)
    assert first["roll"] == pytest.approx(-3.14, abs=0.05)
    assert (first["emotion"], first["confidence"], first["unsure"]) == ("fear", 0.9, False)
    assert list(first["scores"]) == list(one.emotion.labels)
    assert sum(first["scores"].values()) == pytest.approx(1, abs=0.001)
    assert (second["track"], second["emotion"], second["unsure"]) == (None, "neutral", True)
    assert second["confidence"] == second["scores"]["neutral"] == pytest.approx(0.1 / 7, abs=1e-4)


def test_the_first_theme_is_the_default(here: Site) -> None:
    with here.client() as client:
        themes = client.get("/api/health").json()["themes"]
    assert themes == list(Config().themes)
    assert here.send(GOOD).content == here.send(GOOD, theme=themes[0]).content
