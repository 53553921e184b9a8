"""The command `annotate`: copies of photos and videos with an emoji on every face."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from tqdm import tqdm

from emojicam import afar, batch, plan
from emojicam.addresses import Address, Place, is_address, local, place
from emojicam.afar import report_near
from emojicam.cluster.connection import refuse_address
from emojicam.cluster.driver import in_cluster
from emojicam.cluster.share import PER_TASK, Share, share_of
from emojicam.codecs import say_what_codecs_run
from emojicam.console import complain, say, show
from emojicam.errors import EmojicamError, OutputError, UsageError
from emojicam.files import refuse_existing
from emojicam.interrupt import Interrupt
from emojicam.places import Places
from emojicam.plan import Job
from emojicam.progress import no_bar
from emojicam.settings import Settings
from emojicam.side_files import SideFiles
from emojicam.stores import Listing
from emojicam.stream import cores
from emojicam.stream.media.container import Kind
from emojicam.stream.meter import Times, table
from emojicam.stream.records.earlier import Earlier
from emojicam.theme import say_of_theme, theme_files
from emojicam.wiring import one_thread_each


@dataclass(frozen=True)
class AnnotateOptions:
    """The options of `emojicam annotate`.

    Attributes:
        sources: Photos, videos, folders and patterns, as they were typed; addresses in stores, too.
        settings: How faces are found, judged and drawn.
        out: A file, or a folder, also in a store; None: NAME-emoji.SUFFIX in the current folder.
        report: Where to record what was seen: a path, or an address in a store.
        record: A record to draw, instead of looking again.
        plot: Where to draw timelines: a file, or a folder.
        subtitles: Where to write subtitles: a file, or a folder.
        overwrite: Files that are there may be replaced.
        resume: Files whose result is there and not older are left out.
        jobs: Files at a time on this machine; None: one.
        stats: Tell at the end what each step of the videos took.
        cluster: The address of a Ray cluster that does the work; None: this machine does.
        per_task: What a file gets of the cluster.
    """

    sources: list[str]
    settings: Settings
    out: str | None = None
    report: str | None = None
    record: Path | None = None
    plot: str | None = None
    subtitles: str | None = None
    overwrite: bool = False
    resume: bool = False
    jobs: int | None = None
    stats: bool = False
    cluster: str | None = None
    per_task: str | None = None


@dataclass(frozen=True)
class _Where:
    """The place where the work is done.

    Attributes:
        cluster: The address of a cluster; None: this machine.
        share: What a file gets of the cluster.
        jobs: Files at a time on this machine.
    """

    cluster: str | None
    share: Share
    jobs: int


def _where(options: AnnotateOptions) -> _Where:
    """Decide where the work is done.

    Raises:
        UsageError: What was asked for can't be, or contradicts itself.
    """
    if options.jobs is not None and options.jobs < 1:
        raise UsageError(f"--jobs {options.jobs}: at least 1")
    if options.cluster is None:
        if options.per_task is not None:
            raise UsageError(f"--per-task {options.per_task}: says what a file gets of a --cluster, and there is none")
        return _Where(None, share_of(PER_TASK), options.jobs or 1)
    if options.jobs is not None:
        raise UsageError(f"--jobs {options.jobs}: counts files on this machine; with --cluster, --per-task does")
    refuse_address(options.cluster)
    return _Where(options.cluster, share_of(options.per_task or PER_TASK), 1)


def annotate(options: AnnotateOptions, interrupt: Interrupt) -> int:
    """Annotate what was named; the exit code is that of the first file that failed."""
    where = _where(options)
    options = replace(options, out=options.out and local(options.out))
    one_thread_each()
    sources = plan.expand(options.sources, lambda line: None if options.settings.quiet else say(f"emojicam: {line}"))
    replaces = options.overwrite or options.resume
    beside = SideFiles(
        _near("--plot", options.plot),
        _near("--subtitles", options.subtitles),
        several=len(sources) > 1,
        overwrite=replaces,
    )
    report = place(options.report) if options.report else None
    if isinstance(report, Path):  # before hours of work, not after
        refuse_existing(report, replaces)
    listing = Listing()
    near = report_near(report, resume=options.resume, overwrite=options.overwrite, listing=listing)
    with plan.none_left_empty(options.out), near as path:
        run = _Run(options, sources, beside, listing)
        run.plan(report)
        run.work(where, path, interrupt)
        return run.end()


def _near(flag: str, given: str | None) -> str | None:
    """Check that what is written beside a video goes to this machine.

    Raises:
        UsageError: It is to go to a store.
    """
    given = given and local(given)
    if given and is_address(given):
        raise UsageError(f"{flag} {given}: is written on this machine; name a file or a folder")
    return given


class _Run:
    """One run of the command: its files, and what went wrong so far."""

    def __init__(self, options: AnnotateOptions, sources: list[Place], beside: SideFiles, listing: Listing) -> None:
        self._options, self._sources, self._beside, self._listing = options, sources, beside, listing
        self._replaces = options.overwrite or options.resume
        self._jobs: list[Job] = []
        self._problems: list[EmojicamError] = []
        self._annotated = 0
        self._times: list[Times] = []

    def plan(self, report: Place | None) -> None:
        """Decide where each result goes, and leave out what is done already.

        Raises:
            EmojicamError: What is to be written would do harm, or a store can't be asked.
        """
        jobs = self._planned(report)
        if self._options.resume:
            done, jobs = batch.whole(jobs, self._listing)
            self._annotated = len(done)
            if done and not self._options.settings.quiet:
                say(f"emojicam: {len(done)} of {len(self._sources)} inputs were annotated before")
        self._jobs = [job for job in jobs if _noted(self._problems, partial(self._beside.refuse_existing, job))]

    def _planned(self, report: Place | None) -> list[Job]:
        """Decide where each result goes; what is wrong with an input is said, and the input is left out.

        Raises:
            UsageError: Something that is to be written would replace an input, or something else that is written.
        """
        options, places = self._options, Places()
        for path in [*self._sources, *theme_files(options.settings.theme)]:
            places.reads(path)
        if os.path.isfile(options.settings.model):
            places.reads(Path(options.settings.model))
        if options.record:
            places.reads(options.record)
        if report:
            places.writes(report, "the report")
        jobs: list[Job] = []
        results: dict[Place, Place] = {}
        for source in self._sources:

            def planned(source: Place = source) -> None:
                job = self._job(source)
                first = results.setdefault(_itself(job.target), source)
                if first is not source:
                    raise UsageError(f"{source}: {job.target} is already the output of {first}")
                jobs.append(job)

            _noted(self._problems, planned)
        for job in jobs:
            places.writes(job.target, f"the result of {job.source}")
            for what, path in self._beside.places(job).items():
                places.writes(path, f"{what} of {job.source}")
        return jobs

    def _job(self, source: Place) -> Job:
        out, several = self._options.out, len(self._sources) > 1
        if isinstance(source, Address) or (out and is_address(out)):
            return afar.job(source, out, several=several, overwrite=self._replaces, listing=self._listing)
        return plan.job(source, out, several=several, overwrite=self._replaces)

    def work(self, where: _Where, report: Path | None, interrupt: Interrupt) -> None:
        """Annotate what is left to do.

        Raises:
            EmojicamError: Nothing can be annotated at all.
        """
        options = self._options
        earlier = None
        if report and options.resume and not options.overwrite:
            earlier = Earlier(report, {str(job.source) for job in self._jobs})
        if self._jobs:
            say_of_theme(options.settings)
        if any(job.kind is not Kind.PHOTO for job in self._jobs):
            say_what_codecs_run(options.settings)
        work = batch.Work(options.settings, report, self._replaces, earlier, options.record)
        try:
            for outcome in _outcomes(where, work, self._jobs, interrupt):
                self._take(outcome)
        except OutputError as error:  # the report's, once all files are annotated
            _note(self._problems, error)

    def _take(self, outcome: batch.Outcome) -> None:
        """Tell what became of a file, and write what is to lie beside it."""
        if outcome.error is not None:
            _note(self._problems, outcome.error)
        if outcome.summary is None:
            return
        self._annotated += 1
        for note in outcome.summary.notes:
            say(f"emojicam: {outcome.job.source}: {note}")
        if not self._options.settings.quiet:
            show(f"{outcome.job.target}: {outcome.summary}")
        if outcome.summary.times is not None:
            self._times.append(outcome.summary.times)
            for problem in self._beside.add(outcome.job, outcome.summary.record):
                _note(self._problems, problem)

    def end(self) -> int:
        """Tell how it went, and give the exit code."""
        missed = len(self._sources) - self._annotated
        if len(self._sources) > 1 and missed:
            say(f"emojicam: {missed} of {len(self._sources)} inputs could not be annotated")
        if self._options.stats and self._times:
            say(table(self._times))
        return self._problems[0].exit_code if self._problems else 0


def _itself(target: Place) -> Place:
    return target.resolve() if isinstance(target, Path) else target


def _noted(problems: list[EmojicamError], work: Callable[[], None]) -> bool:
    """Do something; if it can't be done, that is said and noted, and the rest goes on.

    Returns:
        Whether it was done.
    """
    try:
        work()
    except EmojicamError as error:
        _note(problems, error)
        return False
    return True


def _note(problems: list[EmojicamError], error: EmojicamError) -> None:
    problems.append(error)
    complain(error, str(error))


def _outcomes(where: _Where, work: batch.Work, jobs: list[Job], interrupt: Interrupt) -> Iterator[batch.Outcome]:
    """Annotate in this process, in several or on a cluster, with a bar on a terminal."""
    if not jobs:
        return
    if where.cluster is None and (where.jobs == 1 or len(jobs) == 1):
        yield from batch.in_this_process(work, jobs, interrupt)
        return
    hidden = no_bar(work.settings.quiet)
    with interrupt.patiently(), tqdm(total=len(jobs), unit="file", disable=hidden, leave=False) as bar:
        for outcome in _side_by_side(where, work, jobs, lambda: interrupt.asked):
            bar.update()
            yield outcome


def _side_by_side(
    where: _Where, work: batch.Work, jobs: list[Job], leave: Callable[[], bool]
) -> Iterator[batch.Outcome]:
    if where.cluster is not None:
        return in_cluster(work, jobs, where.cluster, where.share, leave)
    each = max(1, cores.usable() // where.jobs)
    work = replace(work, settings=replace(work.settings, cores=each))
    return batch.in_processes(work, jobs, where.jobs, leave)
