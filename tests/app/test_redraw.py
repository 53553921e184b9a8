"""A record is drawn without looking again: the same pixels, but where it was edited; and it must be of the file."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from commandline import run, write_clip, write_photo
from making import Picture, add_head, read_video, write_video
from PIL import Image

from emojicam.errors import InputError
from emojicam.redraw import Redrawer
from emojicam.settings import Settings
from emojicam.stream.choices import Style
from emojicam.stream.records.report import ReportWriter
from emojicam.stream.types import Drawn
from emojicam.wiring import Annotator, Painter

Line = dict[str, Any]

SIZE = WIDTH, HEIGHT = 480, 270


def two_people(portrait: Picture, time: float) -> Picture:
    """One who smiles at the left, and one at the right who wanders and is turned."""
    picture = np.full((HEIGHT, WIDTH, 3), (140, 120, 110), np.uint8)
    add_head(picture, portrait, 120 + 10 * time, 130, 0.9)
    add_head(picture, np.ascontiguousarray(portrait), 350 - 40 * time, 140, 0.7)
    return picture


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory, portrait: Picture) -> Path:
    path = tmp_path_factory.mktemp("two") / "clip.mp4"
    write_video(path, [two_people(portrait, n / 25) for n in range(20)])
    return path


@pytest.fixture(scope="module")
def seen(clip: Path, annotator: Annotator) -> Path:
    """What was seen in the clip, in a fresh run whose result lies beside it."""
    report = clip.with_name("seen.jsonl")
    with ReportWriter(report, annotator.labels) as lines:
        annotator.video(clip, clip.with_name("fresh.mp4"), lines)
    return report


def edited(record: Path, target: Path, edit: Callable[[Line], Line | None]) -> Path:
    """A copy of a record, each line of which was edited, or left out."""
    lines = map(edit, map(json.loads, record.read_text().splitlines()))
    target.write_text("".join(json.dumps(line) + "\n" for line in lines if line is not None))
    return target


def with_faces(line: Line, edit: Callable[[Line], Line]) -> Line:
    return {**line, "faces": [edit(face) for face in line["faces"]]}


def record_of(path: Path, *lines: Line, frames: int = 1, size: tuple[int, int] = (64, 48)) -> Path:
    """A record as another program might write it: with no more in it than is needed."""
    faces = [{"box": [20, 10, 20, 22], "emotion": "surprise"}]
    plain = {"source": "clip.mp4", "size": list(size), "faces": faces}
    written = lines or [{**plain, "frame": n, "time": round(n / 25, 3)} for n in range(frames)]
    path.write_text("".join(json.dumps(line) + "\n" for line in written))
    return path


def frames_drawn(painter: Painter, source: Path, target: Path) -> list[Picture]:
    """All frames of a file as they are handed to the sink."""
    from emojicam.stream.media.reread import Reread
    from emojicam.stream.media.sources import VideoFile

    frames: list[Picture] = []

    def sink(drawn: Drawn) -> None:
        frames.append(drawn.pixels.copy())

    with VideoFile(source) as video:
        painter.line(video, Reread(video)).run(sink)
    return frames


# --- the same pixels -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("style", Style)
def test_what_nobody_changed_is_drawn_as_in_a_fresh_run(
    style: Style, clip: Path, seen: Path, annotator: Annotator, tmp_path: Path
) -> None:
    annotator.restyle(style, None)
    try:
        fresh = frames_drawn(annotator, clip, tmp_path)
    finally:
        annotator.restyle(Style.COVER, None)
    with Redrawer(Settings(style=style), seen) as redrawer:
        again = frames_drawn(redrawer, clip, tmp_path)
    assert len(fresh) == len(again) == 20
    assert all(np.array_equal(one, two) for one, two in zip(fresh, again, strict=True))


def test_the_video_is_the_same_too_and_its_record(clip: Path, seen: Path, tmp_path: Path) -> None:
    with Redrawer(Settings(), seen) as redrawer, redrawer.report(tmp_path / "again.jsonl") as lines:
        told = redrawer.video(clip, tmp_path / "again.mp4", lines)
    fresh, again = read_video(clip.with_name("fresh.mp4")), read_video(tmp_path / "again.mp4")
    assert fresh[1] == again[1]
    for one, two in zip(fresh[0], again[0], strict=True):  # x264's threads don't always decide alike
        assert np.abs(one.astype(int) - two).mean() < 0.5
    assert (tmp_path / "again.jsonl").read_text() == seen.read_text()
    assert told.faces == {2: 20}
    assert sorted(told.record.people) == [1, 2]


def test_a_photo_is_the_same_too(inside: Path, portrait: Picture) -> None:
    cv2.imwrite("two.png", two_people(portrait, 0))
    assert run("annotate", "two.png", "-o", "fresh.png", "--report", "seen.jsonl") == 0
    (line,) = map(json.loads, Path("seen.jsonl").read_text().splitlines())
    assert [face["track"] for face in sorted(line["faces"], key=lambda face: face["box"][0])] == [1, 2]
    assert run("annotate", "two.png", "-o", "again.png", "--from", "seen.jsonl") == 0
    assert np.array_equal(cv2.imread("fresh.png"), cv2.imread("again.png"))
    assert run("annotate", "two.png", "-o", "one.png", "--from", "seen.jsonl", "--person", "2=none") == 0
    before, one, fresh = (cv2.imread(name) for name in ("two.png", "one.png", "fresh.png"))
    assert np.array_equal(one[:, WIDTH // 2 :], before[:, WIDTH // 2 :])
    assert np.array_equal(one[:, : WIDTH // 2], fresh[:, : WIDTH // 2])


def test_what_is_clear_in_a_photo_stays_clear(inside: Path) -> None:
    picture = Image.new("RGBA", (64, 48), (10, 90, 200, 0))
    picture.save("clear.png")
    face = {"box": [20, 12, 16, 16], "emotion": "happiness"}
    line = {"source": "clear.png", "frame": 0, "time": 0, "size": [64, 48], "faces": [face]}
    record_of(inside / "clear.jsonl", line)
    assert run("annotate", "clear.png", "--from", "clear.jsonl") == 0
    alpha = np.asarray(Image.open("clear-emoji.png"))[..., 3]
    assert (alpha[20, 28], alpha[2, 2]) == (255, 0)


def test_an_animation_is_drawn_too(inside: Path) -> None:
    pictures = [Image.new("RGB", (64, 48), (n * 20, 90, 90)) for n in range(4)]
    pictures[0].save("clip.webp", save_all=True, append_images=pictures[1:], duration=40, lossless=True)
    faces = [{"box": [20, 10, 20, 22], "emotion": "anger"}]
    lines = [
        {"source": "clip.webp", "frame": n, "time": n / 25, "size": [64, 48], "faces": faces if n else []}
        for n in range(4)
    ]
    record_of(inside / "r.jsonl", *lines)
    assert run("annotate", "clip.webp", "-o", "out.mp4", "--from", "r.jsonl") == 0
    drawn, _ = read_video(Path("out.mp4"))
    assert len(drawn) == 4
    assert [picture.std(axis=(0, 1)).max() > 20 for picture in drawn] == [False, True, True, True]


# --- after an edit ---------------------------------------------------------------------------------------------------


def halves(fresh: list[Picture], again: list[Picture]) -> list[tuple[bool, bool]]:
    """Whether the left and the right half of each frame's luma are as before."""
    middle = 235
    return [
        (
            np.array_equal(one[:HEIGHT, :middle], two[:HEIGHT, :middle]),
            np.array_equal(one[:HEIGHT, middle:], two[:HEIGHT, middle:]),
        )
        for one, two in zip(fresh, again, strict=True)
    ]


