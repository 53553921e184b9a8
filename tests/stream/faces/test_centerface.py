"""The second net: how its maps are read, and that it finds faces of all sizes, small ones above all."""

from __future__ import annotations

import cmath
import math
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import onnx
import pytest
from making import seen_at
from onnx import TensorProto, helper, numpy_helper

from emojicam.errors import ModelError
from emojicam.stream.faces.blazeface import BlazeFace
from emojicam.stream.faces.boxes import merge, overlaps
from emojicam.stream.faces.centerface import (
    ABOVE,
    CELL,
    HEAT,
    HIGHER,
    INPUT,
    LANDMARKS,
    OFFSET,
    SIZE,
    STEP,
    WIDER,
    CenterFace,
    _faces,
    cleaned,
    fitting,
)
from emojicam.stream.faces.detector_files import SECOND, SHORT
from emojicam.stream.i420 import Pixels
from emojicam.stream.types import Face, roll_of

Floats = npt.NDArray[np.float32]

EYES = (complex(203.5, 102), complex(246, 104))
"""In the sample photo, in px."""
OWN_ROLL = 2.7
"""Of the head in the sample photo, in degrees."""


@pytest.fixture(scope="module")
def net(detector_folder: Path) -> CenterFace:
    return CenterFace(detector_folder / SECOND.name)


def rgb(bgr: npt.NDArray[np.generic]) -> Pixels:
    return np.ascontiguousarray(np.asarray(bgr, np.uint8)[..., ::-1])


# --- how the maps of one picture are read ---


class Maps:
    """The net's answers for a picture without a face, into which faces are written by hand."""

    def __init__(self, rows: int = 12, columns: int = 16) -> None:
        self.heat, self.size = np.zeros((1, rows, columns), np.float32), np.zeros((2, rows, columns), np.float32)
        self.offset = np.zeros((2, rows, columns), np.float32)
        self.marks = np.zeros((10, rows, columns), np.float32)

    def add(
        self,
        row: int,
        column: int,
        score: float,
        *,
        height: float = 40,
        width: float = 30,
        down: float = 0,
        across: float = 0,
        eyes: Sequence[tuple[float, float]] = ((0.3, 0.4), (0.7, 0.4)),
    ) -> None:
        """Write a face: its sizes in px, its eyes as (across, down) in boxes."""
        self.heat[0, row, column] = score
        self.size[:, row, column] = math.log(height / CELL), math.log(width / CELL)
        self.offset[:, row, column] = down, across
        for number, (x, y) in enumerate(eyes):
            self.marks[2 * number : 2 * number + 2, row, column] = y, x

    def read(self, scale: tuple[float, float] = (1, 1), threshold: float = 0.3) -> list[Face]:
        return _faces(self.heat, self.size, self.offset, self.marks, scale, threshold)


def side_of(width: float, height: float) -> float:
    return math.sqrt(width * height / (WIDER * HIGHER))


def test_no_heat_is_no_face() -> None:
    assert Maps().read() == []


def test_a_peak_is_a_face_at_its_cells_middle() -> None:
    maps = Maps()
    maps.add(5, 7, 0.8, height=40, width=30)
    (face,) = maps.read()
    assert face.score == pytest.approx(0.8)
    side = side_of(30, 40)
    assert face.box[2:] == pytest.approx((side, side))
    # MediaPipe's box lies lower: it leaves out the forehead.
    assert face.middle == pytest.approx((7.5 * CELL, 5.5 * CELL + ABOVE * side))
    assert face.eyes[0] == pytest.approx((30 + (0.3 - 0.5) * 30, 22 + (0.4 - 0.5) * 40), abs=1e-4)
    assert face.eyes[1] == pytest.approx((30 + (0.7 - 0.5) * 30, 22 + (0.4 - 0.5) * 40), abs=1e-4)
    assert face.roll == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize(("down", "across"), [(0.5, 0), (0, 0.5), (-0.25, 0.75)])
def test_offset_moves_the_whole_face_down_and_across(down: float, across: float) -> None:
    plain, moved = Maps(), Maps()
    plain.add(5, 7, 0.8)
    moved.add(5, 7, 0.8, down=down, across=across)
    (a,), (b,) = plain.read(), moved.read()
    assert b.box == pytest.approx(a.moved(across * CELL, down * CELL).box, abs=1e-4)
    for found, true in zip(b.eyes, a.moved(across * CELL, down * CELL).eyes, strict=True):
        assert found == pytest.approx(true, abs=1e-4)


