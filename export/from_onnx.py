"""Read an exported model back into torch, so that gradients can be asked of what is shipped, not of a copy of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import helper, numpy_helper
from torch import nn

from emojicam.errors import ModelError

Values = list[torch.Tensor]
Attributes = dict[str, Any]


class Operation(nn.Module):
    """One node of an exported graph; it is a module, so that what passes through it can be watched."""

    def __init__(self, node: onnx.NodeProto) -> None:
        super().__init__()
        self.kind: str = node.op_type
        self.takes, self.gives = list(node.input), node.output[0]
        self._attributes = {given.name: helper.get_attribute_value(given) for given in node.attribute}
        self._work = WORK[node.op_type]

    def forward(self, *values: torch.Tensor) -> torch.Tensor:
        """Compute the node's output as ONNX defines its operator."""
        return self._work(list(values), self._attributes)


class Rebuilt(nn.Module):
    """An exported model rebuilt in torch: uint8 NxCxSxS to what the softmax of an output takes, float32 NxK."""

    def __init__(self, model: onnx.ModelProto, output: int = 0) -> None:
        """Rebuild an exported model.

        Args:
            model: The model.
            output: Which of its probabilities: 0 the first, -1 those without a decision, the same where it has none.

        Raises:
            ModelError: It has an operator that no net here is exported with.
        """
        super().__init__()
        nodes = list(model.graph.node)
        unknown = sorted({node.op_type for node in nodes} - WORK.keys() - {"Softmax"})
        if unknown:
            raise ModelError(f"can't be explained, for its {', '.join(unknown)}: export the model in fp32")
        told = [given.name for given in model.graph.output]
        softmaxes = [node for node in nodes if node.op_type == "Softmax"]
        last = sorted(softmaxes, key=lambda node: told.index(node.output[0]))[output]
        self._input, self._output = model.graph.input[0].name, last.input[0]
        self.steps = nn.ModuleList(Operation(node) for node in nodes if node.op_type != "Softmax")
        self._constants: dict[str, str] = {}
        for number, given in enumerate(model.graph.initializer):
            self.register_buffer(f"constant{number}", torch.from_numpy(np.array(numpy_helper.to_array(given))))
            self._constants[given.name] = f"constant{number}"

    def forward(self, faces: torch.Tensor) -> torch.Tensor:
        """Run all nodes that the answer needs, in the order in which they stand."""
        known = {name: getattr(self, place) for name, place in self._constants.items()}
        known[self._input] = faces
        for step in self.steps:
            assert isinstance(step, Operation)
            known[step.gives] = step(*(known[name] for name in step.takes if name))
            if step.gives == self._output:
                break
        answer: torch.Tensor = known[self._output]
        return answer


def _padded(x: torch.Tensor, given: Attributes, value: float = 0.0) -> torch.Tensor:
    top, left, bottom, right = given.get("pads", [0, 0, 0, 0])
    return F.pad(x, (left, right, top, bottom), value=value) if any((top, left, bottom, right)) else x


def _conv(values: Values, given: Attributes) -> torch.Tensor:
    x, weight, *bias = values
    return F.conv2d(
        _padded(x, given),
        weight,
        bias[0] if bias else None,
        given.get("strides", 1),
        0,
        given.get("dilations", 1),
        given.get("group", 1),
    )


def _max_pool(values: Values, given: Attributes) -> torch.Tensor:
    return F.max_pool2d(_padded(values[0], given, -torch.inf), given["kernel_shape"], given.get("strides", 1))


def _average_pool(values: Values, given: Attributes) -> torch.Tensor:
    return F.avg_pool2d(
        values[0],
        given["kernel_shape"],
        given.get("strides", 1),
        list(given.get("pads", [0, 0]))[:2],  # the same at both ends, as torch exports it
        count_include_pad=bool(given.get("count_include_pad", 0)),
    )


def _gemm(values: Values, given: Attributes) -> torch.Tensor:
    x, weight, *bias = values
    x = x.T if given.get("transA") else x
    weight = weight.T if given.get("transB") else weight
    y: torch.Tensor = given.get("alpha", 1.0) * (x @ weight)
    if bias:
        y = y + given.get("beta", 1.0) * bias[0]
    return y


