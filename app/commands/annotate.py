"""The commands `annotate`, `demo` and `report`."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

from emojicam import assets, batch, plan, sample_clip
from emojicam.console import complain, say, show
from emojicam.errors import EmojicamError, UsageError
from emojicam.files import Part, refuse_existing
from emojicam.interrupt import Interrupt
from emojicam.models.reports.figure import need_matplotlib
from emojicam.plan import Job
from emojicam.stream import cores
from emojicam.stream.drawing.overlay import Style
from emojicam.stream.emotions.smooth import Steadiness
from emojicam.stream.faces.detect import Range
from emojicam.stream.inference.provider import Provider, ThisMachine, missing
from emojicam.stream.media.container import Kind
from emojicam.stream.media.photos import read_photo
from emojicam.stream.meter import Times, table
from emojicam.stream.records.record import Record, read_report
from emojicam.stream.records.subtitles import subtitles
from emojicam.timeline import timeline
from emojicam.wiring import Annotator, Look, Progress, one_thread_each


def annotate(options: argparse.Namespace, interrupt: Interrupt) -> int:
    """Annotate what was named; the exit code is that of the first file that failed."""
    if options.jobs < 1:
        raise UsageError(f"--jobs {options.jobs}: at least 1")
    sources = plan.expand(options.sources)
    several = len(sources) > 1
    jobs, problems = _jobs(options, sources)
    if options.report:  # before hours of work, not after
        refuse_existing(options.report, options.overwrite)
    if options.resume:
        done, jobs = batch.whole(jobs)
        if done and not options.quiet:
            say(f"emojicam: {len(done)} of {len(sources)} inputs were annotated before")
    drawn = _Drawn(options, several=several)
    work = batch.Work(look_of(options), options.report, options.overwrite or options.resume)
    times: list[Times] = []
    for outcome in _outcomes(options, work, jobs, interrupt):
        if outcome.error is not None:
            problems.append(outcome.error)
            complain(outcome.error, str(outcome.error))
        if outcome.summary is not None:
            for note in outcome.summary.notes:
                say(f"emojicam: {outcome.job.source}: {note}")
            if not options.quiet:
                show(f"{outcome.job.target}: {outcome.summary}")
            if outcome.summary.times is not None:
                times.append(outcome.summary.times)
                drawn.add(outcome.job, outcome.summary.record)
    if problems and several:
        say(f"emojicam: {len(problems)} of {len(sources)} inputs could not be annotated")
    if options.stats and times:
        say(table(times))
    return problems[0].exit_code if problems else 0


def run_demo(options: argparse.Namespace, interrupt: Interrupt) -> int:
    """Annotate the sample photo and a clip made from it."""
    folder: Path = options.out
    photo = assets.sample_photo()
    with tempfile.TemporaryDirectory() as made:
        clip = Path(made) / "astronaut.mp4"
        sample_clip.make_clip(read_photo(photo).bgr, clip)
        # The demo's own results may be replaced: they can be had again at any time.
        jobs = [plan.job(source, folder / "", several=True, overwrite=True) for source in (photo, clip)]
        for outcome in _here(options, batch.Work(look_of(options), overwrite=True), jobs, interrupt):
            if outcome.error is not None:
                raise outcome.error
            if not options.quiet:
                show(f"{outcome.job.target}: {outcome.summary}")
    return 0


def _jobs(options: argparse.Namespace, sources: list[Path]) -> tuple[list[Job], list[EmojicamError]]:
    """Where each result goes; what is wrong with the others is said, and they are left out."""
    several = len(sources) > 1
    jobs: list[Job] = []
    problems: list[EmojicamError] = []
    taken: dict[Path, Path] = {}
    for source in sources:
        try:
            job = plan.job(source, options.out, several=several, overwrite=options.overwrite or options.resume)
            first = taken.setdefault(job.target.resolve(), source)
            if first is not source:
                raise UsageError(f"{source}: {job.target} is already the output of {first}")
            jobs.append(job)
        except EmojicamError as error:
            problems.append(error)
            complain(error, str(error))
    return jobs, problems


def _outcomes(
    options: argparse.Namespace, work: batch.Work, jobs: list[Job], interrupt: Interrupt
) -> Iterator[batch.Outcome]:
    """Annotate in this process or in several, with a bar on a terminal."""
    if not jobs:
        return
    if options.jobs == 1 or len(jobs) == 1:
        yield from _here(options, work, jobs, interrupt)
        return
    share = max(1, cores.usable() // options.jobs)
    work = replace(work, look=replace(work.look, cores=share))
    with interrupt.patiently(), tqdm(total=len(jobs), unit="file", disable=_no_bar(options), leave=False) as bar:
        for outcome in batch.in_processes(work, jobs, options.jobs, lambda: interrupt.asked):
            bar.update()
            yield outcome


def _here(
    options: argparse.Namespace, work: batch.Work, jobs: list[Job], interrupt: Interrupt
) -> Iterator[batch.Outcome]:
    with Annotator(work.look) as annotator:
        say_what_runs(annotator, options)
        with interrupt.patiently(), _Bar(options) as bar:
            for outcome in batch.one_by_one(annotator, work, jobs, watch=bar.watch, leave=lambda: interrupt.asked):
                bar.close()
                yield outcome


class _Drawn:
    """The timelines and subtitles that were asked for, each for one video."""

    def __init__(self, options: argparse.Namespace, *, several: bool) -> None:
        """Find out early whether they can be written.

        Raises:
            EmojicamError: They can't.
        """
        self._several, self._overwrite = several, options.overwrite
        self._plot, self._subtitles = options.plot, options.subtitles
        if self._plot:
            need_matplotlib()
        for name, given, suffix in (("--plot", self._plot, ".png"), ("--subtitles", self._subtitles, ".srt")):
            if given and not _is_folder(given):
                if several:
                    raise UsageError(f"{name} {given}: several inputs need a folder; end it with a slash")
                if Path(given).suffix.lower() != suffix:
                    raise UsageError(f"{name} {given}: is written as {suffix}")
                refuse_existing(Path(given), self._overwrite)

    def add(self, job: Job, record: Record) -> None:
        """Write those of one video.

        Raises:
            OutputError: They can't be written.
        """
        if self._plot:
            self._write(self._plot, job, ".png", timeline(record, job.source.name))
        if self._subtitles:
            self._write(self._subtitles, job, ".srt", subtitles(record).encode())

    def _write(self, given: str, job: Job, suffix: str, content: bytes) -> None:
        path = Path(given)
        if _is_folder(given):
            path.mkdir(parents=True, exist_ok=True)
            path = path / f"{job.target.stem}{suffix}"
        with Part(path, overwrite=self._overwrite) as part:
            part.write(content)


def _is_folder(given: str) -> bool:
    return given.endswith(("/", os.sep)) or Path(given).is_dir()


def report(options: argparse.Namespace) -> int:
    """Tell again what a report holds, and draw it."""
    records = read_report(options.report)
    if (options.plot or options.subtitles) and len(records) > 1 and options.source is None:
        names = ", ".join(list(records)[:5])
        raise UsageError(f"{options.report}: holds {len(records)} sources; choose one by --source: {names}")
    if options.source is not None and options.source not in records:
        raise UsageError(f"{options.report}: holds no {options.source}; it holds {', '.join(list(records)[:5])}")
    chosen = {options.source: records[options.source]} if options.source is not None else records
    for source, record in chosen.items():
        show(f"{source}: {record}")
    source, record = next(iter(chosen.items()))
    if options.plot:
        _put(options.plot, ".png", timeline(record, Path(source).name), options.overwrite)
    if options.subtitles:
        _put(options.subtitles, ".srt", subtitles(record).encode(), options.overwrite)
    return 0


def _put(path: Path, suffix: str, content: bytes, overwrite: bool) -> None:
    if path.suffix.lower() != suffix:
        raise UsageError(f"{path}: is written as {suffix}")
    refuse_existing(path, overwrite)
    with Part(path, overwrite=overwrite) as part:
        part.write(content)


class _Bar:
    """A bar for one video at a time."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._disable = _no_bar(options)
        self._bar: tqdm[Any] | None = None

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    def watch(self, job: Job) -> Progress | None:
        """A new bar; photos have none."""
        if job.kind is Kind.PHOTO:
            return None
        bar = self._bar = tqdm(desc=job.source.name, unit="frame", disable=self._disable, leave=False)

        def progress(done: int, expected: int | None) -> None:
            if expected is not None and expected >= done:
                bar.total = expected
            bar.update(done - bar.n)

        return progress

    def close(self) -> None:
        """Wipe it away."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def _no_bar(options: argparse.Namespace) -> bool | None:
    return True if options.quiet else None  # None: only on a terminal


def look_of(options: argparse.Namespace) -> Look:
    """What the options that all commands share ask for."""
    one_thread_each()
    return Look(
        style=Style(options.style),
        theme=options.theme,
        model=options.model,
        provider=Provider(options.provider),
        range=Range(options.range),
        detector_files=options.detector_models,
        preset=options.codec_preset,
        steadiness=_steadiness(options),
        every_frame=options.every_frame,
        lookahead=options.lookahead,
        quiet=options.quiet,
    )


def _steadiness(options: argparse.Namespace) -> Steadiness:
    given = {name: getattr(options, name) for name in Steadiness.__dataclass_fields__}
    try:
        return replace(Steadiness(), **{name: value for name, value in given.items() if value is not None})
    except ValueError as error:
        raise UsageError(f"--{error}") from error


def say_what_runs(annotator: Annotator, options: argparse.Namespace) -> None:
    """Once: to whoever watches, and wherever there was a choice."""
    runs, machine = annotator.classify.provider, ThisMachine()
    named, driver = options.provider != "auto", machine.has_driver()
    if options.quiet or not (named or driver or sys.stderr.isatty()):
        return
    where = {Provider.CPU: "the CPU", Provider.CUDA: "CUDA", Provider.TENSORRT: "TensorRT"}[runs]
    why = None
    if driver and not named:
        why = annotator.classify.passed_over or missing(Provider.CUDA, machine)
    say(f"emojicam: the model {options.model} runs on {where}" + (f" ({why})" if why else ""))