def person_at_the_right(seen: Path) -> int:
    faces = json.loads(seen.read_text().splitlines()[0])["faces"]
    return int(max(faces, key=lambda face: face["box"][0])["track"])


def test_only_the_edited_person_differs(clip: Path, seen: Path, tmp_path: Path) -> None:
    right = person_at_the_right(seen)

    def surprised(line: Line) -> Line:
        if line["frame"] < 10:
            return line
        return with_faces(line, lambda face: {**face, "emotion": "surprise"} if face["track"] == right else face)

    changed = edited(seen, tmp_path / "edited.jsonl", surprised)
    with Redrawer(Settings(), seen) as one, Redrawer(Settings(), changed) as two:
        same = halves(frames_drawn(one, clip, tmp_path), frames_drawn(two, clip, tmp_path))
    assert same == [(True, True)] * 10 + [(True, False)] * 10


def test_the_command_lines_words_do_the_same_with_a_record_and_without(clip: Path, seen: Path, tmp_path: Path) -> None:
    right = person_at_the_right(seen)
    words = ("--person", f"{right}=sadness")
    assert run("annotate", clip, "-o", tmp_path / "a.mp4", "--from", seen, *words) == 0
    assert run("annotate", clip, "-o", tmp_path / "b.mp4", *words) == 0
    plain = ("-o", tmp_path / "plain.mp4", "--from", seen)
    assert run("annotate", clip, *plain) == 0
    one, two, before = (read_video(tmp_path / f"{name}.mp4")[0] for name in ("a", "b", "plain"))
    assert len(one) == len(two) == 20
    for drawn in (one, two):
        for picture, other in zip(drawn, before, strict=True):
            differs = np.abs(picture.astype(int) - other).max(2) > 40
            assert differs[:, 235:].sum() > 200
            assert differs[:, :235].sum() < 20  # what the encoder makes of it


