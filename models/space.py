"""Search spaces say what of a recipe is searched, and in which range. Each is a TOML file in `models/spaces/`.

A table is a field of the recipe, or a part of its augmentation (`[augment.roll]`). It has either `values`, a list, or
`low` and `high`, both included; with `log = true` small values are drawn as often as large ones. Two whole numbers make
a range of whole numbers. `when.optimiser = ["sgd"]` searches it in recipes of that kind alone; what it asks about
stands above it.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from emojicam.errors import InputError
from emojicam.models import by_name
from emojicam.models.recipe import Recipe

Value = bool | int | float | str

FIXED = frozenset(
    ("name", "data", "labels", "keep", "split", "pool", "shares", "twins", "choose", "distil", "affect", "augment")
)
"""The fields of a recipe that say what is measured, and on what: trials that differ in them could not be compared."""


@dataclass(frozen=True)
class Dimension:
    """One field of a recipe that is searched.

    Attributes:
        name: The field's name; a part of the augmentation has `augment.` before its own.
        values: The values that it may have; none for a range.
        low: The least value of a range.
        high: The largest.
        log: Draw from the range so that the logarithm is even.
        when: Values of other fields, by name, in which alone this one is searched.
    """

    name: str
    values: tuple[Value, ...] = ()
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    when: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        """Whether the range is one of whole numbers."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    @property
    def ends(self) -> tuple[Value, ...]:
        """The values that show whether all are sound: each of a list, both ends of a range."""
        return self.values or (self.low, self.high)

    def applies(self, recipe: Recipe) -> bool:
        """Whether it is searched in a recipe of this kind."""
        return all(value_of(recipe, name) in values for name, values in self.when.items())


@dataclass(frozen=True)
class Space:
    """A search space: the fields of a recipe that are searched, each with its values.

    Attributes:
        name: Name of the file.
        dimensions: The fields, in the file's order.
    """

    name: str
    dimensions: tuple[Dimension, ...]

    def draw(
        self,
        recipe: Recipe,
        suggest: Callable[[Dimension], Value],
        fits: Callable[[Dimension, Recipe], bool] = lambda dimension, recipe: True,
    ) -> Recipe:
        """A recipe with a value for each field that applies.

        Args:
            recipe: Where the rest comes from.
            suggest: Chooses a field's value.
            fits: Asked, with the recipe as it is so far, whether a field means anything there.

        Raises:
            ValueError: The values make no recipe.
        """
        for dimension in self.dimensions:
            if dimension.applies(recipe) and fits(dimension, recipe):
                recipe = changed(recipe, dimension.name, suggest(dimension))
        return recipe

    def check(self, recipe: Recipe) -> None:
        """Refuse a space with a value that a recipe can't have.

        Raises:
            InputError: There is one.
        """
        for dimension in self.dimensions:
            for value in dimension.ends:
                try:
                    changed(recipe, dimension.name, value)
                except ValueError as error:
                    raise InputError(f"{self.name}: {error}") from error


def value_of(recipe: Recipe, name: str) -> Value | None:
    """A field's value in a recipe; None where the recipe leaves it to others."""
    if name.startswith("augment."):
        return recipe.augment.get(name.removeprefix("augment."))
    value: Value | None = getattr(recipe, name)
    return value


def changed(recipe: Recipe, name: str, value: Value) -> Recipe:
    """A recipe with another value of one field.

    Raises:
        ValueError: No recipe has that value.
    """
    if name.startswith("augment."):
        return replace(recipe, augment={**recipe.augment, name.removeprefix("augment."): float(value)})
    changes: dict[str, Any] = {name: value}
    return replace(recipe, **changes)


def names() -> tuple[str, ...]:
    """Names of the spaces that come with emojicam."""
    return by_name.names("spaces")


def load(name_or_path: str) -> Space:
    """Read a space that comes with emojicam, by its name, or the user's own, by the path of its TOML file.

    Raises:
        UsageError: There is no such space.
        InputError: The file is not a space.
    """
    file = by_name.find(name_or_path, "spaces", "search space", "file of a search space")
    try:
        return Space(name_or_path, tuple(_dimensions(tomllib.loads(file.read_text("utf-8")))))
    except (OSError, ValueError) as error:  # broken TOML and bytes that are no UTF-8 are ValueErrors
        raise InputError(f"{name_or_path}: not a search space: {error}") from error


