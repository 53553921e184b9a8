"""Videos read and written: nothing but the faces may change."""

from __future__ import annotations

import gc
import itertools
import os
import weakref
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import cast

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
from making import Picture, read_sound, read_video, write_sound, write_video

from emojicam import assets
from emojicam.errors import InputError, OutputError, UsageError
from emojicam.stream.choices import Style
from emojicam.stream.drawing.overlay import Overlay
from emojicam.stream.i420 import i420_to_bgr, planes
from emojicam.stream.media.container import packets_of
from emojicam.stream.media.sinks import VideoWriter
from emojicam.stream.media.sources import VideoFile
from emojicam.stream.types import Drawn, Frame, Judged
from emojicam.wiring import Annotator

RED, GREEN, BLUE, GREY = (0, 0, 255), (0, 255, 0), (255, 0, 0), (128, 128, 128)
UNEVEN = [0, 40, 73, 100, 180, 181, 222, 260, 400, 433, 466, 500, 600, 900, 910, 950, 1000, 1040, 1080, 1500]
"""Milliseconds: a phone in bad light."""
BT601, BT709 = (0.299, 0.114), (0.2126, 0.0722)


# --- helpers ---------------------------------------------------------------------------------------------------------


def moving(count: int = 12, size: tuple[int, int] = (160, 120)) -> list[Picture]:
    """A bright bar that wanders over a soft pattern: BGR, `size` is (width, height)."""
    width, height = size
    ground = np.add.outer(np.linspace(40, 120, height), np.linspace(0, 60, width))
    pictures = []
    for index in range(count):
        picture = np.dstack([ground, ground, ground]).astype(np.uint8)
        left = round(index * (width - 20) / count)
        picture[:, left : left + 20] = (90, 200, 230)
        pictures.append(picture)
    return pictures


