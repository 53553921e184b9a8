"""Tell what was seen as subtitles (SubRip), for any player."""

from __future__ import annotations

from emojicam.stream.records.characters import spelled
from emojicam.stream.records.record import Record, Span

SHORTEST = 0.4
"""Seconds that it takes to read a line: an emotion that lasts less is told with what comes before it."""


def subtitles(record: Record) -> str:
    """Write a line for each person and what they show, as long as it lasts.

    Args:
        record: What was seen in one video.

    Returns:
        The content of an .srt file.
    """
    changes: list[tuple[float, int, str | None]] = []
    for track in sorted(record.people):
        for start, end, number in _readable(record.spans(track)):
            changes += [(end, track, None), (start, track, record.emotions[number])]
    # At one time ends come first, so that the next emotion of the same person follows without a gap.
    changes.sort(key=lambda change: (change[0], change[2] is not None))
    shown: dict[int, str] = {}
    blocks: list[tuple[float, float, str]] = []
    for place, (time, who, emotion) in enumerate(changes):
        if emotion is None:
            shown.pop(who, None)
        else:
            shown[who] = emotion
        until = changes[place + 1][0] if place + 1 < len(changes) else time
        if shown and until > time:
            text = "\n".join(_line(track, emotion) for track, emotion in sorted(shown.items()))
            if blocks and blocks[-1][1] == time and blocks[-1][2] == text:
                blocks[-1] = blocks[-1][0], until, text
            else:
                blocks.append((time, until, text))
    return "".join(
        f"{count}\n{clock(start)} --> {clock(end)}\n{text}\n\n" for count, (start, end, text) in enumerate(blocks, 1)
    )


def _line(track: int, emotion: str) -> str:
    return f"{track}: {spelled(emotion)}" if track else spelled(emotion)


def _readable(spans: list[Span]) -> list[tuple[float, float, int]]:
    """Join a span that is too short, or shows the same, to the one before, if that ends where it starts."""
    kept: list[tuple[float, float, int]] = []
    for start, end, emotion, _ in spans:
        follows = bool(kept) and abs(kept[-1][1] - start) < 1e-6
        if follows and (end - start < SHORTEST or kept[-1][2] == emotion):
            kept[-1] = kept[-1][0], end, kept[-1][2]
        else:
            kept.append((start, end, emotion))
    return kept


def clock(seconds: float) -> str:
    """The time as SubRip writes it: 01:02:03,456."""
    thousandths = max(0, round(1000 * seconds))
    minutes, rest = divmod(thousandths, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02},{rest % 1000:03}"
