"""Models made smaller."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from netfiles import checkpoint, faces_for

from emojicam.export.precision import Precision, lowered
from emojicam.export.to_onnx import export
from emojicam.stream.choices import Provider
from emojicam.stream.emotions.classify import Classifier


@pytest.mark.parametrize(("precision", "share"), [(Precision.FP16, 0.55), (Precision.INT8, 0.35)])
def test_a_smaller_model_answers_nearly_the_same(precision: Precision, share: float, tmp_path: Path) -> None:
    made = checkpoint("mien", 8)
    faces = faces_for(made.card, 64)
    export(made, tmp_path / "whole.onnx", faces)
    difference = export(made, tmp_path / "small.onnx", faces, precision)
    whole, small = (Classifier(tmp_path / f"{name}.onnx", Provider.CPU) for name in ("whole", "small"))
    assert small.card.precision == precision.value
    assert small.card.sha256 != whole.card.sha256
    assert (tmp_path / "small.onnx").stat().st_size < share * (tmp_path / "whole.onnx").stat().st_size
    one, two = whole.probabilities(faces), small.probabilities(faces)
    assert 0 < difference < 0.3
    assert np.abs(two - one).mean() < 0.02
    assert np.ptp(one, axis=0).max() > 0.1, "all faces get the same answer"


def test_in_half_precision_no_two_nodes_give_the_same() -> None:
    # Min and Max stay in single precision: what both read is cast back for each of them.
    nodes = [
        onnx.helper.make_node("Relu", ["x"], ["read twice"]),
        onnx.helper.make_node("Max", ["read twice"], ["most"]),
        onnx.helper.make_node("Min", ["read twice"], ["least"]),
        onnx.helper.make_node("Add", ["most", "least"], ["y"]),
    ]
    x, y = (onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [2]) for name in "xy")
    model = onnx.helper.make_model(onnx.helper.make_graph(nodes, "net", [x], [y]))
    half = lowered(model, Precision.FP16, np.zeros((0, 1, 8, 8), np.uint8))
    onnx.checker.check_model(half)
    given = [name for node in half.graph.node for name in node.output]
    assert len(given) == len(set(given)) > len(nodes)


def test_in_single_precision_a_model_stays_what_it_is(tmp_path: Path) -> None:
    made = checkpoint("mien")
    faces = faces_for(made.card)
    export(made, tmp_path / "net.onnx", faces)
    model = onnx.load_model(str(tmp_path / "net.onnx"))
    before = model.SerializeToString()
    assert lowered(model, Precision.FP32, faces) is model
    half = lowered(model, Precision.FP16, faces)
    assert model.SerializeToString() == before
    assert [value.type for value in half.graph.input] == [value.type for value in model.graph.input]
    assert onnx.TensorProto.FLOAT16 in {tensor.data_type for tensor in half.graph.initializer}
