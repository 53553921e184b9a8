"""A graphics chip's decoder: believed as far as it gives software's pictures, and never to a picture's loss."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
import av.packet
import av.stream
import av.video.frame
import av.video.stream
import numpy as np
import pytest
from making import write_video
from videofiles import UNEVEN, moving

from emojicam.stream.choices import Decoder
from emojicam.stream.media.decoders import CHIPS, LAYOUTS, PAYS, PROVEN, Decodes, first_chip, on_this_machine, planes_of
from emojicam.stream.media.sources import VideoFile
from emojicam.stream.types import Frame


class Chip:
    """A chip in software: its pictures come as NV12, some calls later, and may be others or none.

    Attributes:
        alone: Packets that it was given after it had given `PROVEN` pictures.
    """

    def __init__(
        self,
        stream: av.video.stream.VideoStream,
        *,
        late: int = 0,
        fails_at: int | None = None,
        other_at: int | None = None,
    ) -> None:
        self._inside = av.CodecContext.create(stream.codec_context.name, "r")
        self._inside.extradata = stream.codec_context.extradata
        self._held: list[av.VideoFrame] = []
        self._late, self._fails_at, self._other_at = late, fails_at, other_at
        self._given = self.alone = 0

    def decode(self, packet: av.packet.Packet[av.stream.Stream] | None = None) -> list[av.VideoFrame]:
        assert packet is not None
        self.alone += self._given >= PROVEN
        if self._fails_at is not None and self._given >= self._fails_at:
            raise av.error.ExternalError(1, "the chip is gone")
        self._held += self._inside.decode(packet)
        ready = len(self._held) - (self._late if packet.size else 0)
        out = [self._copied(frame) for frame in self._held[: max(0, ready)]]
        del self._held[: len(out)]
        return out

    def flush_buffers(self) -> None:
        raise AssertionError("nobody begins anew with the chip")

    def _copied(self, frame: av.VideoFrame) -> av.VideoFrame:
        number, self._given = self._given, self._given + 1
        copy = frame.reformat(format="nv12")  # with the time, and the mark of what is damaged
        if self._other_at is not None and number >= self._other_at:
            levels = bytearray(copy.planes[0])
            levels[0] ^= 1
            copy.planes[0].update(bytes(levels))
        return copy


Opened = list[Chip]


def chip(**how: int) -> tuple[Callable[[av.video.stream.VideoStream], Decodes], Opened]:
    """A way to open a chip, and the list of those that were opened."""
    there: Opened = []

    def opens(stream: av.video.stream.VideoStream) -> Decodes:
        there.append(Chip(stream, **how))
        return there[-1]

    return opens, there


def read(path: Path, decoder: Decoder = Decoder.SOFTWARE, opens: object = None) -> tuple[list[Frame], list[str]]:
    with VideoFile(path, decoder, opens) as video:  # type: ignore[arg-type]
        return list(video), video.notes


def equal(some: list[Frame], others: list[Frame]) -> bool:
    return [(one.index, one.time) for one in some] == [(one.index, one.time) for one in others] and all(
        np.array_equal(one.pixels, other.pixels) for one, other in zip(some, others, strict=True)
    )


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keyframes every ten pictures, B-frames, uneven times: 60 pictures."""
    path = tmp_path_factory.mktemp("clip") / "phone.mp4"
    times = [1600 * round_ + ms for round_ in range(3) for ms in UNEVEN]
    options = {"preset": "veryfast", "g": "10", "bf": "2", "x264-params": "open-gop=1", "threads": "1"}
    write_video(path, moving(60), pts=times, options=options)
    return path


@pytest.mark.parametrize("late", [0, 1, 4])
def test_a_chip_that_gives_the_same_pictures_decodes_alone(clip: Path, late: int) -> None:
    opens, there = chip(late=late)
    frames, notes = read(clip, Decoder.HARDWARE, opens)
    assert equal(frames, read(clip)[0])
    assert notes == []
    assert there[0].alone > 30


@pytest.mark.parametrize(
    ("suffix", "how"),
    [
        (".mp4", {"rotation": 90}),
        (".mp4", {"pix_fmt": "yuvj420p"}),  # full range
        (".mkv", {"sample_aspect": Fraction(4, 3)}),
        (".avi", {"codec": "mpeg4", "time_base": Fraction(1, 25)}),
    ],
)
def test_turns_levels_and_shapes_are_the_sources(tmp_path: Path, suffix: str, how: dict[str, Any]) -> None:
    path = tmp_path / f"a{suffix}"
    write_video(path, moving(30, (162, 122)), **how)
    opens, there = chip(late=2)
    with VideoFile(path) as plain, VideoFile(path, Decoder.HARDWARE, opens) as other:
        assert other.info == plain.info
        assert equal(list(other), list(plain))
    assert there[0].alone > 10