def _dimensions(tables: dict[str, Any]) -> list[Dimension]:
    parts = tables.get("augment", {})
    if not isinstance(parts, dict):
        raise ValueError("augment: not tables, one for each of its parts")
    found: list[Dimension] = []
    given = [(name, table) for name, table in tables.items() if name != "augment"]
    given += [(f"augment.{part}", table) for part, table in parts.items()]
    for name, table in given:
        found.append(_dimension(name, table))
        above = [dimension.name for dimension in found]
        for asked in found[-1].when:
            if asked in (searched for searched, _ in given) and (asked not in above or asked == name):
                raise ValueError(f"{name}: when asks about {asked}, which stands below it")
    if not found:
        raise ValueError("nothing in it is searched")
    return found


def _dimension(name: str, table: object) -> Dimension:
    kinds = _kinds(name)
    if not isinstance(table, dict):
        raise ValueError(f"{name}: not a table with values, or with low and high")
    unknown = sorted(table.keys() - {"values", "low", "high", "log", "when"})
    if unknown:
        raise ValueError(f"{name}: {', '.join(unknown)}: not values, low, high, log or when")
    if ("values" in table) == ("low" in table or "high" in table):
        raise ValueError(f"{name}: either values, or low and high")
    when = _when(name, table.get("when", {}))
    if "values" in table:
        values = table["values"]
        if not isinstance(values, list) or len(values) < 2:
            raise ValueError(f"{name}: values is no list of two or more")
        _all_of(name, values, kinds)
        return Dimension(name, tuple(values), when=when)
    if not {"low", "high"} <= table.keys():
        raise ValueError(f"{name}: a range has low and high")
    low, high, log = table["low"], table["high"], table.get("log", False)
    if float not in kinds and int not in kinds:
        raise ValueError(f"{name}: has no range, only values")
    _all_of(name, [low, high], kinds)
    if not low < high:
        raise ValueError(f"{name}: low is {low}, which is not below {high}")
    if not isinstance(log, bool) or (log and low <= 0):
        raise ValueError(f"{name}: log is true or false, and true only where low is more than 0")
    if float in kinds and not (type(low) is int and type(high) is int):
        low, high = float(low), float(high)
    return Dimension(name, (), low, high, log, when)


def _when(name: str, table: object) -> dict[str, tuple[Value, ...]]:
    if not isinstance(table, dict):
        raise ValueError(f"{name}: when is a table of other fields")
    asked = {}
    for other, values in table.items():
        values = values if isinstance(values, list) else [values]
        _all_of(f"{name}: when.{other}", values, _kinds(other, searched=False))
        asked[other] = tuple(values)
    return asked


def _all_of(name: str, values: list[Any], kinds: tuple[type, ...]) -> None:
    for value in values:
        if type(value) not in kinds or (isinstance(value, float) and not math.isfinite(value)):
            raise ValueError(f"{name}: {value!r} is not {' or '.join(_SAID[kind] for kind in kinds)}")


def _kinds(name: str, *, searched: bool = True) -> tuple[type, ...]:
    """The types that a field's values may have.

    Raises:
        ValueError: No field is called so, or it can't be searched.
    """
    if name.startswith("augment."):
        return (int, float)
    fields = Recipe.__dataclass_fields__
    if name not in fields:
        known = ", ".join(sorted(set(fields) - FIXED))
        raise ValueError(f"{name}: no field of a recipe; there are: {known}, augment.PART")
    if searched and name in FIXED:
        raise ValueError(f"{name}: can't be searched: it decides on what the trials are measured")
    kinds: tuple[type, ...] = _TYPES.get(str(fields[name].type), ())
    return kinds


_TYPES: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "bool": (bool,),
    "int": (int,),
    "float": (int, float),
    "float | None": (int, float),
}
"""The types of a recipe's fields, as they are annotated, and those that a TOML file may give."""

_SAID = {str: "text", bool: "true or false", int: "a whole number", float: "a number"}
