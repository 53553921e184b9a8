"""Recipes: ours, a user's own, and those that make no sense."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from emojicam.errors import InputError, UsageError
from emojicam.models import recipe, registry
from emojicam.models.data import sets


def test_unknown_recipes_and_data_are_refused_with_the_names_there_are(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no recipe is called 'nope'; there are: .*mien"):
        recipe.load("nope")
    with pytest.raises(UsageError, match="no data format is called 'nope'; there are: ferplus"):
        sets.read("nope", tmp_path, size=48, channels=1, cache=tmp_path)
    with pytest.raises(UsageError, match="no such folder"):
        sets.read("ferplus", tmp_path / "nowhere", size=48, channels=1, cache=tmp_path)
    (tmp_path / "own.toml").write_text("net = 3 = 4")
    with pytest.raises(InputError, match="not a recipe"):
        recipe.load(str(tmp_path / "own.toml"))


@pytest.mark.parametrize("name", recipe.names())
def test_every_recipe_of_ours_names_a_net_and_data_that_there_are(name: str) -> None:
    plan = recipe.load(name)
    assert plan.name == name
    assert plan.net in registry.names()
    assert plan.data in sets.READERS
    assert plan.epochs >= 1


def test_a_recipe_of_the_users_own_is_called_by_its_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        'net = "cnn3"\ndata = "rafdb"\nepochs = 7\nkeep = ["happiness", "anger"]\n[augment]\nmirror = 0.5\n'
    )
    plan = recipe.load(str(path))
    assert (plan.name, plan.net, plan.data, plan.epochs) == ("mine", "cnn3", "rafdb", 7)
    assert plan.keep == ("happiness", "anger")
    assert plan.augment == {"mirror": 0.5}
    with pytest.raises(UsageError, match=r"none\.toml: no such recipe file"):
        recipe.load(str(tmp_path / "none.toml"))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('choose = "luck"', "choose is 'luck', none of accuracy, macro_f1, loss"),
        ('optimiser = "lion"', "optimiser is 'lion'"),
        ("epochs = 0", "epochs is 0, less than 1"),
        ("seconds = -1", "seconds are -1, not 0 or more"),
        ("seed = -1", "seed is -1, less than 0"),
        ("batch = 0", "batch is 0, less than 1"),
        ("distil = 1.5", "distil is 1.5, not 0 to 1"),
        ("share = 0.0", "share is 0.0, not more than 0 and at most 1"),
        ("dropout = 1.0", "dropout is 1.0, not 0 to less than 1"),
        ('reduction = "max"', "reduction is 'max', none of mean, sum"),
        ("shares = [0.5, 0.5]", "not three that make 1"),
        ("moon = 3", "moon"),
    ],
)
def test_a_recipe_that_makes_no_sense_is_refused_with_what_is_wrong(line: str, says: str, tmp_path: Path) -> None:
    lines = ['net = "cnn3"', 'data = "ferplus"', *([] if line.startswith("epochs") else ["epochs = 1"]), line]
    (tmp_path / "own.toml").write_text("\n".join(lines))
    with pytest.raises(InputError, match=f"own.toml: not a recipe: .*{says}"):
        recipe.load(str(tmp_path / "own.toml"))


def test_on_other_data_a_recipe_knows_no_label_sets() -> None:
    plan = replace(recipe.load("mien"), labels="ferplus", second=0.5)
    assert plan.on(None) is plan
    assert plan.on(plan.data) is plan
    other = plan.on("rafdb")
    assert (other.data, other.labels, other.second) == ("rafdb", "", 0.0)
    assert replace(other, data=plan.data, labels=plan.labels, second=plan.second) == plan
