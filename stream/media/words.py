"""The words that a file says of itself, and which of them a copy keeps: title, language and chapters, nothing else.

Place, date, time of day (timecode), device, artist, comment and whatever else a file may hold say more of a person than
an emoji hides.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import av.container
import av.stream

MOST_CHAPTERS = 10_000
"""Chapters that are kept at most; a damaged file can claim any number."""


@dataclass(frozen=True)
class Chapter:
    """A part of a video that has a name, from `begin` to `end` (seconds)."""

    begin: Fraction
    end: Fraction
    title: str


@dataclass(frozen=True)
class Words:
    """The words that a copy keeps; empty where the file has none.

    Attributes:
        title: Of the file.
        language: Of its pictures: three letters (ISO 639-2).
        chapters: In order.
    """

    title: str = ""
    language: str = ""
    chapters: tuple[Chapter, ...] = ()


NONE = Words()
"""The words of what has none: a live stream, say."""


def words_of(container: av.container.InputContainer, picture: av.stream.Stream, began: Fraction) -> Words:
    """Read what a copy keeps of a file's words.

    Args:
        container: The file.
        picture: The track with its pictures.
        began: Seconds by the file's clock that are 0 in the copy.
    """
    chapters = []
    for one in container.chapters()[:MOST_CHAPTERS]:
        base = one["time_base"] or Fraction(1, 1000)
        begin, end = max(Fraction(0), one["start"] * base - began), one["end"] * base - began
        if begin < end:
            chapters.append(Chapter(begin, end, one["metadata"].get("title", "")))
    return Words(container.metadata.get("title", ""), picture.metadata.get("language", ""), tuple(chapters))


def tell(words: Words, output: av.container.OutputContainer, picture: av.stream.Stream) -> None:
    """Write words into a file that isn't begun yet.

    Args:
        words: What to write.
        output: The file.
        picture: The track with its pictures.
    """
    if words.title:
        output.metadata["title"] = words.title
    if words.language:
        picture.metadata["language"] = language_in(words.language, output.format.name)
    if words.chapters:
        base = Fraction(1, 1000)
        output.set_chapters(
            [
                {
                    "id": number,
                    "start": round(one.begin / base),
                    "end": round(one.end / base),
                    "time_base": base,
                    "metadata": {"title": one.title} if one.title else {},
                }
                for number, one in enumerate(words.chapters, 1)
            ]
        )


def language_in(code: str, form: str) -> str:
    """Find the name of a language in a container.

    Args:
        code: Three letters, ISO 639-2, of either of its two sets.
        form: FFmpeg's name of the container.
    """
    return _QUICKTIME.get(code, code) if form == "mov" else code


_QUICKTIME = {
    "fre": "fra",
    "deu": "ger",
    "nld": "dut",
    "swe": "sve",
    "ell": "gre",
    "isl": "ice",
    "zho": "chi",
    "sqi": "alb",
    "rum": "ron",
    "cze": "ces",
    "slo": "slk",
    "mkd": "mac",
    "fas": "per",
    "hye": "arm",
    "kat": "geo",
    "msa": "may",
    "eus": "baq",
    "cym": "wel",
    "mya": "bur",
    "bod": "tib",
}
"""Names by which FFmpeg's muxer of QuickTime knows languages, where it doesn't know the common one."""
