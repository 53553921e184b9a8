"""The names of what nobody put there."""

from __future__ import annotations

import pytest

from emojicam.droppings import is_dropping


@pytest.mark.parametrize("name", ["._a.jpg", ".DS_Store", "Thumbs.db", "Icon\r", "__MACOSX", "@eaDir", "LOST+FOUND"])
def test_what_systems_leave_is_known_in_any_case(name: str) -> None:
    assert is_dropping(name)


@pytest.mark.parametrize("name", ["a.jpg", "Icon", "macosx", "happy", "lost and found", "train"])
def test_what_somebody_named_is_none(name: str) -> None:
    assert not is_dropping(name)