def corners(width: int = 160, height: int = 120) -> Picture:
    """Red at the top left, green at the top right, blue at the bottom left, grey at the bottom right."""
    picture = np.full((height, width, 3), GREY, np.uint8)
    picture[: height // 2, : width // 2] = RED
    picture[: height // 2, width // 2 :] = GREEN
    picture[height // 2 :, : width // 2] = BLUE
    return picture


def corners_seen(picture: Picture) -> list[str]:
    """The nearest colour's name in each corner: top left, top right, bottom left, bottom right."""
    height, width = picture.shape[:2]
    named = {"red": RED, "green": GREEN, "blue": BLUE, "grey": GREY}
    places = [(y, x) for y in (height // 4, 3 * height // 4) for x in (width // 4, 3 * width // 4)]
    return [min(named, key=lambda name: int(np.abs(picture[at].astype(int) - named[name]).sum())) for at in places]


def copied(source: Path, target: Path, *, preset: str = "ultrafast", overwrite: bool = False) -> list[str]:
    """Through our source and our sink, without a face; gives the writer's notes."""
    with VideoFile(source) as video:
        writer = VideoWriter(target, video.info, preset=preset, overwrite=overwrite)
        with writer:
            for frame in video:
                writer(plain(frame))
    return writer.notes


def plain(frame: Frame) -> Drawn:
    return Drawn(Judged(frame, ()), frame.pixels)


def frames_of(path: Path) -> list[Frame]:
    with VideoFile(path) as video:
        return list(video)


def sound_packets(path: Path, track: int) -> list[tuple[float, bytes]]:
    """Time (s) and content of each packet."""
    with av.open(str(path)) as container:
        packets = container.demux(container.streams.audio[track])
        return [(float(p.pts * p.time_base), bytes(p)) for p in packets if p.size and p.pts is not None]


def pitch(samples: npt.NDArray[np.float32]) -> float:
    """The strongest frequency, Hz."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), n=8 * len(samples)))
    return float(spectrum.argmax() * making.RATE / (8 * len(samples)))


def onset(path: Path) -> float:
    """When the sound becomes loud, s."""
    samples, start = read_sound(path)
    return start + int((np.abs(samples) > 0.1 * np.abs(samples).max()).argmax()) / making.RATE


def to_yuv(rgb: npt.NDArray[np.float64], weights: tuple[float, float], *, full: bool) -> npt.NDArray[np.uint8]:
    """R'G'B' 0-255 (..., 3) to Y'CbCr, by the book."""
    kr, kb = weights
    r, g, b = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    y = kr * r + (1 - kr - kb) * g + kb * b
    cb, cr = (b - y) / (2 * (1 - kb)), (r - y) / (2 * (1 - kr))
    if not full:
        y, cb, cr = 16 + y * 219 / 255, cb * 224 / 255, cr * 224 / 255
    return np.clip(np.rint(np.stack([y, cb + 128, cr + 128], -1)), 0, 255).astype(np.uint8)


def to_rgb(yuv: npt.NDArray[np.float64], weights: tuple[float, float], *, full: bool) -> npt.NDArray[np.float64]:
    """The way back."""
    kr, kb = weights
    y, cb, cr = yuv[..., 0], yuv[..., 1] - 128.0, yuv[..., 2] - 128.0
    if not full:
        y, cb, cr = (y - 16) * 255 / 219, cb * 255 / 224, cr * 255 / 224
    r, b = y + 2 * (1 - kr) * cr, y + 2 * (1 - kb) * cb
    return np.clip(np.stack([r, (y - kr * r - kb * b) / (1 - kr - kb), b], -1), 0, 255)


# --- sound -----------------------------------------------------------------------------------------------------------


def test_every_audio_track_is_copied_packet_by_packet_with_its_language(tmp_path: Path) -> None:
    source, target = tmp_path / "two.mp4", tmp_path / "out.mp4"
    write_video(source, moving(20), tones=(440, 660))
    notes = copied(source, target, preset="veryfast")
    assert notes == []
    with av.open(str(target)) as container:
        assert [track.metadata.get("language") for track in container.streams.audio] == ["eng", "deu"]
    for track in (0, 1):
        before, after = sound_packets(source, track), sound_packets(target, track)
        assert [content for _, content in after] == [content for _, content in before]
        assert [at for at, _ in after] == pytest.approx([at for at, _ in before], abs=0.001)
        assert read_sound(target, track)[1] == pytest.approx(read_sound(source, track)[1], abs=0.001)


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_sound_that_starts_later_than_the_pictures_stays_later(tmp_path: Path, suffix: str) -> None:
    source, target = tmp_path / f"late{suffix}", tmp_path / f"out{suffix}"
    write_video(source, moving(25), tones=(440,), sound_starts=0.5)
    assert onset(source) == pytest.approx(0.5, abs=0.03)
    copied(source, target, preset="veryfast")
    assert onset(target) == pytest.approx(onset(source), abs=0.005)
    assert read_video(target)[1][0] == pytest.approx(read_video(source)[1][0], abs=0.001)


def test_a_video_without_sound_gets_none(tmp_path: Path) -> None:
    source, target = tmp_path / "silent.mp4", tmp_path / "out.mp4"
    write_video(source, moving())
    assert copied(source, target) == []
    with av.open(str(target)) as container:
        assert [stream.type for stream in container.streams] == ["video"]


@pytest.mark.parametrize(
    ("name", "codec", "audio_codec"),
    [
        ("pcm.mov", "libx264", "pcm_s16le"),
        ("pcm.avi", "mpeg4", "pcm_s16le"),  # its channels have no names
        ("mulaw.mov", "libx264", "pcm_mulaw"),
        ("mp2.mkv", "libx264", "mp2"),
    ],
)
def test_sound_that_mp4_can_not_hold_is_encoded_as_aac_and_a_note_says_so(
    tmp_path: Path, name: str, codec: str, audio_codec: str
) -> None:
    source, target = tmp_path / name, tmp_path / "out.mp4"
    write_video(source, moving(25), codec=codec, audio_codec=audio_codec, tones=(440,), time_base=Fraction(1, 25))
    notes = copied(source, target)
    assert len(notes) == 1
    assert audio_codec in notes[0]
    assert "AAC" in notes[0]
    with av.open(str(target)) as container:
        assert container.streams.audio[0].codec_context.codec.canonical_name == "aac"
        assert container.streams.audio[0].metadata.get("language") == ("und" if name.endswith("avi") else "eng")
    (before, began), (after, begins) = read_sound(source), read_sound(target)
    assert pitch(after) == pytest.approx(440, abs=1)
    assert begins == pytest.approx(began, abs=0.001)
    assert len(after) / making.RATE == pytest.approx(len(before) / making.RATE, abs=0.04)


def test_sound_that_changes_its_channels_goes_on(tmp_path: Path) -> None:
    """As in a broadcast from one programme to the next."""
    parts = []
    for number, layout in enumerate(("stereo", "mono", "stereo")):
        part = tmp_path / f"{number}.ts"
        with av.open(str(part), "w", container_options={"output_ts_offset": f"{number + 1}"}) as container:
            pictures = container.add_stream("libx264", rate=25)
            sound = container.add_stream("mp2", rate=making.RATE, layout=layout)
            assert isinstance(pictures, av.video.stream.VideoStream)
            assert isinstance(sound, av.audio.stream.AudioStream)
            pictures.width, pictures.height, pictures.pix_fmt = 64, 48, "yuv420p"
            pictures.options = {"preset": "ultrafast", "g": "1"}
            for index in range(25):
                container.mux(pictures.encode(av.VideoFrame.from_ndarray(moving(1)[0], format="bgr24")))
                samples = making.tone(440, 1)[index * 1920 : (index + 1) * 1920]
                tones = np.repeat((samples * 32767).astype(np.int16), 1 if layout == "mono" else 2)[None]
                frame = av.AudioFrame.from_ndarray(tones, format="s16", layout=layout)
                frame.sample_rate, frame.pts = making.RATE, index * 1920
                container.mux(sound.encode(frame))
            container.mux(pictures.encode(None))
            container.mux(sound.encode(None))
        parts.append(part.read_bytes())
    source, target = tmp_path / "programmes.ts", tmp_path / "out.mp4"
    source.write_bytes(b"".join(parts))
    copied(source, target)
    after, _ = read_sound(target)
    assert pitch(after) == pytest.approx(440, abs=2)
    assert len(after) / making.RATE == pytest.approx(3, abs=0.2)
    quarters = [float(np.abs(part).mean()) for part in np.array_split(after, 12)]
    assert min(quarters) > 0.1  # none of it is silent


@pytest.mark.parametrize(
    ("audio_codec", "name"),
    [
        ("libopus", "a.mkv"),
        ("flac", "a.mkv"),
        ("libmp3lame", "a.mkv"),
        ("ac3", "a.mkv"),
        ("libopus", "a.webm"),
        ("libmp3lame", "a.avi"),
    ],
)
def test_other_sound_that_mp4_holds_is_copied(tmp_path: Path, audio_codec: str, name: str) -> None:
    source, target = tmp_path / name, tmp_path / "out.mp4"
    codec = {".mkv": "libx264", ".webm": "libvpx-vp9", ".avi": "mpeg4"}[source.suffix]
    options = {"deadline": "realtime", "cpu-used": "8"} if codec == "libvpx-vp9" else None
    base = Fraction(1, 25) if codec == "mpeg4" else Fraction(1, 12800)
    write_video(source, moving(25), codec=codec, audio_codec=audio_codec, tones=(440,), options=options, time_base=base)
    assert copied(source, target) == []
    assert [c for _, c in sound_packets(target, 0)] == [c for _, c in sound_packets(source, 0)]
    assert pitch(read_sound(target)[0]) == pytest.approx(440, abs=1)
    assert onset(target) == pytest.approx(onset(source), abs=0.02)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov"])
def test_aac_of_a_television_recording_is_copied_without_its_packet_headers(tmp_path: Path, suffix: str) -> None:
    source, target = tmp_path / "tv.ts", tmp_path / f"out{suffix}"
    write_video(source, moving(25), tones=(440,))
    assert copied(source, target) == []
    (before, began), (after, begins) = read_sound(source), read_sound(target)
    assert np.array_equal(after, before)
    late = (read_video(source)[1][0] - read_video(target)[1][0]) - (began - begins)
    assert late == pytest.approx(0, abs=0.001)
    with av.open(str(target)) as container:
        assert container.streams.audio[0].codec_context.extradata


# --- time ------------------------------------------------------------------------------------------------------------


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


def test_frames_carry_the_sources_own_times_and_count_from_0(tmp_path: Path) -> None:
    source = tmp_path / "phone.mp4"
    write_video(source, moving(20), pts=UNEVEN, time_base=Fraction(1, 1000))
    frames = frames_of(source)
    assert [frame.index for frame in frames] == list(range(20))
    assert [frame.time for frame in frames] == pytest.approx([ms / 1000 for ms in UNEVEN], abs=0.0005)


# --- geometry --------------------------------------------------------------------------------------------------------

UPRIGHT = {
    # A counter-clockwise quarter turn takes the top right corner to the top left.
    0: ["red", "green", "blue", "grey"],
    90: ["green", "grey", "red", "blue"],
    180: ["grey", "blue", "green", "red"],
    270: ["blue", "red", "grey", "green"],
}


def test_a_file_that_is_closed_leaves_nothing_behind(tmp_path: Path) -> None:
    """A loop opens it every few seconds, and Python looks for what holds itself but rarely."""
    path = tmp_path / "a.mp4"
    write_video(path, [np.full((48, 64, 3), 40 * number, np.uint8) for number in range(5)])

    def pictures() -> int:
        # By type alone: there are objects, torch's for example, which warn when they are asked for their class.
        frames = [one for one in gc.get_objects() if type(one) is av.VideoFrame]
        return sum(frame.width >= 64 for frame in frames)

    gc.collect()
    gc.disable()
    try:
        before = pictures()
        with VideoFile(path) as whole:
            list(whole)
        with VideoFile(path) as broken_off:
            next(iter(broken_off))
        gone = weakref.ref(whole), weakref.ref(broken_off)
        del whole, broken_off
        assert [one() for one in gone] == [None, None]
        assert pictures() == before
    finally:
        gc.enable()


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_a_rotated_video_comes_out_upright_and_with_no_rotation_left(tmp_path: Path, rotation: int) -> None:
    source, target = tmp_path / "phone.mp4", tmp_path / "out.mp4"
    write_video(source, [corners()] * 5, rotation=rotation)
    copied(source, target)
    with av.open(str(target)) as container:
        frames = list(container.decode(video=0))
    assert [frame.rotation for frame in frames] == [0] * 5
    seen = frames[-1].to_ndarray(format="bgr24")
    assert seen.shape == ((120, 160, 3) if rotation in (0, 180) else (160, 120, 3))
    assert corners_seen(seen) == UPRIGHT[rotation]


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_we_turn_a_video_as_opencv_does(tmp_path: Path, rotation: int) -> None:
    # OpenCV reads the display matrix by itself: a second opinion on which way is up.
    source = tmp_path / "phone.mp4"
    write_video(source, [corners()] * 5, rotation=rotation)
    capture = cv2.VideoCapture(str(source), cv2.CAP_FFMPEG)
    read, theirs = capture.read()
    capture.release()
    assert read
    ours = frames_of(source)[0].bgr()
    assert ours.shape == theirs.shape
    assert corners_seen(ours) == corners_seen(np.asarray(theirs, np.uint8))


@pytest.mark.parametrize(
    ("rotation", "across", "wanted"),
    [
        (0, True, ["green", "red", "grey", "blue"]),
        (0, False, ["blue", "grey", "red", "green"]),
        (90, True, ["grey", "green", "blue", "red"]),
        (90, False, ["red", "blue", "green", "grey"]),
    ],
)
def test_a_front_cameras_mirror_is_applied(tmp_path: Path, rotation: int, across: bool, wanted: list[str]) -> None:
    # As the ffmpeg program shows these files.
    source, target = tmp_path / "selfie.mp4", tmp_path / "out.mp4"
    with av.open(str(source), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        assert isinstance(stream, av.video.stream.VideoStream)
        stream.width, stream.height = 160, 120
        stream.set_display_rotation(rotation, hflip=across, vflip=not across)
        for index in range(3):
            frame = av.VideoFrame.from_ndarray(corners(), format="bgr24")
            frame.pts, frame.time_base = index, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    copied(source, target)
    assert corners_seen(read_video(target)[0][-1]) == wanted


def test_an_odd_size_loses_its_last_row_and_column(tmp_path: Path) -> None:
    source, target = tmp_path / "odd.mkv", tmp_path / "out.mp4"
    picture = corners(160, 120)
    odd = np.zeros((121, 161, 3), np.uint8)
    odd[:120, :160] = picture
    odd[120], odd[:, 160] = (255, 255, 255), (255, 255, 255)
    write_video(source, [odd] * 4, codec="ffv1", pix_fmt="yuv444p")
    copied(source, target)
    seen = read_video(target)[0][-1]
    assert seen.shape == (120, 160, 3)
    assert corners_seen(seen) == UPRIGHT[0]
    difference = np.abs(seen.astype(int) - picture)
    assert difference[-2:, 90:].max() < 25  # the white row and column are gone, and nothing is shifted
    assert difference[70:, -2:].max() < 25


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_an_odd_size_can_be_rotated(tmp_path: Path, rotation: int) -> None:
    source, target = tmp_path / "odd.mp4", tmp_path / "out.mp4"
    write_video(source, [corners(161, 121)] * 4, codec="libx264", pix_fmt="yuv444p", rotation=rotation)
    copied(source, target)
    seen = read_video(target)[0][-1]
    assert seen.shape == ((120, 160, 3) if rotation == 180 else (160, 120, 3))
    assert corners_seen(seen) == UPRIGHT[rotation]


@pytest.mark.parametrize("rotation", [0, 90])
def test_the_shape_of_a_pixel_is_kept(tmp_path: Path, rotation: int) -> None:
    source, target = tmp_path / "dvd.mp4", tmp_path / "out.mp4"
    write_video(source, moving(5), sample_aspect=Fraction(16, 11), rotation=rotation)
    copied(source, target)
    with av.open(str(target)) as container:
        aspect = container.streams.video[0].sample_aspect_ratio
    assert aspect == (Fraction(11, 16) if rotation else Fraction(16, 11))


def test_a_change_of_size_in_the_middle_is_scaled_to_the_first(tmp_path: Path) -> None:
    one, two, both, target = (tmp_path / name for name in ("one.ts", "two.ts", "both.ts", "out.mp4"))
    write_video(one, [corners(160, 120)] * 6)
    write_video(two, [corners(320, 240)] * 6, pts=[(6 + i) * 512 for i in range(6)])
    both.write_bytes(one.read_bytes() + two.read_bytes())
    copied(both, target)
    pictures = read_video(target)[0]
    assert len(pictures) == 12
    assert {picture.shape for picture in pictures} == {(120, 160, 3)}
    assert corners_seen(pictures[-1]) == UPRIGHT[0]


# --- colours ---------------------------------------------------------------------------------------------------------

PATCHES = np.array(
    [
        [230, 40, 40],
        [40, 200, 60],
        [50, 70, 220],
        [240, 220, 60],
        [255, 255, 255],
        [0, 0, 0],
        [128, 128, 128],
        [200, 150, 130],
    ]
)
"""R'G'B'."""


def patches() -> npt.NDArray[np.float64]:
    """RGB, eight flat patches of 40x60 px."""
    return np.kron(PATCHES.reshape(2, 4, 3), np.ones((60, 40, 1)))


def write_patches(
    path: Path,
    codec: str,
    pix_fmt: str,
    *,
    weights: tuple[float, float] | None = BT601,
    full: bool = False,
    tags: tuple[int, int, int, int] = (0, 2, 2, 2),
    count: int = 4,
) -> None:
    """A video of the patches; its levels are computed here, not by FFmpeg.

    Args:
        path: Where to.
        codec: An encoder.
        pix_fmt: Its input.
        weights: Kr and Kb of the matrix; None is RGB.
        full: Levels 0-255.
        tags: FFmpeg's numbers for range, matrix, primaries and transfer.
        count: Frames.
    """
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        assert isinstance(stream, av.video.stream.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 160, 120, pix_fmt
        context = stream.codec_context
        context.color_range, context.colorspace, context.color_primaries, context.color_trc = tags
        context.options = {"crf": "4", "preset": "ultrafast"} if codec.startswith("libx26") else {}
        if codec == "libx265":
            context.options = {"crf": "4", "preset": "ultrafast", "x265-params": "log-level=none"}
        for index in range(count):
            if weights is None:
                frame = av.VideoFrame.from_ndarray(patches().astype(np.uint8), format="rgb24")
                if pix_fmt != "rgb24":
                    frame = frame.reformat(format=pix_fmt)
            else:
                yuv = to_yuv(patches(), weights, full=full)
                frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(yuv.transpose(2, 0, 1)), format="yuv444p")
                levels = "JPEG" if full else "MPEG"
                frame = frame.reformat(format=pix_fmt, src_color_range=levels, dst_color_range=levels)
            frame.pts, frame.time_base = index, Fraction(1, 25)
            frame.color_range, frame.colorspace = tags[0], tags[1] if weights else 0
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def colours_of(path: Path) -> tuple[npt.NDArray[np.float64], tuple[int, int, int, int]]:
    """What a player shows in the middle of each patch (R'G'B', 8x3), and the tags by which it knows."""
    with av.open(str(path)) as container:
        frame = list(container.decode(video=0))[-1]
    assert frame.format.name in ("yuv420p", "yuvj420p")
    tags = (int(frame.color_range), int(frame.colorspace), int(frame.color_primaries), int(frame.color_trc))
    planes = [
        np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]
        for plane in frame.planes
    ]
    middles = [(30 + 60 * row, 20 + 40 * column) for row in (0, 1) for column in range(4)]
    yuv = np.array([[planes[0][y, x], planes[1][y // 2, x // 2], planes[2][y // 2, x // 2]] for y, x in middles], float)
    weights = BT709 if tags[1] == 1 else BT601
    return to_rgb(yuv, weights, full=tags[0] == 2), tags


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt", "weights", "full", "tags"),
    [
        ("plain.mp4", "libx264", "yuv420p", BT601, False, (0, 2, 2, 2)),
        ("limited-601.mp4", "libx264", "yuv420p", BT601, False, (1, 6, 6, 6)),
        ("limited-709.mp4", "libx264", "yuv420p", BT709, False, (1, 1, 1, 1)),
        ("full-601.mp4", "libx264", "yuvj420p", BT601, True, (2, 5, 5, 6)),
        ("full-709.mp4", "libx264", "yuv420p", BT709, True, (2, 1, 1, 1)),
        ("mjpeg.avi", "mjpeg", "yuvj422p", BT601, True, (2, 5, 2, 2)),
        ("10-bit.mkv", "libx265", "yuv420p10le", BT709, False, (1, 1, 1, 1)),
        ("10-bit-full.mkv", "ffv1", "yuv420p10le", BT709, True, (2, 1, 1, 1)),
        ("4-2-2.mp4", "libx264", "yuv422p", BT601, False, (1, 6, 6, 6)),
        ("10-bit-4-2-2.mov", "prores_ks", "yuv422p10le", BT709, False, (1, 1, 1, 1)),
        ("4-4-4.mp4", "libx264", "yuv444p", BT709, False, (1, 1, 1, 1)),
        ("full-4-4-4.mp4", "libx264", "yuvj444p", BT601, True, (2, 6, 6, 6)),
        ("transparent.mkv", "ffv1", "yuva420p", BT601, False, (1, 6, 6, 6)),
    ],
)
def test_colours_and_their_tags_are_kept(
    tmp_path: Path,
    name: str,
    codec: str,
    pix_fmt: str,
    weights: tuple[float, float],
    full: bool,
    tags: tuple[int, int, int, int],
) -> None:
    source, target = tmp_path / name, tmp_path / "out.mp4"
    write_patches(source, codec, pix_fmt, weights=weights, full=full, tags=tags)
    copied(source, target)
    seen, kept = colours_of(target)
    assert np.abs(seen - PATCHES).max() <= 4
    with av.open(str(source)) as container:
        had = next(container.decode(video=0))
    assert kept[:2] == (2 if full else int(had.color_range), int(had.colorspace))
    assert kept[:2] == tags[:2] or codec == "mjpeg"
    shown = frames_of(source)[0].bgr()[30::60, 20::40, ::-1].reshape(-1, 3)
    assert np.abs(shown.astype(int) - PATCHES).max() <= 4


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt"),
    [
        ("png.mov", "png", "rgb24"),
        ("png-alpha.mov", "png", "rgba"),
        ("ffv1.mkv", "ffv1", "bgr0"),
        ("planar.avi", "utvideo", "gbrp"),
        ("raw.avi", "rawvideo", "bgr24"),
        ("x264rgb.mkv", "libx264rgb", "bgr24"),
    ],
)
def test_rgb_video_becomes_yuv_that_says_what_it_is(tmp_path: Path, name: str, codec: str, pix_fmt: str) -> None:
    source, target = tmp_path / name, tmp_path / "out.mp4"
    write_patches(source, codec, pix_fmt, weights=None)
    copied(source, target)
    seen, tags = colours_of(target)
    assert np.abs(seen - PATCHES).max() <= 4
    assert tags[:2] == (1, 6)


@pytest.mark.parametrize("pix_fmt", ["gray", "gray10le"])
def test_a_grey_video_stays_as_grey_and_as_bright(tmp_path: Path, pix_fmt: str) -> None:
    source, target = tmp_path / "grey.mkv", tmp_path / "out.mp4"
    steps = np.kron(np.array([[0, 40, 90, 128], [160, 200, 235, 255]]), np.ones((60, 40))).astype(np.uint8)
    write_video(source, [np.dstack([steps] * 3)] * 3, codec="ffv1", pix_fmt=pix_fmt)
    before = read_video(source)[0][0]
    copied(source, target)
    seen, _ = colours_of(target)
    wanted = before[30::60, 20::40].reshape(-1, 3)
    assert np.abs(seen - wanted).max() <= 4


def test_a_gif_is_a_video(tmp_path: Path) -> None:
    source, target = tmp_path / "dance.gif", tmp_path / "out.mp4"
    write_video(source, [corners()] * 4, codec="gif", pix_fmt="rgb8", time_base=Fraction(1, 100), rate=10)
    copied(source, target)
    pictures, times = read_video(target)
    assert corners_seen(pictures[-1]) == UPRIGHT[0]
    assert times == pytest.approx([0, 0.1, 0.2, 0.3], abs=0.001)


# --- what is and what isn't a video ----------------------------------------------------------------------------------


def test_cover_art_is_not_the_video(tmp_path: Path) -> None:
    source = tmp_path / "film.mp4"
    write_video(source, [corners()] * 5, cover=np.full((90, 90, 3), RED, np.uint8))
    with av.open(str(source)) as container:
        assert len(container.streams.video) == 2
    frames = frames_of(source)
    assert len(frames) == 5
    assert corners_seen(frames[0].bgr()) == UPRIGHT[0]


def test_sound_alone_has_no_video_stream(tmp_path: Path) -> None:
    source = tmp_path / "song.m4a"
    write_sound(source, 440, 0.5)
    with pytest.raises(InputError, match=r"song\.m4a: has no video stream"):
        VideoFile(source)


def test_sound_with_cover_art_has_no_video_stream(tmp_path: Path) -> None:
    source = tmp_path / "song.mp4"
    write_sound(source, 440, 0.5, cover=np.full((90, 90, 3), RED, np.uint8))
    with av.open(str(source)) as container:
        assert len(container.streams.video) == 1
    with pytest.raises(InputError, match="has no video stream"):
        VideoFile(source)


def test_mp4_without_its_index_is_no_video_that_can_be_read(tmp_path: Path) -> None:
    whole, torn = tmp_path / "whole.mp4", tmp_path / "torn.mp4"
    write_video(whole, moving())
    content = whole.read_bytes()
    torn.write_bytes(content[: content.rindex(b"moov") - 4])
    with pytest.raises(InputError, match=r"torn\.mp4"):
        VideoFile(torn)


@pytest.mark.parametrize("content", [b"", b"some text, and nothing else\n" * 200, bytes(range(256)) * 20])
def test_what_is_no_media_is_refused(tmp_path: Path, content: bytes) -> None:
    source = tmp_path / "clip.mp4"
    source.write_bytes(content)
    with pytest.raises(InputError, match=r"clip\.mp4"):
        VideoFile(source)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("list.mp4", "ffconcat version 1.0\nfile secret.mp4\n"),
        ("list.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nsecret.mp4\n#EXT-X-ENDLIST\n"),
        ("hls.mp4", "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nsecret.mp4\n#EXT-X-ENDLIST\n"),
        ("sdp.mp4", "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n"),
    ],
)
def test_a_playlist_is_refused_whatever_its_name_and_its_files_are_not_read(
    tmp_path: Path, name: str, text: str
) -> None:
    secret, playlist = tmp_path / "secret.mp4", tmp_path / name
    write_video(secret, moving())
    os.utime(secret, (1_000_000_000, 1_000_000_000))
    playlist.write_text(text)
    with pytest.raises(InputError, match="neither a photo nor a video"):
        VideoFile(playlist)


@pytest.mark.parametrize("name", ["concat:a.mp4|b.mp4", "subfile,,start,0,end,0,,:a.mp4", "crypto:a.mp4", "data:a.mp4"])
def test_a_name_is_never_taken_for_a_protocol(inside: Path, name: str) -> None:
    write_video(inside / "a.mp4", moving(5))
    write_video(inside / "b.mp4", moving(5))
    with pytest.raises(UsageError, match="no such file"):
        VideoFile(Path(name))
    write_video(inside / "whole.mp4", moving(7))
    (inside / "whole.mp4").rename(inside / name)
    assert len(frames_of(Path(name))) == 7


# --- damage ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("suffix", "options"), [(".mp4", {"movflags": "faststart"}), (".mkv", {}), (".ts", {})])
def test_of_a_file_that_was_cut_off_everything_that_decodes_is_annotated(
    tmp_path: Path, annotator: Annotator, suffix: str, options: dict[str, str]
) -> None:
    whole, cut, target = tmp_path / f"whole{suffix}", tmp_path / f"cut{suffix}", tmp_path / "out.mp4"
    write_video(whole, moving(30), tones=(440,), container_options=options)
    content = whole.read_bytes()
    cut.write_bytes(content[: round(0.6 * len(content))])
    times = read_video(whole)[1]
    summary = annotator.video(cut, target)
    after = read_video(target)[1]
    assert 5 <= len(after) < 30
    assert summary.frames == len(after)
    assert after == pytest.approx([at - times[0] + after[0] for at in times[: len(after)]], abs=0.001)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts", ".avi"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_flipped_bits_neither_stop_the_work_nor_move_a_frame(tmp_path: Path, suffix: str, seed: int) -> None:
    whole, torn, target = tmp_path / f"whole{suffix}", tmp_path / f"torn{suffix}", tmp_path / "out.mp4"
    codec, base = ("mpeg4", Fraction(1, 25)) if suffix == ".avi" else ("libx264", Fraction(1, 12800))
    write_video(whole, moving(30), codec=codec, time_base=base, tones=(440,))
    content = bytearray(whole.read_bytes())
    chance = np.random.default_rng(seed)
    start, end = len(content) // 4, len(content) * 3 // 4
    for at in chance.integers(start, end, 40):
        content[int(at)] ^= 1 << int(chance.integers(8))
    torn.write_bytes(content)
    times = read_video(whole)[1]
    copied(torn, target)
    after = read_video(target)[1]
    assert len(after) >= 5
    assert after == sorted(set(after))
    away = [min(abs(at - time) for time in times) for at in after]
    assert max(away) <= 0.001


def test_what_was_skipped_is_counted_and_said(tmp_path: Path, annotator: Annotator) -> None:
    whole, torn, target = tmp_path / "whole.mp4", tmp_path / "torn.mp4", tmp_path / "out.mp4"
    # Every picture on its own, so that a damaged one costs itself alone.
    write_video(whole, moving(20), options={"preset": "ultrafast", "g": "1"})
    with av.open(str(whole)) as container:
        packets = [p for p in container.demux(video=0) if p.size]
        places = [
            (p.pos, p.size, float(p.pts * p.time_base)) for p in packets if p.pos is not None and p.pts is not None
        ]
    content = bytearray(whole.read_bytes())
    for at, size, _ in places[8:11]:
        content[at : at + size] = b"\xff" * size
    torn.write_bytes(content)
    summary = annotator.video(torn, target)
    after = read_video(target)[1]
    kept = [time for index, (_, _, time) in enumerate(places) if not 8 <= index < 11]
    assert after == pytest.approx(kept, abs=0.001)
    assert summary.frames == 17
    assert "3 damaged packets were skipped" in summary.notes


def test_sound_that_goes_back_in_time_is_skipped_and_counted(tmp_path: Path) -> None:
    whole, source, target = tmp_path / "whole.ts", tmp_path / "torn.ts", tmp_path / "out.mp4"
    write_video(whole, moving(25), tones=(440,))
    content = whole.read_bytes()
    source.write_bytes(content + content[len(content) // 188 // 2 * 188 :])
    notes = copied(source, target)
    assert any("damaged packets of sound were skipped" in note for note in notes)
    assert pitch(read_sound(target)[0]) == pytest.approx(440, abs=3)
    assert len(read_video(target)[0]) >= 25


def test_a_video_of_an_unknown_kind_is_named(tmp_path: Path) -> None:
    whole, source = tmp_path / "whole.mkv", tmp_path / "odd.mkv"
    write_video(whole, moving())
    content = whole.read_bytes()
    assert b"V_MPEG4/ISO/AVC" in content
    source.write_bytes(content.replace(b"V_MPEG4/ISO/AVC", b"V_MPEG4/ISO/XYZ"))
    with pytest.raises(InputError, match=r"odd\.mkv: its video is of a kind that can't be decoded"):
        VideoFile(source)


class TornContainer:
    """Gives its packets run by run; an error ends a run, as it ends PyAV's iterator."""

    def __init__(self, *runs: list[str | Exception]) -> None:
        self._runs = list(runs)

    def demux(self, streams: object) -> Iterator[str]:
        for item in self._runs.pop(0) if len(self._runs) > 1 else self._runs[0]:
            if isinstance(item, Exception):
                raise item
            yield item


def read_all(container: TornContainer) -> tuple[list[str], int]:
    damages: list[int] = []
    packets = packets_of(cast("av.container.InputContainer", container), [], lambda: damages.append(1))
    return [str(packet) for packet in packets], len(damages)


def test_after_a_place_that_can_not_be_read_reading_goes_on() -> None:
    invalid = av.error.InvalidDataError(1, "damaged")
    appeared = IndexError("a stream that was not there at the start")
    assert read_all(TornContainer(["a", "b", invalid], ["c", appeared], [invalid], ["d"])) == (list("abcd"), 3)


def test_a_file_that_can_not_be_read_at_all_is_given_up() -> None:
    assert read_all(TornContainer([av.error.InvalidDataError(1, "damaged")])) == ([], 100)


def test_backward_and_repeated_timestamps_are_replaced_and_counted(tmp_path: Path) -> None:
    raw, target = tmp_path / "raw.h264", tmp_path / "out.mp4"
    write_video(raw, moving(10))
    with VideoFile(raw) as video:
        times = [frame.time for frame in video]
        assert len(times) == 10
        assert all(a < b for a, b in itertools.pairwise(times))
    copied(raw, target)
    assert len(read_video(target)[0]) == 10


# --- writing ---------------------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize("name", ["out.avi", "out", "out.webm"])
def test_other_containers_are_refused(tmp_path: Path, name: str) -> None:
    source = tmp_path / "in.mp4"
    write_video(source, moving(5))
    with pytest.raises(UsageError, match="a video is written as"):
        copied(source, tmp_path / name)


def test_a_name_is_never_taken_for_a_protocol_when_writing(inside: Path) -> None:
    write_video(inside / "in.mp4", moving(5))
    copied(Path("in.mp4"), Path("data:out.mp4"))
    assert len(frames_of(Path("data:out.mp4"))) == 5


# --- the decoder's own pictures --------------------------------------------------------------------------------------


def test_whatever_is_written_into_a_frame_later_frames_are_not_harmed(tmp_path: Path) -> None:
    source = tmp_path / "in.mp4"
    write_video(source, moving(30), options={"preset": "veryfast", "crf": "12"})  # B-frames refer to both sides
    clean = [frame.pixels.copy() for frame in frames_of(source)]
    with VideoFile(source) as video:
        for frame, expected in zip(video, clean, strict=True):
            assert np.array_equal(frame.pixels, expected)
            frame.pixels[:] = 255


@pytest.mark.parametrize("style", list(Style))
def test_away_from_the_emoji_every_frame_stays_as_it_was(
    tmp_path: Path, annotator: Annotator, portrait: Picture, style: Style
) -> None:
    source, without, target = tmp_path / "in.mp4", tmp_path / "plain.mp4", tmp_path / "out.mp4"
    pictures = [making.seen_at(portrait, (320, 240), 0.8, roll=i - 8, shift=3 * i - 24) for i in range(16)]
    write_video(source, pictures, options={"preset": "veryfast", "crf": "12"})
    copied(source, without, preset="veryfast")
    overlay = Overlay(lambda label: assets.emoji("classic", label), style, assets.DISC)
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


def test_subtitles_are_left_out_and_a_note_says_so(tmp_path: Path, annotator: Annotator) -> None:
    source = tmp_path / "told.mkv"
    with av.open(str(source), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        assert isinstance(stream, av.video.stream.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        told = container.add_mux_stream("subrip")
        for index in range(5):
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 90, np.uint8), format="bgr24")
            frame.pts, frame.time_base = index, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        words = av.Packet(b"hello")
        words.stream, words.pts, words.dts, words.duration = told, 0, 0, 100
        words.time_base = Fraction(1, 1000)
        container.mux(words)
    summary = annotator.video(source, tmp_path / "out.mp4")
    assert summary.notes == ["1 subtitle track is left out"]
    assert len(read_video(tmp_path / "out.mp4")[0]) == 5
