"""Search spaces: ours, a user's own, and those that make no sense."""

from __future__ import annotations

from pathlib import Path

import pytest
from sweeps import SPACE

from emojicam.errors import InputError, UsageError
from emojicam.models import recipe, space
from emojicam.models.data.augment import Augment
from emojicam.models.space import Dimension, Value

PLAN = recipe.load("cnn3")


def read(text: str, folder: Path) -> space.Space:
    (folder / "own.toml").write_text(text)
    return space.load(str(folder / "own.toml"))


def last(dimension: Dimension) -> Value:
    return dimension.ends[-1]


@pytest.mark.parametrize("name", space.names())
def test_every_space_of_ours_fits_every_recipe(name: str) -> None:
    found = space.load(name)
    for given in recipe.names():
        found.check(recipe.load(given))
    parts = {d.name.removeprefix("augment.") for d in found.dimensions if d.name.startswith("augment.")}
    assert parts <= set(Augment.__dataclass_fields__)


def test_a_drawn_recipe_has_the_values_and_keeps_the_rest(tmp_path: Path) -> None:
    drawn = read(SPACE, tmp_path).draw(PLAN, last)
    assert (drawn.rate, drawn.optimiser, drawn.momentum, drawn.batch) == (1e-2, "sgd", 0.9, 64)
    assert drawn.augment == {**PLAN.augment, "roll": 10}
    assert (drawn.net, drawn.epochs, drawn.levels) == (PLAN.net, PLAN.epochs, PLAN.levels)


def test_whole_numbers_make_a_range_of_whole_numbers_and_others_of_all(tmp_path: Path) -> None:
    found = {d.name: d for d in read(SPACE + "[dropout]\nlow = 0\nhigh = 0.5\n", tmp_path).dimensions}
    assert found["batch"].whole
    assert found["augment.roll"].whole
    assert not found["dropout"].whole
    assert (found["rate"].log, found["batch"].log) == (True, False)


def test_a_field_is_searched_only_where_it_applies(tmp_path: Path) -> None:
    text = '[optimiser]\nvalues = ["sgd", "adam"]\n[momentum]\nvalues = [0.5, 0.9]\nwhen.optimiser = "sgd"\n'
    found = read(text + '[batch]\nvalues = [1, 2]\nwhen.net = ["mien"]\n', tmp_path)
    asked: list[str] = []

    def first(dimension: Dimension) -> Value:
        asked.append(dimension.name)
        return dimension.values[0]

    assert found.draw(PLAN, first).momentum == 0.5
    assert asked == ["optimiser", "momentum"]  # cnn3 is no mien
    assert found.draw(PLAN, last).momentum == PLAN.momentum
    asked.clear()
    found.draw(PLAN, first, lambda dimension, plan: dimension.name != "momentum")
    assert asked == ["optimiser"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "nothing in it is searched"),
        ("rate = 3", "rate: not a table"),
        ("rate = = 3", "not a search space"),
        ("[moon]\nvalues = [1, 2]", "moon: no field of a recipe; there are: .*rate"),
        ('[labels]\nvalues = ["a", "b"]', "labels: can't be searched"),
        ("[augment]\nroll = 3", "augment.roll: not a table"),
        ("augment = 3", "augment: not tables"),
        ("[rate]\nlow = 1", "rate: a range has low and high"),
        ("[rate]\nlow = 1\nhigh = 2\nvalues = [1, 2]", "rate: either values, or low and high"),
        ("[rate]\nlow = 2\nhigh = 1", "rate: low is 2, which is not below 1"),
        ("[rate]\nlow = 0\nhigh = 1\nlog = true", "rate: log is true or false, and true only where low is more than 0"),
        ("[rate]\nlow = nan\nhigh = 1", "rate: nan is not a whole number or a number"),
        ("[rate]\nlow = 1\nhigh = 2\nstep = 1", "rate: step: not values, low, high, log or when"),
        ("[rate]\nvalues = [1]", "rate: values is no list of two or more"),
        ('[rate]\nvalues = ["fast", "slow"]', "rate: 'fast' is not a whole number or a number"),
        ("[batch]\nlow = 1.5\nhigh = 3", "batch: 1.5 is not a whole number"),
        ("[augmented]\nvalues = [1, 0]", "augmented: 1 is not true or false"),
        ('[net]\nlow = "a"\nhigh = "b"', "net: has no range, only values"),
        ("[batch]\nvalues = [1, 2]\nwhen = 3", "batch: when is a table"),
        (
            '[momentum]\nvalues = [0, 1]\nwhen.optimiser = "sgd"\n[optimiser]\nvalues = ["sgd", "adam"]',
            "stands below it",
        ),
    ],
)
def test_a_space_that_makes_no_sense_is_refused_with_what_is_wrong(text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"own.toml: not a search space: .*{says}" if says[:3] != "not" else says):
        read(text, tmp_path)


def test_values_that_no_recipe_has_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"own.toml: optimiser is 'lion', none of adamw, adam, sgd"):
        read('[optimiser]\nvalues = ["adam", "lion"]', tmp_path).check(PLAN)
    with pytest.raises(InputError, match=r"share is 1\.5"):
        read("[share]\nlow = 0.5\nhigh = 1.5", tmp_path).check(PLAN)


def test_a_space_that_is_not_there_is_said_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no search space is called 'nope'; there are: .*default"):
        space.load("nope")
    with pytest.raises(UsageError, match=r"none\.toml: no such file"):
        space.load(str(tmp_path / "none.toml"))
