"""Files that were cut off or damaged are known by their structure, and whole ones are never taken for such."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import av.audio.stream
import av.video.stream
import numpy as np
import pytest
from making import write_video
from videofiles import moving

from emojicam.stream.media.extent import Extent, extent_of

WRITTEN: dict[str, dict[str, object]] = {
    "a.mp4": {"container_options": {"movflags": "faststart"}},
    "fragments.mp4": {"container_options": {"movflags": "frag_keyframe+empty_moov"}},
    "a.mov": {"container_options": {"movflags": "faststart"}},
    "a.mkv": {},
    "live.mkv": {"container_options": {"live": "1"}},
    "a.webm": {"codec": "libvpx", "audio_codec": "libopus"},
    "a.avi": {"codec": "mpeg4", "time_base": Fraction(1, 25), "audio_codec": "libmp3lame"},
    "a.flv": {},
    "a.wmv": {"codec": "wmv2", "audio_codec": "libmp3lame", "time_base": Fraction(1, 25)},
    "a.mxf": {"codec": "mpeg2video", "audio_codec": "pcm_s16le", "time_base": Fraction(1, 25)},
    "a.ts": {},
    "a.m2ts": {"container_options": {"mpegts_m2ts_mode": "1"}, "audio_codec": "ac3"},
    "a.y4m": {"codec": "wrapped_avframe", "tones": ()},
    "a.gif": {"codec": "gif", "pix_fmt": "rgb8", "tones": ()},
    "a.apng": {"codec": "apng", "pix_fmt": "rgb24", "tones": ()},
}
"""By a file's name, what `write_video` is told to write it."""


def written(path: Path, *, frames: int = 30) -> Path:
    """Write a video with sound, in the way that its name stands for."""
    write_video(path, moving(frames), **{"tones": (440,), **WRITTEN[path.name]})  # type: ignore[arg-type]
    return path


def extent(path: Path) -> Extent:
    with av.open(str(path)) as container:
        return extent_of(path, container.format.name)


@pytest.mark.parametrize("name", WRITTEN)
def test_a_whole_file_is_whole(tmp_path: Path, name: str) -> None:
    found = extent(written(tmp_path / name))
    assert not any((found.torn, found.broken, found.followed))
    assert found.missing == 0
    assert found.fragments == (name == "fragments.mp4")


@pytest.mark.parametrize("name", WRITTEN)
@pytest.mark.parametrize("part", [0.5, 0.75, 0.97])
def test_what_was_cut_off_is_torn(tmp_path: Path, name: str, part: float) -> None:
    path = written(tmp_path / name)
    content = path.read_bytes()
    cut, size = round(part * len(content)), len(content)
    path.write_bytes(content[: cut + (cut % {"a.ts": 188, "a.m2ts": 192}.get(name, size) == 0)])
    found = extent(path)
    assert found.torn
    assert found.missing <= len(content)
    if name in ("a.mkv", "a.webm", "a.avi"):
        assert found.missing == len(content) - cut


BREAKABLE = ["a.mkv", "live.mkv", "a.webm", "a.avi", "a.flv", "a.mxf", "a.ts", "a.m2ts", "a.y4m", "a.wmv"]


@pytest.mark.parametrize("name", BREAKABLE)
@pytest.mark.parametrize("filling", ["zeros", "ones", "noise"])
def test_damage_in_the_middle_is_found(tmp_path: Path, name: str, filling: str) -> None:
    path = written(tmp_path / name, frames=100)
    content = bytearray(path.read_bytes())
    at, length = len(content) // 3, len(content) // 4
    noise = np.random.default_rng(2).bytes(length)
    content[at : at + length] = {"zeros": bytes(length), "ones": b"\xff" * length, "noise": noise}[filling]
    path.write_bytes(content)
    assert extent(path).broken


def riff(name: bytes, *parts: bytes, pad: bytes = b"\0") -> bytes:
    content = b"".join(parts)
    return name + len(content).to_bytes(4, "little") + content + pad * (len(content) % 2)


@pytest.mark.parametrize("strange", [b"", bytes(40), b"??" * 20])
@pytest.mark.parametrize("pad", [b"\0", b"0", b""])
def test_an_avi_may_hold_what_others_write_and_is_broken_only_by_what_is_no_piece(
    tmp_path: Path, pad: bytes, strange: bytes
) -> None:
    packets = [riff(b"00dc", b"abc" * n, pad=pad) + riff(b"01wb", b"0d" * n + b"c", pad=pad) for n in range(1, 30)]
    grouped = riff(b"LIST", b"rec ", *packets[:9], pad=pad)
    filled = riff(b"JUNK", bytes(7), pad=pad), riff(b"ix00", bytes(8)), riff(b"02tx", b"words")
    movi = riff(b"LIST", b"movi", grouped, *packets[9:20], strange, *filled, *packets[20:])
    path = tmp_path / "a.avi"
    path.write_bytes(riff(b"RIFF", b"AVI ", riff(b"LIST", b"hdrl", bytes(9)), movi, riff(b"idx1", bytes(16))))
    assert extent_of(path, "avi") == Extent(broken=bool(strange))


