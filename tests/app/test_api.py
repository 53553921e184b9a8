"""The Python API: `import emojicam`, its names, and four functions."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
import threading
from collections import deque
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import making
import numpy as np
import pytest
from making import Picture, read_video, write_video
from PIL import Image

import emojicam
import emojicam.stream.types
from emojicam.errors import InputError, OutputError, UsageError
from emojicam.stream.choices import Style
from emojicam.stream.types import Emotion, Format, Judged, JudgedFace
from emojicam.wiring import Summary


@pytest.fixture
def clip(tmp_path: Path, portrait: Picture) -> Path:
    """A face in 40 uneven frames."""
    path = tmp_path / "clip.mp4"
    pictures = [making.seen_at(portrait, (320, 240), 0.8, shift=i) for i in range(40)]
    write_video(path, pictures, pts=[512 * i + 100 * (i % 3) for i in range(40)])
    return path


@pytest.fixture
def photo(tmp_path: Path, portrait: Picture) -> Path:
    path = tmp_path / "me.png"
    cv2.imwrite(str(path), making.seen_at(portrait, (320, 240), 0.8))
    return path


@pytest.fixture
def blurred(tmp_path: Path, portrait: Picture) -> Path:
    """A face that is in some doubt."""
    path = tmp_path / "blurred.png"
    cv2.imwrite(str(path), cv2.GaussianBlur(making.seen_at(portrait, (320, 240), 0.8), (0, 0), 5))
    return path


def threads() -> set[threading.Thread]:
    return set(threading.enumerate())


def alike(one: JudgedFace, other: JudgedFace) -> bool:
    """Whether two are the same face with the same emotion; batches differ in their last digits."""
    near = np.allclose(one.box, other.box, atol=0.01) and np.allclose(one.emotion.p, other.emotion.p, atol=1e-4)
    return one.label == other.label and bool(near)


# --- the package -----------------------------------------------------------------------------------------------------


def test_stream_is_a_plain_package() -> None:
    assert isinstance(emojicam.stream, ModuleType)
    assert not callable(emojicam.stream)
    assert emojicam.stream is sys.modules["emojicam.stream"]
    assert emojicam.stream.types.Judged is Judged


def test_the_functions_say_what_they_take() -> None:
    finding = ["model", "provider", "fast_math", "range", "threshold", "min_face", "expressive", "detector_models"]
    drawing = ["style", "scale", "shadow", "theme"]
    assert list(inspect.signature(emojicam.analyze_video).parameters) == ["source", *finding, "resting_face"]
    assert list(inspect.signature(emojicam.analyze).parameters) == ["picture", "colour", *finding]
    assert list(inspect.signature(emojicam.draw).parameters) == ["picture", "faces", "colour", *drawing]
    own = ["source", "out", "report", "record", "overwrite"]
    correcting = ["persons", "only", "leave"]
    ending = ["lookahead", "codec_preset", "encoder", "decoder"]
    options = [*finding, "resting_face", *drawing, *correcting, *ending]
    assert list(inspect.signature(emojicam.annotate).parameters) == [*own, *options]
    assert list(inspect.signature(emojicam.Annotator).parameters) == options
    camera = ["source", "size", "rate", "loop", "tell", "system"]
    live = [*finding, "resting_face", *drawing, *correcting, "cover_all_on_loss"]
    assert list(inspect.signature(emojicam.Camera).parameters) == [*camera, *live]


def test_every_public_name_is_there_and_told_of() -> None:
    assert set(emojicam.__all__) == {
        "Annotator",
        "Camera",
        "EmojicamError",
        "Faces",
        "Picture",
        "Shot",
        "VideoFaces",
        "__version__",
        "analyze",
        "analyze_video",
        "annotate",
        "draw",
    }
    for name in emojicam.__all__:
        assert name in dir(emojicam)
        assert getattr(emojicam, name).__doc__, name


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    module: Any = emojicam
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        module.nonsense  # noqa: B018


@pytest.mark.parametrize(
    ("said", "kind", "ends"),
    [
        ("libGL.so.1: cannot open shared object file: No such file", "Unloadable", "; on Debian: sudo apt install "),
        ("no such module", "ImportError", "no such module"),
    ],
)
def test_a_library_that_the_system_lacks_is_told_with_the_line_that_installs_it(
    tmp_path: Path, said: str, kind: str, ends: str
) -> None:
    (tmp_path / "cv2.py").write_text(f"raise ImportError({said!r})\n", "utf-8")
    program = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import emojicam; emojicam.annotate"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    last = done.stderr.splitlines()[-1]
    assert last.split(":")[0].endswith(kind)
    assert said in last
    assert ends in last


def test_importing_the_package_loads_nothing_heavy() -> None:
    heavy = ("numpy", "cv2", "av", "mediapipe", "onnxruntime", "torch")
    program = f"import emojicam, sys; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "[]\n"


# --- annotate --------------------------------------------------------------------------------------------------------


def test_annotate_copies_a_photo_and_says_what_it_saw(inside: Path, photo: Path) -> None:
    summary = emojicam.annotate(photo, range="near")
    assert isinstance(summary, Summary)
    assert (summary.frames, dict(summary.faces), dict(summary.emotions)) == (1, {1: 1}, {"happiness": 1})
    assert str(summary) == "1 face: happiness"
    assert (inside / "me-emoji.png").is_file()


def test_annotate_copies_a_video_and_records_it(tmp_path: Path, clip: Path) -> None:
    summary = emojicam.annotate(
        str(clip),
        str(tmp_path / "out.mp4"),
        style="badge",
        range="near",
        report=str(tmp_path / "r.jsonl"),
        codec_preset="ultrafast",
    )
    assert (summary.frames, dict(summary.faces)) == (40, {1: 40})
    assert read_video(tmp_path / "out.mp4")[1] == pytest.approx(read_video(clip)[1], abs=0.001)
    rows = [json.loads(line) for line in (tmp_path / "r.jsonl").read_text().splitlines()]
    assert [row["time"] for row in rows] == pytest.approx(read_video(clip)[1], abs=0.001)


def test_annotate_makes_the_folder_that_a_slash_asks_for(tmp_path: Path, photo: Path) -> None:
    emojicam.annotate(photo, f"{tmp_path}/new/", range="near")
    assert (tmp_path / "new" / "me-emoji.png").is_file()


def test_annotate_replaces_only_when_asked(tmp_path: Path, photo: Path) -> None:
    out = tmp_path / "out.png"
    out.write_text("precious")
    with pytest.raises(OutputError, match="is already there"):
        emojicam.annotate(photo, out)
    assert out.read_text() == "precious"
    emojicam.annotate(photo, out, range="near", overwrite=True)
    assert cv2.imread(str(out)) is not None


@pytest.mark.parametrize("option", ["style", "range"])
def test_annotate_names_the_words_it_takes(tmp_path: Path, photo: Path, option: str) -> None:
    choices = {"style": "cover, badge, label", "range": "near, auto, far"}[option]
    options: dict[str, Any] = {option: "huge"}
    with pytest.raises(UsageError, match=f"'huge' is none of {choices}"):
        emojicam.annotate(photo, tmp_path / "out.png", **options)
    assert not (tmp_path / "out.png").exists()


@pytest.mark.parametrize(
    ("option", "says"),
    [({"threshold": 2}, "threshold 2"), ({"min_face": -3}, "min-face -3"), ({"lookahead": 11}, "11")],
)
def test_annotate_refuses_a_number_that_cannot_be(
    option: dict[str, Any], says: str, tmp_path: Path, photo: Path
) -> None:
    with pytest.raises(UsageError, match=says):
        emojicam.annotate(photo, tmp_path / "out.png", **option)
    assert not (tmp_path / "out.png").exists()


@pytest.mark.parametrize(("lookahead", "covered"), [(10.0, 20), (0.0, 10)])
def test_annotate_looks_ahead_as_far_as_it_is_asked_to(
    lookahead: float, covered: int, tmp_path: Path, portrait: Picture
) -> None:
    """Of a face that is there from the start, and too dark to be seen at first."""
    pictures = [making.seen_at(portrait, (320, 240), 0.8) for _ in range(20)]
    for picture in pictures[:10]:
        picture[:] = 128 + (picture.astype(int) - 128) // 64
    write_video(tmp_path / "dawn.mp4", pictures)
    summary = emojicam.annotate(
        tmp_path / "dawn.mp4", tmp_path / "out.mp4", range="near", lookahead=lookahead, codec_preset="ultrafast"
    )
    assert dict(summary.faces) == ({1: 20} if covered == 20 else {0: 10, 1: 10})


def test_annotate_leaves_out_who_is_too_small_or_too_doubtful(tmp_path: Path, photo: Path, blurred: Path) -> None:
    cases: list[tuple[Path, dict[str, Any], int]] = [
        *((photo, {"min_face": 50}, 1), (photo, {"min_face": 150}, 0)),
        *((blurred, {"threshold": 0.5}, 1), (blurred, {"threshold": 0.97}, 0)),
    ]
    for number, (source, options, faces) in enumerate(cases):
        summary = emojicam.annotate(source, tmp_path / f"{number}.png", range="near", **options)
        assert summary.faces == {faces: 1}, options


def test_annotate_refuses_a_preset_that_is_none(tmp_path: Path, clip: Path) -> None:
    with pytest.raises(UsageError, match="'warp'"):
        emojicam.annotate(clip, tmp_path / "out.mp4", codec_preset="warp", range="near")
    assert not list(tmp_path.glob("out*"))


# --- analyze ---------------------------------------------------------------------------------------------------------


def test_analyze_takes_a_path_or_an_array(photo: Path) -> None:
    by_path = emojicam.analyze(photo, range="near")
    by_array = emojicam.analyze(np.asarray(cv2.imread(str(photo)), np.uint8), range="near")
    assert by_path == by_array
    (face,) = by_path
    assert isinstance(face, JudgedFace)
    assert isinstance(face.emotion, Emotion)
    assert face.emotion.label == "happiness"
    assert sum(face.emotion.p) == pytest.approx(1, abs=1e-4)
    left, top, width, height = face.box
    assert left < 160 < left + width
    assert top < 120 < top + height


def test_analyze_takes_bytes_images_and_arrays_of_both_orders(photo: Path) -> None:
    by_path = emojicam.analyze(photo, range="near")
    bgr = np.asarray(cv2.imread(str(photo)), np.uint8)
    others = [photo.read_bytes(), Image.open(photo), bgr]
    for faces in emojicam.analyze(others, range="near"):
        (face,) = faces
        assert alike(face, by_path[0])
    (face,) = emojicam.analyze(np.ascontiguousarray(bgr[..., ::-1]), colour="rgb", range="near")
    assert alike(face, by_path[0])


def test_analyze_of_a_list_gives_a_list_as_long(photo: Path, blurred: Path) -> None:
    wall = np.full((64, 64, 3), 90, np.uint8)
    found = emojicam.analyze([photo, wall, str(blurred)], range="near")
    assert [len(faces) for faces in found] == [1, 0, 1]
    assert [faces.source for faces in found] == [str(photo), "64x64 array", str(blurred)]
    assert alike(found[0][0], emojicam.analyze(photo, range="near")[0])
    assert emojicam.analyze([], range="near") == []
    assert len(emojicam.analyze(deque([photo]), range="near")) == 1


def test_analyze_names_which_of_a_list_is_wrong(photo: Path) -> None:
    with pytest.raises(UsageError, match=r"^picture 1 of 2: a picture is a path, .* not 7 \(int\)$"):
        emojicam.analyze([photo, 7])  # type: ignore[list-item]


def test_analyze_gives_who_is_large_enough(photo: Path) -> None:
    (face,) = emojicam.analyze(photo, range="near")
    assert face.confirmed
    assert len(emojicam.analyze(photo, range="near", min_face=0.9 * face.box[2])) == 1
    assert emojicam.analyze(photo, range="near", min_face=1.1 * face.box[2]) == []


def test_analyze_gives_who_is_sure_enough(blurred: Path) -> None:
    (face,) = emojicam.analyze(blurred, range="near", threshold=0.5)
    assert 0.5 < face.score < 0.97
    assert len(emojicam.analyze(blurred, range="near", threshold=face.score - 0.02)) == 1
    assert emojicam.analyze(blurred, range="near", threshold=face.score + 0.02) == []


def test_analyze_of_a_wall_is_an_empty_list() -> None:
    assert emojicam.analyze(np.full((64, 64, 3), 90, np.uint8), range="near") == []


def test_analyze_takes_a_view_and_leaves_it_alone(photo: Path) -> None:
    picture = np.asarray(cv2.imread(str(photo)), np.uint8)
    view = np.flip(np.flip(picture, 1).copy(), 1)
    assert not view.flags.c_contiguous
    before = view.copy()
    assert len(emojicam.analyze(view, range="near")) == 1
    assert np.array_equal(view, before)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((64, 64), np.uint8),
        np.zeros((64, 64, 4), np.uint8),
        np.zeros((64, 64, 3), np.float32),
        np.zeros((0, 64, 3), np.uint8),
        np.zeros((2, 64, 64, 3), np.uint8),
    ],
    ids=["grey", "BGRA", "float", "empty", "batch"],
)
def test_analyze_refuses_other_arrays_and_says_what_it_got(array: np.ndarray[Any, Any]) -> None:
    got = f"not {array.dtype} {'x'.join(map(str, array.shape))}"
    with pytest.raises(UsageError, match=f"BGR array, uint8 HxWx3, {got}"):
        emojicam.analyze(array)


def test_analyze_names_what_is_missing_or_wrong(tmp_path: Path, clip: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere\.png: no such file"):
        emojicam.analyze(tmp_path / "nowhere.png")
    with pytest.raises(InputError, match=r"clip\.mp4: not a photo"):
        emojicam.analyze(clip)
    with pytest.raises(UsageError, match="'wide' is none of"):
        emojicam.analyze(np.zeros((64, 64, 3), np.uint8), range="wide")


# --- stream ----------------------------------------------------------------------------------------------------------


def test_stream_gives_every_frame_in_order_with_its_time(clip: Path) -> None:
    seen = list(emojicam.analyze_video(clip, range="near"))
    assert all(isinstance(judged, Judged) for judged in seen)
    assert [judged.frame.index for judged in seen] == list(range(40))
    assert [judged.frame.time for judged in seen] == pytest.approx(read_video(clip)[1], abs=0.001)
    assert {judged.frame.format for judged in seen} == {Format.I420}
    assert [len(judged.faces) for judged in seen] == [1] * 40
    assert all(judged.faces[0].emotion.label == "happiness" for judged in seen)


def test_stream_gives_who_is_large_enough(clip: Path) -> None:
    seen = list(emojicam.analyze_video(clip, range="near", min_face=150))
    assert [len(judged.faces) for judged in seen] == [0] * 40


def test_stream_gives_frames_with_their_pixels(clip: Path) -> None:
    """They are not looked ahead, and read once."""
    pictures = read_video(clip)[0]
    for judged, picture in zip(emojicam.analyze_video(clip, range="near"), pictures, strict=True):
        assert not judged.frame.is_away
        assert np.abs(judged.frame.bgr().astype(int) - picture).mean() < 3


def test_stream_of_a_photo_is_one_frame(photo: Path) -> None:
    (judged,) = emojicam.analyze_video(str(photo), range="near")
    assert judged.frame.index == 0
    assert judged.frame.format is Format.BGR
    assert len(judged.faces) == 1


def test_stopping_a_stream_early_leaves_no_thread(clip: Path) -> None:
    before = threads()
    frames = emojicam.analyze_video(clip, range="near")
    assert next(frames).frame.index == 0
    assert next(frames).frame.index == 1
    names = {thread.name for thread in threads() - before}
    assert {"source", "detect", "classify"} <= names
    frames.close()
    assert threads() == before


def test_breaking_out_of_a_stream_leaves_no_thread(clip: Path) -> None:
    before = threads()
    for judged in emojicam.analyze_video(clip, range="near"):
        if judged.frame.index == 3:
            break
    assert threads() == before


def test_an_error_in_the_callers_loop_leaves_no_thread(clip: Path) -> None:
    before = threads()

    def run() -> None:
        for judged in emojicam.analyze_video(clip, range="near"):
            if judged.frame.index == 3:
                raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        run()
    assert threads() == before


def test_a_stream_that_ends_leaves_no_thread(clip: Path) -> None:
    before = threads()
    assert len(list(emojicam.analyze_video(clip, range="near"))) == 40
    assert threads() == before


def test_stream_names_what_is_missing_or_wrong(tmp_path: Path) -> None:
    (tmp_path / "letter.mp4").write_text("Dear Sir,\n" * 100)
    with pytest.raises(UsageError, match=r"nowhere\.mp4: no such file"):
        next(emojicam.analyze_video(tmp_path / "nowhere.mp4", range="near"))
    with pytest.raises(InputError, match=r"letter\.mp4: neither a photo nor a video"):
        next(emojicam.analyze_video(tmp_path / "letter.mp4", range="near"))
    with pytest.raises(UsageError, match="'wide' is none of"):
        next(emojicam.analyze_video(tmp_path / "letter.mp4", range="wide"))


# --- drawing faces that were changed ---------------------------------------------------------------------------------


def test_draw_draws_what_annotate_draws(photo: Path, tmp_path: Path) -> None:
    emojicam.annotate(photo, tmp_path / "out.png")
    faces = emojicam.analyze(photo)
    drawn = emojicam.draw(photo, faces)
    assert drawn.dtype == np.uint8
    assert np.array_equal(drawn, cv2.imread(str(tmp_path / "out.png")))


def test_annotate_draws_a_record_as_it_is_corrected(photo: Path, tmp_path: Path) -> None:
    emojicam.annotate(photo, tmp_path / "one.png", report=tmp_path / "seen.jsonl", persons={1: "anger"})
    told = emojicam.annotate(photo, tmp_path / "two.png", record=tmp_path / "seen.jsonl")
    assert told.emotions == {"anger": 1}
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    emojicam.annotate(photo, tmp_path / "bare.png", record=tmp_path / "seen.jsonl", leave=["anger"])
    assert np.array_equal(cv2.imread(str(tmp_path / "bare.png")), cv2.imread(str(photo)))
    with pytest.raises(UsageError, match=r"--only angry: did you mean anger\?"):
        emojicam.annotate(photo, tmp_path / "no.png", record=tmp_path / "seen.jsonl", only=["angry"])


def test_draw_takes_pictures_of_all_kinds_and_leaves_them_alone(photo: Path) -> None:
    array = np.asarray(cv2.imread(str(photo)), np.uint8)
    face = making.judged_face((100, 60, 80, 90), "fear")
    before = array.copy()
    drawn = emojicam.draw(array, [face])
    assert np.array_equal(array, before)
    assert not np.array_equal(drawn, before)
    assert np.array_equal(emojicam.draw(Image.open(photo), [face]), drawn)
    assert np.array_equal(emojicam.draw(str(photo), (face,)), drawn)
    nobody = emojicam.draw(array, [])
    assert np.array_equal(nobody, before)
    assert not np.shares_memory(nobody, array)


def test_an_image_is_turned_upright_and_white_lies_beneath_it() -> None:
    image = Image.new("RGBA", (20, 10), (0, 0, 0, 0))
    image.getexif()[0x0112] = 6
    drawn = emojicam.draw(image, [])
    assert drawn.shape == (20, 10, 3)
    assert (drawn == 255).all()


def test_draw_draws_faces_as_they_were_changed(photo: Path) -> None:
    (face,) = emojicam.analyze(photo)
    plain = emojicam.draw(photo, [face])
    assert not np.array_equal(emojicam.draw(photo, [replace(face, shown="anger")]), plain)
    assert not np.array_equal(emojicam.draw(photo, [face], style="badge"), plain)
    bare = emojicam.draw(photo, [replace(face, alone=True)])
    assert np.array_equal(bare, cv2.imread(str(photo)))
    badge = emojicam.draw(photo, [replace(face, style=Style.BADGE)])
    assert np.array_equal(badge, emojicam.draw(photo, [face], style=Style.BADGE))
    covered = [(emojicam.draw(photo, [face], scale=scale) != bare).any(axis=2).sum() for scale in (0.5, 1, 2)]
    assert covered[1] / covered[0] == pytest.approx(4, rel=0.1)
    assert covered[2] > 2 * covered[1]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"shown": "suprise"}, "no emoji shows 'suprise': did you mean surprise?"),
        ({"box": (1, 2, float("nan"), 4)}, "no face can be drawn with the box"),
        ({"box": (1e9, 2, 3, 4)}, "no face can be drawn with the box"),
        ({"box": (1, 2, 0, 4)}, "no face can be drawn with the box"),
        ({"box": None}, "no face can be drawn with the box None"),
        ({"box": (1, 2, 3)}, "no face can be drawn with the box (1, 2, 3)"),
        ({"box": "left"}, "no face can be drawn with the box left"),
        ({"shown": 3}, "a face shows a word and has an emotion, not 3 (int) and"),
        ({"emotion": "fear"}, "a face shows a word and has an emotion, not '' (str) and 'fear' (str)"),
        ({"roll": float("inf")}, "no face can be drawn with the box"),
    ],
)
def test_draw_refuses_what_cannot_be_drawn(change: dict[str, Any], said: str) -> None:
    face = replace(making.judged_face((10, 10, 20, 20)), **change)
    with pytest.raises(UsageError) as error:
        emojicam.draw(np.zeros((48, 64, 3), np.uint8), [face])
    assert str(error.value).startswith(said)


def test_draw_refuses_other_values_in_a_line() -> None:
    picture = np.zeros((48, 64, 3), np.uint8)
    with pytest.raises(UsageError, match="a face is as `analyze` gives it, not tuple"):
        emojicam.draw(picture, [(1, 2, 3, 4)])  # type: ignore[list-item]
    with pytest.raises(UsageError, match="faces are a list of them, as `analyze` gives it, not None"):
        emojicam.draw(picture, None)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"faces are a list of them, .* not .*JudgedFace"):
        emojicam.draw(picture, making.judged_face((10, 10, 20, 20)))  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"scale 3: from 0\.5 to 2$"):
        emojicam.draw(picture, [], scale=3)
    with pytest.raises(UsageError, match="'hat' is none of"):
        emojicam.draw(picture, [], style="hat")
