"""From what was typed to files: which are read, and where each result goes."""

from __future__ import annotations

import io
import os
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from heicfiles import heic, tiled
from PIL import Image

from emojicam.errors import InputError, OutputError, UsageError
from emojicam.plan import Job, expand, is_folder, job, none_left_empty
from emojicam.stream.media.container import Kind

PNG, JPEG, WEBP = b"\x89PNG\r\n\x1a\n....", b"\xff\xd8\xff....", b"RIFF....WEBPVP8 "
OTHER = b"....ftypisom...."


def file(path: Path, content: bytes = PNG) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def names(paths: list[Path]) -> list[str]:
    return [str(path) for path in paths]


# --- expand ----------------------------------------------------------------------------------------------------------


def test_files_stay_in_the_order_they_were_named(inside: Path) -> None:
    assert names(expand(["b.png", "a.mp4", "c"])) == ["b.png", "a.mp4", "c"]


def test_what_is_named_twice_is_done_once(inside: Path) -> None:
    file(inside / "a.png")
    file(inside / "b.png")
    assert names(expand(["b.png", "*.png", "b.png", "./b.png"])) == ["b.png", "a.png"]


def test_a_folder_gives_its_media_by_name(inside: Path) -> None:
    for name in ("b.MP4", "a.jpg", "c.txt", "d", ".hidden", "e.webm"):
        file(inside / "album" / name)
    (inside / "album" / "folder.png").mkdir()
    assert names(expand(["album"])) == ["album/a.jpg", "album/b.MP4", "album/e.webm"]


def test_a_folder_gives_photos_of_every_format(inside: Path) -> None:
    taken = "a.HEIC b.heif c.hif d.avif e.tif f.tiff g.bmp h.mpo i.jfif j.jpe k.webp l.gif".split()
    for name in (*taken, "x.cr2", "x.thm", "x.pdf"):
        file(inside / "album" / name)
    assert names(expand(["album"])) == [f"album/{name}" for name in taken]


@pytest.mark.parametrize(
    ("others", "line"),
    [
        (["b.txt", "c.TXT", "d.pdf"], "3 files left out: 2 .txt, 1 .pdf"),
        (["b.nef"], "1 file left out: 1 .nef"),
        (["README", "b.txt", "c.txt"], "3 files left out: 2 .txt, 1 without a suffix"),
        ([f"b.{kind}" for kind in "tuvwxyz"], "7 files left out: 1 .t, 1 .u, 1 .v, 1 .w, 1 .x, 2 others"),
    ],
)
def test_what_is_left_out_of_a_folder_is_told_by_number_and_kind(inside: Path, others: list[str], line: str) -> None:
    for name in ("a.png", "a-emoji.png", *others):
        file(inside / "album" / name)
    told: list[str] = []
    assert names(expand(["album"], told.append)) == ["album/a.png"]
    assert told == [f"album: {line}"]
    (inside / "album" / "a.png").unlink()
    with pytest.raises(UsageError) as caught:
        expand(["album"])
    assert str(caught.value) == f"album: no photo or video in this folder ({line})"


DROPPINGS = ["._a.jpg", "._b.mp4", ".DS_Store", "Thumbs.db", "desktop.ini", ".hidden.png", "ehthumbs.db", "Icon\r"]


def test_what_other_systems_leave_in_a_folder_is_passed_over_without_a_word(inside: Path) -> None:
    for name in ("a.jpg", *DROPPINGS):
        file(inside / "album" / name)
    told: list[str] = []
    assert names(expand(["album"], told.append)) == ["album/a.jpg"]
    assert told == []


def test_a_pattern_passes_over_what_other_systems_leave(inside: Path) -> None:
    for name in ("a.jpg", *DROPPINGS):
        file(inside / "album" / name)
    assert names(expand(["album/*"])) == ["album/a.jpg"]
    assert names(expand(["album/.h*"])) == ["album/.hidden.png"]
    (inside / "album" / "a.jpg").unlink()
    with pytest.raises(UsageError, match="matches no file"):
        expand(["album/*"])


def test_a_folder_inside_a_folder_is_left_alone(inside: Path) -> None:
    file(inside / "album" / "a.png")
    file(inside / "album" / "deeper" / "b.png")
    assert names(expand(["album"])) == ["album/a.png"]


