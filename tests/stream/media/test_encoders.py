"""Encoders: the same bytes on every machine, and a graphics chip's only where it keeps every picture and its time."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from making import read_video, write_video
from videofiles import UNEVEN, copied, moving, onset, plain

from emojicam.stream import cores
from emojicam.stream.choices import Encoder
from emojicam.stream.media.encoders import (
    HARDWARE,
    THREADS,
    USUAL,
    Choice,
    Encoding,
    Shape,
    choose,
    configure,
    first_working,
    software,
    works,
)
from emojicam.stream.media.sinks import VideoWriter
from emojicam.stream.media.sources import VideoFile

CHIP = Encoding("mpeg4", "a chip", (("bf", "0"),))
"""An encoder that works everywhere, in the place of a graphics chip's: its file can be told from x264's."""

GONE = Encoding("h264_of_another_machine", "no chip", ())


def packets(encoding: Encoding, size: tuple[int, int] = (320, 240)) -> list[bytes]:
    """Encode a bar that wanders; gives each packet's bytes."""
    shape = Shape(*size)
    context = av.CodecContext.create(encoding.codec, "w")
    assert isinstance(context, av.video.codeccontext.VideoCodecContext)
    configure(context, encoding, shape)
    out = []
    for at, picture in enumerate(moving(20, size)):
        frame = av.VideoFrame.from_ndarray(picture, format="bgr24").reformat(format="yuv420p")
        frame.pts, frame.time_base = at, shape.time_base
        out += context.encode(frame)
    return [bytes(packet) for packet in out + context.encode(None)]


# --- the same bytes ---


@pytest.mark.parametrize("preset", ["ultrafast", "veryfast", "medium"])
@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_an_encoder_has_as_many_threads_whatever_the_machine_has(suffix: str, preset: str) -> None:
    class Machine:
        def allowed(self) -> list[int]:
            raise AssertionError("nobody asks how many cores there are")

        def keep(self, cores: list[int]) -> None:
            raise AssertionError

    before, cores.HERE = cores.HERE, Machine()  # type: ignore[assignment]
    try:
        for size in ((320, 240), (1280, 720), (1920, 1080), (3840, 2160)):
            quick = (preset, suffix) == ("ultrafast", ".mp4") and size[1] <= 720
            assert software(suffix, preset, Shape(*size)).threads == (1 if quick else THREADS)
    finally:
        cores.HERE = before


def test_a_picture_is_not_cut_into_slices_and_comes_out_the_same_each_time() -> None:
    """PyAV would make a slice for each thread, and nothing is predicted across their edges."""
    encoding = software(".mp4", "veryfast", Shape(320, 240))
    first = packets(encoding)
    assert f"threads={THREADS} ".encode() in first[0]
    assert b"sliced_threads=0" in first[0]
    assert packets(encoding) == first


WRITE = """
import hashlib, sys
from pathlib import Path
from videofiles import copied
for suffix in (".mp4", ".mkv", ".webm"):
    target = Path(sys.argv[1]) / f"{sys.argv[2]}{suffix}"
    copied(Path(sys.argv[1]) / "in.mp4", target, preset="veryfast")
    print(hashlib.sha256(target.read_bytes()).hexdigest())
"""


def test_a_file_is_the_same_to_the_byte_whatever_was_in_memory_before(tmp_path: Path) -> None:
    """The system's library fills new memory with the number (Linux): what depends on it read what it never wrote."""
    write_video(tmp_path / "in.mp4", moving(20), tones=(440,))
    hashes = set()
    for filled in ("1", "85"):
        command = [sys.executable, "-c", WRITE, str(tmp_path), filled]
        places = {"MALLOC_PERTURB_": filled, "PYTHONPATH": str(Path(__file__).parents[2])}
        hashes.add(subprocess.run(command, env=os.environ | places, capture_output=True, check=True).stdout)
    assert len(hashes) == 1
    assert len(set(hashes.pop().split())) == 3, "one for each file"


def test_avx512_is_left_out_where_there_is_some() -> None:
    asked = [dict(software(".mp4", "veryfast", USUAL, avx512=has).options).get("x264-params") for has in (True, False)]
    assert asked == ["asm=AVX2", None], "elsewhere there may be no AVX2 either"


# --- the chip's ---


def test_an_encoder_that_is_not_here_does_not_work() -> None:
    assert not works(GONE, USUAL)
    assert works(CHIP, USUAL)


def test_an_encoder_that_moves_times_is_not_taken() -> None:
    """B-frames come out in another order than the pictures went in."""
    assert not works(replace(CHIP, options=(("bf", "2"),)), Shape(320, 240))


def test_the_first_that_works_is_taken() -> None:
    other = replace(CHIP, title="another")
    assert first_working([GONE, CHIP, other]) is CHIP
    assert first_working([GONE]) is None
    assert choose(Encoder.HARDWARE, ".mp4", "veryfast", USUAL, [GONE, CHIP]) == Choice(CHIP)


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_nobody_gets_a_chip_who_has_not_asked_for_it(suffix: str) -> None:
    assert choose(Encoder.X264, suffix, "veryfast", USUAL, [CHIP]) == Choice(software(suffix, "veryfast", USUAL))


def test_where_no_chip_works_x264_writes() -> None:
    """That is said once for all files, not of each."""
    assert choose(Encoder.HARDWARE, ".mp4", "fast", USUAL, [GONE]) == Choice(software(".mp4", "fast", USUAL))


def test_a_file_that_the_chip_cannot_write_says_so() -> None:
    assert choose(Encoder.HARDWARE, ".webm", "fast", USUAL, [CHIP]).note == (
        "written by libvpx: a chip writes no WebM here"
    )
    too_large = choose(Encoder.HARDWARE, ".mp4", "fast", Shape(8192, 8192), [CHIP])
    assert too_large.note == "written by x264: a chip can't write 8192x8192 px"
    assert too_large.encoding.codec == "libx264"


@pytest.mark.parametrize("encoding", HARDWARE, ids=[one.title for one in HARDWARE])
def test_the_library_knows_the_options_that_chips_are_given(encoding: Encoding) -> None:
    if encoding.codec not in av.codecs_available:
        pytest.skip("this system's library has no such encoder")
    known = av.CodecContext.create(encoding.codec, "w").supported_options
    names = {option.name for option in (*known.generic, *known.private)}
    assert {name for name, _ in encoding.options} <= names


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_a_chips_file_keeps_what_x264s_does(tmp_path: Path, suffix: str) -> None:
    source, target = tmp_path / "phone.mp4", tmp_path / f"out{suffix}"
    write_video(source, moving(20), pts=[417 + ms for ms in UNEVEN], time_base=Fraction(1, 1000), tones=(440,))
    with VideoFile(source) as video:
        writer = VideoWriter(target, video.info, encoder=Encoder.HARDWARE, hardware=[GONE, CHIP])
        with writer:
            for frame in video:
                writer(plain(frame))
        info = video.info
    assert writer.notes == []
    copied(source, tmp_path / f"x264{suffix}")
    before, after = read_video(tmp_path / f"x264{suffix}"), read_video(target)
    assert after[1] == pytest.approx(before[1], abs=0.001)
    assert np.abs(np.array(before[0], int) - np.array(after[0], int)).mean() < 6
    assert onset(target) == pytest.approx(onset(tmp_path / f"x264{suffix}"), abs=0.001)
    with VideoFile(target) as copy:
        assert (copy.info.tags, copy.info.sample_aspect) == (info.tags, info.sample_aspect)
    with av.open(str(target)) as container:
        assert container.streams.video[0].codec_context.name == "mpeg4"
