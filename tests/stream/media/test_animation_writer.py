"""Films and animations written as GIF and animated WebP: times, sizes, what is said, and what a failure leaves."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from making import read_video, write_video
from PIL import Image
from videofiles import UNEVEN, moving, plain

from emojicam.errors import OutputError
from emojicam.stream.media import animation_writer
from emojicam.stream.media.animation_writer import AnimationWriter
from emojicam.stream.media.animations import Animation
from emojicam.stream.media.container import is_animation
from emojicam.stream.media.sources import VideoFile

KINDS = [".gif", ".webp"]


def copied(source: Path, target: Path, **options: Any) -> list[str]:
    with Animation(source) if is_animation(source) else VideoFile(source) as video:
        writer = AnimationWriter(target, video.info, **options)
        with writer:
            for frame in video:
                writer(plain(frame))
    return writer.notes


def played(path: Path) -> tuple[list[int], int | None, tuple[int, int]]:
    """Milliseconds of each picture, what the file says of loops, and its size."""
    with Image.open(path) as image:
        shown = []
        for index in range(getattr(image, "n_frames", 1)):
            image.seek(index)
            image.load()
            shown.append(int(image.info["duration"]))
        return shown, image.info.get("loop"), image.size


def animation(path: Path, shown: list[int], **options: Any) -> Path:
    pictures = [Image.fromarray(picture) for picture in moving(len(shown))]
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=shown, **options)
    return path


@pytest.mark.parametrize("loop", [None, 0, 3])
def test_a_gif_keeps_its_size_its_pictures_and_how_it_is_played(tmp_path: Path, loop: int | None) -> None:
    shown = [20, 30, 40, 500, 20, 70, 100, 1200]
    said = {} if loop is None else {"loop": loop}
    source = animation(tmp_path / "a.gif", shown, **said)
    assert copied(source, tmp_path / "out.gif") == []
    assert played(tmp_path / "out.gif") == (shown, loop, (160, 120))


@pytest.mark.parametrize(("loop", "gif"), [(0, 0), (1, None), (5, 4)])
def test_an_animated_webp_is_played_as_often_as_a_gif(tmp_path: Path, loop: int, gif: int | None) -> None:
    shown = [40, 60, 500, 20, 1200]
    source = animation(tmp_path / "a.webp", shown, loop=loop)
    assert copied(source, tmp_path / "out.webp") == []
    assert played(tmp_path / "out.webp") == (shown, loop, (160, 120))
    assert copied(source, tmp_path / "out.gif") == []
    assert played(tmp_path / "out.gif") == (shown, gif, (160, 120))


@pytest.mark.parametrize("suffix", KINDS)
def test_a_film_becomes_smaller_and_calmer_and_silent_and_says_so(tmp_path: Path, suffix: str) -> None:
    source = tmp_path / "in.mp4"
    write_video(source, moving(30, size=(1280, 720)), rate=30, tones=(440,))
    notes = copied(source, tmp_path / f"out{suffix}")
    shown, loop, size = played(tmp_path / f"out{suffix}")
    assert (loop, size, len(shown), sum(shown)) == (0, (640, 360), 15, 1000)
    assert notes == [
        f"the sound is left out: {suffix} has none",
        f"made 640x360 px at 15 pictures a second for {suffix}; -o NAME.webm or NAME.mp4 keeps all",
    ]


@pytest.mark.parametrize(("rate", "count"), [(10, 20), (15, 30), (16, 32), (24, 24), (25, 25), (50, 25), (60, 30)])
def test_pictures_are_left_out_evenly(tmp_path: Path, rate: int, count: int) -> None:
    source = tmp_path / "in.mp4"
    write_video(source, moving(2 * rate, size=(160, 64)), rate=rate)
    copied(source, tmp_path / "out.webp")
    shown = played(tmp_path / "out.webp")[0]
    assert len(shown) == count
    assert max(shown) - min(shown) <= 1
    assert sum(shown) == 2000


def test_uneven_times_are_kept_to_a_hundredth_of_a_second(tmp_path: Path) -> None:
    source = tmp_path / "phone.mkv"
    write_video(source, moving(20), pts=[417 + ms for ms in UNEVEN], time_base=Fraction(1, 1000), rate=10)
    copied(source, tmp_path / "out.gif")
    ends = np.cumsum(played(tmp_path / "out.gif")[0])[:-1]
    assert np.abs(ends - UNEVEN[1:]).max() <= 25, "1 ms can't be shown in a GIF"
    assert np.abs(ends - UNEVEN[1:])[-5:].max() <= 5, "and is made up for"


def test_pixels_that_are_not_square_become_square(tmp_path: Path) -> None:
    write_video(tmp_path / "in.mp4", moving(5), sample_aspect=Fraction(2), rate=10)
    notes = copied(tmp_path / "in.mp4", tmp_path / "out.gif")
    assert played(tmp_path / "out.gif")[2] == (320, 120)
    assert notes == []


def test_the_colours_of_a_film_are_its_own(tmp_path: Path) -> None:
    write_video(tmp_path / "in.mp4", moving(10), rate=10)
    before = read_video(tmp_path / "in.mp4")[0][7]
    for suffix in KINDS:
        copied(tmp_path / "in.mp4", tmp_path / f"out{suffix}")
        with Image.open(tmp_path / f"out{suffix}") as image:
            image.seek(7)
            after = np.asarray(image.convert("RGB"))[..., ::-1]
        assert np.abs(before.astype(int) - after).mean() < 4


def test_a_large_file_says_how_large_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(animation_writer, "LARGE", 1000)
    source = animation(tmp_path / "a.gif", [50] * 4)
    assert copied(source, tmp_path / "out.gif") == [
        "takes 0 MB as .gif; -o NAME.webm or NAME.mp4 takes a fraction of it"
    ]


@pytest.mark.parametrize("suffix", KINDS)
def test_while_it_is_written_and_if_it_is_given_up_it_has_another_name(tmp_path: Path, suffix: str) -> None:
    write_video(tmp_path / "in.mp4", moving(12), rate=10)
    target, part = tmp_path / f"out{suffix}", tmp_path / f"out.part{suffix}"

    def run() -> None:
        with VideoFile(tmp_path / "in.mp4") as video, AnimationWriter(target, video.info) as write:
            for number, frame in enumerate(video):
                if number == 7:
                    raise KeyboardInterrupt
                write(plain(frame))
                assert not target.exists()
                assert part.exists()

    with pytest.raises(KeyboardInterrupt) as caught:
        run()
    assert caught.value.__notes__ == [f"its first 7 frames are in {part}"]
    assert not target.exists()
    assert played(part)[0] == [100] * 7


def test_what_fails_before_the_first_frame_leaves_nothing(tmp_path: Path) -> None:
    write_video(tmp_path / "in.mp4", moving(5))

    def run() -> None:
        with VideoFile(tmp_path / "in.mp4") as video, AnimationWriter(tmp_path / "out.gif", video.info):
            raise ValueError("defect")

    with pytest.raises(ValueError, match="defect"):
        run()
    assert [path.name for path in tmp_path.iterdir()] == ["in.mp4"]


def test_what_is_there_stays_unless_it_may_be_replaced(tmp_path: Path) -> None:
    source, target = animation(tmp_path / "a.gif", [50] * 3), tmp_path / "out.gif"
    target.write_bytes(b"precious")
    with pytest.raises(OutputError, match="is already there"):
        copied(source, target)
    assert target.read_bytes() == b"precious"
    copied(source, target, overwrite=True)
    assert played(target)[0] == [50] * 3


@pytest.mark.parametrize("suffix", KINDS)
def test_a_full_disk_is_told_in_a_line(tmp_path: Path, suffix: str) -> None:
    import resource

    chance = np.random.default_rng(0)
    write_video(tmp_path / "in.mp4", [chance.integers(0, 256, (240, 320, 3), np.uint8) for _ in range(40)], rate=10)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(OutputError, match=r"out\.\w+: can't be written"):
            copied(tmp_path / "in.mp4", tmp_path / f"out{suffix}")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not (tmp_path / f"out{suffix}").exists()
