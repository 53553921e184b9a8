"""The registry of all nets, by name. A net's module registers itself with `@register`; `build(name)` makes one.

Registering a net gives it its tests: forward, export, parity, parameter count.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from emojicam.errors import UsageError

if TYPE_CHECKING:
    from torch import nn

MODULES = ("mien", "classic", "vgg")
"""The files of `models/nets/` that hold registered nets."""


@dataclass(frozen=True)
class Entry:
    """One registered net: the facts about it, and the function that builds it.

    Attributes:
        name: What the user types.
        make: Builds it for a number of classes.
        channels: 1 (grey) or 3 (RGB).
        size: Width and height of its input, px.
        parameters: Exact number of trained values with `classes` outputs, as published or as designed.
        statistics: Exact number of running means and variances of batch norm, which some authors count as well.
        classes: Outputs that `parameters` is meant for.
        about: What the net is, in one line.
    """

    name: str
    make: Callable[[int], nn.Module]
    channels: int
    size: int
    parameters: int
    classes: int
    about: str
    statistics: int = 0


_entries: dict[str, Entry] = {}
N = TypeVar("N", bound="Callable[[int], nn.Module]")


def register(
    name: str, *, channels: int, size: int, parameters: int, classes: int, about: str, statistics: int = 0
) -> Callable[[N], N]:
    """Decorate a function `make(classes)`, so that the net which it builds is known by `name`."""

    def add(make: N) -> N:
        if name in _entries:
            raise ValueError(f"two nets are called {name}")
        _entries[name] = Entry(name, make, channels, size, parameters, classes, about, statistics)
        return make

    return add


def names() -> tuple[str, ...]:
    """Names of all registered nets, sorted. Imports torch."""
    for module in MODULES:
        importlib.import_module(f"emojicam.models.nets.{module}")
    return tuple(sorted(_entries))


def entry(name: str) -> Entry:
    """Look a registered net up by its name.

    Raises:
        UsageError: No net is called so; the message lists those there are.
    """
    known = names()
    if name not in known:
        raise UsageError(f"no net is called {name!r}; there are: {', '.join(known)}")
    return _entries[name]


def build(name: str, classes: int | None = None) -> nn.Module:
    """Build a registered net with random weights.

    Args:
        name: The net's registered name.
        classes: Outputs; by default the number that the net was published with.

    Returns:
        A module from float32 NxCxSxS (already normalised) to logits Nxclasses.

    Raises:
        UsageError: No net is called so.
    """
    found = entry(name)
    return found.make(classes or found.classes)
