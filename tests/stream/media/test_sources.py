"""Videos read: upright, in their own colours and times, and on past damage."""

from __future__ import annotations

import gc
import io
import itertools
import struct
import weakref
import zlib
from fractions import Fraction
from pathlib import Path

import av
import av.container
import av.error
import av.stream
import av.video.stream
import cv2
import numpy as np
import numpy.typing as npt
import pytest
from making import read_video, write_video
from PIL import ExifTags, Image, ImageCms
from videofiles import UNEVEN, UPRIGHT, copied, corners, corners_seen, frames_of, moving

from emojicam.stream.media.sources import VideoFile
from emojicam.wiring import Annotator


def test_frames_carry_the_sources_own_times_and_count_from_0(tmp_path: Path) -> None:
    source = tmp_path / "phone.mp4"
    write_video(source, moving(20), pts=UNEVEN, time_base=Fraction(1, 1000))
    frames = frames_of(source)
    assert [frame.index for frame in frames] == list(range(20))
    assert [frame.time for frame in frames] == pytest.approx([ms / 1000 for ms in UNEVEN], abs=0.0005)


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


def test_backward_and_repeated_timestamps_are_replaced_and_counted(tmp_path: Path) -> None:
    raw, target = tmp_path / "raw.h264", tmp_path / "out.mp4"
    write_video(raw, moving(10))
    with VideoFile(raw) as video:
        times = [frame.time for frame in video]
        assert len(times) == 10
        assert all(a < b for a, b in itertools.pairwise(times))
    copied(raw, target)
    assert len(read_video(target)[0]) == 10


def test_whatever_is_written_into_a_frame_later_frames_are_not_harmed(tmp_path: Path) -> None:
    source = tmp_path / "in.mp4"
    write_video(source, moving(30), options={"preset": "veryfast", "crf": "12"})  # B-frames refer to both sides
    clean = [frame.pixels.copy() for frame in frames_of(source)]
    with VideoFile(source) as video:
        for frame, expected in zip(video, clean, strict=True):
            assert np.array_equal(frame.pixels, expected)
            frame.pixels[:] = 255


# --- geometry ---


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


