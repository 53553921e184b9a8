"""What `analyze` and `analyze_video` give: lists that make tables, dictionaries and pictures of themselves."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Generator
from pathlib import Path
from threading import Thread
from typing import Any

import making
import numpy as np
import pytest
from PIL import Image

from emojicam.errors import MissingExtra, UsageError
from emojicam.findings import Faces, VideoFaces
from emojicam.models.card import EMOTIONS
from emojicam.stream.choices import ColourOrder
from emojicam.stream.types import Frame, Judged

GREY = np.full((80, 120, 3), 128, np.uint8)
PLACES = ["source", "face", "track", "left", "top", "width", "height", "score", "roll", "by"]
READ = ["emotion", "confidence", "degree", "unsure"]


def faces_of(picture: Any = GREY, number: int = 2, colour: ColourOrder = ColourOrder.BGR) -> Faces:
    faces = [making.judged_face((10 + 50 * n, 20, 40, 44), ("fear", "happiness")[n % 2]) for n in range(number)]
    return Faces(faces, picture, (120, 80), colour)


def video(number: int) -> Generator[Judged]:
    for index in range(number):
        faces = (making.judged_face((10 + index, 20, 40, 44), "fear"),) if index else ()
        time.sleep(1e-5)  # lets other threads in
        yield Judged(Frame(index, index / 25, GREY), faces)


def test_faces_are_a_list() -> None:
    faces = faces_of()
    assert faces == list(faces)
    assert len(faces[:1]) == 1
    assert (faces.source, faces.size) == ("120x80 array", (120, 80))


def test_faces_become_plain_values() -> None:
    said = json.loads(json.dumps(faces_of().to_dict()))
    assert (said["source"], said["size"]) == ("120x80 array", [120, 80])
    assert [face["emotion"] for face in said["faces"]] == ["fear", "happiness"]
    assert said["faces"][1]["box"] == [60, 20, 40, 44]


def test_faces_become_a_table() -> None:
    pytest.importorskip("pandas")
    table = faces_of().to_pandas()
    assert list(table.columns)[: len(PLACES + READ)] == [*PLACES, *READ]
    assert set(table.columns) == {*PLACES, *READ, *EMOTIONS}
    assert list(table["left"]) == [10, 60]
    assert list(table["emotion"]) == ["fear", "happiness"]
    assert table[[*EMOTIONS]].sum(axis=1).tolist() == pytest.approx([1, 1], abs=1e-3)
    nobody = faces_of(number=0).to_pandas()
    assert len(nobody) == 0
    assert list(nobody.columns) == [*PLACES, *READ]
    assert {name: kind.kind for name, kind in nobody.dtypes.items()} == {
        name: table.dtypes[name].kind for name in nobody.columns
    }


def test_without_pandas_the_one_line_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingExtra, match=r"pandas is not installed: pip install .*pandas"):
        faces_of().to_pandas()


@pytest.mark.parametrize("colour", ColourOrder)
def test_faces_are_drawn_on_their_picture(colour: ColourOrder) -> None:
    picture = np.full((80, 120, 3), (0, 0, 255), np.uint8)
    drawn = faces_of(picture, colour=colour).draw(style="badge")
    assert drawn.colour is colour
    assert (drawn != picture).any()
    assert np.array_equal(drawn[0, 0], picture[0, 0])
    with pytest.raises(UsageError, match="draw takes no option 'lookahead'"):
        faces_of().draw(lookahead=3)  # type: ignore[call-arg]


def test_a_notebook_is_shown_the_picture_and_a_row_for_each_face(tmp_path: Path) -> None:
    path = tmp_path / "<b>.png"
    Image.fromarray(GREY).save(path)
    html = faces_of(path)._repr_html_()
    assert html.count("<tr>") == 2
    assert "&lt;b&gt;.png: 2 faces" in html
    path.unlink()
    assert "<tr>" in faces_of(path)._repr_html_(), "the picture is gone: the rows are shown all the same"


def test_the_frames_of_a_video_are_taken_one_after_the_other() -> None:
    with VideoFaces(video(3), "a.mp4") as frames:
        assert [judged.frame.index for judged in frames] == [0, 1, 2]
    left = VideoFaces(video(3), "a.mp4")
    next(left)
    left.close()
    assert list(left) == []


def test_a_video_becomes_plain_values_and_a_table() -> None:
    said = json.loads(json.dumps(VideoFaces(video(3), "a.mp4").to_dict()))
    assert said["source"] == "a.mp4"
    assert [(one["frame"], len(one["faces"])) for one in said["frames"]] == [(0, 0), (1, 1), (2, 1)]
    pytest.importorskip("pandas")
    table = VideoFaces(video(3), "a.mp4").to_pandas()
    columns = ["source", "frame", "time", *PLACES[1:], *READ]
    assert list(table.columns)[: len(columns)] == columns
    assert list(table["time"]) == [0.04, 0.08]
    nobody = VideoFaces(video(1), "a.mp4").to_pandas()
    assert list(nobody.columns) == columns
    assert [nobody.dtypes[name].kind for name in columns] == [table.dtypes[name].kind for name in columns]


def test_several_threads_may_read_a_video() -> None:
    frames, read = VideoFaces(video(200), "a.mp4"), list[int]()
    threads = [Thread(target=lambda: read.extend(judged.frame.index for judged in frames)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(read) == list(range(200))
