"""An ONNX file loses what is listed as its inputs and needn't be, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.capi.onnxruntime_pybind11_state import InvalidArgument

from emojicam.stream.inference.onnx_inputs import PICTURES, Shape, with_free_inputs, with_pictures

RNG = np.random.default_rng(0)
KERNELS = RNG.normal(size=(5, 3, 3, 3)).astype(np.float32)
SCALES, SHIFTS, MEANS = RNG.normal(size=(3, 5)).astype(np.float32)
VARIANCES = np.linspace(0.5, 2, 5, dtype=np.float32)
LARGE = RNG.normal(size=(70, 5, 1, 1)).astype(np.float32)

SHAPES: dict[str, Shape] = {"picture": ("N", 3, "H", "W"), "answer": ("N", 70, "h", "w")}


def old_model(*, branch: bool = False) -> onnx.ModelProto:
    """A small net as old exporters wrote it: its weights are inputs too, and all shapes are those of one picture."""
    weights = {
        "kernels": KERNELS,
        "scales": SCALES,
        "shifts": SHIFTS,
        "means": MEANS,
        "variances": VARIANCES,
        "large": LARGE,
    }
    nodes = [
        helper.make_node("Conv", ["picture", "kernels"], ["felt"], pads=[1, 1, 1, 1], strides=[2, 2]),
        helper.make_node("BatchNormalization", ["felt", "scales", "shifts", "means", "variances"], ["evened"]),
        helper.make_node("Relu", ["evened"], ["positive"]),
        helper.make_node("Conv", ["positive", "large"], ["wide"]),
        _choice() if branch else helper.make_node("Identity", ["wide"], ["answer"]),
    ]
    if branch:
        weights["twice"] = np.array(True)
    tensors = [numpy_helper.from_array(value, name) for name, value in weights.items()]
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "old",
        [value("picture", TensorProto.FLOAT, (1, 3, 8, 8))]
        + [value(tensor.name, tensor.data_type, list(tensor.dims)) for tensor in tensors],
        [value("answer", TensorProto.FLOAT, (1, 70, 4, 4))],
        tensors,
        value_info=[value("felt", TensorProto.FLOAT, (1, 5, 4, 4)), value("wide", TensorProto.FLOAT, (1, 70, 4, 4))],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    helper.set_model_props(model, {"author": "nobody"})
    return model


def _choice() -> onnx.NodeProto:
    """A step with graphs of its own, whose outputs are not the model's."""

    def branch(name: str, *steps: onnx.NodeProto) -> onnx.GraphProto:
        return helper.make_graph(list(steps), name, [], [helper.make_tensor_value_info(name, TensorProto.FLOAT, None)])

    return helper.make_node(
        "If",
        ["twice"],
        ["answer"],
        then_branch=branch("double", helper.make_node("Add", ["wide", "wide"], ["double"])),
        else_branch=branch("single", helper.make_node("Identity", ["wide"], ["single"])),
    )


def freed(model: onnx.ModelProto) -> bytes:
    return with_free_inputs(model.SerializeToString(), SHAPES)