@pytest.mark.parametrize("scale", [(2, 2), (0.75, 1.25), (3.2, 0.9)])
def test_the_pictures_own_pixels_are_what_is_told(scale: tuple[float, float]) -> None:
    maps = Maps()
    maps.add(5, 7, 0.8, height=40, width=30)
    (face,) = maps.read(scale)
    across, down = scale
    side = side_of(30 * across, 40 * down)
    assert face.box[2:] == pytest.approx((side, side))
    assert face.middle == pytest.approx((30 * across, 22 * down + ABOVE * side))
    assert face.eyes[0] == pytest.approx((24 * across, 18 * down), abs=1e-3)
    assert face.eyes[1] == pytest.approx((36 * across, 18 * down), abs=1e-3)


@pytest.mark.parametrize(("row", "column"), [(0, 0), (0, 15), (11, 0), (11, 15), (6, 0), (0, 6)])
def test_a_face_at_the_pictures_edge_is_read_too(row: int, column: int) -> None:
    maps = Maps()
    maps.add(row, column, 0.9)
    (face,) = maps.read()
    assert face.middle[0] == pytest.approx((column + 0.5) * CELL)


def test_the_slopes_of_a_peak_are_no_faces() -> None:
    maps = Maps()
    rows, columns = np.indices((12, 16))
    maps.heat[0] = 0.95 * np.exp(-((rows - 5) ** 2 + (columns - 7) ** 2) / 8)
    assert np.count_nonzero(maps.heat > 0.3) > 9
    (face,) = maps.read()
    assert face.score == pytest.approx(0.95)


def test_two_peaks_are_two_faces_the_surer_first() -> None:
    maps = Maps()
    maps.add(2, 3, 0.5, height=8, width=8)
    maps.add(9, 12, 0.9, height=8, width=8)
    maps.add(2, 6, 0.7, height=8, width=8)
    faces = maps.read()
    assert [face.score for face in faces] == pytest.approx([0.9, 0.7, 0.5])
    assert [round(face.middle[0] / CELL - 0.5) for face in faces] == [12, 6, 3]


@pytest.mark.parametrize(("threshold", "number"), [(0.15, 3), (0.45, 2), (0.75, 1), (0.95, 0)])
def test_only_what_is_sure_enough_is_a_face(threshold: float, number: int) -> None:
    maps = Maps()
    for column, score in ((2, 0.4), (7, 0.7), (12, 0.9)):
        maps.add(5, column, score)
    assert len(maps.read(threshold=threshold)) == number


@pytest.mark.parametrize("roll", [-150, -90, -40, 0, 20, 90, 180])
def test_a_rolled_face_has_the_box_of_an_upright_one_turned(roll: int) -> None:
    """Of a head that lies, the net's box is wide where it was high; ours is square, and lies where the face does."""
    turn = cmath.rect(1, math.radians(roll))
    lies = abs(math.sin(math.radians(roll))) > 0.9
    height, width = (WIDER * 20, HIGHER * 20) if lies else (HIGHER * 20, WIDER * 20)
    eyes = [turn * complex(across, -4) for across in (-5, 5)]
    maps = Maps()
    marks = [(0.5 + eye.real / width, 0.5 + eye.imag / height) for eye in eyes]
    maps.add(5, 7, 0.9, height=height, width=width, eyes=marks)
    (face,) = maps.read()
    assert math.remainder(face.roll - roll, 360) == pytest.approx(0, abs=0.01)
    assert face.box[2:] == pytest.approx((20, 20), abs=1e-3)
    middle = complex(30, 22) + turn * complex(0, ABOVE * 20)
    assert complex(*face.middle) == pytest.approx(middle, abs=1e-3)
    for found, eye in zip(face.eyes, eyes, strict=True):
        assert complex(*found) == pytest.approx(complex(30, 22) + eye, abs=1e-3)


# --- how pictures come to the net: a net by hand that is hot where a picture is red ---


