"""The command `report`: what a report holds, told and drawn again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from emojicam.console import say, show
from emojicam.errors import UsageError
from emojicam.files import Part, refuse_existing
from emojicam.side_files import PLOT, SUBTITLES
from emojicam.stream.records.read import read_report
from emojicam.stream.records.subtitles import subtitles
from emojicam.timeline import timeline


@dataclass(frozen=True)
class ReportOptions:
    """The options of `emojicam report`.

    Attributes:
        report: A file that `--report` wrote.
        source: The one source to tell of, where the report holds several.
        plot: Where to draw the timeline.
        subtitles: Where to write the subtitles.
        overwrite: Files that are there may be replaced.
    """

    report: Path
    source: str | None = None
    plot: Path | None = None
    subtitles: Path | None = None
    overwrite: bool = False


def report(options: ReportOptions) -> int:
    """Tell again what a report holds, and draw it."""
    records = read_report(options.report, lambda line: say(f"emojicam: {line}"))
    if (options.plot or options.subtitles) and len(records) > 1 and options.source is None:
        names = ", ".join(list(records)[:5])
        raise UsageError(f"{options.report}: holds {len(records)} sources; choose one by --source: {names}")
    if options.source is not None and options.source not in records:
        raise UsageError(f"{options.report}: holds no {options.source}; it holds {', '.join(list(records)[:5])}")
    chosen = {options.source: records[options.source]} if options.source is not None else records
    for source, record in chosen.items():
        show(f"{source}: {record}")
        for doubt in record.doubts():
            show(f"{source}: {doubt}")
    source, record = next(iter(chosen.items()))
    if options.plot:
        _put(options.plot, PLOT, timeline(record, Path(source).name), options.overwrite)
    if options.subtitles:
        _put(options.subtitles, SUBTITLES, subtitles(record).encode(), options.overwrite)
    return 0


def _put(path: Path, suffix: str, content: bytes, overwrite: bool) -> None:
    if path.suffix.lower() != suffix:
        raise UsageError(f"{path}: is written as {suffix}")
    refuse_existing(path, overwrite)
    with Part(path, overwrite=overwrite) as part:
        part.write(content)
