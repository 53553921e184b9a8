"""What users give to `annotate`, good and odd: for each the exit code, the message, and what is in the output.

The numbers are those of the project's list of inputs. Left out here: cameras and networks (28 to 33) and the web (39),
which have tests of their own; disk full, signals and kills (36, 37) are in test_cli.py and test_batch.py, as they need
a process; model files (42) are in test_session.py.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import av.video.stream
import cv2
import making
import numpy as np
import pytest
from heicfiles import tiled
from making import Picture, read_sound, read_video, write_sound, write_video
from PIL import Image

from emojicam.cli import main

QUICK = ("--range", "near", "--codec-preset", "ultrafast")
PARTS = 12
"""Frames of a clip."""


@dataclass(frozen=True)
class Row:
    """One input.

    Attributes:
        number: In the list of inputs.
        name: What it is.
        make: Makes it in the current folder; gives the arguments.
        code: The exit code.
        says: Patterns, each of which one line of the messages matches, in order.
        holds: Looks at what came out; by default nothing may have come out, if the code isn't 0.
    """

    number: int
    name: str
    make: Callable[[], Sequence[str]]
    code: int = 0
    says: tuple[str, ...] | str = ()
    holds: Callable[[], None] | None = None

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


# --- how inputs are made ---


def pictures(width: int = 160, height: int = 120, count: int = PARTS) -> list[Picture]:
    """A square that moves over noise: every frame differs."""
    rng = np.random.default_rng(0)
    ground = rng.integers(60, 180, (height, width, 3), dtype=np.uint8)
    made = []
    for index in range(count):
        picture = ground.copy()
        at = (index * 7) % max(1, width - 8)
        picture[: height // 2, at : at + 8] = (30, 60, 230)
        made.append(picture)
    return made


def clip(name: str = "a.mp4", **options: object) -> list[str]:
    count = options.pop("count", PARTS)
    size = options.pop("size", (160, 120))
    assert isinstance(count, int)
    assert isinstance(size, tuple)
    write_video(Path(name), pictures(*size, count), **options)  # type: ignore[arg-type]
    return [name]


def empty_folder() -> list[str]:
    Path("empty").mkdir()
    return ["empty"]


def written(name: str, content: bytes) -> list[str]:
    Path(name).write_bytes(content)
    return [name]


def photo(name: str = "a.png", picture: Picture | None = None) -> list[str]:
    cv2.imwrite(name, pictures()[0] if picture is None else picture)
    return [name]


def without_index() -> list[str]:
    clip("whole.mp4")
    content = Path("whole.mp4").read_bytes()
    Path("whole.mp4").unlink()
    return written("a.mp4", content[: content.rindex(b"moov") - 4])


def cut_off() -> list[str]:
    clip("whole.mp4", count=30, container_options={"movflags": "faststart"})
    content = Path("whole.mp4").read_bytes()
    Path("whole.mp4").unlink()
    return written("a.mp4", content[: round(0.6 * len(content))])


def bits_flipped() -> list[str]:
    clip("a.mp4", options={"preset": "ultrafast", "g": "1"})
    with av.open("a.mp4") as container:
        places = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    content = bytearray(Path("a.mp4").read_bytes())
    for at, size in places[4:6]:
        assert at is not None
        content[at : at + size] = b"\xff" * size
    return written("a.mp4", bytes(content))


def starts_between_keyframes() -> list[str]:
    """A recording of which the first of two groups of pictures lacks its beginning."""
    clip("whole.ts", count=20, options={"preset": "ultrafast", "g": "10", "sc_threshold": "0"})
    with av.open("whole.ts") as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
        with av.open("a.ts", "w") as out:
            stream = out.add_stream_from_template(container.streams.video[0])
            for packet in packets[3:]:
                packet.stream = stream
                out.mux(packet)
    Path("whole.ts").unlink()
    return ["a.ts"]


def sound_alone() -> list[str]:
    write_sound(Path("a.m4a"), 440, 0.3)
    return ["a.m4a"]


def uneven() -> list[str]:
    return clip(pts=[0, 512, 1536, 2048, 4096, 4608, 5120, 7168, 7680, 8192, 10240, 10752])


def huge() -> list[str]:
    write_video(Path("a.mkv"), [np.zeros((5000, 8000, 3), np.uint8)], codec="mjpeg", pix_fmt="yuvj420p")
    return ["a.mkv"]


def two_sizes() -> list[str]:
    clip("one.ts", count=6)
    write_video(Path("two.ts"), pictures(320, 240, 6), pts=[(6 + i) * 512 for i in range(6)])
    both = Path("one.ts").read_bytes() + Path("two.ts").read_bytes()
    for name in ("one.ts", "two.ts"):
        Path(name).unlink()
    return written("a.ts", both)


def interlaced() -> list[str]:
    return clip(options={"preset": "ultrafast", "x264-params": "interlaced=1"})


def moving_picture(suffix: str) -> list[str]:
    images = [Image.fromarray(picture[..., ::-1]) for picture in pictures(64, 48)]
    images[0].save(f"a{suffix}", save_all=True, append_images=images[1:], duration=100, loop=3)
    return [f"a{suffix}"]


def folder() -> list[str]:
    Path("album").mkdir()
    for name in ("b.png", "c.png"):
        photo(f"album/{name}")
    clip("album/d.mp4")
    written("album/notes.txt", b"no media")
    return ["album", "-o", "out/"]


def bomb() -> list[str]:
    """400 megapixels in a few bytes: a header that claims them."""
    header = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    content = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return written("a.png", content + struct.pack(">I", 10) + b"IDAT" + bytes(14))


def on_its_side() -> list[str]:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees to see it upright
    exif[0x010E] = "where and when"
    Image.fromarray(pictures(64, 48)[0]).save("a.jpg", exif=exif)
    return ["a.jpg"]


def half_a_face() -> list[str]:
    portrait = np.asarray(cv2.imread(str(making_portrait())), np.uint8)
    return photo("a.png", making.seen_at(portrait, (320, 240), 1.0, shift=-130))


def making_portrait() -> Path:
    from emojicam import assets

    return assets.sample_photo()


def crowd() -> list[str]:
    portrait = np.asarray(cv2.imread(str(making_portrait())), np.uint8)
    head = portrait[10:210, 125:325]
    return photo("a.png", np.tile(head, (6, 9, 1)))


def phones_photo(name: str) -> list[str]:
    """The portrait in tiles, lying on its side, as a phone writes it."""
    portrait = np.asarray(cv2.imread(str(making_portrait())), np.uint8)[..., ::-1]
    return written(name, tiled(np.ascontiguousarray(np.rot90(portrait, -1)), 256, turn=1))


def torn_heic() -> list[str]:
    (name,) = phones_photo("IMG_1.heic")
    return written(name, Path(name).read_bytes()[:-2000])


def saved(name: str, form: str, **options: object) -> list[str]:
    """The portrait, by Pillow."""
    with Image.open(making_portrait()) as portrait:
        portrait.convert("RGB").save(name, form, **options)
    return [name]


def pages() -> list[str]:
    return saved("a.tif", "TIFF", save_all=True, append_images=[Image.new("RGB", (64, 64))])


def macs_stick() -> list[str]:
    """A folder as a Mac leaves it on a stick; another system has been there, too."""
    Path("stick").mkdir()
    for name in ("._a.jpg", ".DS_Store", "Thumbs.db", ".hidden.mp4"):
        written(f"stick/{name}", b"\0\5\x16\7\0\2\0\0Mac OS X")
    saved("stick/a.jpg", "JPEG")
    return ["stick"]


# --- what is looked at ---


def covered(name: str) -> Callable[[], None]:
    """Whether a copy is the portrait, upright, with an emoji on the face and nothing else."""

    def look() -> None:
        before, after = cv2.imread(str(making_portrait())), cv2.imread(name)
        assert before is not None
        assert after is not None
        assert after.shape == before.shape
        off = np.abs(before.astype(int) - after)
        assert off[-100:, -100:].mean() < 12
        assert off[80:170, 180:270].mean() > 30
        assert [path.name for path in Path().glob("*-emoji*")] in ([name], [])  # nothing besides

    return look


def frames(count: int, name: str = "a-emoji.mp4", size: tuple[int, int] = (160, 120)) -> Callable[[], None]:
    def look() -> None:
        found, times = read_video(Path(name))
        assert len(found) == count
        assert {picture.shape for picture in found} == {(size[1], size[0], 3)}
        assert times == sorted(set(times))

    return look


def animated(name: str) -> Callable[[], None]:
    def look() -> None:
        with Image.open(name) as image:
            assert (image.n_frames, image.size, image.info["loop"]) == (PARTS, (64, 48), 3)
            for index in range(PARTS):
                image.seek(index)
                image.load()
                assert image.info["duration"] == 100

    return look


def tracks(video: int, audio: int, name: str = "a-emoji.mp4") -> Callable[[], None]:
    def look() -> None:
        with av.open(name) as container:
            assert (len(container.streams.video), len(container.streams.audio)) == (video, audio)

    return look


def same_times(source: str = "a.mp4") -> None:
    assert read_video(Path("a-emoji.mp4"))[1] == pytest.approx(read_video(Path(source))[1], abs=0.001)


def sound_stays_late() -> None:
    assert read_sound(Path("a-emoji.mp4"))[1] == pytest.approx(read_sound(Path("a.mp4"))[1], abs=0.03)
    assert read_sound(Path("a.mp4"))[1] > 0.1


def upright_once() -> None:
    frames(PARTS, size=(120, 160))()
    with av.open("a-emoji.mp4") as container:
        frame = next(container.decode(video=0))
        assert isinstance(frame, av.VideoFrame)
        assert frame.rotation == 0


def aspect() -> None:
    with av.open("a-emoji.mp4") as container:
        assert container.streams.video[0].sample_aspect_ratio == Fraction(16, 11)


def colours(name: str = "a.mp4") -> Callable[[], None]:
    """Alike within what 8 bits and halved chroma allow."""

    def look() -> None:
        before, after = read_video(Path(name))[0], read_video(Path("a-emoji.mp4"))[0]
        assert len(before) == len(after)
        smooth = [cv2.blur(one[0], (9, 9)).astype(int) for one in (before, after)]
        assert np.abs(smooth[0] - smooth[1])[10:-10, 10:-10].mean() < 4

    return look


def bt709() -> None:
    colours()()
    with av.open("a-emoji.mp4") as container:
        frame = next(container.decode(video=0))
        assert isinstance(frame, av.VideoFrame)
        assert int(frame.colorspace) == 1


def all_of_the_folder() -> None:
    assert sorted(path.name for path in Path("out").iterdir()) == ["b-emoji.png", "c-emoji.png", "d-emoji.mp4"]


def unchanged_photo() -> None:
    assert np.array_equal(cv2.imread("a.png"), cv2.imread("a-emoji.png"))


def upright_photo() -> None:
    with Image.open("a-emoji.jpg") as after:
        assert after.size == (48, 64)
        assert not after.getexif()
        assert "where and when" not in str(after.info)


def drawn_to_the_border() -> None:
    before, after = cv2.imread("a.png"), cv2.imread("a-emoji.png")
    assert before is not None
    assert after is not None
    assert (before[:, :20] != after[:, :20]).any()
    assert np.array_equal(before[:, -100:], after[:, -100:])


def every_face_of_the_crowd() -> None:
    before, after = cv2.imread("a.png"), cv2.imread("a-emoji.png")
    assert before is not None
    assert after is not None
    changed = (np.abs(before.astype(int) - after).max(2) > 20).reshape(6, 200, 9, 200).mean((1, 3))
    assert (changed > 0.1).sum() >= 36


ROWS = [
    Row(1, "a path that isn't there", lambda: ["nowhere.mp4"], 2, r"nowhere\.mp4: no such file"),
    Row(2, "a folder without media", empty_folder, 2, "empty: no photo or video"),
    Row(3, "0 bytes", lambda: written("a.mp4", b""), 3, r"a\.mp4: the file is empty"),
    Row(4, "random bytes", lambda: written("a.mp4", bytes(range(256)) * 20), 3, r"a\.mp4: neither a photo nor a video"),
    Row(4, "text", lambda: written("a.mp4", b"Dear Sir,\n" * 100), 3, r"a\.mp4: neither a photo nor a video"),
    Row(5, "an mp4 without its index", without_index, 3, r"a\.mp4: the video has no index \(moov\)"),
    Row(6, "an mp4 that was cut off", cut_off, 0, (r"its last \d+ frames are missing", "1 damaged packet was skipped")),
    Row(7, "damaged pictures", bits_flipped, 0, "2 damaged packets were skipped", frames(PARTS - 2)),
    Row(
        8,
        "a start between two keyframes",
        starts_between_keyframes,
        0,
        "7 frames before the first that is whole were skipped",
        frames(10),
    ),
    Row(9, "sound alone", sound_alone, 3, r"a\.m4a: has no video stream"),
    Row(10, "no sound", clip, 0, (), tracks(1, 0)),
    Row(11, "several audio tracks", lambda: clip(tones=(440, 880)), 0, (), tracks(1, 2)),
    Row(
        12,
        "sound that mp4 can't hold",
        lambda: [*clip("a.mkv", tones=(440,), audio_codec="pcm_s16le"), "-o", "a-emoji.mp4"],
        0,
        r"audio track 1 \(pcm_s16le\) is re-encoded as AAC",
        tracks(1, 1),
    ),
    Row(13, "sound that starts later", lambda: clip(tones=(440,), sound_starts=0.2), 0, (), sound_stays_late),
    Row(14, "an uneven frame rate", uneven, 0, (), same_times),
    Row(15, "a phone's rotation", lambda: clip(rotation=90), 0, (), upright_once),
    Row(16, "odd sides", lambda: clip("a.mkv", size=(161, 121), codec="ffv1"), 0, (), frames(PARTS, "a-emoji.mkv")),
    Row(16, "one pixel", lambda: clip("a.mkv", size=(1, 1), codec="ffv1"), 0, (), frames(PARTS, "a-emoji.mkv", (2, 2))),
    Row(16, "16x16", lambda: clip(size=(16, 16)), 0, (), frames(PARTS, size=(16, 16))),
    Row(17, "40 megapixels", huge, 3, "8000x5000 px is more than 8K"),
    Row(18, "pixels that are not square", lambda: clip(sample_aspect=Fraction(16, 11)), 0, (), aspect),
    Row(19, "interlaced", interlaced, 0, "the video is interlaced, and stays so", frames(PARTS)),
    Row(20, "10 bits", lambda: clip(pix_fmt="yuv420p10le"), 0, (), colours()),
    Row(21, "4:2:2", lambda: clip(pix_fmt="yuv422p"), 0, (), colours()),
    Row(21, "4:4:4", lambda: clip(pix_fmt="yuv444p"), 0, (), colours()),
    Row(21, "full range", lambda: clip(pix_fmt="yuvj420p"), 0, (), colours()),
    Row(
        21,
        "grey",
        lambda: [*clip("a.mkv", pix_fmt="gray", codec="ffv1"), "-o", "a-emoji.mp4"],
        0,
        (),
        colours("a.mkv"),
    ),
    Row(
        21,
        "transparent",
        lambda: [*clip("a.mkv", pix_fmt="yuva420p", codec="ffv1"), "-o", "a-emoji.mp4"],
        0,
        (),
        colours("a.mkv"),
    ),
    Row(22, "BT.709", lambda: clip(options={"preset": "ultrafast", "x264-params": "colormatrix=bt709"}), 0, (), bt709),
    Row(
        23,
        "a change of size",
        two_sizes,
        0,
        "6 frames of another size were scaled to the first one's, 160x120",
        frames(12),
    ),
    Row(
        24,
        "cover art",
        lambda: clip(cover=np.full((90, 90, 3), (0, 0, 255), np.uint8)),
        0,
        (),
        frames(PARTS),
    ),
    Row(25, "a GIF", lambda: moving_picture(".gif"), 0, (), animated("a-emoji.gif")),
    Row(25, "a GIF as mp4", lambda: [*moving_picture(".gif"), "-o", "b.mp4"], 0, (), frames(PARTS, "b.mp4", (64, 48))),
    Row(25, "a PNG that moves", lambda: moving_picture(".png"), 0, (), frames(PARTS, size=(64, 48))),
    Row(25, "a WebP that moves", lambda: moving_picture(".webp"), 0, (), animated("a-emoji.webp")),
    Row(25, "a folder", folder, 0, r"album: 1 file left out: 1 \.txt", all_of_the_folder),
    Row(25, "a pattern", lambda: [*folder()[1:], "album/*.*4", "album/*.png"], 0, (), all_of_the_folder),
    Row(43, "a phone's HEIC", lambda: phones_photo("IMG_1.heic"), 0, (), covered("IMG_1-emoji.jpg")),
    Row(43, "a phone's HEIC that is called JPEG", lambda: phones_photo("IMG_1.jpg"), 0, (), covered("IMG_1-emoji.jpg")),
    Row(43, "a JPEG that is called HEIC", lambda: saved("a.heic", "JPEG"), 0, (), covered("a-emoji.jpg")),
    Row(43, "a TIFF as WebP", lambda: [*saved("a.tif", "TIFF"), "-o", "b.webp"], 0, (), covered("b.webp")),
    Row(43, "a TIFF of pages", pages, 0, "a.tif: has 2 pages; the first is taken", covered("a-emoji.jpg")),
    Row(43, "an AVIF", lambda: saved("a.avif", "AVIF"), 0, (), covered("a-emoji.jpg")),
    Row(43, "a BMP", lambda: saved("a.bmp", "BMP"), 0, (), covered("a-emoji.jpg")),
    Row(43, "a GIF of one picture", lambda: saved("a.gif", "GIF"), 0, (), covered("a-emoji.jpg")),
    Row(43, "a torn HEIC", torn_heic, 3, r"IMG_1\.heic: the photo is damaged: it was cut off"),
    Row(
        43,
        "a raw file",
        lambda: written("a.jpg", b"II*\0\x10\0\0\0CR\2\0" + bytes(90)),
        3,
        "a.jpg: a camera's raw file",
    ),
    Row(44, "a stick of a Mac", macs_stick, 0, (), covered("a-emoji.jpg")),
    Row(26, "no timestamps", lambda: clip("a.h264"), 0, "11 frames without a usable timestamp", frames(PARTS)),
    Row(27, "no duration", lambda: clip("a.ts"), 0, (), frames(PARTS)),
    Row(34, "the input as output", lambda: [*photo(), "-o", "a.png", "--overwrite"], 2, "would replace its own input"),
    Row(35, "an output folder that isn't there", lambda: [*photo(), "-o", "far/b.png"], 5, "far: no such folder"),
    Row(35, "an output that is there", lambda: [*photo(), "-o", *clip("b.mp4")], 2, "a photo is written as"),
    Row(38, "a photo that claims 400 megapixels", bomb, 3, r"a\.png: Image size \(400000000 pixels\) exceeds"),
    Row(40, "a photo on its side, with tags", on_its_side, 0, (), upright_photo),
    Row(41, "nobody", photo, 0, (), unchanged_photo),
    Row(41, "half a face at the border", half_a_face, 0, (), drawn_to_the_border),
    Row(41, "54 faces", lambda: [*crowd(), "--range", "far"], 0, (), every_face_of_the_crowd),
    Row(42, "a model that is none", lambda: [*photo(), "--model", *written("m.onnx", b"x")], 3, "not an ONNX model"),
]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_an_input_ends_as_it_should(row: Row, inside: Path, capfd: pytest.CaptureFixture[str]) -> None:
    arguments = [str(argument) for argument in row.make()]
    before = {path: path.read_bytes() for path in inside.rglob("*") if path.is_file()}
    assert main(["annotate", *QUICK, *arguments]) == row.code
    out, err = capfd.readouterr()
    assert "Traceback" not in err
    wanted = (row.says,) if isinstance(row.says, str) else row.says
    assert len(err.splitlines()) == len(wanted), err
    assert all(re.search(pattern, line) for pattern, line in zip(wanted, err.splitlines(), strict=True)), err
    after = {path: path.read_bytes() for path in inside.rglob("*") if path.is_file()}
    assert before.items() <= after.items(), "an input was changed"
    assert not [path for path in after if ".part" in path.name]
    if row.code:
        assert after == before
        assert out == ""
    if row.holds:
        row.holds()