@pytest.fixture(scope="module")
def red(tmp_path_factory: pytest.TempPathFactory) -> CenterFace:
    """A net of the second's form: the redder a cell, the surer a face of 16 px with its eyes 8 px apart is there."""
    floats = TensorProto.FLOAT
    outputs = {HEAT: [0.0], SIZE: [math.log(4)] * 2, OFFSET: [0.0] * 2, LANDMARKS: [0.4, 0.25, 0.4, 0.75] + [0.5] * 6}
    nodes, tensors = [], []
    for name, answer in outputs.items():
        kernel = np.zeros((len(answer), 3, CELL, CELL), np.float32)
        if name == HEAT:
            kernel[0, 0] = 1 / 255 / CELL**2
        tensors += [numpy_helper.from_array(kernel, f"kernel {name}")]
        tensors += [numpy_helper.from_array(np.array(answer, np.float32), f"bias {name}")]
        nodes += [helper.make_node("Conv", [INPUT, f"kernel {name}", f"bias {name}"], [name], strides=[CELL, CELL])]
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "red",
        [value(INPUT, floats, ("N", 3, "H", "W"))],
        [value(name, floats, ("N", len(answer), "h", "w")) for name, answer in outputs.items()],
        tensors,
    )
    path = tmp_path_factory.mktemp("net") / "red.onnx"
    onnx.save_model(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10), str(path))
    return CenterFace(path)


def black(width: int, height: int) -> Pixels:
    return np.zeros((height, width, 3), np.uint8)


def test_colours_are_red_green_blue_from_0_to_255(red: CenterFace) -> None:
    for channel, number in ((0, 1), (1, 0), (2, 0)):
        picture = black(96, 64)
        picture[20:24, 40:44, channel] = 204
        (faces,) = red([picture], 0.3)
        assert len(faces) == number
        assert [face.score for face in faces] == pytest.approx([0.8] * number)


@pytest.mark.parametrize(
    ("width", "height", "across", "down"),
    [
        (96, 64, 1, 1),
        (80, 80, 1.25, 1.25),
        (80, 64, 1.25, 1),
        (96, 80, 1, 1.25),
        (48, 80, 0.75, 1.25),
        (16, 8, 0.5, 0.25),
    ],
)
def test_a_find_is_where_it_was_in_a_picture_of_any_size(
    red: CenterFace, width: int, height: int, across: float, down: float
) -> None:
    """The net sees sides of whole multiples of 32 px; a cell of it has `CELL * across` px of the picture's width."""
    picture = black(width, height)
    left, top = round(2 * CELL * across), round(3 * CELL * down)
    right, bottom = round(3 * CELL * across), round(4 * CELL * down)
    picture[top:bottom, left:right, 0] = 255
    (faces,) = red([picture], 0.3)
    (face,) = faces
    side = side_of(16 * across, 16 * down)
    assert face.box[2] == pytest.approx(side, abs=1e-3)
    assert face.middle == pytest.approx((2.5 * CELL * across, 3.5 * CELL * down + ABOVE * side), abs=1e-3)
    assert face.eyes[1][0] - face.eyes[0][0] == pytest.approx(8 * across, abs=1e-3)
    assert face.eyes[0][1] == pytest.approx((3.5 * CELL - 1.6) * down, abs=1e-3)