def test_our_own_outputs_and_torn_files_in_a_folder_are_left_out(inside: Path) -> None:
    for name in ("a.png", "a-emoji.png", "b.part.mp4", "b-emoji.part.mp4", "emoji.png", "part.mp4"):
        file(inside / "album" / name)
    assert names(expand(["album"])) == ["album/a.png", "album/emoji.png", "album/part.mp4"]


def test_our_own_output_named_by_itself_is_taken(inside: Path) -> None:
    assert names(expand(["a-emoji.png", "b.part.mp4"])) == ["a-emoji.png", "b.part.mp4"]


@pytest.mark.parametrize("content", [[], ["notes.txt"], ["a-emoji.png"]])
def test_a_folder_without_media_is_refused(inside: Path, content: list[str]) -> None:
    (inside / "album").mkdir()
    for name in content:
        file(inside / "album" / name)
    with pytest.raises(UsageError, match="album: no photo or video in this folder"):
        expand(["album"])


def test_a_pattern_gives_the_files_it_matches(inside: Path) -> None:
    for name in ("b.png", "a.png", "c.jpg", "deep/er/d.png"):
        file(inside / name)
    (inside / "e.png").mkdir()
    assert names(expand(["*.png"])) == ["a.png", "b.png"]
    assert names(expand(["**/*.png"])) == ["a.png", "b.png", "deep/er/d.png"]
    assert names(expand(["[ac].*"])) == ["a.png", "c.jpg"]


def test_a_pattern_that_matches_nothing_is_refused(inside: Path) -> None:
    with pytest.raises(UsageError, match=r"\*\.png: matches no file"):
        expand(["*.png"])


def test_a_file_whose_name_looks_like_a_pattern_is_itself(inside: Path) -> None:
    file(inside / "photo[1].png")
    file(inside / "photo1.png")
    assert names(expand(["photo[1].png"])) == ["photo[1].png"]


def test_nothing_named_is_refused() -> None:
    with pytest.raises(UsageError, match="name at least one"):
        expand([])


# --- job -------------------------------------------------------------------------------------------------------------


def plan(source: Path | str, out: str | Path | None = None, *, several: bool = False, overwrite: bool = False) -> Job:
    return job(Path(source), out, several=several, overwrite=overwrite)


@pytest.mark.parametrize(
    ("name", "content", "kind", "target"),
    [
        ("a.png", PNG, Kind.PHOTO, "a-emoji.png"),
        ("a.jpg", JPEG, Kind.PHOTO, "a-emoji.jpg"),
        ("a.JPEG", JPEG, Kind.PHOTO, "a-emoji.jpeg"),
        ("a.webp", WEBP, Kind.PHOTO, "a-emoji.webp"),
        ("a.png", JPEG, Kind.PHOTO, "a-emoji.png"),  # by its content; the name decides what it becomes
        ("a.dat", PNG, Kind.PHOTO, "a-emoji.png"),
        ("a", JPEG, Kind.PHOTO, "a-emoji.jpg"),
        ("a.b.c.png", PNG, Kind.PHOTO, "a.b.c-emoji.png"),
        ("a.mp4", OTHER, Kind.VIDEO, "a-emoji.mp4"),
        ("a.MOV", OTHER, Kind.VIDEO, "a-emoji.mov"),
        ("a.mkv", OTHER, Kind.VIDEO, "a-emoji.mkv"),
        ("a.m4v", OTHER, Kind.VIDEO, "a-emoji.m4v"),
        ("a.avi", OTHER, Kind.VIDEO, "a-emoji.mp4"),
        ("a.gif", b"GIF89a..........", Kind.VIDEO, "a-emoji.gif"),
        ("a.webm", OTHER, Kind.VIDEO, "a-emoji.webm"),
        ("a.jpg", OTHER, Kind.VIDEO, "a-emoji.mp4"),
        ("a", OTHER, Kind.VIDEO, "a-emoji.mp4"),
    ],
)
def test_the_result_is_named_after_the_source(inside: Path, name: str, content: bytes, kind: Kind, target: str) -> None:
    file(inside / "album" / name, content)
    made = plan(f"album/{name}")
    assert made == Job(Path(f"album/{name}"), Path(target), kind)


