"""What is a video and what isn't, by content and never by name; and containers that are torn."""

from __future__ import annotations

import os
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import av.container
import av.error
import av.stream
import av.video.stream
import numpy as np
import pytest
from heicfiles import heic, tiled
from making import read_video, write_sound, write_video
from PIL import Image
from videofiles import RED, UPRIGHT, copied, corners, corners_seen, frames_of, moving

from emojicam.errors import InputError, UsageError
from emojicam.stream.media.container import Kind, is_animation, kind, packets_of
from emojicam.stream.media.signatures import boxes
from emojicam.stream.media.sources import VideoFile


@pytest.mark.parametrize("name", ["a.mp4", "a.heic", "a.jpg", "a"])
def test_a_picture_is_a_photo_and_a_film_a_video_whatever_their_names(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    for content in (heic(corners()), tiled(corners(), 64)):
        path.write_bytes(content)
        assert kind(path) is Kind.PHOTO
    for form in ("AVIF", "TIFF", "BMP", "MPO", "GIF", "JPEG", "PNG", "WEBP"):
        Image.fromarray(corners()).save(path, form)
        assert kind(path) is Kind.PHOTO
        assert not is_animation(path)
    write_video(tmp_path / "film.mov", [corners()] * 3)
    (tmp_path / "film.mov").rename(path)
    assert kind(path) is Kind.VIDEO
    assert not is_animation(path)


def test_a_sequence_of_heic_pictures_is_a_video(tmp_path: Path) -> None:
    source, target = tmp_path / "burst.heics", tmp_path / "out.mp4"
    write_video(tmp_path / "a.mp4", [corners()] * 4, codec="libx265", options={"preset": "ultrafast"})
    content = bytearray((tmp_path / "a.mp4").read_bytes())
    content[8:12] = b"hevc"
    at = content.index(b"vide", content.index(b"hdlr"))
    content[at : at + 4] = b"pict"
    source.write_bytes(content)
    assert kind(source) is Kind.VIDEO
    copied(source, target)
    pictures, _ = read_video(target)
    assert len(pictures) == 4
    assert corners_seen(pictures[-1]) == UPRIGHT[0]


def test_a_gif_is_a_video(tmp_path: Path) -> None:
    source, target = tmp_path / "dance.gif", tmp_path / "out.mp4"
    write_video(source, [corners()] * 4, codec="gif", pix_fmt="rgb8", time_base=Fraction(1, 100), rate=10)
    copied(source, target)
    pictures, times = read_video(target)
    assert corners_seen(pictures[-1]) == UPRIGHT[0]
    assert times == pytest.approx([0, 0.1, 0.2, 0.3], abs=0.001)


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


@pytest.mark.parametrize("length", [2**63 - 1, 2**64 - 1, 2**62])
def test_a_box_that_says_it_is_longer_than_any_file_is_no_video_that_can_be_read(tmp_path: Path, length: int) -> None:
    path = tmp_path / "a.mov"
    head = (16).to_bytes(4, "big") + b"ftypqt  " + bytes(4)
    path.write_bytes(head + (1).to_bytes(4, "big") + b"wide" + length.to_bytes(8, "big") + bytes(64))
    with pytest.raises(InputError):
        VideoFile(path)


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


@pytest.mark.parametrize("name", ["film.mjpeg", "film.jpg", "film"])
def test_a_film_of_jpegs_is_read_as_one_whatever_it_is_called(tmp_path: Path, name: str) -> None:
    path = tmp_path / "film.mjpeg"
    write_video(path, moving(7), codec="mjpeg", pix_fmt="yuvj420p")
    path = path.rename(tmp_path / name)
    assert kind(path) is Kind.VIDEO
    assert len(frames_of(path)) == 7


def test_an_mp4_written_piece_by_piece_is_read_up_to_the_index_in_which_it_ends(tmp_path: Path) -> None:
    path = tmp_path / "live.mp4"
    write_video(
        path,
        moving(50),
        options={"preset": "ultrafast", "g": "5"},
        container_options={"movflags": "frag_keyframe+empty_moov"},
    )
    content = path.read_bytes()
    with path.open("rb") as file:
        indexes = [(begin, length) for name, begin, length in boxes(file) if name == b"moof"]
    assert len(indexes) == 10
    for whole, (begin, length) in enumerate(indexes):
        for cut in range(begin + 1, begin + length, 13):
            path.write_bytes(content[:cut])
            if whole:
                assert len(frames_of(path)) == 5 * whole
            else:
                with pytest.raises(InputError, match=r"can't be read|can be decoded"):
                    frames_of(path)
