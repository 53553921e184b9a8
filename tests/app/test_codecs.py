"""What is said of a graphics chip: once, and only to who asked for it."""

from __future__ import annotations

import pytest

from emojicam.codecs import say_what_codecs_run
from emojicam.settings import Settings
from emojicam.stream.choices import Decoder, Encoder
from emojicam.stream.media.encoders import Encoding

CHIP = Encoding("mpeg4", "a chip", (("bf", "0"),))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (Settings(), []),
        (Settings(encoder=Encoder.HARDWARE), ["a chip writes videos"]),
        (Settings(decoder=Decoder.HARDWARE), ["NVDEC reads videos"]),
        (Settings(decoder=Decoder.AUTO), ["NVDEC reads videos above Full HD"]),
        (Settings(encoder=Encoder.HARDWARE, decoder=Decoder.HARDWARE, quiet=True), []),
    ],
)
def test_what_runs_is_said_to_who_asked(settings: Settings, said: list[str]) -> None:
    lines: list[str] = []
    say_what_codecs_run(settings, [CHIP], lambda: "cuda", lines.append)
    assert lines == [f"emojicam: {line}" for line in said]


def test_where_nothing_works_one_line_each_says_what_does_it() -> None:
    lines: list[str] = []
    say_what_codecs_run(Settings(encoder=Encoder.HARDWARE, decoder=Decoder.AUTO), [], lambda: None, lines.append)
    assert lines == [
        "emojicam: no hardware encoder works here (NVENC, Quick Sync, AMF, VideoToolbox): x264 writes videos",
        "emojicam: no hardware decoder works here (NVDEC, VideoToolbox, D3D11, VAAPI, DXVA2): software reads videos",
    ]