def _batch_norm(values: Values, given: Attributes) -> torch.Tensor:
    x, scale, shift, mean, variance = values
    return F.batch_norm(x, mean, variance, scale, shift, eps=given.get("epsilon", 1e-5))


def _reduced(reduce: Callable[..., torch.Tensor]) -> Callable[[Values, Attributes], torch.Tensor]:
    def work(values: Values, given: Attributes) -> torch.Tensor:
        axes = given.get("axes", values[1].tolist() if len(values) > 1 else None)
        return reduce(values[0], axes, keepdim=bool(given.get("keepdims", 1)))

    return work


def _reshape(values: Values, given: Attributes) -> torch.Tensor:
    x, shape = values
    wanted = shape.tolist()
    if not given.get("allowzero", 0):
        wanted = [x.shape[at] if side == 0 else side for at, side in enumerate(wanted)]
    return x.reshape(wanted)


def _expand(values: Values, given: Attributes) -> torch.Tensor:
    x, shape = values
    return x.expand(torch.broadcast_shapes(x.shape, shape.tolist()))  # type: ignore[no-untyped-call]


def _resize(values: Values, given: Attributes) -> torch.Tensor:
    return F.interpolate(values[0].float(), size=values[-1].tolist()[2:], mode="bilinear", align_corners=False)


def _slice(values: Values, given: Attributes) -> torch.Tensor:
    x, starts, ends, *rest = values
    axes = rest[0].tolist() if rest else range(len(starts))
    for axis, start, end in zip(axes, starts.tolist(), ends.tolist(), strict=True):
        x = x.narrow(axis, start, min(end, x.shape[axis]) - start)
    return x


def _clip(values: Values, given: Attributes) -> torch.Tensor:
    return values[0].clamp(*values[1:])


def _gather(values: Values, given: Attributes) -> torch.Tensor:
    x, places = values
    axis = given.get("axis", 0)
    taken = x.index_select(axis, places.flatten() % x.shape[axis])  # -1 is the last
    return taken.reshape(*x.shape[:axis], *places.shape, *x.shape[axis + 1 :])


def _unsqueeze(values: Values, given: Attributes) -> torch.Tensor:
    x, axes = values
    for axis in sorted(axes.tolist()):
        x = x.unsqueeze(axis)
    return x


WORK: dict[str, Callable[[Values, Attributes], torch.Tensor]] = {
    "Abs": lambda v, given: v[0].abs(),
    "Add": lambda v, given: v[0] + v[1],
    "AveragePool": _average_pool,
    "BatchNormalization": _batch_norm,
    "Cast": lambda v, given: v[0].float() if given["to"] == onnx.TensorProto.FLOAT else v[0].long(),
    "Clip": _clip,
    "Concat": lambda v, given: torch.cat(v, given["axis"]),
    "Conv": _conv,
    "Div": lambda v, given: v[0] / v[1],
    "Expand": _expand,
    "Flatten": lambda v, given: v[0].flatten(given.get("axis", 1)),
    "Gather": _gather,
    "Gemm": _gemm,
    "Greater": lambda v, given: v[0] > v[1],
    "Identity": lambda v, given: v[0],
    "LogSoftmax": lambda v, given: torch.log_softmax(v[0], given.get("axis", -1)),
    "Max": lambda v, given: reduce(torch.maximum, v),
    "MaxPool": _max_pool,
    "Mul": lambda v, given: v[0] * v[1],
    "Pad": lambda v, given: F.pad(v[0], (*(v[1].tolist()[3], v[1].tolist()[7]), *(v[1].tolist()[2], v[1].tolist()[6]))),
    "ReduceMax": _reduced(torch.amax),
    "ReduceMean": _reduced(torch.mean),
    "ReduceMin": _reduced(torch.amin),
    "Relu": lambda v, given: torch.relu(v[0]),
    "Reshape": _reshape,
    "Resize": _resize,
    "Shape": lambda v, given: torch.tensor(v[0].shape[given.get("start", 0) : given.get("end")]),
    "Sigmoid": lambda v, given: torch.sigmoid(v[0]),
    "Slice": _slice,
    "Sub": lambda v, given: v[0] - v[1],
    "Tanh": lambda v, given: torch.tanh(v[0]),
    "Unsqueeze": _unsqueeze,
    "Where": lambda v, given: torch.where(v[0], v[1], v[2]),
}
"""The operators that exported nets consist of, by ONNX's names."""