@pytest.mark.parametrize("filling", ["zeros", "noise", "hole"])
@pytest.mark.parametrize("flags", ["frag_keyframe+empty_moov", "dash+frag_every_frame+delay_moov"])
def test_an_mp4_of_fragments_whose_chain_breaks_is_broken(tmp_path: Path, flags: str, filling: str) -> None:
    path = tmp_path / "a.mp4"
    write_video(path, moving(100), tones=(440,), options={"g": "10"}, container_options={"movflags": flags})
    assert extent(path) == Extent(fragments=True)
    content = path.read_bytes()
    places = [at for at in range(len(content)) if content[at : at + 4] == b"moof"]
    at = places[len(places) // 2] - 4
    length = min(77, places[len(places) // 2 + 1] - at - 20)
    new = {"zeros": bytes(length), "noise": np.random.default_rng(2).bytes(length), "hole": b""}[filling]
    path.write_bytes(content[:at] + new + content[at + length :])
    found = extent_of(path, "mov,mp4,m4a,3gp,3g2,mj2")
    assert found.broken or (found.torn and filling == "noise")
    path.write_bytes(content + bytes(8) + b"\1\2\3" * 50)  # what is behind the last one is no damage
    assert extent(path) == Extent(fragments=True)


@pytest.mark.parametrize("missing", [1, 100, 1000])
@pytest.mark.parametrize("name", ["a.m2ts", "a.y4m"])
def test_packets_and_frames_that_lack_bytes_in_the_middle_are_told(tmp_path: Path, name: str, missing: int) -> None:
    path = written(tmp_path / name, frames=100)
    content = path.read_bytes()
    at = len(content) // 2
    path.write_bytes(content[:at] + content[at + missing :])
    assert extent(path).broken


@pytest.mark.parametrize("zeros", [188, 100_000])
def test_zeros_behind_a_recording_are_no_damage_in_it(tmp_path: Path, zeros: int) -> None:
    path = written(tmp_path / "a.ts")
    path.write_bytes(path.read_bytes() + bytes(zeros // 188 * 188))
    assert extent(path) == Extent()


@pytest.mark.parametrize("size", [(720, 576, 25), (720, 480, 30)])
def test_dv_is_made_of_frames_of_one_size(tmp_path: Path, size: tuple[int, int, int]) -> None:
    width, height, rate = size
    path = tmp_path / "a.dv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("dvvideo", rate=Fraction(30_000, 1001) if rate == 30 else rate)
        assert isinstance(stream, av.video.stream.VideoStream)
        stream.width, stream.height = width, height
        stream.pix_fmt = "yuv411p" if rate == 30 else "yuv420p"
        sound = container.add_stream("pcm_s16le", rate=48_000, layout="stereo")
        assert isinstance(sound, av.audio.stream.AudioStream)
        for number in range(5):
            picture = av.VideoFrame.from_ndarray(np.full((height, width, 3), 30 * number, np.uint8), format="bgr24")
            container.mux(stream.encode(picture.reformat(format=stream.pix_fmt)))
            heard = av.AudioFrame.from_ndarray(np.zeros((1, 2 * 1920), np.int16), format="s16", layout="stereo")
            heard.sample_rate = 48_000
            container.mux(sound.encode(heard))
    content = path.read_bytes()
    frame = 120_000 if rate == 30 else 144_000
    assert len(content) >= 3 * frame
    assert extent_of(path, "dv") == Extent()
    path.write_bytes(content[:-1000])
    assert extent_of(path, "dv") == Extent(torn=True, missing=1000)
    path.write_bytes(content[:frame] + content[frame + 500 :])
    assert extent_of(path, "dv").broken


def test_an_mxf_that_ends_within_the_head_of_a_pack_is_torn(tmp_path: Path) -> None:
    path = written(tmp_path / "a.mxf", frames=3)
    content = path.read_bytes()
    last = content.rindex(bytes.fromhex("060e2b34020501010d0102010104"))  # behind this one only an index may be missing
    for cut in range(last - 3000, last):
        path.write_bytes(content[:cut])
        assert extent_of(path, "mxf").torn, cut


@pytest.mark.parametrize("filling", [b"\x01" * 600, b"G" * 600], ids=["ones", "letters"])
def test_a_gif_whose_pieces_are_overwritten_is_not_whole(tmp_path: Path, filling: bytes) -> None:
    path = written(tmp_path / "a.gif")
    content = path.read_bytes()
    at = len(content) // 3
    path.write_bytes(content[:at] + filling + content[at + len(filling) :])
    found = extent(path)
    assert found.broken or found.torn


@pytest.mark.parametrize("name", ["a.mkv", "a.webm"])
def test_a_matroska_that_ends_within_the_head_of_a_piece_is_torn(tmp_path: Path, name: str) -> None:
    path = written(tmp_path / name, frames=3)
    content = path.read_bytes()
    for cut in range(len(content) - 400, len(content)):
        path.write_bytes(content[:cut])
        assert extent_of(path, "matroska,webm").torn, cut


@pytest.mark.parametrize("lost", [1, 100, 187])
def test_a_transport_stream_whose_first_packet_lacks_bytes_is_read_by_the_others(tmp_path: Path, lost: int) -> None:
    path = written(tmp_path / "a.ts")
    whole = path.read_bytes()
    path.write_bytes(whole[lost:])
    assert extent_of(path, "mpegts") == Extent()
    path.write_bytes(whole[lost : len(whole) // 2 // 188 * 188 + 14])
    assert extent_of(path, "mpegts").torn


@pytest.mark.parametrize("place", [0, 188, 376])
def test_an_mpeg_ts_whose_beginning_is_damaged_as_well_is_torn(tmp_path: Path, place: int) -> None:
    path = written(tmp_path / "a.ts")
    content = path.read_bytes()
    path.write_bytes(content[:place] + bytes(4) + content[place + 4 : -100])
    assert extent_of(path, "mpegts").torn


@pytest.mark.parametrize("missing", [100, 1000])
def test_an_mpeg_ts_that_lacks_bytes_in_its_middle_is_broken(tmp_path: Path, missing: int) -> None:
    path = written(tmp_path / "a.ts", frames=100)
    content = path.read_bytes()
    at = len(content) // 2
    path.write_bytes(content[:at] + content[at + missing :])
    assert extent_of(path, "mpegts").broken


def test_a_gif_whose_beginning_is_missing_is_broken_and_one_that_ends_a_piece_twice_is_not(tmp_path: Path) -> None:
    path = written(tmp_path / "a.gif")
    content = path.read_bytes()
    path.write_bytes(content[-500:] + content)
    assert extent_of(path, "gif").broken
    path.write_bytes(content[:-1] + b"\0" + content[-1:])
    assert extent_of(path, "gif") == Extent()


@pytest.mark.parametrize("name", ["a.mkv", "a.avi", "a.mp4", "a.gif", "a.flv"])
def test_what_stands_behind_the_end_is_no_damage(tmp_path: Path, name: str) -> None:
    path = written(tmp_path / name)
    behind = b"" if name == "a.flv" else b"\0" * 100
    path.write_bytes(path.read_bytes() + behind)
    found = extent(path)
    assert not any((found.torn, found.broken, found.followed))


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.flv", "a.wmv"])
def test_a_second_recording_behind_the_first_is_noticed(tmp_path: Path, name: str) -> None:
    path = written(tmp_path / name)
    path.write_bytes(2 * path.read_bytes())
    assert extent(path).followed


@pytest.mark.parametrize(
    "form", ["h264", "rawvideo", "", "matroska,webm", "avi", "gif", "ogg", "flv", "mxf", "asf", "dv"]
)
def test_of_what_is_not_known_nothing_is_said(tmp_path: Path, form: str) -> None:
    path = tmp_path / "odd"
    path.write_bytes(b"")
    assert not extent_of(path, form).broken
    assert extent_of(tmp_path / "missing", form) == Extent()


def test_an_ogg_ends_with_the_page_that_says_so(tmp_path: Path) -> None:
    def page(number: int, flags: int) -> bytes:
        return (
            b"OggS\0"
            + bytes([flags])
            + bytes(12)
            + number.to_bytes(4, "little")
            + bytes(4)
            + b"\x02\xff\x0a"
            + bytes(265)
        )

    path = tmp_path / "a.ogg"
    whole = page(0, 2) + page(1, 0) + page(2, 4)
    path.write_bytes(whole)
    assert extent_of(path, "ogg") == Extent()
    path.write_bytes(whole[:-20])
    assert extent_of(path, "ogg") == Extent(torn=True, missing=20)
    path.write_bytes(page(0, 2) + page(1, 0))
    assert extent_of(path, "ogg") == Extent(torn=True)
    path.write_bytes(page(0, 2) + b"\1" * 100 + page(2, 4))
    assert extent_of(path, "ogg") == Extent(broken=True)