def encoded(form: str, *, clear: bool = False) -> bytes:
    memory = io.BytesIO()
    colour = (9, 99, 199, 0) if clear else (9, 99, 199)
    Image.new("RGBA" if clear else "RGB", (32, 32), colour).save(memory, form)
    return memory.getvalue()


PHOTO = np.full((32, 32, 3), 90, np.uint8)


@pytest.mark.parametrize(
    ("name", "content", "target"),
    [
        ("a.heic", heic(PHOTO), "a-emoji.jpg"),
        ("a.HEIC", tiled(PHOTO, 64), "a-emoji.jpg"),
        ("a.heic", heic(np.dstack([PHOTO, PHOTO[..., 0]])), "a-emoji.png"),
        ("a.avif", encoded("AVIF"), "a-emoji.jpg"),
        ("a.avif", encoded("AVIF", clear=True), "a-emoji.png"),
        ("a.tif", encoded("TIFF"), "a-emoji.jpg"),
        ("a.tiff", encoded("TIFF", clear=True), "a-emoji.png"),
        ("a.bmp", encoded("BMP"), "a-emoji.jpg"),
        ("a.mpo", encoded("MPO"), "a-emoji.jpg"),
        ("a.gif", encoded("GIF"), "a-emoji.jpg"),
        ("a.apng", encoded("PNG"), "a-emoji.png"),
        ("a.heic", encoded("JPEG"), "a-emoji.jpg"),  # by its content
        ("a.jpg", heic(PHOTO), "a-emoji.jpg"),
        ("a.png", encoded("TIFF"), "a-emoji.png"),
        ("a.mp4", heic(PHOTO), "a-emoji.jpg"),
        ("a.mp4", encoded("TIFF"), "a-emoji.jpg"),
        ("a", encoded("WEBP"), "a-emoji.png"),
        ("a.tif", b"II*\0damaged", "a-emoji.jpg"),
    ],
)
def test_a_photo_that_can_not_be_written_in_its_format_becomes_jpeg_or_png_if_it_may_be_transparent(
    inside: Path, name: str, content: bytes, target: str
) -> None:
    source = file(inside / "album" / name, content)
    assert plan(source) == Job(source, Path(target), Kind.PHOTO)


def test_into_a_folder_that_is_there(inside: Path) -> None:
    (inside / "out").mkdir()
    assert plan(file(inside / "a.png"), "out").target == Path("out/a-emoji.png")
    assert plan(inside / "a.png", Path("out")).target == Path("out/a-emoji.png")


@pytest.mark.parametrize(
    ("out", "several"), [("new/", False), ("new/er/", False), ("new", True), ("new", False), ("new/er", False)]
)
def test_into_a_folder_that_is_made(inside: Path, out: str, several: bool) -> None:
    made = plan(file(inside / "a.png"), out, several=several)
    assert made.target == Path(out) / "a-emoji.png"
    assert made.target.parent.is_dir()


@pytest.mark.parametrize("out", ["new/", "new/er", "old/new"])
def test_a_folder_into_which_nothing_comes_is_taken_back(inside: Path, out: str) -> None:
    (inside / "old").mkdir()
    for written in (False, True):
        with suppress(InputError), none_left_empty(out):
            made = plan(file(inside / "a.png"), out, several=True).target
            if not written:
                raise InputError("it can't be read")
            made.write_bytes(b"")
        assert Path(out).exists() is written
        assert (inside / "old").is_dir()


def test_a_folder_that_was_there_stays_though_it_is_empty(inside: Path) -> None:
    (inside / "old").mkdir()
    with none_left_empty("old"), none_left_empty(None), none_left_empty("s3://bucket/folder/"):
        pass
    assert (inside / "old").is_dir()


def test_into_a_file(inside: Path) -> None:
    assert plan(file(inside / "a.png"), "b.jpg").target == Path("b.jpg")
    for name in ("b.MKV", "b.webm", "b.gif", "b.webp"):
        assert plan(file(inside / "a.mp4", OTHER), name).target == Path(name)


@pytest.mark.parametrize(("content", "out"), [(PNG, "b.mp4"), (PNG, "b.gif"), (OTHER, "b.png"), (OTHER, "b.avi")])
def test_a_file_of_another_kind_is_refused(inside: Path, content: bytes, out: str) -> None:
    with pytest.raises(UsageError, match=f"{out}: a (photo|video) is written as"):
        plan(file(inside / "a", content), out)


