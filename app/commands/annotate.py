"""The command `annotate`: copies of photos and videos with an emoji on every face."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from tqdm import tqdm

from emojicam import batch, plan
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
        sources: Photos, videos, folders and patterns, as they were typed.
        settings: How faces are found, judged and drawn.
        out: A file, or a folder; None: NAME-emoji.SUFFIX in the current folder.
        report: Where to record what was seen.
        record: A record to draw, instead of looking again.
        plot: Where to draw timelines: a file, or a folder.
        subtitles: Where to write subtitles: a file, or a folder.
        overwrite: Files that are there may be replaced.
        resume: Files whose result is there and not older are left out.
        jobs: Files at a time.
        stats: Tell at the end what each step of the videos took.
    """

    sources: list[str]
    settings: Settings
    out: str | None = None
    report: Path | None = None
    record: Path | None = None
    plot: str | None = None
    subtitles: str | None = None
    overwrite: bool = False
    resume: bool = False
    jobs: int = 1
    stats: bool = False


def annotate(options: AnnotateOptions, interrupt: Interrupt) -> int:
    """Annotate what was named; the exit code is that of the first file that failed."""
    if options.jobs < 1:
        raise UsageError(f"--jobs {options.jobs}: at least 1")
    one_thread_each()
    quiet = options.settings.quiet
    sources = plan.expand(options.sources, lambda line: None if quiet else say(f"emojicam: {line}"))
    several = len(sources) > 1
    replaces = options.overwrite or options.resume
    beside = SideFiles(options.plot, options.subtitles, several=several, overwrite=replaces)
    if options.report:  # before hours of work, not after
        refuse_existing(options.report, replaces)
    jobs, problems = _planned(options, sources, beside)
    done: list[Job] = []
    if options.resume:
        done, jobs = batch.whole(jobs)
        if done and not quiet:
            say(f"emojicam: {len(done)} of {len(sources)} inputs were annotated before")
    jobs = [job for job in jobs if _noted(problems, partial(beside.refuse_existing, job))]
    earlier = None
    if options.report and options.resume and not options.overwrite:
        earlier = Earlier(options.report, {str(job.source) for job in jobs})
    if jobs:
        say_of_theme(options.settings)
    if any(job.kind is not Kind.PHOTO for job in jobs):
        say_what_codecs_run(options.settings)
    work = batch.Work(options.settings, options.report, replaces, earlier, options.record)
    times: list[Times] = []
    annotated = len(done)
    try:
        for outcome in _outcomes(options, work, jobs, interrupt):
            if outcome.error is not None:
                _note(problems, outcome.error)
            if outcome.summary is not None:
                annotated += 1
                for note in outcome.summary.notes:
                    say(f"emojicam: {outcome.job.source}: {note}")
                if not quiet:
                    show(f"{outcome.job.target}: {outcome.summary}")
                if outcome.summary.times is not None:
                    times.append(outcome.summary.times)
                    for problem in beside.add(outcome.job, outcome.summary.record):
                        _note(problems, problem)
    except OutputError as error:  # the report's, once all files are annotated
        _note(problems, error)
    if several and annotated < len(sources):
        say(f"emojicam: {len(sources) - annotated} of {len(sources)} inputs could not be annotated")
    if options.stats and times:
        say(table(times))
    return problems[0].exit_code if problems else 0


def _planned(options: AnnotateOptions, sources: list[Path], beside: SideFiles) -> tuple[list[Job], list[EmojicamError]]:
    """Decide where each result goes; what is wrong with an input is said, and the input is left out.

    Raises:
        UsageError: Something that is to be written would replace an input, or something else that is written.
    """
    several = len(sources) > 1
    places = Places()
    for source in sources:
        places.reads(source)
    for file in theme_files(options.settings.theme):
        places.reads(file)
    if Path(options.settings.model).is_file():
        places.reads(Path(options.settings.model))
    if options.record:
        places.reads(options.record)
    if options.report:
        places.writes(options.report, "the report")
    jobs: list[Job] = []
    problems: list[EmojicamError] = []
    results: dict[Path, Path] = {}
    for source in sources:

        def planned(source: Path = source) -> None:
            job = plan.job(source, options.out, several=several, overwrite=options.overwrite or options.resume)
            first = results.setdefault(job.target.resolve(), source)
            if first is not source:
                raise UsageError(f"{source}: {job.target} is already the output of {first}")
            jobs.append(job)

        _noted(problems, planned)
    for job in jobs:
        places.writes(job.target, f"the result of {job.source}")
        for what, path in beside.places(job).items():
            places.writes(path, f"{what} of {job.source}")
    return jobs, problems


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


def _outcomes(
    options: AnnotateOptions, work: batch.Work, jobs: list[Job], interrupt: Interrupt
) -> Iterator[batch.Outcome]:
    """Annotate in this process or in several, with a bar on a terminal."""
    if not jobs:
        return
    if options.jobs == 1 or len(jobs) == 1:
        yield from batch.in_this_process(work, jobs, interrupt)
        return
    share = max(1, cores.usable() // options.jobs)
    work = replace(work, settings=replace(work.settings, cores=share))
    hidden = no_bar(options.settings.quiet)
    with interrupt.patiently(), tqdm(total=len(jobs), unit="file", disable=hidden, leave=False) as bar:
        for outcome in batch.in_processes(work, jobs, options.jobs, lambda: interrupt.asked):
            bar.update()
            yield outcome
