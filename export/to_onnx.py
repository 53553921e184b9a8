"""Write a checkpoint as an ONNX file that needs nothing beside it: faces in, probabilities out, the card inside."""

from __future__ import annotations

import contextlib
import hashlib
import io
import logging
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import torch

from emojicam.export.precision import Precision, lowered
from emojicam.export.verify import verify
from emojicam.files import writing
from emojicam.models.answering import Answering
from emojicam.models.card import METADATA_KEY
from emojicam.models.checkpoint import Checkpoint
from emojicam.models.heads import one_head

OPSET = 18
INPUT = "faces"
TOLERANCE = {Precision.FP32: 1e-4, Precision.FP16: 0.02, Precision.INT8: 0.5}
"""Largest absolute difference from torch that a probability may show, by precision."""


def export(
    checkpoint: Checkpoint,
    path: Path,
    faces: npt.NDArray[np.uint8] | None = None,
    precision: Precision = Precision.FP32,
) -> float:
    """Write a checkpoint as ONNX; the file is there only if ONNX Runtime repeats torch.

    Args:
        checkpoint: Card and net.
        path: Where to write it.
        faces: uint8 NxCxSxS, at least 16, to compare on, and to calibrate an eight-bit model by; by default noise.
        precision: Number format of weights and sums.

    Returns:
        The largest absolute difference between the two.

    Raises:
        OutputError: The two differ by more than 1e-4 in single precision (0.02 in half, 0.5 in eight bits, where
            accuracy is what tells: see `emojicam.training.cost`), or the file can't be written.
    """
    checkpoint = _without_what_is_not_asked(checkpoint)
    card = checkpoint.card
    size = card.crop.size
    shipped = Answering(checkpoint.net.eval(), card).eval()
    if faces is None:
        faces = np.random.default_rng(0).integers(0, 256, (16, card.channels, size, size), dtype=np.uint8)
    model = lowered(_graph(shipped, faces, [name for name, _ in card.outputs]), precision, faces)
    card = replace(card, precision=precision.value, sha256=_weights_hash(model))
    if precision is not Precision.FP32:
        card = replace(card, metrics={})  # they are those of the whole numbers
    onnx.helper.set_model_props(model, {METADATA_KEY: card.to_json()})
    model.producer_name, model.producer_version = "emojicam", card.version
    onnx.checker.check_model(model, full_check=True)
    with writing(path) as part:
        part.write_bytes(model.SerializeToString())
        return verify(part, shipped, faces, TOLERANCE[precision], path.name)


def _without_what_is_not_asked(checkpoint: Checkpoint) -> Checkpoint:
    """The checkpoint without the outputs of another label set, where its decision gives them no weight."""
    card = checkpoint.card
    if card.decision is None or card.decision.weight or not card.decision.second:
        return checkpoint
    classes, behind = len(card.labels), len(card.labels) + len(card.decision.second)
    net = one_head(checkpoint.net, [*range(classes), *range(behind, card.logits)])
    return Checkpoint(card.deciding(replace(card.decision, second=())), net)


def _graph(shipped: Answering, faces: npt.NDArray[np.uint8], outputs: list[str]) -> onnx.ModelProto:
    """The net as ONNX, without a trace of where it was made."""
    # The exporter talks through three channels about its own progress; what matters is checked later.
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        program = torch.onnx.export(
            shipped,
            (torch.from_numpy(faces[:2].copy()),),
            input_names=[INPUT],
            output_names=outputs,
            dynamic_shapes=({0: torch.export.Dim("batch")},),
            opset_version=OPSET,
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    assert program is not None
    model = program.model_proto
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    del model.metadata_props[:]
    for node in model.graph.node:  # the exporter leaves this machine's source paths in each node
        del node.metadata_props[:]
        node.doc_string = ""
    for value in model.graph.value_info:
        del value.metadata_props[:]
    return model


def _weights_hash(model: onnx.ModelProto) -> str:
    digest = hashlib.sha256()
    for tensor in model.graph.initializer:
        digest.update(tensor.name.encode())
        digest.update(tensor.raw_data or tensor.SerializeToString())
    return digest.hexdigest()
