"""Small ONNX models, good and hostile, written by hand."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from emojicam import models
from emojicam.models.card import METADATA_KEY, Card, Crop

HALF = numpy_helper.from_array(np.array(0.5, np.float32), "half")

CARD = Card(net="tiny", labels=("bright", "dark"), crop=Crop().at(12))


def write_model(
    path: Path,
    card: Card | str | None = CARD,
    *,
    input_type: int = TensorProto.UINT8,
    shape: Sequence[int | str] = ("batch", 1, 12, 12),
    labels: int = 2,
    outputs: int = 1,
    external: bool = False,
) -> Path:
    """A net that calls a face bright or dark by its mean; with three channels, by the first one's.

    Its second output, if it has two, has half the log odds of the first.
    """
    weights = np.zeros((int(np.prod([side for side in shape[1:] if isinstance(side, int)])), labels), np.float32)
    weights[:144, 0] = 1 / 144
    bias = np.full(labels, -999, np.float32)
    bias[:2] = 0, 127.5
    nodes = [
        helper.make_node("Cast", ["faces"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Flatten", ["floats"], ["rows"]),
        helper.make_node("Gemm", ["rows", "weights", "bias"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
        helper.make_node("Mul", ["logits", "half"], ["halves"]),
        helper.make_node("Softmax", ["halves"], ["undecided"], axis=1),
    ]
    given = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [shape[0], labels])
        for name in ("probabilities", "undecided")[:outputs]
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("faces", input_type, shape)],
        given,
        [numpy_helper.from_array(weights, "weights"), numpy_helper.from_array(bias, "bias"), HALF],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    if card is not None:
        helper.set_model_props(model, {METADATA_KEY: card.to_json() if isinstance(card, Card) else card})
    if external:
        onnx.save_model(model, str(path), save_as_external_data=True, location="weights.bin", size_threshold=0)
    else:
        onnx.save_model(model, str(path))
    return path


def write_hostile(path: Path, kind: str) -> Path:
    """A file that is no model of ours; some kinds leave nothing, or a folder, at the path."""
    if kind == "missing":
        return path
    if kind == "folder":
        path.mkdir()
        return path
    if kind == "10 GB file":
        with path.open("wb") as file:
            file.truncate(10 << 30)  # sparse: takes no disk
        return path
    if kind in _CONTENTS:
        path.write_bytes(_CONTENTS[kind]())
        return path
    if kind == "weights in another file":
        return write_model(path, external=True)
    if kind == "no card":
        return write_model(path, None)
    if kind == "a card of 5 MB":
        names = ", ".join(f'"{number}"' for number in range(600_000))
        return write_model(path, CARD.to_json().replace('"bright", "dark"', names))
    _save(path, _graph(kind))
    return path


def _cut() -> bytes:
    whole = models.model_file(models.DEFAULT).read_bytes()
    return whole[: len(whole) // 2]


def _zip_bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", b"\x80\x04.")
        archive.writestr("archive/data/0", bytes(50_000_000))
    return packed.getvalue()


_CONTENTS: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "text": lambda: b"weights\n" * 99,
    "cut": _cut,
    "pickle": lambda: b"\x80\x04cos\nsystem\n\x8c\x04true\x85R.",
    "zip bomb of a checkpoint": _zip_bomb,
}


def _graph(kind: str) -> onnx.GraphProto:
    """A net of two labels for faces of 12 px whose last step is what its kind says."""
    steps = [
        helper.make_node("Cast", ["faces"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Flatten", ["floats"], ["rows"]),
        helper.make_node("Gemm", ["rows", "weights"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["soft"], axis=1),
    ]
    weights = [numpy_helper.from_array(np.zeros((144, 2), np.float32), "weights")]

    def constant(name: str, value: npt.ArrayLike, dtype: type) -> None:
        weights.append(numpy_helper.from_array(np.array(value, dtype), name))

    match kind:
        case "10 GB of weights claimed":
            tensor = TensorProto(name="weights", data_type=TensorProto.FLOAT, dims=[1_250_000_000, 2])
            tensor.raw_data = b"\0" * 64
            weights[0] = tensor
            steps.append(helper.make_node("Identity", ["soft"], ["probabilities"]))
        case "10 GB made on the way":
            constant("length", [2_500_000_000], np.int64)
            steps.append(helper.make_node("ConstantOfShape", ["length"], ["huge"]))
            steps.append(helper.make_node("ReduceMean", ["huge"], ["mean"], keepdims=0))
            steps.append(helper.make_node("Add", ["soft", "mean"], ["probabilities"]))
        case "operators nobody knows":
            steps.append(helper.make_node("Shell", ["soft"], ["probabilities"], domain="evil", command="true"))
        case "declares one shape and gives another":
            # A shape that is known only when it runs: three rows for one black face.
            constant("rows and columns", [3, 2], np.int64)
            steps += [
                helper.make_node("ReduceMax", ["faces"], ["largest"], keepdims=0),
                helper.make_node("Cast", ["largest"], ["nothing"], to=TensorProto.INT64),
                helper.make_node("Add", ["nothing", "rows and columns"], ["shape"]),
                helper.make_node("ConstantOfShape", ["shape"], ["probabilities"]),
            ]
        case "answers nan":
            constant("nothing", 0, np.float32)
            steps.append(helper.make_node("Div", ["soft", "nothing"], ["infinite"]))
            steps.append(helper.make_node("Sub", ["infinite", "infinite"], ["probabilities"]))
        case "answers that are no probabilities":
            constant("seven", 7, np.float32)
            steps.append(helper.make_node("Mul", ["soft", "seven"], ["probabilities"]))
        case "endless sums of constants":
            constant("side", [1024, 1024], np.int64)
            steps.append(helper.make_node("ConstantOfShape", ["side"], ["sum 0"]))
            sums = [helper.make_node("MatMul", [f"sum {n}"] * 2, [f"sum {n + 1}"]) for n in range(20_000)]
            steps += [*sums, helper.make_node("ReduceMean", ["sum 20000"], ["mean"], keepdims=0)]
            steps.append(helper.make_node("Add", ["soft", "mean"], ["probabilities"]))
        case "a loop without end":
            constant("rounds", 2**62, np.int64)
            constant("on", True, np.bool_)
            steps.append(helper.make_node("Loop", ["rounds", "on", "soft"], ["probabilities"], body=_round()))
        case _:
            raise ValueError(kind)
    return helper.make_graph(
        steps,
        "hostile",
        [helper.make_tensor_value_info("faces", TensorProto.UINT8, ("batch", 1, 12, 12))],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ("batch", 2))],
        weights,
    )


def _round() -> onnx.GraphProto:
    return helper.make_graph(
        [helper.make_node("Identity", ["again"], ["go"]), helper.make_node("Identity", ["before"], ["after"])],
        "round",
        [
            helper.make_tensor_value_info("round", TensorProto.INT64, ()),
            helper.make_tensor_value_info("again", TensorProto.BOOL, ()),
            helper.make_tensor_value_info("before", TensorProto.FLOAT, ("batch", 2)),
        ],
        [
            helper.make_tensor_value_info("go", TensorProto.BOOL, ()),
            helper.make_tensor_value_info("after", TensorProto.FLOAT, ("batch", 2)),
        ],
    )


def _save(path: Path, graph: onnx.GraphProto) -> None:
    imports = [helper.make_opsetid("", 18), helper.make_opsetid("evil", 1)]
    model = helper.make_model(graph, opset_imports=imports, ir_version=10)
    helper.set_model_props(model, {METADATA_KEY: CARD.to_json()})
    path.write_bytes(model.SerializeToString())
