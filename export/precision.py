"""Make an exported model smaller: half precision for GPUs, eight-bit integers for CPUs."""

from __future__ import annotations

import contextlib
import io
import logging
import tempfile
import warnings
from collections.abc import Iterator
from enum import Enum
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.transformers.float16 import convert_float_to_float16
from onnxruntime.transformers.onnx_model import OnnxModel


class Precision(Enum):
    """The number format of a model's weights and sums."""

    FP32 = "fp32"
    FP16 = "fp16"
    INT8 = "int8"


def lowered(model: onnx.ModelProto, precision: Precision, faces: npt.NDArray[np.uint8]) -> onnx.ModelProto:
    """A model that answers nearly the same by coarser numbers; what comes in and goes out stays as it is.

    Eight-bit: convolutions and dense layers are quantised statically ("QDQ"), the weights by channel, the activations
    by their extremes on `faces`.

    Args:
        model: The model in single precision.
        precision: What to make of it.
        faces: uint8 NxCxSxS, faces like those that it will see; only eight-bit wants them.
    """
    if precision is Precision.FP16:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that weights below the smallest half become it
            half = OnnxModel(convert_float_to_float16(_copy(model), keep_io_types=True))
        _once(half.model.graph)
        half.topological_sort()  # what is left in single precision is put back at the end
        done: onnx.ModelProto = half.model
        del done.graph.value_info[:]  # of before
        return done
    if precision is Precision.INT8:
        return _quantised(model, faces)
    return model


def _once(graph: onnx.GraphProto) -> None:
    """Leave out nodes that give what another one gives: before 1.32 ONNX Runtime writes a cast for each reader."""
    first = {name: node for node in reversed(graph.node) for name in node.output}
    kept = [node for node in graph.node if first[node.output[0]] is node]
    del graph.node[:]
    graph.node.extend(kept)


def _copy(model: onnx.ModelProto) -> onnx.ModelProto:
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    return copy


def _quantised(model: onnx.ModelProto, faces: npt.NDArray[np.uint8]) -> onnx.ModelProto:
    with tempfile.TemporaryDirectory() as folder, _quiet():
        before, after = Path(folder) / "before.onnx", Path(folder) / "after.onnx"
        onnx.save_model(model, str(before))
        quantize_static(
            before,
            after,
            _Batches(model.graph.input[0].name, faces),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv", "Gemm"],
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
        )
        return onnx.load_model(str(after))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Silence the quantiser, which advises by the root logger and by print a preparation that changes nothing here."""
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        root.setLevel(level)


class _Batches(CalibrationDataReader):  # type: ignore[misc]
    def __init__(self, name: str, faces: npt.NDArray[np.uint8]) -> None:
        self._rest = iter([{name: faces[at : at + 32]} for at in range(0, len(faces), 32)])

    def get_next(self) -> dict[str, npt.NDArray[np.uint8]] | None:
        return next(self._rest, None)
