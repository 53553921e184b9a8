"""Progress bars and messages for whoever watches: how far the work is, and what the model runs on."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from tqdm import tqdm

from emojicam.console import say
from emojicam.plan import Job
from emojicam.settings import Settings
from emojicam.stream.choices import Provider
from emojicam.stream.emotions.classify import Classifier
from emojicam.stream.faces.looks import Looks
from emojicam.stream.inference.provider import LONG, ThisMachine, missing
from emojicam.stream.inference.warming import Warming
from emojicam.stream.media.container import Kind

Progress = Callable[[int, int | None], None]
"""Called after each frame with how many are done and how many are expected, if anybody knows."""


def no_bar(quiet: bool) -> bool | None:
    """Choose tqdm's `disable`: None shows a bar on a terminal only."""
    return True if quiet else None


class VideoBar:
    """A bar for one video at a time; use it in a `with`."""

    def __init__(self, *, quiet: bool) -> None:
        self._disable = no_bar(quiet)
        self._bar: tqdm[Any] | None = None

    def __enter__(self) -> VideoBar:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    def watch(self, job: Job) -> Progress | None:
        """Show a new bar for a video, and give what moves it; a photo has none."""
        if job.kind is Kind.PHOTO:
            return None
        bar = self._bar = tqdm(desc=job.source.name, unit="frame", disable=self._disable, leave=False)

        def progress(done: int, expected: int | None) -> None:
            if expected is not None and expected >= done:
                bar.total = expected
            bar.update(done - bar.n)

        return progress

    def close(self) -> None:
        """Wipe the bar away."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def say_what_is_missed(looks: Looks, settings: Settings) -> None:
    """Say once what is missed without the second net, if it can't be had."""
    if looks.missing and not settings.quiet:
        say(f"emojicam: small and far faces are missed: {looks.missing}")


def say_what_runs(classifiers: Warming[Classifier], looks: Looks, settings: Settings) -> None:
    """Say once where the model runs, to whoever watches and wherever there was a choice; and what is missing.

    If a GPU takes over later, or fails to, that is said when it is known.
    """
    say_what_is_missed(looks, settings)
    machine = ThisMachine()
    named, driver = settings.provider is not Provider.AUTO, machine.has_driver()
    if settings.quiet or not (named or driver or sys.stderr.isatty()):
        return
    runs = f"emojicam: the model {settings.model} runs on"
    if classifiers.may_change:
        classifiers.tell(lambda opened: _say_beside_bar(f"{runs} {_where(opened.provider, opened.passed_over)}"))
        say(f"{runs} the CPU, and on a GPU for streams and videos of {LONG} frames or more")
        return
    why = missing(Provider.CUDA, machine) if driver and not named else None
    say(f"{runs} {_where(classifiers.ready.provider, why)}")


def _say_beside_bar(text: str) -> None:
    with tqdm.external_write_mode(file=sys.stderr):  # a bar that is there is wiped away, and drawn again below
        say(text)


def _where(runs: Provider, why: str | None) -> str:
    where = {Provider.CPU: "the CPU", Provider.CUDA: "CUDA", Provider.TENSORRT: "TensorRT"}[runs]
    return where + (f" ({why})" if why else "")