@pytest.mark.parametrize("at", [0, 3, PROVEN - 1])
def test_one_that_gives_another_picture_is_let_go_before_it_is_shown(clip: Path, at: int) -> None:
    opens, there = chip(other_at=at)
    frames, notes = read(clip, Decoder.HARDWARE, opens)
    assert equal(frames, read(clip)[0])
    assert notes == ["decoded by software: the graphics chip doesn't give the same pictures"]
    assert there[0].alone == 0


@pytest.mark.parametrize("late", [0, 3])
@pytest.mark.parametrize("at", [0, 5, PROVEN, 20, 29, 30, 31, 33, 50])
def test_software_goes_on_where_a_chip_fails_and_no_picture_is_lost(clip: Path, at: int, late: int) -> None:
    opens, _ = chip(fails_at=at, late=late)
    frames, notes = read(clip, Decoder.HARDWARE, opens)
    assert equal(frames, read(clip)[0])
    assert len(notes) == 1


def test_a_second_reading_is_decoded_in_the_same_way(clip: Path) -> None:
    opens, there = chip()
    with VideoFile(clip, Decoder.HARDWARE, opens) as video:
        first = list(video)
        with video.again() as second:
            assert equal(list(second), first)
    assert len(there) == 2


@pytest.mark.parametrize(
    ("at", "note", "alike"),
    [
        (4, "1 damaged packet was skipped", range(59)),
        # What can't be decoded of a picture is filled in from the one before, which software that begins here lacks.
        (40, "1 frame is damaged in part", (*range(30), *range(40, 60))),
    ],
)
def test_damage_is_counted_as_software_counts_it(
    clip: Path, tmp_path: Path, at: int, note: str, alike: Sequence[int]
) -> None:
    data = bytearray(clip.read_bytes())
    with av.open(str(clip)) as container:
        keyframes = [packet.pos for packet in container.demux(video=0) if packet.is_keyframe and packet.size]
    begin = keyframes[3] + at  # the thirtieth picture's
    data[begin : begin + 60] = bytes(60)
    (tmp_path / "hurt.mp4").write_bytes(data)
    plain, said = read(tmp_path / "hurt.mp4")
    opens, _ = chip()
    frames, notes = read(tmp_path / "hurt.mp4", Decoder.HARDWARE, opens)
    assert [(frame.index, frame.time) for frame in frames] == [(frame.index, frame.time) for frame in plain]
    assert all(np.array_equal(frames[number].pixels, plain[number].pixels) for number in alike)
    assert said == [note]
    assert set(notes) == {note, "decoded by software: the graphics chip doesn't give the same pictures"}


@pytest.mark.parametrize(("asked", "opened"), [(Decoder.SOFTWARE, 0), (Decoder.AUTO, 0), (Decoder.HARDWARE, 1)])
def test_a_small_video_is_the_chips_only_if_it_is_asked_for(clip: Path, asked: Decoder, opened: int) -> None:
    opens, there = chip()
    assert equal(read(clip, asked, opens)[0], read(clip)[0])
    assert len(there) == opened


def test_auto_takes_the_chip_above_full_hd(tmp_path: Path) -> None:
    write_video(tmp_path / "large.mp4", [np.full((1440, 2560, 3), shade, np.uint8) for shade in range(0, 240, 15)])
    opens, there = chip()
    frames, _ = read(tmp_path / "large.mp4", Decoder.AUTO, opens)
    assert 2560 * 1440 > PAYS
    assert (len(there), there[0].alone > 0) == (1, True)
    assert len(frames) == 16
    assert equal(frames, read(tmp_path / "large.mp4")[0])


def test_ten_bits_are_softwares(tmp_path: Path) -> None:
    write_video(tmp_path / "deep.mkv", moving(5), codec="libx264", pix_fmt="yuv420p10le")
    opens, there = chip()
    assert len(read(tmp_path / "deep.mkv", Decoder.HARDWARE, opens)[0]) == 5
    assert there == []


@pytest.mark.parametrize("size", [(64, 48), (62, 46), (65, 47)])
def test_planes_of_nv12_are_those_of_i420(size: tuple[int, int]) -> None:
    width, height = size
    rng = np.random.default_rng(0)
    frame = av.VideoFrame(width, height, "yuv420p")
    for plane in frame.planes:
        plane.update(rng.integers(0, 256, plane.buffer_size, np.uint8).tobytes())
    both = planes_of(frame), planes_of(frame.reformat(format="nv12"))
    for one, other in zip(*both, strict=True):
        assert one.shape == other.shape
        assert np.array_equal(one, other)


def test_a_machine_without_a_chip_says_so() -> None:
    """Of the kinds that are listed this library may know none; asking does no harm."""
    assert first_chip("prores") is None
    assert first_chip() in (None, *CHIPS)


def test_what_a_machine_opens_for_a_stream_decodes_it(clip: Path) -> None:
    with av.open(str(clip)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.pix_fmt in LAYOUTS
        assert (on_this_machine(stream) is None) == (first_chip("h264") is None)
