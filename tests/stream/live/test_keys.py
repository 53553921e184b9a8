"""The keys of a live window: one table for what they do and for what the help tells."""

from __future__ import annotations

from collections import Counter

import pytest

from emojicam.stream.choices import Style
from emojicam.stream.live.keys import BINDINGS, SEVERAL, STYLES, Action, action_of


def test_every_key_asks_for_one_thing_and_everything_has_a_key() -> None:
    for bindings in (BINDINGS, SEVERAL):
        keys = Counter(key for binding in bindings for key in binding.keys)
        assert set(keys.values()) == {1}
        for binding in bindings:
            assert {action_of(key, bindings) for key in binding.keys} == {binding.action}
    assert {binding.action for binding in (*BINDINGS, *SEVERAL)} == set(Action)
    assert {binding.action for binding in BINDINGS} ^ {binding.action for binding in SEVERAL} == {
        Action.CAMERA,
        Action.CHOOSE,
    }


@pytest.mark.parametrize(
    ("key", "action"),
    [
        *[("q", Action.QUIT), ("Q", Action.QUIT), ("\x1b", Action.BACK), (" ", Action.PAUSE), ("R", Action.RECORD)],
        *[("1", Action.THEME), ("9", Action.THEME), ("0", None), ("x", None), ("\n", None), ("", None)],
    ],
)
def test_a_key_asks_for_what_is_written_on_it_whether_small_or_capital(key: str, action: Action | None) -> None:
    assert action_of(key) is action


def test_every_style_is_chosen_by_its_own_key() -> None:
    assert list(STYLES.values()) == list(Style)
    for key, style in STYLES.items():
        assert key == style.key
        assert action_of(key) is Action.STYLE


def test_the_help_names_each_key_with_what_it_does() -> None:
    rows = {binding.shown: binding.about for binding in BINDINGS}
    assert len(rows) == len(BINDINGS)
    assert rows["q"] == "quit"
    assert rows["1-9"] == "theme"
    assert {key: rows[key] for key in STYLES} == {style.key: style.value for style in Style}
    assert max(map(len, rows.values())) <= 20  # two columns must fit into 320 px
