"""Several streams in one window: what is shown, what goes where, and what the keys do for one of them or for all."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest
from livebench import HEIGHT, SIZE, WIDTH, Bench, as_emoji, run
from making import Picture, read_video, seen_at, write_video

from emojicam.stream.i420 import Pixels
from emojicam.stream.live.devices import Device
from emojicam.stream.live.grid import GAP


class Machine(Bench):
    """A machine with three loopbacks, of which each keeps what it is sent."""

    def __init__(self, keys: dict[int, str] | None = None) -> None:
        super().__init__(lambda number, picture: (keys or {}).get(number, ""))
        self.loops: dict[str, list[Pixels]] = {}

    def devices(self) -> list[Device]:
        return [Device(f"/dev/video{number}", "emojicam", "v4l2 loopback", outputs=True) for number in (10, 11, 12)]

    def start(self, width: int, height: int, rate: int, device: str | None) -> Bench:
        loop = Bench()
        loop.device = device or ""
        self.loops[loop.device] = loop.sent
        return loop


@pytest.fixture
def two(portrait: Picture, inside: Path) -> list[str]:
    """Two clips of a second: a face on the left, and one on the right of a lower picture."""
    write_video(inside / "left.mp4", [seen_at(portrait, SIZE, 1.1, shift=-90 + n / 4) for n in range(25)])
    write_video(inside / "right.mp4", [seen_at(portrait, (480, 360), 1.1, shift=60 - n / 4) for n in range(25)])
    return ["left.mp4", "right.mp4"]


def halves(picture: Pixels) -> tuple[Pixels, Pixels]:
    """The two cells, without captions and status line."""
    height, width = picture.shape[:2]
    rows = slice(height // 8, -height // 8)
    return picture[rows, : (width - GAP) // 2], picture[rows, (width + GAP) // 2 :]


def test_a_grid_a_file_a_virtual_camera_and_a_report_for_each(
    two: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    machine = Machine()
    flags = ["--record", "out.mp4", "--report", "out.jsonl", "--virtual-camera", "--size", "640x360"]
    assert run(machine, *two, *flags) == 0
    width, height = machine.opened
    assert machine.pictures[-1].shape == (height, width, 3)
    both = [picture for picture in machine.pictures if all(as_emoji(half).sum() > 1000 for half in halves(picture))]
    assert len(both) >= 2
    middles = [np.argwhere(as_emoji(half))[:, 1].mean() / half.shape[1] for half in halves(both[-1])]
    assert middles[0] < 0.45 < 0.52 < middles[1]  # not mirrored
    assert list(machine.loops) == ["/dev/video10", "/dev/video11"]
    for number, size in ((1, (HEIGHT, WIDTH, 3)), (2, (360, 480, 3))):
        pictures, times = read_video(Path(f"out-{number}.mp4"))
        assert pictures[-1].shape == size
        assert as_emoji(pictures[-1]).sum() > 4000
        assert times[0] == 0
        sent = machine.loops[f"/dev/video{9 + number}"]
        assert max(as_emoji(bgr(one)).sum() for one in sent) > 4000
    lines = [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]
    assert set(Counter(line["source"] for line in lines)) == set(two)
    for name in two:
        times = [line["time"] for line in lines if line["source"] == name]
        assert times[0] == 0
        assert times == sorted(times)
    told = capsys.readouterr().err.splitlines()
    assert told[0].startswith("emojicam: /dev/video10 runs, with 1 left.mp4: choose it in Zoom")
    assert "emojicam: out-2.mp4: 2 right.mp4" in told
    assert [line.split(" frames")[0] for line in told[-2:]] == ["emojicam: left.mp4: 25", "emojicam: right.mp4: 25"]
    assert all("dropped; /dev/video1" in line for line in told[-2:])


def bgr(sent: Pixels) -> Pixels:
    return np.asarray(cv2.cvtColor(sent.reshape(540, 640), cv2.COLOR_YUV2BGR_I420), np.uint8)


def test_keys_are_for_all_or_for_the_one_that_tab_chooses(two: list[str], inside: Path) -> None:
    keys = {2: "r", 14: "r", 15: "\t", 16: "\t", 17: "s", 18: "r", 28: "r", 29: "\t", 30: "s", 31: "n", 32: "q"}
    machine = Machine(keys)
    assert run(machine, *two, "--loop") == 0
    assert len(machine.pictures) == 32
    recorded = Counter(path.stem[-7:] for path in inside.glob("emojicam-*.mp4"))
    stills = {path.stem.split("-", 3)[3] for path in inside.glob("emojicam-*.png")}
    assert recorded == {"stream1": 1, "stream2": 2}
    assert stills == {"1-stream2", "2-stream1", "3-stream2"}
    sizes = {path.stem[-7:]: cv2.imread(str(path)).shape for path in inside.glob("*.png")}  # type: ignore[union-attr]
    assert sizes == {"stream1": (HEIGHT, WIDTH, 3), "stream2": (360, 480, 3)}
    framed = [edge(picture) for picture in machine.pictures]
    assert framed[14:16] == [(False, False), (True, False)]
    assert framed[20] == (False, True)
    assert framed[-1] == (False, False)


def edge(picture: Pixels) -> tuple[bool, bool]:
    """Which of the cells has the frame of the one that is chosen."""
    left, right = halves(picture)  # in the middle between them is the notice
    near = (np.abs(one.astype(int) - (70, 205, 255)).max(axis=2) < 2 for one in (left[:, :5], right[:, -8:]))
    first, second = (bool(one.all(axis=0).any()) for one in near)
    return first, second


def test_in_a_pause_all_stand_still_and_styles_are_for_all(two: list[str]) -> None:
    machine = Machine({6: " ", 12: " ", 13: "b", 20: "m", 27: "q"})
    assert run(machine, *two, "--loop") == 0
    still = [halves(picture) for picture in machine.pictures[7:12]]
    for one in still:
        assert all((now[:200] == then[:200]).all() for now, then in zip(one, still[0], strict=True))
    covers, badges = ([as_emoji(half).sum() for half in halves(machine.pictures[number])] for number in (5, 19))
    assert all(cover > 1.5 * badge for cover, badge in zip(covers, badges, strict=True))
    places = [np.argwhere(as_emoji(halves(machine.pictures[number])[0]))[:, 1].mean() for number in (19, 26)]
    assert places[1] > places[0] + 60  # the mirror turns each cell by itself


def test_one_that_ends_says_so_while_the_other_goes_on(two: list[str], portrait: Picture) -> None:
    write_video(Path("short.mp4"), [seen_at(portrait, SIZE, 1.1)] * 5)
    machine = Machine()
    assert run(machine, "short.mp4", two[1], "--record", "out.mp4") == 0
    left, right = halves(machine.pictures[-3])
    assert left.mean() < 60  # its card
    assert as_emoji(right).sum() > 1000
    assert read_video(Path("out-1.mp4"))[0][-1].mean() > 60  # which is not recorded
