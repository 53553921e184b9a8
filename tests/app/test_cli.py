"""The command line: what it makes of good and of bad input, by exit codes, messages and files."""

from __future__ import annotations

import csv
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import cv2
import making
import numpy as np
import pytest
from making import Picture, read_sound, read_video, write_video
from PIL import Image

import emojicam
from emojicam import assets, revision
from emojicam.cli import build_parser, main
from emojicam.models.card import EMOTIONS
from emojicam.settings import DEFAULTS, options_of
from emojicam.stream.choices import LOOKAHEAD_MOST
from emojicam.stream.faces.detector_files import ENVIRONMENT, SECOND, SHORT
from emojicam.stream.media.sources import VideoFile

HEAVY = ("numpy", "cv2", "av", "mediapipe", "onnxruntime", "torch", "PIL")
QUICK = ("--range", "near", "--codec-preset", "ultrafast")


@pytest.fixture(autouse=True)
def own_signals() -> Iterator[None]:
    """`main` takes SIGTERM; the tests' own process gets it back."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def run(*arguments: str | Path) -> int:
    return main([str(argument) for argument in arguments])


def process(
    *arguments: str | Path,
    cwd: Path,
    before: Callable[[], None] | None = None,
    program: Sequence[str] = ("-m", "emojicam"),
) -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own."""
    return subprocess.run(
        [sys.executable, *program, *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        preexec_fn=before,
    )


def photo(path: Path, picture: Picture | None = None) -> Path:
    """Write a photo; by default a small grey one, without a face."""
    cv2.imwrite(str(path), picture if picture is not None else np.full((48, 64, 3), 90, np.uint8))
    return path


def face(portrait: Picture) -> Picture:
    return making.seen_at(portrait, (320, 240), 0.8)


def clip(path: Path, portrait: Picture, count: int = 8) -> Path:
    """A face that moves a little, with a tone."""
    pictures = [making.seen_at(portrait, (320, 240), 0.8, shift=2 * i) for i in range(count)]
    write_video(path, pictures, tones=(440,))
    return path


def noise(path: Path, count: int, *, size: tuple[int, int] = (160, 120)) -> Path:
    """A clip that can't be compressed: every frame takes some kilobytes. No face."""
    chance = np.random.default_rng(0)
    pictures = [cv2.resize(chance.integers(0, 256, (60, 80, 3), np.uint8), size) for _ in range(10)]
    write_video(path, [np.asarray(pictures[i % 10], np.uint8) for i in range(count)], tones=(440,))
    return path


# --- bad input -------------------------------------------------------------------------------------------------------

Case = Callable[[Path], Sequence[str | Path]]
"""Makes files in an empty current folder, and gives the arguments behind `annotate`."""


def missing(folder: Path) -> Sequence[str | Path]:
    return ["nowhere.mp4"]


def folder_without_media(folder: Path) -> Sequence[str | Path]:
    (folder / "notes").mkdir()
    (folder / "notes" / "a.txt").write_text("a")
    return ["notes"]


def pattern_without_match(folder: Path) -> Sequence[str | Path]:
    return ["holiday*.jpg"]


def empty(folder: Path) -> Sequence[str | Path]:
    (folder / "empty.mp4").touch()
    return ["empty.mp4"]


def empty_photo(folder: Path) -> Sequence[str | Path]:
    (folder / "empty.jpg").touch()
    return ["empty.jpg"]


def text_as_video(folder: Path) -> Sequence[str | Path]:
    (folder / "letter.mp4").write_text("Dear Sir,\n" * 100)
    return ["letter.mp4"]


def text_as_photo(folder: Path) -> Sequence[str | Path]:
    (folder / "letter.jpg").write_text("Dear Sir,\n" * 100)
    return ["letter.jpg"]


def torn_photo(folder: Path) -> Sequence[str | Path]:
    whole = photo(folder / "whole.png", np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)).read_bytes()
    (folder / "torn.png").write_bytes(whole[: len(whole) // 2])
    return ["torn.png"]


def sound_alone(folder: Path) -> Sequence[str | Path]:
    making.write_sound(folder / "song.m4a", 440, 0.3)
    return ["song.m4a"]


def playlist(folder: Path) -> Sequence[str | Path]:
    write_video(folder / "other.mp4", [np.zeros((48, 64, 3), np.uint8)] * 3)
    (folder / "list.mp4").write_text("ffconcat version 1.0\nfile other.mp4\n")
    return ["list.mp4"]


def output_exists(folder: Path) -> Sequence[str | Path]:
    photo(folder / "taken.png")
    return [photo(folder / "a.png"), "-o", "taken.png"]


def default_output_exists(folder: Path) -> Sequence[str | Path]:
    photo(folder / "a-emoji.png")
    return [photo(folder / "a.png")]


def output_folder_missing(folder: Path) -> Sequence[str | Path]:
    return [photo(folder / "a.png"), "-o", "far/away/b.png"]


def output_folder_is_a_file(folder: Path) -> Sequence[str | Path]:
    (folder / "afile").write_text("a")
    return [photo(folder / "a.png"), "-o", "afile/"]


def output_is_input(folder: Path) -> Sequence[str | Path]:
    return [photo(folder / "a.png"), "-o", "a.png", "--overwrite"]


def output_is_input_by_hard_link(folder: Path) -> Sequence[str | Path]:
    os.link(photo(folder / "a.png"), folder / "hard.png")
    return ["a.png", "-o", "hard.png", "--overwrite"]


def output_is_input_by_symlink(folder: Path) -> Sequence[str | Path]:
    photo(folder / "a.png")
    (folder / "soft.png").symlink_to("a.png")
    return ["a.png", "-o", "soft.png", "--overwrite"]


def input_is_output_by_symlink(folder: Path) -> Sequence[str | Path]:
    photo(folder / "a.png")
    (folder / "soft.png").symlink_to("a.png")
    return ["soft.png", "-o", "a.png", "--overwrite"]


def photo_to_wrong_suffix(folder: Path) -> Sequence[str | Path]:
    return [photo(folder / "a.png"), "-o", "b.mp4"]


def video_to_wrong_suffix(folder: Path) -> Sequence[str | Path]:
    write_video(folder / "a.mp4", [np.zeros((48, 64, 3), np.uint8)] * 3)
    return ["a.mp4", "-o", "b.avi"]


def several_into_a_file(folder: Path) -> Sequence[str | Path]:
    return [photo(folder / "a.png"), photo(folder / "b.png"), "-o", photo(folder / "out.png"), "--overwrite"]


def unknown_theme(folder: Path) -> Sequence[str | Path]:
    return [photo(folder / "a.png"), "--theme", "baroque"]


def theme_says_what_it_cannot(folder: Path) -> Sequence[str | Path]:
    (folder / "mine").mkdir()
    Image.new("RGBA", (200, 200), "red").save(folder / "mine" / "happiness.png")
    (folder / "mine" / "theme.toml").write_text("flat = 1")
    return [photo(folder / "a.png"), "--theme", "mine"]


def theme_is_another_folder(folder: Path) -> Sequence[str | Path]:
    (folder / "mine").mkdir()
    Image.new("RGBA", (200, 200), "red").save(folder / "mine" / "holiday.png")
    return [photo(folder / "a.png"), "--theme", "mine"]


def theme_has_a_fourth_degree(folder: Path) -> Sequence[str | Path]:
    (folder / "mine").mkdir()
    for name in (*EMOTIONS, "happiness-1", "happiness-4"):
        Image.new("RGBA", (64, 64), "red").save(folder / "mine" / f"{name}.png")
    return [photo(folder / "a.png"), "--theme", "mine"]


def theme_holds_text(folder: Path) -> Sequence[str | Path]:
    (folder / "mine").mkdir()
    for label in ("anger", "contempt", "disgust", "fear", "happiness", "neutral", "sadness", "surprise"):
        (folder / "mine" / f"{label}.png").write_text("not a picture")
    return [photo(folder / "a.png"), "--theme", "mine"]


def missing_model(folder: Path) -> Sequence[str | Path]:
    return [photo(folder / "a.png"), "--model", "mine.onnx"]


def model_is_text(folder: Path) -> Sequence[str | Path]:
    (folder / "mine.onnx").write_text("not a model")
    return [photo(folder / "a.png"), "--model", "mine.onnx"]


def report_with_wrong_suffix(folder: Path) -> Sequence[str | Path]:
    return [photo(folder / "a.png"), "--report", "r.xlsx"]


def report_exists(folder: Path) -> Sequence[str | Path]:
    (folder / "r.csv").write_text("precious")
    return [photo(folder / "a.png"), "--report", "r.csv"]


def report_folder_missing(folder: Path) -> Sequence[str | Path]:
    return [photo(folder / "a.png"), "--report", "far/r.csv"]


def detector_files_missing(folder: Path) -> Sequence[str | Path]:
    (folder / "none").mkdir()
    return [photo(folder / "a.png"), "--detector-models", "none"]


def too_far_ahead(folder: Path) -> Sequence[str | Path]:
    return [photo(folder / "a.png"), "--lookahead", f"{LOOKAHEAD_MOST + 1:g}"]


def surer_than_sure(folder: Path) -> Sequence[str | Path]:
    return [photo(folder / "a.png"), "--threshold", "1.5"]


def narrower_than_nothing(folder: Path) -> Sequence[str | Path]:
    return [photo(folder / "a.png"), "--min-face", "-1"]


BAD: list[tuple[Case, int, str]] = [
    (missing, 2, "nowhere.mp4: no such file"),
    (folder_without_media, 2, "notes: no photo or video"),
    (pattern_without_match, 2, "holiday*.jpg: matches no file"),
    (empty, 3, "empty.mp4: the file is empty"),
    (empty_photo, 3, "empty.jpg: the file is empty"),
    (text_as_video, 3, "letter.mp4: neither a photo nor a video"),
    (text_as_photo, 3, "letter.jpg: neither a photo nor a video"),
    (torn_photo, 3, "torn.png: the photo is damaged"),
    (sound_alone, 3, "song.m4a: has no video stream"),
    (playlist, 3, "list.mp4: neither a photo nor a video"),
    (output_exists, 5, "taken.png: is already there; --overwrite"),
    (default_output_exists, 5, "a-emoji.png: is already there; --overwrite"),
    (output_folder_missing, 5, "far/away: no such folder"),
    (output_folder_is_a_file, 2, "afile: is a file"),
    (output_is_input, 2, "a.png: the output would replace its own input"),
    (output_is_input_by_hard_link, 2, "hard.png: the output would replace its own input"),
    (output_is_input_by_symlink, 2, "soft.png: the output would replace its own input"),
    (input_is_output_by_symlink, 2, "a.png: the output would replace its own input"),
    (photo_to_wrong_suffix, 2, "b.mp4: a photo is written as"),
    (video_to_wrong_suffix, 2, "b.avi: a video is written as"),
    (unknown_theme, 2, "'baroque'"),
    (theme_says_what_it_cannot, 2, "theme.toml: flat is to be true or false"),
    (theme_is_another_folder, 2, "mine: has no picture of any emotion"),
    (theme_has_a_fourth_degree, 2, "mine: has happiness-1.png, happiness-4.png; the degrees of an emotion are"),
    (theme_holds_text, 2, "not a PNG"),
    (missing_model, 2, "mine.onnx: no such model"),
    (model_is_text, 3, "mine.onnx: not an ONNX model"),
    (report_with_wrong_suffix, 2, "r.xlsx: a report is written as"),
    (report_exists, 5, "r.csv: is already there"),
    (report_folder_missing, 5, "far: no such folder"),
    (detector_files_missing, 2, "none/"),
    (too_far_ahead, 2, f"--lookahead {LOOKAHEAD_MOST + 1:g}: from 0 to {LOOKAHEAD_MOST:g} seconds"),
    (surer_than_sure, 2, "--threshold 1.5: from 0 to 1"),
    (narrower_than_nothing, 2, "--min-face -1: a width in px"),
]


@pytest.mark.parametrize(("case", "code", "message"), BAD, ids=[case.__name__ for case, _, _ in BAD])
def test_bad_input_ends_with_its_code_one_line_and_no_new_file(
    inside: Path, capfd: pytest.CaptureFixture[str], case: Case, code: int, message: str
) -> None:
    arguments = case(inside)
    before = {path: path.read_bytes() for path in inside.rglob("*") if path.is_file()}
    assert run("annotate", *arguments, *QUICK) == code
    out, err = capfd.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith("emojicam: ")
    assert message in err
    after = {path: path.read_bytes() for path in inside.rglob("*") if path.is_file()}
    assert after == before


def test_several_inputs_need_a_folder(inside: Path, capfd: pytest.CaptureFixture[str]) -> None:
    arguments = several_into_a_file(inside)
    before = (inside / "out.png").read_bytes()
    assert run("annotate", *arguments) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert "out.png: is a file; several inputs need a folder" in err
    assert (inside / "out.png").read_bytes() == before


def test_two_inputs_with_one_output_are_told_apart(inside: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for name in ("one", "two"):
        (inside / name).mkdir()
        photo(inside / name / "a.png")
    assert run("annotate", "one/a.png", "two/a.png", *QUICK) == 2
    out, err = capfd.readouterr()
    assert "two/a.png: a-emoji.png is already the output of one/a.png" in err
    assert out.startswith("a-emoji.png: ")  # the first is done all the same
    assert (inside / "a-emoji.png").exists()


LONG = "a" * 5000

PLAIN_USER = """
import importlib.readers, os, sys, emojicam.commands.annotate  # others may not be allowed to read root's Python
from emojicam.cli import main
if os.geteuid() == 0:  # for whom nothing is read-only
    os.setuid(65534)
sys.exit(main())
"""


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """An empty folder that every user can reach: pytest's own are closed to others."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.parametrize("suffix", [".png", ".mp4"])
def test_a_read_only_output_folder_is_named(open_folder: Path, suffix: str) -> None:
    source, locked = open_folder / f"a{suffix}", open_folder / "locked"
    if suffix == ".png":
        photo(source)
    else:
        write_video(source, [np.zeros((48, 64, 3), np.uint8)] * 3)
    source.chmod(0o644)
    locked.mkdir()
    locked.chmod(0o555)
    done = process("annotate", source, "-o", locked / f"b{suffix}", cwd=open_folder, program=("-c", PLAIN_USER))
    assert done.returncode == 5
    assert done.stdout == ""
    assert done.stderr.startswith(f"emojicam: {locked}: can't be written to")
    assert done.stderr.count("\n") == 1
    assert list(locked.iterdir()) == []


def test_an_unreadable_input_is_named(open_folder: Path) -> None:
    source = photo(open_folder / "a.png")
    source.chmod(0)
    done = process("annotate", source, cwd=open_folder, program=("-c", PLAIN_USER))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"emojicam: {source}: can't be read: Permission denied\n"


@pytest.mark.skipif(os.name == "nt", reason="folders are closed by other means")
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["annotate", "locked/a.png"], 2, "locked/a.png: can't be read: Permission denied"),
        (["annotate", "b.png", "-o", "locked/c.png"], 5, "locked/c.png: can't be written: Permission denied"),
        (["annotate", "b.png", "--theme", "locked/t"], 2, "no theme is called 'locked/t', and no such folder;"),
        (["annotate", "b.png", "--model", "locked/m.onnx"], 2, "locked/m.onnx: no such model file"),
        (["themes", "locked/t"], 2, "no theme is called 'locked/t', and no such folder;"),
    ],
)
def test_a_folder_that_is_closed_to_the_user_is_no_defect(
    open_folder: Path, words: list[str], code: int, said: str
) -> None:
    (open_folder / "locked").mkdir()
    open_folder.chmod(0o777)
    for name in ("locked/a.png", "b.png"):
        photo(open_folder / name)
    (open_folder / "locked").chmod(0)
    try:
        done = process(*words, cwd=open_folder, program=("-c", PLAIN_USER))
    finally:
        (open_folder / "locked").chmod(0o755)
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith(f"emojicam: {said}")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "words", [["annotate", LONG], ["annotate", "a.png", "-o", LONG], ["annotate", "a.png", "--model", LONG]]
)
def test_a_name_that_no_file_can_have_is_no_defect(inside: Path, words: list[str]) -> None:
    photo(inside / "a.png")
    done = process(*words, cwd=inside)
    assert done.returncode in (2, 5)
    assert done.stderr.startswith("emojicam: aaa")
    assert done.stderr.count("\n") == 1


NO_RUNTIME = """
import importlib.metadata, sys
sys.modules["onnxruntime"] = None
known = importlib.metadata.version
def version(name):
    if name.startswith("onnxruntime"):
        raise importlib.metadata.PackageNotFoundError(name)
    return known(name)
importlib.metadata.version = version
from emojicam.cli import main
print(*(main(line.split()) for line in sys.argv[1].splitlines()))
"""
"""Runs commands in a Python that has no ONNX Runtime, one after the other, and prints their exit codes."""


def test_without_onnx_runtime_every_command_that_needs_it_prints_the_line_that_installs_it(tmp_path: Path) -> None:
    photo(tmp_path / "a.png")
    noise(tmp_path / "a.mp4", 2)
    lines = ["annotate a.png", "sticker a.png", "live a.mp4", "web --no-browser --port 0", "demo -o d", "bench"]
    lines += ["export a.pt -o a.onnx"]
    done = process("\n".join(lines), cwd=tmp_path, program=("-c", NO_RUNTIME))
    said = 'emojicam: ONNX Runtime is not installed: pip install "emojicam[cpu]"\n'
    assert done.stderr == said * len(lines)
    assert done.stdout.split() == ["4"] * len(lines)


# --- a full disk -----------------------------------------------------------------------------------------------------


def no_larger_than(size: int) -> Callable[[], None]:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_of_a_video_that_grows_too_large_what_there_is_so_far_is_kept_and_named(tmp_path: Path, suffix: str) -> None:
    noise(tmp_path / "in.mp4", 150)
    done = process("annotate", "in.mp4", "-o", f"out{suffix}", *QUICK, cwd=tmp_path, before=no_larger_than(1_000_000))
    assert (done.returncode, done.stdout) == (5, "")
    assert done.stderr.count("\n") == 1
    assert f"out{suffix}: can't be written: it is larger than its file system or a limit" in done.stderr
    assert "disk is full" not in done.stderr
    assert f"out.part{suffix}" in done.stderr
    assert not (tmp_path / f"out{suffix}").exists()
    with VideoFile(tmp_path / f"out.part{suffix}") as video:
        times = [frame.time for frame in video]
    assert 10 < len(times) < 150
    assert np.diff(times) == pytest.approx(0.04, abs=0.001)
    assert times[0] < 0.03
    assert np.array_equal(read_video(tmp_path / "in.mp4")[1][: len(times)], np.round(np.subtract(times, times[0]), 6))


def test_on_a_full_disk_a_photo_leaves_nothing(tmp_path: Path) -> None:
    photo(tmp_path / "in.png", np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8))
    done = process("annotate", "in.png", *QUICK, cwd=tmp_path, before=no_larger_than(10_000))
    assert (done.returncode, done.stdout) == (5, "")
    assert done.stderr.count("\n") == 1
    assert "in-emoji.png: can't be written" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["in.png"]


# --- good input ------------------------------------------------------------------------------------------------------


def test_a_photo_without_a_face_comes_out_as_it_was(inside: Path, capfd: pytest.CaptureFixture[str]) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    photo(inside / "wall.png", picture)
    assert run("annotate", "wall.png", *QUICK) == 0
    assert capfd.readouterr() == ("wall-emoji.png: no face found\n", "")
    assert np.array_equal(cv2.imread("wall-emoji.png"), picture)


def test_a_photo_goes_to_name_emoji_in_the_current_folder(
    inside: Path, capfd: pytest.CaptureFixture[str], portrait: Picture
) -> None:
    (inside / "album").mkdir()
    photo(inside / "album" / "me.png", face(portrait))
    assert run("annotate", "album/me.png", *QUICK) == 0
    assert capfd.readouterr() == ("me-emoji.png: 1 face: happiness\n", "")
    after = cv2.imread("me-emoji.png")
    assert after is not None
    assert after.shape == (240, 320, 3)
    # Where the face was there is the emoji's yellow; the corners are untouched.
    blue, green, red = after[115, 160].astype(int)
    assert red > 200
    assert red > blue + 60
    assert green > blue + 60
    assert np.array_equal(after[:20, :20], face(portrait)[:20, :20])


def test_photos_videos_and_folders_go_into_one_folder(
    inside: Path, capfd: pytest.CaptureFixture[str], portrait: Picture
) -> None:
    (inside / "album").mkdir()
    for name in ("a.jpg", "b.webp"):
        photo(inside / "album" / name, face(portrait))
    (inside / "album" / "notes.txt").write_text("not media")
    photo(inside / "album" / "old-emoji.png")
    clip(inside / "dance.mp4", portrait)
    assert run("annotate", "album", "dance.mp4", "-o", "out", *QUICK) == 0
    out, err = capfd.readouterr()
    assert err == "emojicam: album: 1 file left out: 1 .txt\n"
    assert sorted(path.name for path in (inside / "out").iterdir()) == [
        "a-emoji.jpg",
        "b-emoji.webp",
        "dance-emoji.mp4",
    ]
    assert [line.split(":")[0] for line in out.splitlines()] == [
        "out/a-emoji.jpg",
        "out/b-emoji.webp",
        "out/dance-emoji.mp4",
    ]
    assert out.splitlines()[2] == "out/dance-emoji.mp4: 8 frames, 1 face: happiness 100 %"
    before, after = read_video(inside / "dance.mp4"), read_video(inside / "out" / "dance-emoji.mp4")
    assert after[1] == pytest.approx(before[1], abs=0.001)
    assert np.abs(after[0][0][115, 160].astype(int) - before[0][0][115, 160]).max() > 30
    assert len(read_sound(inside / "out" / "dance-emoji.mp4")[0]) == len(read_sound(inside / "dance.mp4")[0])


@pytest.mark.parametrize("out", ["new/folder/", "new/folder"])
def test_a_slash_at_the_end_or_no_suffix_makes_a_folder(inside: Path, out: str) -> None:
    photo(inside / "a.png")
    assert run("annotate", "a.png", "-o", out, *QUICK) == 0
    assert (inside / "new" / "folder" / "a-emoji.png").is_file()


def test_a_pattern_that_no_shell_expanded_is_expanded(inside: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for name in ("b.png", "a.png", "c.jpg"):
        photo(inside / name)
    assert run("annotate", "*.png", *QUICK) == 0
    assert capfd.readouterr().out == "a-emoji.png: no face found\nb-emoji.png: no face found\n"
    assert not (inside / "c-emoji.jpg").exists()


def test_overwrite_replaces_what_is_there(inside: Path, capfd: pytest.CaptureFixture[str]) -> None:
    photo(inside / "a.png")
    (inside / "a-emoji.png").write_text("old")
    assert run("annotate", "a.png", "--overwrite", *QUICK) == 0
    assert np.array_equal(cv2.imread("a-emoji.png"), cv2.imread("a.png"))
    assert capfd.readouterr().err == ""


def test_what_the_model_runs_on_is_said_once_where_it_was_asked_for(
    inside: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    photo(inside / "a.png")
    photo(inside / "b.png")
    assert run("annotate", "a.png", "b.png", "-o", "1", "--provider", "cpu", *QUICK) == 0
    assert capfd.readouterr().err == "emojicam: the model mien runs on the CPU\n"
    assert run("annotate", "a.png", "-o", "2/", "--provider", "cpu", "--quiet", *QUICK) == 0
    assert capfd.readouterr().err == ""


@pytest.fixture
def first_net_alone(detector_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that has the first net's file, and not the second's."""
    folder = tmp_path_factory.mktemp("files")
    shutil.copy(detector_folder / SHORT.name, folder)
    return folder


@pytest.mark.parametrize("by", ["flag", "environment"])
def test_without_the_second_net_it_works_and_says_once_what_is_missed(
    by: str,
    inside: Path,
    first_net_alone: Path,
    capfd: pytest.CaptureFixture[str],
    portrait: Picture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    photo(inside / "a.png", face(portrait))
    clip(inside / "b.mp4", portrait)
    if by == "flag":
        where: tuple[str | Path, ...] = ("--detector-models", first_net_alone)
    else:
        monkeypatch.setenv(ENVIRONMENT, str(first_net_alone))
        where = ()
    assert run("annotate", "a.png", "b.mp4", "-o", "out/", "--codec-preset", "ultrafast", *where) == 0
    out, err = capfd.readouterr()
    assert out.splitlines() == [
        "out/a-emoji.png: 1 face: happiness",
        "out/b-emoji.mp4: 8 frames, 1 face: happiness 100 %",
    ]
    assert err.count("\n") == 1
    assert err.startswith(f"emojicam: small and far faces are missed: {first_net_alone / SECOND.name}: not there")


@pytest.mark.parametrize("flags", [("--quiet",), ("--range", "near")])
def test_who_does_not_ask_for_the_second_net_is_not_told_that_it_is_missing(
    flags: tuple[str, ...],
    inside: Path,
    first_net_alone: Path,
    capfd: pytest.CaptureFixture[str],
    portrait: Picture,
) -> None:
    photo(inside / "a.png", face(portrait))
    assert run("annotate", "a.png", *flags, "--detector-models", first_net_alone) == 0
    assert capfd.readouterr().err == ""


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal that can be pretended")
def test_what_the_model_runs_on_is_said_once_in_a_terminal(tmp_path: Path) -> None:
    photo(tmp_path / "a.png")
    screen, terminal = os.openpty()
    try:
        command = [sys.executable, "-m", "emojicam", "annotate", "a.png", *QUICK]
        done = subprocess.run(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=terminal, timeout=60, check=False)
        os.set_blocking(screen, False)
        shown = os.read(screen, 65536).decode()
    finally:
        os.close(screen)
        os.close(terminal)
    assert done.returncode == 0
    assert shown.count("emojicam: the model mien runs on the CPU") == 1


def test_a_report_as_json_lines_has_every_frame_and_face(
    inside: Path, capfd: pytest.CaptureFixture[str], portrait: Picture
) -> None:
    photo(inside / "a.png", face(portrait))
    photo(inside / "b.png")
    clip(inside / "c.mp4", portrait, 5)
    assert run("annotate", "a.png", "b.png", "c.mp4", "--report", "r.jsonl", "-o", "out", *QUICK) == 0
    assert capfd.readouterr().err == ""
    rows = [json.loads(line) for line in (inside / "r.jsonl").read_text().splitlines()]
    assert [(row["source"], row["frame"]) for row in rows] == [
        ("a.png", 0),
        ("b.png", 0),
        *(("c.mp4", i) for i in range(5)),
    ]
    assert [row["time"] for row in rows[2:]] == pytest.approx([0.04 * i for i in range(5)], abs=0.001)
    assert [len(row["faces"]) for row in rows] == [1, 0, 1, 1, 1, 1, 1]
    assert [row["bare"] for row in rows] == [0] * 7
    (seen,) = rows[0]["faces"]
    judged = {"emotion", "confidence", "degree", "drawn", "unsure", "scores"}
    assert set(seen) == {"track", "box", "score", "roll", "by", *judged}
    left, top, width, height = seen["box"]
    assert left < 160 < left + width
    assert top < 120 < top + height
    assert seen["emotion"] == "happiness"
    assert seen["confidence"] == max(seen["scores"].values())
    assert sum(seen["scores"].values()) == pytest.approx(1, abs=0.001)
    assert abs(seen["roll"]) < 25
    assert 0.5 <= seen["score"] <= 1


def test_a_report_as_csv_has_a_row_for_every_face(
    inside: Path, capfd: pytest.CaptureFixture[str], portrait: Picture
) -> None:
    photo(inside / "a, b.png", face(portrait))
    photo(inside / "c.png")
    assert run("annotate", "a, b.png", "c.png", "--report", "r.csv", *QUICK) == 0
    assert capfd.readouterr().err == ""
    with (inside / "r.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["source"] for row in rows] == ["a, b.png", "c.png"]
    assert rows[0]["emotion"] == "happiness"
    assert float(rows[0]["happiness"]) == float(rows[0]["confidence"])
    assert float(rows[0]["left"]) < 160 < float(rows[0]["left"]) + float(rows[0]["width"])
    assert rows[1]["frame"] == "0"
    assert not rows[1]["emotion"]


@pytest.mark.parametrize("arguments", [["annotate", "../a.png"], ["models"], ["annotate", "../*.png", "--jobs", "2"]])
def test_a_current_folder_that_is_gone_is_told_in_a_line(tmp_path: Path, arguments: list[str]) -> None:
    photo(tmp_path / "a.png")
    (tmp_path / "gone").mkdir()
    program = "import os, sys; os.rmdir(os.getcwd()); from emojicam.cli import main; sys.exit(main())"
    done = process(*arguments, cwd=tmp_path / "gone", program=("-c", program))
    says = "emojicam: the current folder can't be used (No such file or directory): go to one that is there\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", says)


def test_one_bad_file_among_several_does_not_stop_the_others(inside: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (inside / "a.mp4").write_text("not a video")
    photo(inside / "b.png")
    (inside / "c.png").touch()
    photo(inside / "d.png")
    assert run("annotate", "a.mp4", "b.png", "c.png", "d.png", "e.png", *QUICK) in (2, 3)
    out, err = capfd.readouterr()
    assert out == "b-emoji.png: no face found\nd-emoji.png: no face found\n"
    lines = err.splitlines()
    assert len(lines) == 4
    for name in ("a.mp4", "c.png", "e.png"):
        assert sum(line.startswith(f"emojicam: {name}: ") for line in lines) == 1
    assert lines[-1] == "emojicam: 3 of 5 inputs could not be annotated"
    assert sorted(path.name for path in inside.glob("*-emoji*")) == ["b-emoji.png", "d-emoji.png"]


def test_quiet_prints_nothing(inside: Path, capfd: pytest.CaptureFixture[str], portrait: Picture) -> None:
    clip(inside / "a.mp4", portrait, 3)
    assert run("annotate", "a.mp4", "--quiet", *QUICK) == 0
    assert capfd.readouterr() == ("", "")
    assert (inside / "a-emoji.mp4").exists()


def test_notes_on_a_video_go_to_stderr(inside: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write_video(inside / "a.mov", [np.zeros((48, 64, 3), np.uint8)] * 5, tones=(440,), audio_codec="pcm_s16le")
    assert run("annotate", "a.mov", "-o", "b.mp4", *QUICK) == 0
    out, err = capfd.readouterr()
    assert out == "b.mp4: 5 frames, no face found\n"
    assert err.count("\n") == 1
    assert err.startswith("emojicam: a.mov: audio track 1 (pcm_s16le) is re-encoded as AAC")


def test_where_a_face_may_be_bare_is_told_and_reported(
    inside: Path, capfd: pytest.CaptureFixture[str], portrait: Picture
) -> None:
    """Somebody who is there for a second, and then is not."""
    there = np.full((180, 320, 3), 128, np.uint8)
    gone = there.copy()
    making.add_head(there, portrait, 160, 90, 0.4)
    write_video(inside / "a.mp4", [there] * 25 + [gone] * 50)
    assert run("annotate", "a.mp4", "--report", "r.jsonl", *QUICK) == 0
    out, err = capfd.readouterr()
    assert out.startswith("a-emoji.mp4: 75 frames, faces in ")
    bare = [row["frame"] for row in map(json.loads, (inside / "r.jsonl").read_text().splitlines()) if row["bare"]]
    assert bare == list(range(bare[0], bare[-1] + 1))
    assert 25 < bare[0] < 50
    start, end = (f"{0.04 * number:.1f}" for number in (bare[0], bare[-1]))
    assert err == (f"emojicam: a.mp4: frames {bare[0]}–{bare[-1]} ({start} to {end} s): one face may be uncovered\n")


def test_who_is_too_small_is_left_alone(inside: Path, capfd: pytest.CaptureFixture[str], portrait: Picture) -> None:
    photo(inside / "a.png", face(portrait))
    assert run("annotate", "a.png", "--min-face", "150", *QUICK) == 0
    assert capfd.readouterr() == ("a-emoji.png: no face found\n", "")
    assert np.array_equal(cv2.imread("a-emoji.png"), face(portrait))


@pytest.mark.parametrize("style", ["cover", "badge", "label"])
def test_each_style_can_be_asked_for(inside: Path, portrait: Picture, style: str) -> None:
    photo(inside / "a.png", face(portrait))
    assert run("annotate", "a.png", "--style", style, *QUICK) == 0
    covered = np.abs(np.asarray(cv2.imread("a-emoji.png"), int) - face(portrait))[100:130, 150:170].mean() > 15
    assert covered == (style == "cover")


def test_a_theme_of_the_users_own_is_drawn(inside: Path, portrait: Picture) -> None:
    (inside / "mine").mkdir()
    for path in (Path(str(assets.theme_folder("classic")))).glob("*.png"):
        Image.new("RGBA", (64, 64), (10, 200, 30, 255)).save(inside / "mine" / path.name)
    photo(inside / "a.png", face(portrait))
    assert run("annotate", "a.png", "--theme", "mine", *QUICK) == 0
    after = cv2.imread("a-emoji.png")
    assert after is not None
    assert after[115, 160].tolist() == [30, 200, 10]


def test_for_what_a_theme_lacks_classic_stands_in_and_a_line_says_so(
    inside: Path, portrait: Picture, capfd: pytest.CaptureFixture[str]
) -> None:
    (inside / "mine").mkdir()
    Image.new("RGBA", (200, 200), (10, 200, 30, 255)).save(inside / "mine" / "fear.png")
    photo(inside / "a.png", face(portrait))
    assert run("annotate", "a.png", "-o", "mine.png", "--theme", "mine") == 0
    said = capfd.readouterr().err
    assert said.count("has no picture of neutral, happiness-1, happiness-2 and 9 more, for which classic's") == 1
    assert run("annotate", "a.png", "-o", "classic.png", *QUICK) == 0
    mine, classic = (np.asarray(cv2.imread(f"{name}.png"), int) for name in ("mine", "classic"))
    assert np.abs(mine - classic).mean() < 2
    assert np.abs(mine - face(portrait))[100:130, 150:170].mean() > 15


def test_a_theme_that_hides_nothing_hides_the_face_and_is_told(
    inside: Path, portrait: Picture, capfd: pytest.CaptureFixture[str]
) -> None:
    (inside / "mine").mkdir()
    for emotion in EMOTIONS:
        Image.new("RGBA", (40, 60), (10, 200, 30, 0)).save(inside / "mine" / f"{emotion}.png")
    photo(inside / "a.png", face(portrait))
    assert run("annotate", "a.png", "--theme", "mine", *QUICK) == 0
    after = cv2.imread("a-emoji.png")
    assert after is not None
    assert after[90:140, 140:180].std(axis=(0, 1)).max() == 0
    small, clear = capfd.readouterr().err.splitlines()
    assert small.endswith("neutral.png (40x60) and 7 more")
    assert "a plain disc is laid under" in clear


# --- asking the program about itself ---------------------------------------------------------------------------------


def test_version_answers_without_loading_anything_heavy(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from emojicam.cli import main\n"
        "try:\n    main(['--version'])\n"
        f"finally:\n    print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)\n"
    )
    done = process(cwd=tmp_path, program=("-c", program))
    assert (done.returncode, done.stdout) == (0, f"emojicam {revision.described()}\n")
    assert done.stderr == "[]\n"


def test_no_arguments_print_the_help(capfd: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    out, err = capfd.readouterr()
    assert err == ""
    assert out.startswith("usage: emojicam")
    assert "exit codes" in out


COMMANDS = [
    *("annotate", "live", "web", "sticker", "demo", "report", "themes", "explain", "models", "bench"),
    *("doctor", "fetch", "completion", "train", "evaluate", "export", "tune", "blend", "help"),
]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(capfd: pytest.CaptureFixture[str], command: str) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([command, "--help"])
    assert stopped.value.code == 0
    out, err = capfd.readouterr()
    assert err == ""
    assert out.startswith(f"usage: emojicam {command}")


def test_no_command_is_left_out_here() -> None:
    assert list(build_parser().commands.choices) == COMMANDS
    modules = {path.stem for path in (Path(emojicam.__file__).parent / "commands").glob("*.py")}
    assert modules | {"help"} == {*COMMANDS, "__init__"}


def test_the_help_names_every_command(capfd: pytest.CaptureFixture[str]) -> None:
    main([])
    out = capfd.readouterr().out
    assert all(f"\n  {command} " in out for command in COMMANDS)


@pytest.mark.parametrize(
    "arguments",
    [
        *(["dance"], ["annotate"], ["annotate", "a.png", "--style", "huge"], ["--nope"]),
        *(["live", "--lookahead", "2"], ["annotate", "a.png", "--cover-all-on-loss"]),
        *(["annotate", "a.png", "--threshold", "some"], ["annotate", "a.png", "--min-face"]),
    ],
)
def test_wrong_usage_is_2(capfd: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("emojicam")
    assert err.count("\n") == 1


def mistyped(word: str) -> list[str]:
    """A word with two letters in each other's place, with one too few, and with one too many."""
    at = len(word) // 2
    return [word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :], word[:at] + word[at + 1 :], word + word[-1]]


def said_of(capfd: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What is said of wrong usage: one line."""
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    out, err = capfd.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    return err


@pytest.mark.parametrize("command", COMMANDS)
def test_of_a_mistyped_command_it_is_said_which_was_meant(capfd: pytest.CaptureFixture[str], command: str) -> None:
    for typo in mistyped(command):
        assert said_of(capfd, typo, "a.png") == f"emojicam: no command {typo!r}; did you mean {command}?\n"


@pytest.mark.parametrize(
    ("command", "option"),
    [
        *[("annotate a.png", option) for option in ("--style", "--theme", "--report", "--overwrite", "--subtitles")],
        *[("live", "--virtual-camera"), ("live", "--record"), ("web", "--host"), ("web", "--no-browser")],
        *[("report r.csv", "--source"), ("train mien", "--data"), ("evaluate mien", "--together")],
        *[("explain a.png", "--most"), ("doctor", "--json"), ("annotate a.png", "--every-frame")],
    ],
)
def test_of_a_mistyped_option_it_is_said_which_was_meant(
    capfd: pytest.CaptureFixture[str], command: str, option: str
) -> None:
    for typo in mistyped(option):
        said = said_of(capfd, *command.split(), typo)
        assert said == f"emojicam {command.split()[0]}: no option {typo}; did you mean {option}?\n"


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        *[("annotate a.png --style bagde", "badge"), ("annotate a.png --range fra", "far")],
        *[("web --provider cdua", "cuda"), ("completion bahs", "bash"), ("help anotate", "annotate")],
        *[("train mien --data d --format rafbd", "rafdb"), ("export b.pt -o o.onnx --precision in8", "int8")],
    ],
)
def test_of_a_mistyped_choice_it_is_said_which_was_meant(
    capfd: pytest.CaptureFixture[str], line: str, meant: str
) -> None:
    assert said_of(capfd, *line.split()).endswith(f"; did you mean {meant}?\n")


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        *[("annotate a.png --theme clasic", "classic"), ("annotate a.png --model meen", "mien")],
        *[("annotate a.png --codec-preset veryfst", "veryfast")],
    ],
)
def test_of_a_mistyped_name_it_is_said_which_was_meant(
    inside: Path, capfd: pytest.CaptureFixture[str], line: str, meant: str
) -> None:
    photo(inside / "a.png")
    assert run(*line.split()) == 2
    assert capfd.readouterr().err.endswith(f"; did you mean {meant}?\n")


def helps() -> dict[str, str]:
    """The help of the program, by "", and of each command."""
    program = build_parser()
    return {"": program.format_help()} | {name: one.format_help() for name, one in program.commands.choices.items()}


@pytest.mark.parametrize(("columns", "widest"), [("80", 80), ("240", 100)])
def test_no_help_is_wider_than_is_read_well(monkeypatch: pytest.MonkeyPatch, columns: str, widest: int) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    for command, text in helps().items():
        assert max(map(len, text.splitlines())) <= widest, command


def test_each_example_in_a_help_can_be_typed() -> None:
    for command, text in helps().items():
        examples = [line for line in text.splitlines() if line.startswith("  emojicam ")]
        assert 1 <= len(examples) <= 3, command
        for example in examples:
            typed = example.strip().split("  ")[0].split(" >")[0].split()[1:]
            assert build_parser().parse_args(typed).run, example


def flags_of(command: str) -> list[str]:
    """The flags that a command takes."""
    commands = build_parser().commands
    return [flag for action in commands.choices[command]._actions for flag in action.option_strings]


@pytest.mark.parametrize("command", ["demo", "annotate", "live", "web"])
def test_each_command_takes_the_settings_of_what_it_shows(command: str) -> None:
    flags = flags_of(command)
    assert {"--style", "--range", "--threshold", "--min-face", "--detector-models"} <= set(flags)
    assert ("--lookahead" in flags) == (command in ("demo", "annotate"))
    assert ("--cover-all-on-loss" in flags) == (command == "live")
    assert len(flags) == len(set(flags))


def test_what_was_typed_reaches_the_command() -> None:
    from emojicam.commands.annotate import AnnotateOptions

    typed = ["annotate", "a.mp4", "--lookahead", "2", "--threshold", "0.4", "--min-face", "30"]
    settings = options_of(AnnotateOptions, build_parser().parse_args(typed)).settings
    assert (settings.lookahead, settings.threshold, settings.min_face) == (2, 0.4, 30)
    assert options_of(AnnotateOptions, build_parser().parse_args(typed[:2])).settings == DEFAULTS


def test_annotating_never_imports_torch(tmp_path: Path, portrait: Picture) -> None:
    clip(tmp_path / "a.mp4", portrait, 3)
    photo(tmp_path / "b.png", face(portrait))
    program = (
        "import sys\nfrom emojicam.cli import main\ncode = main()\n"
        "print([name for name in ('torch', 'sklearn', 'onnx') if name in sys.modules], file=sys.stderr)\n"
        "sys.exit(code)\n"
    )
    done = process("annotate", "a.mp4", "b.png", *QUICK, cwd=tmp_path, program=("-c", program))
    assert (done.returncode, done.stderr) == (0, "[]\n")
    assert done.stdout.count("happiness") == 2


# --- interruptions ---------------------------------------------------------------------------------------------------


def start(*arguments: str | Path, cwd: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "emojicam", *map(str, arguments)],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until(happened: Callable[[], bool], program: subprocess.Popen[str]) -> None:
    for _ in range(1200):
        if happened() or program.poll() is not None:
            return
        time.sleep(0.05)
    program.kill()
    raise AssertionError("never happened")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_an_interrupted_video_is_closed_kept_and_named(tmp_path: Path, number: signal.Signals, suffix: str) -> None:
    noise(tmp_path / "in.mp4", 900)
    part = tmp_path / f"out.part{suffix}"
    program = start("annotate", "in.mp4", "-o", f"out{suffix}", "--report", "r.jsonl", *QUICK, cwd=tmp_path)
    wait_until(lambda: part.exists() and part.stat().st_size > 200_000, program)
    program.send_signal(number)
    out, err = program.communicate(timeout=60)
    assert (program.returncode, out) == (130, "")
    assert err.count("\n") == 1
    assert err.startswith("emojicam: interrupted; its first ")
    assert err.endswith(f" frames are in out.part{suffix}\n")
    assert not (tmp_path / f"out{suffix}").exists()
    said = int(err.split("first ")[1].split()[0])
    pictures, times = read_video(part)
    assert said <= len(pictures) <= said + 1
    assert 5 < said < 900
    assert np.diff(times) == pytest.approx(0.04, abs=0.001)
    assert len(read_sound(part)[0]) / making.RATE == pytest.approx(times[-1], abs=0.2)
    # The record of what was done is whole, line by line.
    rows = [json.loads(line) for line in (tmp_path / "r.jsonl").read_text().splitlines()]
    assert abs(len(rows) - said) <= 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_among_photos_what_is_done_stays(tmp_path: Path, number: signal.Signals) -> None:
    (tmp_path / "album").mkdir()
    first = photo(tmp_path / "album" / "0000.png", np.full((600, 800, 3), 90, np.uint8))
    for index in range(1, 400):
        os.link(first, tmp_path / "album" / f"{index:04}.png")
    program = start("annotate", "album", "-o", "out", *QUICK, cwd=tmp_path)
    assert program.stdout is not None
    assert program.stdout.readline() == "out/0000-emoji.png: no face found\n"
    program.send_signal(number)
    out, err = program.communicate(timeout=60)
    assert program.returncode == 130
    assert err == "emojicam: interrupted\n"
    done = sorted((tmp_path / "out").iterdir())
    assert 1 + out.count("\n") <= len(done) <= 2 + out.count("\n") < 400
    assert all(np.array_equal(cv2.imread(str(path)), cv2.imread(str(first))) for path in done)


def test_a_reader_who_leaves_is_no_error(tmp_path: Path) -> None:
    for index in range(3):
        photo(tmp_path / f"{index}.png")
    program = start("annotate", ".", *QUICK, cwd=tmp_path)
    assert program.stdout is not None
    assert program.stderr is not None
    with program:
        program.stdout.close()
        assert program.stderr.read() == ""
    assert program.returncode == 0


def test_a_library_that_the_system_lacks_is_told_with_the_line_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails() -> None:
        raise ImportError(said)

    monkeypatch.setattr("emojicam.cli._need_folder", fails)
    said = "libGL.so.1: cannot open shared object file: No such file or directory"
    assert main(["annotate", "a.png"]) == 4
    assert capsys.readouterr().err.startswith(f"emojicam: {said}; on Debian: sudo apt install libegl1")
    said = "no such module"
    with pytest.raises(ImportError, match="no such module"):
        main(["annotate", "a.png"])
