"""Videos written: times, names and containers are as they should be, and nothing but the faces has changed."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import av.container
import av.error
import av.stream
import av.video.stream
import cv2
import making
import numpy as np
import numpy.typing as npt
import pytest
from making import Picture, read_sound, read_video, write_video
from videofiles import UNEVEN, copied, frames_of, moving, onset, pitch, plain

from emojicam import assets
from emojicam.errors import OutputError, UsageError
from emojicam.stream.choices import Style
from emojicam.stream.drawing.overlay import Overlay
from emojicam.stream.i420 import i420_to_bgr, planes
from emojicam.stream.media.sinks import VideoWriter
from emojicam.stream.media.sources import VideoFile
from emojicam.stream.types import Drawn, Judged
from emojicam.wiring import Annotator


@pytest.mark.parametrize("preset", ["ultrafast", "veryfast"])  # without and with B-frames
@pytest.mark.parametrize("first", [0, 417])
@pytest.mark.parametrize(("source_suffix", "suffix"), [(".mp4", ".mp4"), (".mkv", ".mp4"), (".mp4", ".mkv")])
def test_uneven_timestamps_are_kept(tmp_path: Path, preset: str, first: int, source_suffix: str, suffix: str) -> None:
    source, target = tmp_path / f"phone{source_suffix}", tmp_path / f"out{suffix}"
    write_video(source, moving(20), pts=[first + ms for ms in UNEVEN], time_base=Fraction(1, 1000))
    copied(source, target, preset=preset)
    before, after = read_video(source)[1], read_video(target)[1]
    assert before == pytest.approx([(first + ms) / 1000 for ms in UNEVEN], abs=0.001)
    assert after == pytest.approx(before, abs=0.001)


@pytest.mark.parametrize("preset", ["ultrafast", "veryfast"])
def test_pictures_that_start_later_than_the_sound_stay_later(tmp_path: Path, preset: str) -> None:
    source, target = tmp_path / "late.mp4", tmp_path / "out.mp4"
    write_video(source, moving(20), pts=[417 + ms for ms in UNEVEN], time_base=Fraction(1, 1000), tones=(440,))
    copied(source, target, preset=preset)
    assert read_video(target)[1] == pytest.approx(read_video(source)[1], abs=0.001)
    assert onset(target) == pytest.approx(onset(source), abs=0.001)


@pytest.mark.parametrize("rate", [Fraction(30000, 1001), Fraction(24000, 1001), Fraction(25)])
def test_broadcast_rates_are_kept_exactly(tmp_path: Path, rate: Fraction) -> None:
    source, target = tmp_path / "tv.mp4", tmp_path / "out.mp4"
    write_video(source, moving(20), pts=range(20), time_base=1 / rate, rate=round(rate))
    copied(source, target, preset="veryfast")
    assert read_video(target)[1] == pytest.approx([float(i / rate) for i in range(20)], abs=1e-6)


@pytest.mark.parametrize("preset", ["ultrafast", "medium"])
def test_a_webm_is_vp9_with_its_sources_times_and_colours(tmp_path: Path, preset: str) -> None:
    source, target = tmp_path / "phone.mp4", tmp_path / "out.webm"
    write_video(source, moving(20), pts=[417 + ms for ms in UNEVEN], time_base=Fraction(1, 1000))
    copied(source, target, preset=preset)
    before, after = read_video(source), read_video(target)
    assert after[1] == pytest.approx(before[1], abs=0.001)
    for one, other in zip(before[0], after[0], strict=True):
        assert np.abs(one.astype(int) - other).mean() < 3
    with av.open(str(target)) as container:
        assert (container.format.name, container.streams.video[0].codec_context.name) == ("matroska,webm", "vp9")


# --- files and their names ---


def test_while_it_is_written_the_file_has_another_name(tmp_path: Path) -> None:
    source, target = tmp_path / "in.mp4", tmp_path / "out.mp4"
    write_video(source, moving(30))
    with VideoFile(source) as video:
        with VideoWriter(target, video.info, preset="ultrafast") as write:
            for frame in video:
                write(plain(frame))
            assert not target.exists()
            assert (tmp_path / "out.part.mp4").exists()
        assert target.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.mp4", "out.mp4"]


@pytest.mark.parametrize("height", [64, 66, 68, 70])
def test_what_is_given_to_the_writer_is_in_its_file_even_if_it_is_changed_afterwards(
    tmp_path: Path, height: int
) -> None:
    source, target = tmp_path / "a.mp4", tmp_path / "b.mp4"
    write_video(source, [np.full((height, 96, 3), 90, np.uint8)] * 30)
    down, across = np.mgrid[0 : height * 3 // 2, 0:96]
    slopes = [np.asarray(60 + down + across // 2 + number, np.uint8) for number in range(30)]
    with VideoFile(source) as video, VideoWriter(target, video.info) as write:  # veryfast, which looks ahead
        for frame, slope in zip(video, slopes, strict=True):
            pixels = slope.copy()
            write(Drawn(Judged(frame, ()), pixels))
            pixels[:] = 0
    written = frames_of(target)
    assert len(written) == 30
    for frame, slope in zip(written, slopes, strict=True):
        for plane, wanted in zip(planes(frame.pixels), planes(slope), strict=True):
            assert np.abs(plane.astype(int) - wanted).mean() < 3


@pytest.mark.parametrize("suffix", [".mp4", ".m4v", ".mov", ".mkv"])
def test_every_frame_is_written_as_h264_that_players_know(tmp_path: Path, suffix: str) -> None:
    source, target = tmp_path / "in.mp4", tmp_path / f"out{suffix}"
    write_video(source, moving(17), tones=(440,))
    copied(source, target, preset="veryfast")
    with av.open(str(target)) as container:
        assert ("matroska" if suffix == ".mkv" else "mp4") in container.format.name
        (stream,) = container.streams.video
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert len(list(container.decode(video=0))) == 17
    assert pitch(read_sound(target)[0]) == pytest.approx(440, abs=1)
    difference = np.abs(np.array(read_video(target)[0], int) - np.array(read_video(source)[0], int))
    assert difference.mean() < 4


@pytest.mark.parametrize("kind", [ValueError, KeyboardInterrupt])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_failed_run_leaves_what_it_had_written_to_be_played(
    tmp_path: Path, kind: type[BaseException], suffix: str
) -> None:
    error = kind("stop")
    source, target = tmp_path / "in.mp4", tmp_path / f"out{suffix}"
    write_video(source, moving(20), tones=(440,))

    def run() -> None:
        with VideoFile(source) as video, VideoWriter(target, video.info) as write:
            for frame in video:
                if frame.index == 13:
                    raise error
                write(plain(frame))

    with pytest.raises(kind) as caught:
        run()
    part = tmp_path / f"out.part{suffix}"
    assert caught.value is error
    assert caught.value.__notes__ == [f"its first 13 frames are in {part}"]
    assert not target.exists()
    pictures, times = read_video(part)
    assert len(pictures) == 13
    # Matroska knows no time before 0, where an mp4's AAC begins: there the whole file starts 21 ms later.
    late = 1024 / making.RATE if suffix == ".mkv" else 0
    assert times == pytest.approx([at + late for at in read_video(source)[1][:13]], abs=0.001)
    assert pitch(read_sound(part)[0]) == pytest.approx(440, abs=3)


def test_a_run_that_fails_before_its_first_frame_leaves_nothing(tmp_path: Path) -> None:
    source, target = tmp_path / "in.mp4", tmp_path / "out.mp4"
    write_video(source, moving(5), tones=(440,))
    error = ValueError("defect")

    def run() -> None:
        with VideoFile(source) as video, VideoWriter(target, video.info):
            raise error

    with pytest.raises(ValueError, match="defect"):
        run()
    assert not hasattr(error, "__notes__")
    assert [path.name for path in tmp_path.iterdir()] == ["in.mp4"]


def test_an_output_that_is_there_is_replaced_only_when_asked(tmp_path: Path) -> None:
    source, target = tmp_path / "in.mp4", tmp_path / "out.mp4"
    write_video(source, moving(5))
    target.write_bytes(b"precious")
    with pytest.raises(OutputError, match=r"out\.mp4: is already there"):
        copied(source, target)
    assert target.read_bytes() == b"precious"
    copied(source, target, overwrite=True)
    assert len(read_video(target)[0]) == 5


def test_a_failed_replacement_leaves_the_old_file(tmp_path: Path) -> None:
    source, target = tmp_path / "in.mp4", tmp_path / "out.mp4"
    write_video(source, moving(5))
    target.write_bytes(b"precious")

    def run() -> None:
        with VideoFile(source) as video, VideoWriter(target, video.info, overwrite=True) as write:
            for frame in video:
                write(plain(frame))
            raise ValueError("defect")

    with pytest.raises(ValueError, match="defect"):
        run()
    assert target.read_bytes() == b"precious"


@pytest.mark.parametrize("name", ["out.avi", "out", "out.gif"])
def test_other_containers_are_refused(tmp_path: Path, name: str) -> None:
    source = tmp_path / "in.mp4"
    write_video(source, moving(5))
    with pytest.raises(UsageError, match="a video is written as"):
        copied(source, tmp_path / name)


def test_a_name_is_never_taken_for_a_protocol_when_writing(inside: Path) -> None:
    write_video(inside / "in.mp4", moving(5))
    copied(Path("in.mp4"), Path("data:out.mp4"))
    assert len(frames_of(Path("data:out.mp4"))) == 5


# --- nothing but the faces ---


@pytest.mark.parametrize("style", list(Style))
def test_away_from_the_emoji_every_frame_stays_as_it_was(
    tmp_path: Path, annotator: Annotator, portrait: Picture, style: Style
) -> None:
    source, without, target = tmp_path / "in.mp4", tmp_path / "plain.mp4", tmp_path / "out.mp4"
    pictures = [making.seen_at(portrait, (320, 240), 0.8, roll=i - 8, shift=3 * i - 24) for i in range(16)]
    write_video(source, pictures, options={"preset": "veryfast", "crf": "12"})
    copied(source, without, preset="veryfast")
    overlay = Overlay(cache(lambda label: assets.emojis("classic", label)), style, disc=assets.DISC)
    touched = []
    with VideoFile(source) as video, VideoWriter(target, video.info) as write:
        for frame in video:
            drawn = overlay(annotator.judge(frame))
            assert len(drawn.judged.faces) == 1
            touched.append((i420_to_bgr(drawn.pixels, frame.colour) != frame.bgr()).any(axis=2))
            write(drawn)
    clean = [frame.bgr() for frame in frames_of(source)]
    for true, before, after, emoji in zip(clean, read_video(without)[0], read_video(target)[0], touched, strict=True):
        # The encoder spreads what it changes over its blocks, 16 px wide.
        away = cv2.dilate(emoji.astype(np.uint8), np.ones((33, 33), np.uint8)) == 0
        assert away.mean() > 0.25
        assert _difference(true, after)[emoji].mean() > 10
        # A lossy encoder errs; it may not err more than without an emoji.
        assert _difference(true, after)[away].mean() < 1.5 * _difference(true, before)[away].mean() + 0.5
        assert _difference(true, after)[away].max() < 1.5 * _difference(true, before)[away].max() + 5


def _difference(one: Picture, other: Picture) -> npt.NDArray[np.float32]:
    return np.asarray(cv2.blur(np.abs(one.astype(np.float32) - other), (5, 5)).max(axis=2), np.float32)
