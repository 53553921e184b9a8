"""Leave out of a data set what can't be read, up to a share of it; it is counted and told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from emojicam.console import say
from emojicam.errors import InputError

MOST = 0.01
"""Share of a data set's rows or pictures that may be unreadable; of more, it is refused."""

Given = ParamSpec("Given")
T = TypeVar("T")

Tell = Callable[[str], None]
"""A function that is given a line for the user."""


def tell_user(line: str) -> None:
    """Print a line for the user."""
    say(f"emojicam: {line}")


class Faults:
    """Counts the rows or pictures of a data set, and those among them that can't be read."""

    def __init__(self, what: str, tell: Tell = tell_user) -> None:
        """Count nothing yet.

        Args:
            what: What is counted, in words: "rows".
            tell: Told how many are left out.
        """
        self._what, self._tell = what, tell
        self.number = self.of = 0
        self.first = ""

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count what is read in the `with`; an InputError in it is a fault, and goes no further."""
        self.of += 1
        try:
            yield
        except InputError as error:
            self.add(str(error))

    def tried(self, read: Callable[Given, T], *given: Given.args, **more: Given.kwargs) -> T | None:
        """Read what was counted already: None if that is a fault."""
        try:
            return read(*given, **more)
        except InputError as error:
            self.add(str(error))
            return None

    def add(self, said: str, number: int = 1) -> None:
        """Note faults among what was counted.

        Args:
            said: What is wrong with the first of them.
            number: How many there are.
        """
        self.first = self.first or said
        self.number += number

    def judge(self) -> None:
        """Tell what is left out, once all is counted.

        Raises:
            InputError: It is more than `MOST` of all. The message has the first fault, and how many others there are.
        """
        if self.number > MOST * self.of:
            rest = self.number - 1
            others = f" ({rest} more of the {self.of} {self._what} can't be read either)" if rest else ""
            raise InputError(self.first + others)
        if self.number:
            self._tell(f"{self.number} of {self.of} {self._what} can't be read, and are left out: {self.first}")