def loaded(model: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def answer(session: onnxruntime.InferenceSession, picture: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    (found,) = session.run(None, {"picture": picture})
    return np.asarray(found, np.float32)


def picture(*shape: int) -> npt.NDArray[np.float32]:
    return np.random.default_rng(1).normal(size=shape).astype(np.float32)


def test_pictures_are_taken_as_they_lie_in_memory_and_the_answers_stay() -> None:
    plain = freed(old_model())
    session = loaded(with_pictures(plain, "picture"))
    (given,) = session.get_inputs()
    assert (given.name, given.type, given.shape) == (PICTURES, "tensor(uint8)", ["N", "H", "W", 3])
    pictures = np.random.default_rng(2).integers(256, size=(3, 8, 16, 3), dtype=np.uint8)
    (found,) = session.run(None, {PICTURES: pictures})
    floats = np.ascontiguousarray(pictures.transpose(0, 3, 1, 2), np.float32)
    assert np.array_equal(found, answer(loaded(plain), floats))
    onnx.checker.check_model(onnx.load_from_string(with_pictures(plain, "picture")))


@pytest.mark.parametrize("content", [b"", bytes(1000), b"weights" * 99, b"\x3a\x05\x0a\x00"])
def test_what_is_no_model_takes_no_pictures(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"has no input picture|no field of this format|cut off"):
        with_pictures(content, "picture")
    with pytest.raises(ValueError, match="has no input sound"):
        with_pictures(freed(old_model()), "sound")


@pytest.mark.parametrize("branch", [False, True])
def test_the_weights_are_inputs_no_more_and_the_answers_stay(branch: bool) -> None:
    old = old_model(branch=branch)
    before, after = loaded(old.SerializeToString()), loaded(freed(old))
    assert [value.name for value in before.get_overridable_initializers()] == [t.name for t in old.graph.initializer]
    assert [value.name for value in after.get_overridable_initializers()] == []
    assert [value.name for value in after.get_inputs()] == ["picture"]
    given = picture(1, 3, 8, 8)
    assert answer(after, given) == pytest.approx(answer(before, given), abs=1e-5)
    assert np.ptp(answer(after, given)) > 1


def mended(model: onnx.ModelProto, shapes: Mapping[str, Shape]) -> onnx.ModelProto:
    """What the `onnx` package makes of a model in its own way."""
    new = onnx.ModelProto()
    new.CopyFrom(model)
    for values in (new.graph.input, new.graph.output):
        stay = [value.name for value in values if value.name in shapes]
        del values[:]
        values.extend(helper.make_tensor_value_info(name, TensorProto.FLOAT, shapes[name]) for name in stay)
    del new.graph.value_info[:]
    return new


@pytest.mark.parametrize("branch", [False, True])
def test_nothing_else_of_the_file_is_changed(branch: bool) -> None:
    old = old_model(branch=branch)
    new = onnx.load_from_string(freed(old))
    assert new == mended(old, SHAPES)
    onnx.checker.check_model(new, full_check=True)


def test_what_is_free_already_stays_as_it_is() -> None:
    once = freed(old_model())
    assert with_free_inputs(once, SHAPES) == once


@pytest.mark.parametrize("shape", [(4, 3, 8, 8), (1, 3, 32, 20), (2, 3, 2, 200), (1, 3, 1, 1)])
def test_pictures_of_any_size_and_number_are_taken(shape: tuple[int, int, int, int]) -> None:
    given = picture(*shape)
    old = old_model()
    with pytest.raises(InvalidArgument, match="invalid dimensions for input: picture"):
        answer(loaded(old.SerializeToString()), given)
    number, _, height, width = shape
    found = answer(loaded(freed(old)), given)
    assert found.shape == (number, 70, (height + 1) // 2, (width + 1) // 2)
    assert found == pytest.approx(answer(loaded(mended(old, SHAPES).SerializeToString()), given), abs=1e-5)


@pytest.mark.parametrize(
    "shape",
    [(), (1,), ("N", 3, "H", "W"), (2, 127, 128, 300), (70_000, 2**40), ("a name that is longer " * 9, 5), ("höhe",)],
)
def test_a_shape_may_have_numbers_and_names(shape: Shape) -> None:
    shapes = {"picture": shape, "answer": ("N",)}
    old = old_model()
    new = onnx.load_from_string(with_free_inputs(old.SerializeToString(), shapes))
    assert new == mended(old, shapes)
    (value,) = new.graph.input
    axes = value.type.tensor_type.shape.dim
    assert tuple(axis.dim_param if axis.HasField("dim_param") else axis.dim_value for axis in axes) == shape


# --- what is no model, or another ---


@pytest.mark.parametrize(("names", "lacking"), [({"image"}, "image"), ({"felt"}, "felt"), ({"b", "a"}, "a, b")])
def test_a_model_without_a_name_is_refused_and_the_name_is_said(names: set[str], lacking: str) -> None:
    """What lies between input and output doesn't count."""
    shapes = SHAPES | {name: ("N",) for name in names}
    with pytest.raises(ValueError, match=f"^the model has no {lacking}$"):
        with_free_inputs(old_model().SerializeToString(), shapes)


def test_a_file_that_is_cut_off_is_refused_wherever_it_is() -> None:
    old = old_model()
    whole, graph = old.SerializeToString(), old.graph.SerializeToString()
    end = whole.index(graph) + len(graph)
    for length in range(end):
        with pytest.raises(ValueError, match=r"cut off at byte|no number at byte|the model has no"):
            with_free_inputs(whole[:length], SHAPES)
    assert with_free_inputs(whole[:end], SHAPES)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "the model has no answer, picture"),
        (bytes(1000), "the model has no"),
        (b"weights\n" * 99, "no field of this format at byte 0"),
        (b"\x0b", "no field of this format at byte 0"),
        (b"\x08\x0a\x3c", "no field of this format at byte 2"),
        (b"\x3a\x05\x0a\x00", "cut off at byte 4"),
        (b"\x3a" + b"\xff" * 9 + b"\x01", "cut off at byte 11"),
        (b"\x08", "no number at byte 1"),
        (b"\x08\xff\xff", "no number at byte 3"),
        (b"\x08" + b"\xff" * 99, "no number at byte 11"),
        (b"\x0d\x00\x00\x00", "cut off at byte 4"),
        (b"\x09" + bytes(7), "cut off at byte 8"),
        (b"\x3a\x02\x5a\x09", "cut off at byte 2"),
        (b"\x3a\x05\x5a\x03\x0a\x01\xff", "can't decode byte 0xff"),
    ],
)
def test_what_is_no_model_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        with_free_inputs(content, SHAPES)


def test_a_damaged_file_is_a_value_error_or_passes() -> None:
    """Any other error fails this test, and so does damage that is never noticed."""
    rng = np.random.default_rng(3)
    whole = old_model().SerializeToString()
    refused = 0
    for _ in range(1000):
        damaged = bytearray(whole)
        for place in rng.integers(len(damaged), size=rng.integers(1, 50)):
            damaged[place] = rng.integers(256)
        try:
            with_free_inputs(bytes(damaged), SHAPES)
        except ValueError:
            refused += 1
    assert 100 < refused < 1000
