"""All that a live run shows at once, and what its keys do."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import cv2
import numpy as np
import pytest
from livebench import FACE, HEIGHT, SIZE, WIDTH, Bench, as_emoji, run, yellow
from making import Picture, read_video, seen_at, write_video
from PIL import Image

from emojicam import assets
from emojicam.errors import OutputError
from emojicam.show import restyled, shown_themes
from emojicam.stream.choices import Style
from emojicam.stream.i420 import Pixels
from emojicam.stream.live.devices import Device
from emojicam.stream.media.sinks import VideoWriter
from emojicam.stream.types import Drawn, Frame
from emojicam.wiring import Annotator


def test_keys(clip: Path, inside: Path) -> None:
    def press(number: int, picture: Pixels) -> str:
        return {3: "s", 5: "b", 8: "r", 16: "r", 18: "c", 22: " ", 30: "q"}.get(number, "")

    bench = Bench(press)
    assert run(bench, clip, "--loop") == 0
    assert len(bench.pictures) == 30
    (still,) = inside.glob("emojicam-*.png")
    (recording,) = inside.glob("emojicam-*.mp4")
    picture = cv2.imread(str(still))
    assert picture is not None
    assert picture.shape == (HEIGHT, WIDTH, 3)
    assert yellow(np.asarray(picture, np.uint8)) > 0.25
    assert 2 <= len(read_video(recording)[0]) <= 9
    begun, badge, cover = (as_emoji(bench.pictures[number]).sum() for number in (4, 12, 20))
    assert badge < 0.8 * min(begun, cover)
    paused = [picture[: HEIGHT // 2] for picture in bench.pictures[23:30]]  # without the status line
    assert all((one == paused[0]).all() for one in paused)
    assert not (bench.pictures[10][: HEIGHT // 2] == paused[0]).all()


@pytest.mark.parametrize("key", ["s", "r"])
def test_what_cannot_be_written_ends_no_run(
    key: str, clip: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("emojicam.show.time.strftime", lambda form: "none/" + form)  # a folder that isn't there
    bench = Bench(lambda number, picture: {3: key, 6: key, 10: "q"}.get(number, ""))
    assert run(bench, clip, "--loop") == 0
    assert len(bench.pictures) == 10
    assert capsys.readouterr().err.count("emojicam: none: no such folder") == 2


def test_a_full_disk_ends_the_recording_alone(
    clip: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(self: VideoWriter, drawn: object) -> None:
        raise OutputError("out.mp4: can't be written: No space left on device")

    monkeypatch.setattr(VideoWriter, "__call__", full)
    bench = Bench(lambda number, picture: "q" if number == 10 else "")
    assert run(bench, clip, "--loop", "--record", "out.mp4", "--virtual-camera") == 0
    assert len(bench.pictures) == 10
    assert bench.closed == ["emojicam", "camera"]
    assert capsys.readouterr().err.count("No space left on device") == 1


def test_a_digit_chooses_a_theme_and_one_that_there_is_not_chooses_nothing(clip: Path, inside: Path) -> None:
    (inside / "mine").mkdir()
    for path in assets.theme_folder("classic").glob("*.png"):
        Image.new("RGBA", (64, 64), (20, 200, 40, 255)).save(inside / "mine" / path.name)
    bench = Bench(lambda number, picture: {6: "9", 12: "1", 22: "q"}.get(number, ""))
    assert run(bench, clip, "--loop", "--theme", "mine") == 0
    greens = [green(picture) for picture in bench.pictures]
    assert min(greens[:12]) > 0.5  # "9" changed nothing
    # Those that were drawn already when the key was pressed are shown as they are.
    assert max(greens[17:]) < 0.05
    assert min(yellow(picture) for picture in bench.pictures[17:]) > 0.25


def green(bgr: Pixels) -> float:
    """How much of the face's place has the colour of the user's own theme."""
    blue, green, red = np.moveaxis(bgr[FACE].astype(int), -1, 0)
    return float(((green > red + 80) & (green > blue + 80)).mean())


@pytest.mark.parametrize("style", Style)
def test_the_key_of_a_style_draws_as_its_flag_does(style: Style, portrait: Picture, inside: Path) -> None:
    write_video(inside / "still.mp4", [seen_at(portrait, SIZE, 1.1)] * 25)
    other = Style.BADGE if style is not Style.BADGE else Style.COVER
    flagged, pressed = (
        Bench(lambda number, picture: "q" if number == 12 else ""),
        Bench(lambda number, picture: {3: style.key, 12: "q"}.get(number, "")),
    )
    assert run(flagged, "still.mp4", "--loop", "--style", style.value) == 0
    assert run(pressed, "still.mp4", "--loop", "--style", other.value) == 0
    wanted, before, after = (
        shown[: HEIGHT * 3 // 4].astype(int)  # without the status line
        for shown in (flagged.pictures[11], pressed.pictures[2], pressed.pictures[11])
    )
    assert np.abs(after - wanted).mean() < np.abs(before - wanted).mean() / 2


@pytest.mark.parametrize("mirror", [True, False])
def test_a_label_can_be_read_in_the_mirror_too(mirror: bool, portrait: Picture, inside: Path) -> None:
    """On the plate the emoji stands before the word; others see no mirror image."""
    write_video(inside / "near.mp4", [seen_at(portrait, SIZE, 0.8, shift=-120)] * 25)
    bench = Bench(lambda number, picture: "q" if number == 12 else "")
    arguments = ["--loop", "--style", "label", "--virtual-camera", "--size", f"{WIDTH}x{HEIGHT}"]
    assert run(bench, "near.mp4", *arguments, *["--no-mirror"] * (not mirror)) == 0
    sent = cv2.cvtColor(bench.sent[-1].reshape(HEIGHT * 3 // 2, WIDTH), cv2.COLOR_YUV2BGR_I420)
    for picture, left in ((bench.pictures[11], not mirror), (np.asarray(sent, np.uint8), True)):
        above = picture[84:112]  # the plate lies above the face
        plate = np.flatnonzero(as_emoji(above).sum(axis=0) > 5)
        ink = above.max(axis=2)[:, plate] < 70
        bar = plate[ink[ink.sum(axis=1).argmax()]]
        assert (plate.mean() < WIDTH / 2) == left
        assert bar.mean() > plate.mean() + 4


def test_while_it_pauses_nothing_is_recorded_or_reported(clip: Path) -> None:
    bench = Bench(lambda number, picture: {5: " ", 15: " ", 20: "q"}.get(number, ""))
    assert run(bench, clip, "--loop", "--record", "out.mp4", "--report", "out.jsonl") == 0
    assert len(bench.pictures) == 20
    assert len(Path("out.jsonl").read_text().splitlines()) == 5 + 5
    assert len(read_video(Path("out.mp4"))[0]) == 5 + 5


def test_a_recording_that_a_key_began_is_whole_when_the_show_ends(
    clip: Path, inside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bench = Bench(lambda number, picture: {4: "r", 10: "q"}.get(number, ""))
    assert run(bench, clip, "--loop") == 0
    (recording,) = inside.glob("emojicam-*.mp4")
    assert len(read_video(recording)[0]) == 6
    assert f"emojicam: {recording.name}: 6 frames\n" in capsys.readouterr().err


@pytest.mark.parametrize("mirror", [True, False])
def test_a_still_and_a_virtual_camera_are_never_mirrored(mirror: bool, inside: Path) -> None:
    halves = np.full((HEIGHT, WIDTH, 3), 40, np.uint8)
    halves[:, : WIDTH // 2] = 200
    write_video(inside / "halves.mp4", [halves] * 25)
    bench = Bench(lambda number, picture: {3: "s", 8: "q"}.get(number, ""))
    flags = [] if mirror else ["--no-mirror"]
    assert run(bench, "halves.mp4", "--loop", "--virtual-camera", "--size", f"{WIDTH}x{HEIGHT}", *flags) == 0
    (still,) = inside.glob("emojicam-*.png")
    saved = cv2.imread(str(still))
    assert saved is not None
    sent = bench.sent[-1].reshape(HEIGHT * 3 // 2, WIDTH)
    assert (bench.pictures[-1][90, 100].mean() > 128) is not mirror
    assert saved[90, 100].mean() > 128 > saved[90, WIDTH - 100].mean()
    assert sent[90, 100] > 128 > sent[90, WIDTH - 100]


def test_a_key_that_asks_for_nothing_changes_nothing(clip: Path, inside: Path) -> None:
    before = sorted(inside.iterdir())
    bench = Bench(lambda number, picture: {**dict(enumerate("xyz0?", start=3)), 10: "q"}.get(number, ""))
    assert run(bench, clip, "--loop") == 0
    assert len(bench.pictures) == 10
    assert sorted(inside.iterdir()) == before


@pytest.mark.parametrize("mirror", [True, False])
def test_g_saves_the_last_seconds_as_others_see_them(
    mirror: bool, portrait: Picture, inside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_video(inside / "near.mp4", [seen_at(portrait, SIZE, 1.1, shift=-120)] * 25)
    bench = Bench(lambda number, picture: {20: "g", 26: "q"}.get(number, ""))
    assert run(bench, "near.mp4", "--loop", *["--no-mirror"] * (not mirror)) == 0
    (path,) = inside.glob("emojicam-*.gif")
    assert f"emojicam: {path.name}\n" in capsys.readouterr().err
    with Image.open(path) as image:
        assert (image.size, image.format) == ((480, 270), "GIF")
        assert 2 <= image.n_frames <= 20
        image.seek(image.n_frames - 1)
        places = np.flatnonzero(as_emoji(np.asarray(image.convert("RGB"))[..., ::-1]).any(axis=0))
    assert abs(places.mean() - 150) < 25  # the face's place, not its mirror image


def test_g_before_anything_has_moved_saves_nothing(clip: Path, inside: Path) -> None:
    before = sorted(inside.iterdir())
    bench = Bench(lambda number, picture: {1: "g", 4: "q"}.get(number, ""))
    assert run(bench, clip, "--loop") == 0
    assert sorted(inside.iterdir()) == before


def test_a_countdown_saves_a_still(clip: Path, inside: Path) -> None:
    over: list[int] = []

    def press(number: int, picture: Pixels) -> str:
        if list(inside.glob("emojicam-*.png")):
            over.append(number)
        return "t" if number == 3 else "q" if over or number > 300 else ""

    bench = Bench(press)
    began = time.monotonic()
    assert run(bench, clip, "--loop") == 0
    assert time.monotonic() - began > 3
    assert len(list(inside.glob("emojicam-*.png"))) == 1


def test_every_key_is_answered_in_the_picture(clip: Path) -> None:
    """While the picture stands still, each key but Escape's and the help's changes its foot."""
    keys = [*"xsgmcbl9n", "\x1b"]
    bench = Bench(lambda number, picture: {5: " ", **dict(enumerate(keys, start=12)), 22: "q"}.get(number, ""))
    assert run(bench, clip, "--loop", "--no-mirror") == 0
    feet = [picture[HEIGHT * 3 // 4 : HEIGHT - 30, 160:480].astype(int) for picture in bench.pictures]
    for number in range(12, 22):
        assert (np.abs(feet[number] - feet[number - 1]) > 60).sum() > 50, keys[number - 12]


def test_n_goes_over_to_the_next_camera_and_the_report_names_it(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def white(device: str, *asked: object) -> Iterator[Frame]:
        opened.append(device)
        for index in range(1000):
            time.sleep(0.03)
            yield Frame(index, 0.0, np.full((HEIGHT, WIDTH, 3), 250, np.uint8))

    monkeypatch.setattr("emojicam.commands.live.camera", white)
    there = [Device("/dev/video7", "Webcam", captures=True), Device("/dev/video10", "emojicam", captures=True)]
    bench = Bench(lambda number, picture: "n" if number == 5 else "q" if picture[:200].min() > 240 else "")
    monkeypatch.setattr(bench, "devices", lambda: there)
    assert run(bench, clip, "--loop", "--report", "seen.jsonl") == 0
    assert opened == ["/dev/video7"]
    sources = [json.loads(line)["source"] for line in Path("seen.jsonl").read_text().splitlines()]
    assert list(dict.fromkeys(sources)) == ["clip.mp4", "camera 7"]


def test_the_digits_choose_ours_by_name_the_default_first_and_the_users_own_last(tmp_path: Path) -> None:
    ours = shown_themes("classic")
    assert ours[0] == "classic"
    assert sorted(ours) == sorted(assets.themes())
    assert list(ours[1:]) == sorted(ours[1:])
    assert shown_themes(ours[-1]) == ours
    assert shown_themes(str(tmp_path)) == (*ours, str(tmp_path))


class FakeAnnotator:
    """Keeps what it is to draw with."""

    asked: tuple[Style | None, str | None] = None, None

    def restyle(self, style: Style | None, theme: str | None) -> None:
        self.asked = style, theme


def test_a_theme_is_called_what_it_calls_itself(tmp_path: Path) -> None:
    (tmp_path / "theme.toml").write_text('name = "Frogs"')
    annotator = FakeAnnotator()
    assert restyled(cast(Annotator, annotator), ["classic", str(tmp_path)], "2") == "theme: Frogs"
    assert annotator.asked == (None, str(tmp_path))


def test_a_recording_that_fails_leaves_what_it_had_to_be_played(
    clip: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write = VideoWriter.__call__

    def full(self: VideoWriter, drawn: Drawn) -> None:
        if self.frames == 5:
            raise OutputError("out.mp4: can't be written: No space left on device")
        write(self, drawn)

    monkeypatch.setattr(VideoWriter, "__call__", full)
    bench = Bench(lambda number, picture: "q" if number == 10 else "")
    assert run(bench, clip, "--loop", "--record", "out.mp4") == 0
    assert "out.part.mp4" in capsys.readouterr().err
    assert len(read_video(Path("out.part.mp4"))[0]) == 5