def test_what_a_correction_did_stands_in_the_new_record(clip: Path, seen: Path, tmp_path: Path) -> None:
    right = person_at_the_right(seen)
    report, other = tmp_path / "after.jsonl", 3 - right
    words = ("--person", f"{right}=none", "--person", f"{other}=badge")
    assert run("annotate", clip, "-o", tmp_path / "a.mp4", "--from", seen, "--report", report, *words) == 0
    said = {face["track"]: face["style"] for face in json.loads(report.read_text().splitlines()[3])["faces"]}
    assert said == {right: "none", other: "badge"}
    assert run("annotate", clip, "-o", tmp_path / "b.mp4", "--from", report) == 0
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_a_face_that_was_missed_can_be_added_and_one_that_is_none_taken_away(inside: Path) -> None:
    write_clip(inside / "clip.mp4", 3)
    added = [{"box": [20, 10, 20, 22], "emotion": "happiness"}]
    base = {"source": "clip.mp4", "size": [64, 48]}
    lines = [{**base, "frame": n, "time": n / 25, "faces": added * (n == 1)} for n in range(3)]
    record_of(inside / "r.jsonl", *lines)
    with Redrawer(Settings(), inside / "r.jsonl") as redrawer:
        drawn = frames_drawn(redrawer, inside / "clip.mp4", inside)
    record_of(inside / "none.jsonl", *({**line, "faces": []} for line in lines))
    with Redrawer(Settings(), inside / "none.jsonl") as redrawer:
        bare = frames_drawn(redrawer, inside / "clip.mp4", inside)
    assert [np.array_equal(one, two) for one, two in zip(drawn, bare, strict=True)] == [True, False, True]


def test_what_may_be_a_face_is_covered_again_and_not_counted(inside: Path) -> None:
    write_clip(inside / "clip.mp4", 1)
    face = {"box": [20, 10, 20, 22], "emotion": "neutral"}
    line = {"source": "clip.mp4", "size": [64, 48], "frame": 0, "time": 0, "faces": [], "possible": [face]}
    record_of(inside / "r.jsonl", line)
    pictures = {}
    for style in (Style.COVER, Style.BADGE):
        with Redrawer(Settings(style=style), inside / "r.jsonl") as redrawer:
            (pictures[style],) = frames_drawn(redrawer, inside / "clip.mp4", inside)
            assert redrawer.video(inside / "clip.mp4", inside / f"{style.value}.mp4").faces == {0: 1}
    assert not np.array_equal(pictures[Style.COVER], pictures[Style.BADGE])


# --- it must be of the file ------------------------------------------------------------------------------------------


def refused(redrawer: Redrawer, source: Path) -> str:
    target = source.with_name("refused.mp4")
    with redrawer, pytest.raises(InputError) as error:
        redrawer.video(source, target)
    assert not target.exists()
    return str(error.value).replace(str(source.parent), "").replace("/", "")


