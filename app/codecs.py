"""Messages on what writes and reads the pictures of videos, where the user asked for the graphics chip."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from emojicam.console import say
from emojicam.settings import Settings
from emojicam.stream.choices import Decoder, Encoder
from emojicam.stream.media.decoders import CHIPS, first_chip
from emojicam.stream.media.encoders import HARDWARE, Encoding, first_working


def say_what_codecs_run(
    settings: Settings,
    hardware: Sequence[Encoding] = HARDWARE,
    chip: Callable[[], str | None] = first_chip,
    tell: Callable[[str], None] = say,
) -> None:
    """Say once what writes and what reads videos, if a chip was asked for.

    Args:
        settings: What was chosen.
        hardware: The machine's own encoders, the best first.
        chip: Finds FFmpeg's name of what decodes.
        tell: Takes each line.
    """
    if settings.quiet:
        return
    if settings.encoder is Encoder.HARDWARE:
        found = first_working(hardware)
        tell(f"emojicam: {found.title} writes videos" if found else _NO_ENCODER)
    if settings.decoder is not Decoder.SOFTWARE:
        kind = chip()
        large = " above Full HD" if settings.decoder is Decoder.AUTO else ""
        tell(f"emojicam: {CHIPS[kind]} reads videos{large}" if kind else _NO_DECODER)


_NO_ENCODER = (
    f"emojicam: no hardware encoder works here ({', '.join(one.title for one in HARDWARE)}): x264 writes videos"
)
_NO_DECODER = f"emojicam: no hardware decoder works here ({', '.join(CHIPS.values())}): software reads videos"