@pytest.mark.parametrize(("orientation", "wanted"), [(1, UPRIGHT[0]), (3, UPRIGHT[180]), (6, UPRIGHT[270])])
@pytest.mark.parametrize("suffix", [".avi", ".mov"])
def test_a_cameras_mjpeg_whose_pictures_have_exif_is_read_upright(
    tmp_path: Path, orientation: int, wanted: list[str], suffix: str
) -> None:
    exif, memory = Image.Exif(), io.BytesIO()
    exif[0x0112] = orientation
    Image.fromarray(np.ascontiguousarray(corners()[..., ::-1])).save(memory, "JPEG", exif=exif, quality=95)
    with av.open(str(tmp_path / f"camera{suffix}"), "w") as container:
        stream = container.add_stream("mjpeg", rate=25)
        assert isinstance(stream, av.video.stream.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuvj420p"
        for index in range(3):
            packet = av.Packet(memory.getvalue())
            packet.stream, packet.time_base, packet.pts, packet.dts = stream, Fraction(1, 25), index, index
            container.mux(packet)
    frames = frames_of(tmp_path / f"camera{suffix}")
    assert [corners_seen(frame.bgr()) for frame in frames] == [wanted] * 3


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


# --- colours ---

BT601, BT709 = (0.299, 0.114), (0.2126, 0.0722)


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


# --- damage ---


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


@pytest.mark.parametrize("part", [0.36, 0.4, 0.5, 0.66])
@pytest.mark.parametrize("length", [0.02, 0.07])
def test_an_avi_with_damage_is_no_longer_than_it_was(tmp_path: Path, part: float, length: float) -> None:
    path = tmp_path / "a.avi"
    write_video(path, moving(100), codec="mpeg4", time_base=Fraction(1, 25))
    content = path.read_bytes()
    start, end = round(part * len(content)), round((part + length) * len(content))
    path.write_bytes(content[:start] + bytes(end - start) + content[end:])
    with VideoFile(path) as video:
        times = [frame.time for frame in video]
    assert len(times) > 50
    assert times == sorted(set(times))
    assert times[-1] <= 4.0 + 1e-6
    if length > 0.05:  # less may lie within one picture
        assert any("damaged in its middle" in note for note in video.notes)


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


def notes_of(path: Path) -> list[str]:
    with VideoFile(path) as video:
        list(video)
        return video.notes


@pytest.mark.parametrize(
    ("name", "codecs"),
    [
        ("a.mkv", ("libx264", "aac")),
        ("a.webm", ("libvpx", "libopus")),
        ("a.avi", ("mpeg4", "libmp3lame")),
        ("a.flv", ("libx264", "aac")),
        ("a.wmv", ("wmv2", "libmp3lame")),
        ("a.mxf", ("mpeg2video", "pcm_s16le")),
        ("a.mov", ("libx264", "aac")),
        ("a.gif", ("gif", "")),
        ("a.apng", ("apng", "")),
    ],
)
@pytest.mark.parametrize("part", [0.4, 0.6, 0.9])
def test_of_what_was_cut_off_is_said_how_much_was_read(
    tmp_path: Path, name: str, codecs: tuple[str, str], part: float
) -> None:
    source = tmp_path / name
    base = Fraction(1, 25) if codecs[0] in ("mpeg4", "wmv2", "mpeg2video") else Fraction(1, 12800)
    pix_fmt = {"gif": "rgb8", "apng": "rgb24"}.get(codecs[0], "yuv420p")
    options = {"movflags": "frag_keyframe+empty_moov"} if name.endswith("mov") else {}
    tones = (440,) if codecs[1] else ()
    encode = {"preset": "ultrafast", "g": "5"} if codecs[0] == "libx264" else {}
    write_video(
        source,
        moving(50),
        codec=codecs[0],
        audio_codec=codecs[1],
        pix_fmt=pix_fmt,
        time_base=base,
        tones=tones,
        container_options=options,
        options=encode,
    )
    assert notes_of(source) == []
    content = source.read_bytes()
    source.write_bytes(content[: round(part * len(content))])
    read = len(frames_of(source))
    told = [note for note in notes_of(source) if note.startswith("the file was cut off")]
    assert len(told) == 1
    assert f"{read} frames were read" in told[0] or f"its last {50 - read} frames are missing" in told[0]


def test_damage_in_the_middle_is_said(tmp_path: Path) -> None:
    for name, codec in (("a.mkv", "libx264"), ("a.webm", "libvpx"), ("a.avi", "mpeg4")):
        source = tmp_path / name
        base = Fraction(1, 25) if codec == "mpeg4" else Fraction(1, 12800)
        write_video(source, moving(100), codec=codec, time_base=base)
        content = bytearray(source.read_bytes())
        content[len(content) // 3 : len(content) // 2] = bytes(len(content) // 2 - len(content) // 3)
        source.write_bytes(content)
        read = len(frames_of(source))
        assert read < 100
        assert any("damaged" in note and f"{read} frames were read" in note for note in notes_of(source)), name


@pytest.mark.parametrize("suffix", [".mov", ".flv", ".mkv"])
def test_of_a_first_picture_that_is_damaged_is_said_that_it_is_left_out(tmp_path: Path, suffix: str) -> None:
    path, chance = tmp_path / f"film{suffix}", np.random.default_rng(0)
    write_video(path, list(chance.integers(0, 256, (12, 48, 64, 3), np.uint8)))
    with av.open(str(path)) as container:
        first = bytes(next(packet for packet in container.demux(video=0) if packet.size))
    data = path.read_bytes()
    at = data.index(first) + len(first) // 2  # its beginning is words of the encoder's
    path.write_bytes(data[:at] + bytes(40) + data[at + 40 :])
    with VideoFile(path) as video:
        frames = len(list(video))
        assert (frames, video.whole) == (11, False)
        assert "1 frame before the first that is whole was skipped" in video.notes


@pytest.mark.parametrize("empty", [1, 3])
def test_of_frames_that_are_empty_is_said_that_they_are(tmp_path: Path, empty: int) -> None:
    path = tmp_path / "film.mov"
    write_video(path, moving())
    data = path.read_bytes()
    sizes = data.index(b"stsz") + 16
    first = sizes + 4 * (12 - empty)  # of the last frames; the places of those before them stay
    path.write_bytes(data[:first] + bytes(4 * empty) + data[first + 4 * empty :])
    with VideoFile(path) as video:
        assert len(list(video)) == 12 - empty
        said = "1 frame is empty in the file" if empty == 1 else f"{empty} frames are empty in the file"
        assert said in video.notes


def test_a_television_recording_that_lacks_packets_is_said_to(tmp_path: Path) -> None:
    source = tmp_path / "tv.ts"
    write_video(source, moving(100), tones=(440,))
    content = source.read_bytes()
    lacks = len(content) // 188 // 3 * 188
    source.write_bytes(content[:lacks] + content[lacks + 188 * 20 :])
    read = len(frames_of(source))
    assert read < 100
    assert any("damaged in its middle" in note and f"{read} frames" in note for note in notes_of(source))


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".ts", ".flv", ".avi"])
@pytest.mark.parametrize("kind", ["uneven", "pause", "long sound", "B-frames", "one picture"])
def test_of_a_whole_file_nothing_is_said(tmp_path: Path, suffix: str, kind: str) -> None:
    source = tmp_path / f"whole{suffix}"
    base = Fraction(1, 25) if suffix == ".avi" else Fraction(1, 1000)
    ticks = [round(Fraction(ms, 1000) / base) for ms in UNEVEN]
    if suffix == ".avi":
        ticks = list(range(20))
    if kind == "pause":
        ticks = [tick + (n >= 10) * round(8 / base) for n, tick in enumerate(ticks)]
    if kind == "one picture":
        ticks = ticks[:1]
    write_video(
        source,
        moving(len(ticks)),
        pts=ticks,
        codec="mpeg4" if suffix == ".avi" else "libx264",
        audio_codec="libmp3lame" if suffix == ".avi" else "aac",
        time_base=base,
        tones=(440,),
        sound_starts=4.0 if kind == "long sound" else 0.0,
        options={"preset": "veryfast"} if kind == "B-frames" and suffix != ".avi" else None,
    )
    assert notes_of(source) == []