def test_a_record_of_another_file_is_refused_with_what_differs(inside: Path) -> None:
    clip = write_clip(inside / "clip.mp4", 8)

    def said(record: Path) -> str:
        return refused(Redrawer(Settings(), record), clip)

    def changed(**values: Callable[[int], object]) -> Path:
        plain = record_of(inside / "plain.jsonl", frames=8)

        def edit(line: Line) -> Line:
            return line | {name: value(line["frame"]) for name, value in values.items()}

        return edited(plain, inside / "r.jsonl", edit)

    large = record_of(inside / "r.jsonl", frames=8, size=(32, 48))
    assert said(large) == "clip.mp4: is 64x48 px, and in r.jsonl 32x48: a record of another file"
    short = record_of(inside / "r.jsonl", frames=3)
    assert said(short) == "clip.mp4: has 8 frames, and in r.jsonl 3: a record of another file"
    late = changed(time=lambda frame: frame / 24)
    assert said(late) == "clip.mp4: frame 1 is at 0.040 s, and in r.jsonl at 0.042 s: a record of another file"
    other = changed(source=lambda frame: "x/b.mp4")
    assert said(other) == "clip.mp4: r.jsonl is not of this file, but of b.mp4"
    assert not list(inside.glob("*.part*"))


@pytest.mark.parametrize(("frames", "word"), [(7, "more"), (9, "fewer")])
def test_a_frame_too_many_or_too_few_is_noticed_at_the_end(frames: int, word: str, inside: Path) -> None:
    clip = write_clip(inside / "clip.mp4", 8)
    record = record_of(inside / "r.jsonl", frames=frames)
    said = f"clip.mp4: has {word} frames than r.jsonl tells of ({frames}): a record of another file"
    assert refused(Redrawer(Settings(), record), clip) == said


def test_the_record_of_several_files_is_taken_apart(inside: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The files lie elsewhere now, and two processes draw them."""
    (inside / "album").mkdir()
    write_clip(inside / "album" / "clip.mp4", 2)
    write_photo(inside / "album" / "a.png")
    face = {"box": [20, 10, 20, 22], "emotion": "fear"}
    record_of(inside / "r.jsonl", frames=2)
    photo = {"source": "was/here/a.png", "frame": 0, "time": 0, "size": [64, 48], "faces": [face]}
    with (inside / "r.jsonl").open("a") as record:
        record.write(json.dumps(photo) + "\n")
    assert run("annotate", "album", "-o", "two/", "--from", "r.jsonl", "--jobs", 2, "--report", "again.csv") == 0
    assert {path.name for path in Path("two").iterdir()} == {"clip-emoji.mp4", "a-emoji.png"}
    assert [row.split(",")[13] for row in Path("again.csv").read_text().splitlines()[1:]] == [
        "fear",
        "surprise",
        "surprise",
    ]
    write_photo(inside / "other.png")
    assert run("annotate", "other.png", "--from", "r.jsonl") == 3
    assert "other.png: r.jsonl is not of this file, but of clip.mp4, a.png\n" in capfd.readouterr().err


def test_no_detector_and_no_model_is_opened(inside: Path) -> None:
    write_clip(inside / "clip.mp4", 2)
    record_of(inside / "r.jsonl", frames=2)
    nowhere = ("--detector-models", inside / "nowhere", "--model", inside / "none.onnx")
    assert run("annotate", "clip.mp4", "--from", "r.jsonl", *nowhere) == 0
    assert len(read_video(Path("clip-emoji.mp4"))[0]) == 2


def test_the_record_is_no_place_for_a_result(inside: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write_clip(inside / "clip.mp4", 2)
    record = record_of(inside / "r.jsonl", frames=2)
    before = record.read_bytes()
    assert run("annotate", "clip.mp4", "--from", "r.jsonl", "--report", "r.jsonl", "--overwrite") == 2
    assert record.read_bytes() == before
    assert "r.jsonl" in capfd.readouterr().err


def test_an_emotion_that_nothing_shows_is_named_with_its_line(inside: Path) -> None:
    record = edited(
        record_of(inside / "l.jsonl", frames=3),
        inside / "r.jsonl",
        lambda line: with_faces(line, lambda face: {**face, "emotion": "suprise"}) if line["frame"] == 2 else line,
    )
    with pytest.raises(InputError, match=r"r\.jsonl, line 3: no emoji shows 'suprise': did you mean surprise\?$"):
        Redrawer(Settings(), record)


def test_a_person_who_is_nowhere_is_told_of(clip: Path, seen: Path, tmp_path: Path) -> None:
    settings = Settings()
    settings = replace(settings, corrections=replace(settings.corrections, persons=((7, "none"),)))
    with Redrawer(settings, seen) as redrawer:
        notes = redrawer.video(clip, tmp_path / "out.mp4").notes
    assert notes == ["--person 7: there is no such person; there are: 1, 2"]