def test_each_picture_of_a_batch_has_its_own_faces(red: CenterFace) -> None:
    pictures = [black(96, 64) for _ in range(4)]
    places = [[(4, 8)], [], [(40, 20), (80, 52)], [(0, 0)]]
    for picture, spots in zip(pictures, places, strict=True):
        for x, y in spots:
            picture[y : y + CELL, x : x + CELL, 0] = 250 - x
    found = red(pictures, 0.3)
    assert [[round(face.middle[0] - CELL / 2) for face in faces] for faces in found] == [[4], [], [40, 80], [0]]
    assert [red([picture], 0.3)[0] for picture in pictures] == found


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (15, 17), (31, 100), (333, 33)])
def test_a_picture_of_any_size_comes_in_a_form_that_the_net_can_take(
    net: CenterFace, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It halves the picture five times and adds it up again, which fails unless its sides are multiples of 32."""
    seen: list[tuple[int, ...]] = []
    inner = net._net

    def noting(batch: Pixels) -> list[Floats]:
        assert batch.dtype == np.uint8
        seen.append(batch.shape)
        return inner(batch)

    monkeypatch.setattr(net, "_net", noting)
    assert net([np.full((size[1], size[0], 3), 128, np.uint8)] * 2, 0.3) == [[], []]
    (shape,) = seen
    assert (shape[0], shape[3]) == (2, 3)
    for side, whole in zip(shape[1:3], size[::-1], strict=True):
        assert side == fitting(whole)
        assert side % STEP == 0
        assert side >= STEP
        assert abs(side - whole) <= max(STEP / 2, STEP - whole)


# --- the net itself ---


@pytest.mark.parametrize("zoom", [0.25, 0.35, 0.5, 1, 1.5])
@pytest.mark.parametrize("shift", [-57, 130])
def test_a_face_of_any_size_is_found_with_its_eyes(
    net: CenterFace, portrait: Pixels, zoom: float, shift: float
) -> None:
    """From 25 to 150 px wide."""
    (faces,) = net([rgb(seen_at(portrait, (500, 420), zoom=zoom, shift=shift))], 0.5)
    (face,) = faces
    there = complex(250 + shift, 210)
    for found, photo in zip(face.eyes, EYES, strict=True):
        assert abs(complex(*found) - there - zoom * (photo - complex(224, 125))) < 1.5 + 4 * zoom
    assert abs(complex(*face.middle) - there) < 2 + 10 * zoom
    assert 80 * zoom < face.box[2] < 115 * zoom
    assert face.roll == pytest.approx(OWN_ROLL, abs=7)
    assert face.roll == pytest.approx(roll_of(face.eyes))


@pytest.mark.parametrize("roll", [-40, -20, 20, 40])
def test_a_rolled_face_is_found_with_its_roll(net: CenterFace, portrait: Pixels, roll: int) -> None:
    (faces,) = net([rgb(seen_at(portrait, (480, 480), zoom=1, roll=roll))], 0.5)
    (face,) = faces
    assert face.roll == pytest.approx(roll + OWN_ROLL, abs=12)
    assert math.dist(face.middle, (240, 240)) < 14
    assert 75 < face.box[2] < 115


def test_its_boxes_are_as_those_of_the_first_net(net: CenterFace, detector_folder: Path, portrait: Pixels) -> None:
    first = BlazeFace(detector_folder / SHORT.name, 0.5)
    for zoom in (1.0, 1.5, 1.8):
        picture = rgb(seen_at(portrait, (400, 400), zoom=zoom))
        (one,), (two,) = first(picture), merge(net([picture], 0.5)[0])
        assert overlaps([one.box], [two.box])[0].item() > 0.75
    first.close()


def test_a_batch_is_seen_as_each_picture_alone(net: CenterFace, portrait: Pixels) -> None:
    pictures = [rgb(seen_at(portrait, (200, 160), zoom=zoom)) for zoom in (0.3, 0.6, 1.0)]
    pictures.insert(1, np.full((160, 200, 3), 128, np.uint8))
    together = net(pictures, 0.3)
    assert [len(merge(faces)) for faces in together] == [1, 0, 1, 1]
    for picture, faces in zip(pictures, together, strict=True):
        (alone,) = net([picture], 0.3)
        for one, two in zip(alone, faces, strict=True):
            assert one.box == pytest.approx(two.box, abs=0.05)
            assert one.score == pytest.approx(two.score, abs=1e-3)


def test_looking_does_not_change_the_picture(net: CenterFace, portrait: Pixels) -> None:
    picture = np.asarray(cv2.cvtColor(portrait, cv2.COLOR_BGR2RGB), np.uint8)
    before = picture.copy()
    picture.setflags(write=False)
    assert net([picture[:480, :480]], 0.5)[0]
    assert np.array_equal(picture, before)


@pytest.mark.parametrize("content", [b"", b"not a model", bytes(1000)])
def test_a_file_that_is_no_net_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError, match="not an ONNX model"):
        CenterFace(path)
    with pytest.raises(ModelError, match="can't be read"):
        CenterFace(tmp_path / "missing.onnx")
    with pytest.raises(ValueError, match=r"the model has no|no field of this format|cut off"):
        cleaned(content)


def test_the_kept_file_is_clean_and_what_is_cleaned_is_the_kept_file(detector_folder: Path) -> None:
    kept = (detector_folder / SECOND.name).read_bytes()
    model = onnx.load_from_string(kept)
    assert [value.name for value in model.graph.input] == [INPUT]
    assert [value.name for value in model.graph.output] == [HEAT, SIZE, OFFSET, LANDMARKS]
    for tensor in model.graph.initializer:
        model.graph.input.append(helper.make_tensor_value_info(tensor.name, tensor.data_type, list(tensor.dims)))
    assert cleaned(model.SerializeToString()) == kept


def test_each_face_is_given_once(net: CenterFace, portrait: Pixels) -> None:
    (faces,) = net([rgb(seen_at(portrait, zoom=3, roll=-60))], 0.15)
    assert merge(faces) == faces