def test_of_a_whole_file_with_an_edit_list_nothing_is_said(tmp_path: Path) -> None:
    whole, source = tmp_path / "whole.mp4", tmp_path / "edited.mp4"
    write_video(whole, moving(50), tones=(440,), options={"preset": "veryfast", "g": "25"})
    with av.open(str(whole)) as before, av.open(str(source), "w") as after:
        streams = {one.index: after.add_stream_from_template(one) for one in before.streams.get()}
        for packet in before.demux():
            if packet.dts is None or packet.pts is None or packet.time_base is None:
                continue
            shift = round(Fraction(7, 10) / packet.time_base)  # all before is hidden by the edit list
            packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
            packet.stream = streams[packet.stream_index]
            after.mux(packet)
    assert notes_of(source) == []


# --- transparency ---


def clear_quarter(alpha: int, count: int = 3) -> list[npt.NDArray[np.uint8]]:
    """RGBA: red, brighter from picture to picture, its upper left quarter as transparent as is said."""
    pictures = []
    for number in range(count):
        picture = np.full((120, 160, 4), (180 + 20 * number, 30, 30, 255), np.uint8)
        picture[:60, :80, 3] = alpha
        pictures.append(picture)
    return pictures


def write_clear(path: Path, pictures: list[npt.NDArray[np.uint8]], codec: str, pix_fmt: str) -> None:
    """Write RGBA pictures as a video with transparency."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        assert isinstance(stream, av.video.stream.VideoStream)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = pix_fmt
        if codec == "libvpx":
            stream.codec_context.options = {"auto-alt-ref": "0"}
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgba").reformat(format=pix_fmt)
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


CLEAR = [
    ("prores.mov", "prores_ks", "yuva444p10le"),
    ("animation.mov", "qtrle", "argb"),
    ("a.apng", "apng", "rgba"),
    ("a.webm", "libvpx-vp9", "yuva420p"),
    ("old.webm", "libvpx", "yuva420p"),
    ("png.mov", "png", "rgba"),
    ("deep.mov", "png", "rgba64be"),
    ("ffv1.mkv", "ffv1", "yuva420p"),
    ("rgb.mkv", "ffv1", "bgra"),
    ("cineform.mov", "cfhd", "gbrap12le"),
]


@pytest.mark.parametrize(("name", "codec", "pix_fmt"), CLEAR)
@pytest.mark.parametrize(("alpha", "green"), [(0, 255), (128, 142)])
def test_under_what_is_transparent_lies_white_in_every_format(
    tmp_path: Path, name: str, codec: str, pix_fmt: str, alpha: int, green: int
) -> None:
    write_clear(tmp_path / name, clear_quarter(alpha), codec, pix_fmt)
    frames = frames_of(tmp_path / name)
    assert len(frames) == 3
    for frame in frames:
        seen = frame.bgr().astype(int)
        assert np.abs(seen[8:52, 8:72, 1] - green).max() <= 8
        assert np.abs(seen[68:112, 88:152, 1] - 30).max() <= 8
    assert frames[2].bgr()[90, 120, 2] - int(frames[0].bgr()[90, 120, 2]) == pytest.approx(40, abs=6)


def test_hidden_colours_do_not_leak_across_the_edge(tmp_path: Path) -> None:
    """The chroma is halved behind the blending: at an edge on odd pixels green would get into the white."""
    picture = np.full((64, 64, 4), 255, np.uint8)
    picture[:, :33] = (0, 255, 0, 0)
    write_clear(tmp_path / "a.mov", [picture] * 2, "qtrle", "argb")
    assert (frames_of(tmp_path / "a.mov")[0].bgr() >= 253).all()


@pytest.mark.parametrize(("name", "codec", "pix_fmt"), [CLEAR[3], CLEAR[7]])
def test_what_could_be_transparent_and_is_not_keeps_its_planes(
    tmp_path: Path, name: str, codec: str, pix_fmt: str
) -> None:
    write_clear(tmp_path / name, clear_quarter(255), codec, pix_fmt)
    with av.open(str(tmp_path / name)) as container:
        before = [frame.reformat(format="yuv420p").to_ndarray() for frame in container.decode(video=0)]
    assert all(np.array_equal(a, b.pixels) for a, b in zip(before, frames_of(tmp_path / name), strict=True))


@pytest.mark.parametrize("disposal", [1, 2])
def test_a_gifs_clear_colour_is_white(tmp_path: Path, disposal: int) -> None:
    pictures = [Image.fromarray(picture) for picture in clear_quarter(0)]
    pictures[0].save(tmp_path / "a.gif", save_all=True, append_images=pictures[1:], disposal=disposal, duration=40)
    frames = frames_of(tmp_path / "a.gif")
    assert len(frames) == 3
    assert all((frame.bgr()[8:52, 8:72] >= 253).all() for frame in frames)


# --- what stands beside the pixels ---


def apng(before: bytes = b"", **options: object) -> bytes:
    """Three pictures (red, green, blue), with chunks before the one that tells that they move."""
    pictures = [Image.new("RGB", (64, 48), colour) for colour in ("red", "lime", "blue")]
    memory = io.BytesIO()
    pictures[0].save(memory, "PNG", save_all=True, append_images=pictures[1:], duration=100, **options)
    content = memory.getvalue()
    return content[:33] + before + content[33:]


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


NOISE = np.random.default_rng(2).integers(0, 256, 3_000_000, np.uint8).tobytes()


@pytest.mark.parametrize(
    "side",
    [
        chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(3_000_000))),
        chunk(b"tEXt", b"a\0" + NOISE),
        chunk(b"iCCP", b"a\0\0" + zlib.compress(NOISE)),
        chunk(b"iCCP", b"sRGB\0\0" + zlib.compress(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())),
    ],
    ids=["packed text", "text", "a large profile", "a usual profile"],
)
def test_what_a_png_that_moves_says_beside_its_pictures_does_not_cost_them(tmp_path: Path, side: bytes) -> None:
    (tmp_path / "a.png").write_bytes(apng(side))
    frames = frames_of(tmp_path / "a.png")
    assert [int(frame.bgr()[20, 20].argmax()) for frame in frames] == [2, 1, 0]


def test_a_named_profile_in_any_container_is_no_harm(tmp_path: Path) -> None:
    """Where PyAV is asked for the side data of such a frame, the process dies."""
    memory = io.BytesIO()
    Image.new("RGB", (64, 48), "lime").save(memory, "PNG", icc_profile=NOISE[:900])
    muxed(tmp_path / "a.mov", "png", "rgb24", memory.getvalue())
    assert [int(frame.bgr()[20, 20].argmax()) for frame in frames_of(tmp_path / "a.mov")] == [1, 1, 1]


def muxed(path: Path, codec: str, pix_fmt: str, picture: bytes) -> None:
    """Write a picture that is encoded already as a video of three frames."""
    with Image.open(io.BytesIO(picture)) as image, av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        assert isinstance(stream, av.video.stream.VideoStream)
        stream.width, stream.height = image.size
        stream.pix_fmt = pix_fmt
        for number in range(3):
            packet = av.Packet(picture)
            packet.stream, packet.time_base, packet.is_keyframe = stream, Fraction(1, 25), True
            packet.pts = packet.dts = number
            container.mux(packet)


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize("name", ["a.avi", "a.png"])
def test_exif_in_the_pictures_of_a_video_turns_them_once(tmp_path: Path, name: str, orientation: int) -> None:
    """As cameras write Motion JPEG. PyAV doesn't know of it, and fails."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    turns = {1: 0, 3: 2, 6: 1, 8: -1}[orientation]
    stored = Image.fromarray(np.ascontiguousarray(np.rot90(corners(), turns)[..., ::-1]))
    memory = io.BytesIO()
    if name == "a.avi":
        stored.save(memory, "JPEG", exif=exif, quality=95)
        muxed(tmp_path / name, "mjpeg", "yuvj420p", memory.getvalue())
    else:
        others = [Image.new("RGB", stored.size)]
        stored.save(memory, "PNG", exif=exif, save_all=True, append_images=others, duration=40)
        (tmp_path / name).write_bytes(memory.getvalue())
    first = frames_of(tmp_path / name)[0]
    assert (first.width, first.height) == (160, 120)
    assert corners_seen(first.bgr()) == UPRIGHT[0]


@pytest.mark.parametrize("suffix", [".avi", ".mkv", ".mp4", ".gif"])
def test_a_title_in_another_encoding_is_no_reason_to_refuse_a_film(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    if suffix == ".gif":
        pictures = [Image.new("RGB", (64, 48), colour) for colour in ("red", "lime", "blue")]
        pictures[0].save(path, save_all=True, append_images=pictures[1:], comment=b"Z\xfcrich")
    else:
        with av.open(str(path), "w") as container:
            container.metadata["title"] = "Zurich"
            stream = container.add_stream("mpeg4", rate=25)
            assert isinstance(stream, av.video.stream.VideoStream)
            stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
            for number in range(3):
                frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 90 + number, np.uint8), format="bgr24")
                frame.pts, frame.time_base = number, Fraction(1, 25)
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        content = path.read_bytes()
        assert content.count(b"Zurich") == 1
        path.write_bytes(content.replace(b"Zurich", b"Z\xfcrich"))
    assert len(frames_of(path)) == 3
