"""`POST /api/draw`: a photo's faces as a visitor wants them."""

from __future__ import annotations

import json
from typing import Any

import httpx
import numpy as np
import pytest
from making import Picture
from serving import Site, opened, packed, painted

PHOTO = painted(faces=((80, 120, 60), (240, 120, 40)))
FIRST = {"box": [50, 90, 60, 60], "show": "happiness", "degree": 1, "confidence": 0.9}
SECOND = {"box": [220, 100, 40, 40], "show": "happiness", "degree": 1, "confidence": 0.9}


def draw(
    here: Site, faces: object, photo: bytes | None = None, accept: str = "image/png", **fields: str
) -> httpx.Response:
    with here.client() as client:
        files = {"photo": ("me.png", packed(PHOTO) if photo is None else photo, "image/png")}
        text = faces if isinstance(faces, str) else json.dumps(faces)
        return client.post("/api/draw", files=files, data={"faces": text, **fields}, headers={"Accept": accept})


def drawn(here: Site, *faces: dict[str, Any], **fields: str) -> Picture:
    answer = draw(here, list(faces), **fields)
    assert answer.status_code == 200, answer.text
    return opened(answer.content)


def changed(picture: Picture) -> list[bool]:
    """Whether the left and the right half of the photo have been drawn on."""
    return [not np.array_equal(picture[:, half], PHOTO[:, half]) for half in (slice(0, 160), slice(160, 320))]


@pytest.mark.parametrize("style", ["cover", "badge", "label"])
def test_faces_that_nobody_changed_are_drawn_as_they_were_seen(here: Site, style: str) -> None:
    seen = here.send(packed(PHOTO), "application/json", style=style, image="png").json()
    same = [
        {
            "box": face["box"],
            "show": face["emotion"],
            "roll": face["roll"],
            "degree": 1,
            "confidence": face["confidence"],
        }
        for face in seen["faces"]
    ]
    answer = draw(here, same, style=style)
    assert answer.headers["x-faces"] == "2"
    assert np.array_equal(opened(answer.content), opened(here.send(packed(PHOTO), "image/png", style=style).content))


def test_only_the_face_that_is_changed_differs(here: Site) -> None:
    before = drawn(here, FIRST, SECOND)
    after = drawn(here, FIRST | {"show": "fear"}, SECOND)
    assert not np.array_equal(before[:, :160], after[:, :160])
    assert np.array_equal(before[:, 160:], after[:, 160:])


def test_a_face_is_left_as_it_is(here: Site) -> None:
    assert changed(drawn(here, FIRST | {"show": "none"}, SECOND)) == [False, True]
    assert changed(drawn(here)) == [False, False]


def test_a_face_is_blurred_until_nothing_of_it_is_left(here: Site) -> None:
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (240, 320, 3)).astype(np.uint8)
    picture = opened(draw(here, [FIRST | {"show": "blur"}], packed(noise)).content)
    face = picture[95:145, 55:105].astype(int)
    assert (
        np.abs(np.diff(face, axis=1)).mean() < 0.1 * np.abs(np.diff(noise[95:145, 55:105].astype(int), axis=1)).mean()
    )
    assert np.array_equal(picture[:, 200:], noise[:, 200:])


def test_what_is_blurred_does_not_blur_the_emoji_beside_it(here: Site) -> None:
    alone = drawn(here, FIRST)
    both = drawn(here, FIRST, FIRST | {"box": [55, 95, 50, 50], "show": "blur"})
    assert np.array_equal(both[100:140, 60:100], alone[100:140, 60:100])


def test_a_face_that_was_missed_is_added_where_it_is(here: Site) -> None:
    picture = drawn(here, {"box": [220, 100, 40, 40], "show": "sadness"})
    assert changed(picture) == [False, True]


@pytest.mark.parametrize(
    ("faces", "fields", "status", "said"),
    [
        ("nonsense", {}, 400, "is no JSON"),
        ([FIRST | {"show": "joy"}], {}, 400, "face 1"),
        ([FIRST], {"style": "mural"}, 400, "no style of that name"),
        ([FIRST], {"theme": "../.."}, 400, "no theme of that name"),
        ([FIRST], {"image": "png"}, 400, "isn't known"),
        ("[" + "0," * 20_000 + "0]", {}, 400, "too long"),
    ],
    ids=["no json", "no emotion", "style", "theme", "field", "long"],
)
def test_what_is_wrong_is_said(here: Site, faces: object, fields: dict[str, str], status: int, said: str) -> None:
    answer = draw(here, faces, **fields)
    assert (answer.status_code, said in answer.json()["error"]) == (status, True)


def test_a_photo_without_faces_or_for_a_program_is_refused(here: Site) -> None:
    with here.client() as client:
        answer = client.post("/api/draw", files={"photo": packed(PHOTO)})
    assert (answer.status_code, "faces" in answer.json()["error"]) == (400, True)
    assert draw(here, [FIRST], accept="application/json").status_code == 406
    assert draw(here, [FIRST], b"Dear Sir").status_code == 415
