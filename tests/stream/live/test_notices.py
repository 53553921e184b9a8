"""Notices are there for a moment, two at a time, and fade."""

from __future__ import annotations

import pytest

from emojicam.stream.live.notices import FADES, LASTS, Notices


class Watch:
    """A clock that is set by hand."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def said(*texts: str) -> tuple[Watch, Notices]:
    watch = Watch()
    notices = Notices(watch)
    for text in texts:
        notices.say(text)
        watch.now += 0.25
    return watch, notices


def test_a_notice_is_there_for_two_seconds_and_fades() -> None:
    watch = Watch()
    notices = Notices(watch)
    notices.say("saved")
    shown = []
    for after in (0, LASTS - FADES, LASTS - FADES / 2, LASTS - 0.01, LASTS):
        watch.now = 100.0 + after
        shown.append(notices.shown())
    assert shown[0] == shown[1] == [("saved", 1.0)]
    assert shown[2] == [("saved", pytest.approx(0.5))]
    assert shown[3] == [("saved", pytest.approx(0.01 / FADES))]
    assert shown[4] == []


def test_of_three_the_last_two_are_there_the_newest_last() -> None:
    _, notices = said("one", "two", "three")
    assert [text for text, _ in notices.shown()] == ["two", "three"]


def test_what_is_said_again_begins_anew_and_is_there_once() -> None:
    watch, notices = said("one", "two", "one")
    watch.now = 100.5 + LASTS - 0.01
    assert [text for text, _ in notices.shown()] == ["one"]


def test_one_takes_the_place_of_another() -> None:
    _, notices = said("saving a.png", "two")
    notices.say("saved a.png", instead="saving a.png")
    assert [text for text, _ in notices.shown()] == ["two", "saved a.png"]


def test_of_one_kind_the_later_takes_the_earlier_ones_place() -> None:
    _, notices = said("style: label", "theme: cat", "theme: line")
    assert [text for text, _ in notices.shown()] == ["style: label", "theme: line"]
    _, notices = said("no such key: h shows help", "no such file: a.png")
    assert len(notices.shown()) == 2, "what is no word is no kind"