def test_several_into_one_file_are_refused(inside: Path) -> None:
    file(inside / "out.png")
    with pytest.raises(UsageError, match=r"out\.png: is a file; several inputs need a folder"):
        plan(file(inside / "a.png"), "out.png", several=True, overwrite=True)


def test_several_into_what_is_called_like_a_file_are_refused(inside: Path) -> None:
    with pytest.raises(UsageError, match=r"out\.JPG: several inputs need a folder; end it with a slash"):
        plan(file(inside / "a.png"), "out.JPG", several=True)
    assert not (inside / "out.JPG").exists()
    assert plan(file(inside / "a.png"), "2024.05", several=True).target == Path("2024.05/a-emoji.png")


@pytest.mark.parametrize("out", ["out.png/", "out"])
def test_a_file_where_a_folder_is_asked_for_is_refused(inside: Path, out: str) -> None:
    file(inside / out.rstrip("/"))
    with pytest.raises(
        UsageError, match=r"^out(\.png)?: is a file; without a suffix, or with a slash, it stands for a f"
    ):
        plan(file(inside / "a.png"), out, overwrite=True)


@pytest.mark.parametrize(
    ("out", "folder"), [("new", True), ("new/", True), ("there.d", True), ("new.png", False), ("a.b/new", True)]
)
def test_a_name_says_whether_it_is_a_folders(inside: Path, out: str, folder: bool) -> None:
    (inside / "there.d").mkdir()
    assert is_folder(out) is folder


def test_a_folder_that_can_not_be_made_is_named(inside: Path) -> None:
    file(inside / "afile")
    with pytest.raises(OutputError, match="afile/new: can't be made: Not a directory"):
        plan(file(inside / "a.png"), "afile/new/")


@pytest.mark.parametrize("link", [os.link, os.symlink])
def test_the_input_is_never_replaced(inside: Path, link: object) -> None:
    source = file(inside / "a.png")
    with pytest.raises(UsageError, match="would replace its own input"):
        plan(source, "a.png", overwrite=True)
    assert callable(link)
    link(source, inside / "b.png")
    with pytest.raises(UsageError, match="would replace its own input"):
        plan(source, "b.png", overwrite=True)


@pytest.mark.parametrize("name", ["a.part.png", "a.part.jpg"])
def test_an_input_may_have_the_name_that_the_output_would_have_meanwhile(inside: Path, name: str) -> None:
    source = file(inside / name)
    target = Path(name.replace(".part", ""))
    assert plan(source, str(target)).target == target


def test_what_is_there_is_replaced_only_when_asked(inside: Path) -> None:
    source = file(inside / "album" / "a.png")
    file(inside / "a-emoji.png")
    with pytest.raises(OutputError, match="--overwrite"):
        plan(source)
    assert plan(source, overwrite=True).target == Path("a-emoji.png")


def test_a_folder_in_the_results_place_is_refused(inside: Path) -> None:
    (inside / "a-emoji.png").mkdir()
    with pytest.raises(OutputError, match=r"a-emoji\.png: is a folder"):
        plan(file(inside / "album" / "a.png"), overwrite=True)


def test_a_missing_folder_is_named(inside: Path) -> None:
    with pytest.raises(OutputError, match="far/away: no such folder"):
        plan(file(inside / "a.png"), "far/away/b.png")


def test_a_missing_or_empty_input_is_named(inside: Path) -> None:
    with pytest.raises(UsageError, match=r"a\.png: no such file"):
        plan("a.png")
    with pytest.raises(InputError, match=r"a\.png: the file is empty"):
        plan(file(inside / "a.png", b""))
    (inside / "album").mkdir()
    with pytest.raises(UsageError, match="album: can't be read: Is a directory"):
        plan("album")


@pytest.mark.parametrize("left", ["@eaDir", "__MACOSX", "lost+found"])
def test_pictures_among_what_systems_leave_are_taken_only_if_that_is_named(left: str, inside: Path) -> None:
    for folder in ("album", f"album/{left}"):
        Path(folder).mkdir()
        Path(folder, "a.jpg").write_bytes(b"")
    assert expand(["album/**/*.jpg"]) == [Path("album/a.jpg")]
    assert expand([f"album/{left}/*.jpg"]) == [Path(f"album/{left}/a.jpg")]
