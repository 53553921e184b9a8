"""The command `demo`: the sample photo and a clip made from it, annotated."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from emojicam import assets, batch, plan, sample_clip
from emojicam.codecs import say_what_codecs_run
from emojicam.console import show
from emojicam.interrupt import Interrupt
from emojicam.settings import Settings
from emojicam.stream.media.photos import read_photo
from emojicam.wiring import one_thread_each


@dataclass(frozen=True)
class DemoOptions:
    """The options of `emojicam demo`.

    Attributes:
        out: Folder for the results.
        settings: How faces are found, judged and drawn.
    """

    out: Path
    settings: Settings


def demo(options: DemoOptions, interrupt: Interrupt) -> int:
    """Annotate the sample photo and a clip made from it."""
    one_thread_each()
    say_what_codecs_run(options.settings)
    photo = assets.sample_photo()
    with tempfile.TemporaryDirectory() as made:
        clip = Path(made) / "astronaut.mp4"
        sample_clip.make_clip(read_photo(photo).bgr, clip)
        # The demo's own results may be replaced: they can be had again at any time.
        jobs = [plan.job(source, options.out / "", several=True, overwrite=True) for source in (photo, clip)]
        for outcome in batch.in_this_process(batch.Work(options.settings, overwrite=True), jobs, interrupt):
            if outcome.error is not None:
                raise outcome.error
            if not options.settings.quiet:
                show(f"{outcome.job.target}: {outcome.summary}")
    return 0
