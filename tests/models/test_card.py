from __future__ import annotations

import json
from dataclasses import replace

import pytest

from emojicam.models.card import EMOTIONS, Card, Crop

CARD = Card("mien", EMOTIONS, mean=(129.0,), std=(65.0,), temperature=1.2, metrics={"test_accuracy": 0.85}, seed=3)


def test_a_card_survives_its_way_through_json() -> None:
    assert Card.from_json(CARD.to_json()) == CARD


def test_a_newer_cards_unknown_fields_are_skipped() -> None:
    values = json.loads(CARD.to_json()) | {"colour_of_the_box": "green"}
    assert Card.from_json(json.dumps(values)) == CARD


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "{}", '{"crop": 3}', "null", "[" * 100_000),
        '{"crop": {"size": 1e999, "left_eye": [1, 2], "right_eye": [9, 2]}}',
    ],
)
def test_what_is_no_card_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a model card"):
        Card.from_json(text)


@pytest.mark.parametrize(
    "wrong", [{"labels": "ab"}, {"crop": {"size": 48, "left_eye": [1, 2, 3], "right_eye": [9, 2]}}]
)
def test_a_card_with_a_part_of_another_kind_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="not a model card"):
        Card.from_json(json.dumps(json.loads(CARD.to_json()) | wrong))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("net", 5), ("net", None), ("net", "\ud800"), ("labels", [1, 2]), ("labels", {"a": 1, "b": 2})),
        *(("channels", "1"), ("channels", True), ("channels", 1.0), ("crop", 3), ("crop", {}), ("crop", None)),
        *(("mean", 0), ("mean", ["a"]), ("mean", [10**400]), ("std", None), ("affect", "no"), ("affect", 1)),
        *(("temperature", "1"), ("temperature", True), ("temperature", 10**400), ("data", ["x"]), ("seed", 1.5)),
        *(("metrics", [1]), ("metrics", None), ("metrics", {"accuracy": "x"}), ("metrics", {"accuracy": 10**400})),
        ("crop", {"size": 48.5, "left_eye": [1, 2], "right_eye": [9, 2]}),
        ("crop", {"size": "48", "left_eye": [1, 2], "right_eye": [9, 2]}),
        ("crop", {"size": 48, "left_eye": [1, "2"], "right_eye": [9, 2]}),
    ],
)
def test_each_field_has_its_kind(field: str, value: object) -> None:
    with pytest.raises(ValueError, match="not a model card: ") as caught:
        Card.from_json(json.dumps(json.loads(CARD.to_json()) | {field: value}))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("field", ["net", "labels", "crop", "mean", "std"])
def test_a_field_that_is_needed_is_named(field: str) -> None:
    values = json.loads(CARD.to_json())
    del values[field]
    with pytest.raises(ValueError, match=f"not a model card: it lacks '{field}'"):
        Card.from_json(json.dumps(values))


@pytest.mark.parametrize(
    "wrong",
    [
        {"labels": ("one",)},
        {"labels": ("a", "a")},
        {"channels": 2},
        {"mean": (1.0, 2.0)},
        {"std": (0.0,)},
        {"temperature": 0.0},
        {"temperature": float("inf")},
        {"temperature": float("nan")},
        {"temperature": 1e300},
        {"mean": (float("nan"),)},
        {"mean": (1e300,)},
        {"std": (1e-300,)},
        {"labels": ("happiness", "/home/me/private")},
        {"labels": ("happiness", "../private")},
        {"labels": ("happiness", "\x1b[2J")},
        {"labels": ("happiness", "")},
    ],
)
def test_a_card_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"not|but mean"):
        replace(CARD, **wrong)  # type: ignore[arg-type]


def test_a_crop_keeps_its_framing_at_another_size() -> None:
    crop = Crop().at(96)
    assert crop.left_eye == pytest.approx((30.0, 36.8))
    assert crop.at(48) == Crop()


def test_labels_may_be_words_of_any_language() -> None:
    assert (
        replace(CARD, labels=("Freude", "ärgerlich", "surprise d'été", "poker-face", "平静")).labels[1] == "ärgerlich"
    )


@pytest.mark.parametrize("place", [float("nan"), float("inf"), 1e300])
def test_eyes_have_a_place(place: float) -> None:
    with pytest.raises(ValueError, match="not left and right"):
        Crop(48, (15, 18), (place, 18))


def test_a_crop_needs_a_left_and_a_right_eye() -> None:
    with pytest.raises(ValueError, match="not left and right"):
        Crop(48, (30, 20), (20, 20))
