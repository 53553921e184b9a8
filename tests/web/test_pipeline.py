"""The real models behind the server, and what is remembered of each visitor."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import making
import numpy as np
import pytest
from making import Picture
from serving import Site, opened, packed, painted, site

from emojicam.settings import Settings
from emojicam.stream.faces.detect import done
from emojicam.stream.types import Frame, Judged, Placement
from emojicam.web.pipeline import Loaded, Session, load
from emojicam.wiring import Annotator


@pytest.fixture(scope="module")
def real() -> Iterator[Site]:
    """A server with the real models."""
    with site(load=lambda: load(Settings())) as running:
        yield running


def test_a_real_face_is_found_judged_and_covered(real: Site, portrait: Picture) -> None:
    before = making.seen_at(portrait, (640, 480))
    said = real.send(packed(before, "JPEG"), "application/json", image="png").json()
    (face,) = said["faces"]
    assert face["emotion"] == "happiness"
    left, top, width, height = face["box"]
    assert abs(left + width / 2 - 320) < 30
    assert abs(top + height / 2 - 240) < 30
    after = opened(base64.b64decode(said["image"].partition(",")[2])).astype(int)
    inside = after[200:280, 280:360].reshape(-1, 3).mean(axis=0)
    assert inside[2] > inside[0] + 60  # yellow
    assert np.abs(after[:40, :40] - 128).max() <= 4


def test_real_visitors_at_once_get_their_own(real: Site, portrait: Picture) -> None:
    def one(number: int) -> float:
        picture = making.seen_at(portrait, (640, 480), 1.0, shift=30.0 * (number - 4))
        (face,) = real.send(packed(picture, "JPEG"), "application/json").json()["faces"]
        return float(face["box"][0] + face["box"][2] / 2)

    with ThreadPoolExecutor(8) as visitors:
        middles = list(visitors.map(one, range(8)))
    assert middles == pytest.approx([320 + 30 * (number - 4) for number in range(8)], abs=15)


@pytest.mark.parametrize("size", [(1, 1), (2, 3000), (3000, 2), (20_000, 1), (15, 15)])
def test_odd_sizes_are_no_defect_of_the_real_ones(real: Site, size: tuple[int, int]) -> None:
    answer = real.send(packed(np.full((size[1], size[0], 3), 90, np.uint8)), "application/json")
    assert (answer.status_code, answer.json()["faces"]) == (200, [])


def test_the_answer_is_valid_json_all_the_way(real: Site) -> None:
    text = real.send(packed(painted(faces=())), "application/json").text
    assert json.loads(text) == {"width": 320, "height": 240, "faces": []}


# --- what is remembered ---


def frame(picture: Picture, number: int, rate: float = 10) -> Frame:
    return Frame(number, number / rate, picture)


def seen(annotator: Annotator, session: Session, frames: list[Frame]) -> list[Judged]:
    """As the worker does it: ask, judge, answer."""
    return [session.answer(annotator.classify.many([done(session.ask(one))])[0]) for one in frames]


def test_a_stream_has_a_memory_and_a_photo_has_none(annotator: Annotator, portrait: Picture) -> None:
    gone = np.asarray(np.add.outer(np.linspace(60, 160, 480), np.zeros((640, 3))), np.uint8)
    there = gone.copy()
    making.add_head(there, portrait, 320, 240)
    frames = [*(frame(there, number) for number in range(4)), frame(gone, 4)]
    loaded = Loaded(annotator, Settings())
    stream = seen(annotator, loaded.stream(), frames)
    assert [[face.track for face in judged.faces] for judged in stream] == [[1]] * 5
    assert stream[-1].faces[0].placement is Placement.COASTED  # it stays covered for a moment
    photo = loaded.photo()
    alone = seen(annotator, photo, frames)
    assert [[face.track for face in judged.faces] for judged in alone] == [[None]] * 4 + [[]]


def test_a_face_of_a_stream_is_judged_some_times_a_second_and_of_photos_always(
    annotator: Annotator, portrait: Picture
) -> None:
    frames = [frame(making.seen_at(portrait, (640, 480)), number, 60) for number in range(12)]
    loaded, always = Loaded(annotator, Settings()), Loaded(annotator, Settings(every_frame=True))
    counts = []
    for session in (loaded.stream(), always.stream(), loaded.photo()):
        asked = []
        for one in frames:
            found = done(session.ask(one))
            asked.append(len(found.faces))
            session.answer(annotator.classify.many([found])[0])
        counts.append(sum(asked))
    assert 1 <= counts[0] <= 4
    assert counts[1:] == [12, 12]


def test_two_streams_know_nothing_of_each_other(annotator: Annotator, portrait: Picture) -> None:
    loaded = Loaded(annotator, Settings())
    one, two = loaded.stream(), loaded.stream()
    left, right = (making.seen_at(portrait, (640, 480), 1.0, shift=shift) for shift in (-150, 150))
    for number in range(3):
        (first,) = seen(annotator, one, [frame(left, number)])
        (second,) = seen(annotator, two, [frame(right, number)])
        assert [face.track for face in (*first.faces, *second.faces)] == [1, 1]
        assert first.faces[0].middle[0] < 320 < second.faces[0].middle[0]


def test_all_frames_are_judged_in_one_batch_in_their_order(annotator: Annotator, portrait: Picture) -> None:
    loaded = Loaded(annotator, Settings())
    assert loaded.labels == annotator.labels
    pictures = [making.seen_at(portrait, (640, 480), 1.0, shift=40.0 * n) for n in range(3)]
    asked = [done(loaded.photo().ask(frame(picture, n))) for n, picture in enumerate(pictures)]
    together = loaded.judge(asked)
    assert [judged.frame.index for judged in together] == [0, 1, 2]
    for one, judged in zip(asked, together, strict=True):
        (alone,) = loaded.judge([one])
        assert judged.faces[0].emotion.p == pytest.approx(alone.faces[0].emotion.p, abs=1e-5)
