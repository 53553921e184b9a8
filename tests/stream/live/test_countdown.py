"""A countdown says 3, 2, 1, and once that it is over."""

from __future__ import annotations

from emojicam.stream.live.countdown import SECONDS, Countdown


class Watch:
    """A clock that is set by hand."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_it_counts_down_and_is_over_once() -> None:
    watch = Watch()
    countdown = Countdown(watch)
    assert (countdown.left(), countdown.is_over()) == (None, False)
    countdown.start()
    seen = []
    while not countdown.is_over():
        seen.append(countdown.left())
        watch.now += 0.5
    assert seen == [3, 3, 2, 2, 1, 1]
    assert watch.now == 100 + SECONDS
    assert (countdown.left(), countdown.is_over()) == (None, False)


def test_one_that_is_stopped_is_never_over() -> None:
    watch = Watch()
    countdown = Countdown(watch)
    countdown.start()
    watch.now += 1
    assert countdown.stop()
    assert not countdown.stop()
    watch.now += SECONDS
    assert (countdown.left(), countdown.is_over()) == (None, False)


def test_a_second_start_counts_from_the_beginning() -> None:
    watch = Watch()
    countdown = Countdown(watch)
    countdown.start()
    watch.now += 2.5
    countdown.start()
    assert countdown.left() == SECONDS
