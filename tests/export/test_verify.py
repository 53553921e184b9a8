"""The proof that an exported file answers as the net does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from runs import PLAN, short_run

from emojicam.errors import EmojicamError, OutputError
from emojicam.export.to_onnx import Answering, export
from emojicam.export.verify import verify
from emojicam.models.data.faces import Faces


def test_an_answer_that_is_no_number_is_no_proof(splits: dict[str, Faces], tmp_path: Path) -> None:
    done = short_run(splits, tmp_path, replace(PLAN, epochs=1))
    for parameter in done.net.parameters():
        parameter.data[...] = float("nan")
    with pytest.raises(EmojicamError, match="differs from torch by nan"):
        export(done, tmp_path / "net.onnx")
    assert not list(tmp_path.glob("*.onnx*"))


def test_all_faces_are_compared_not_only_the_first(splits: dict[str, Faces], tmp_path: Path) -> None:
    done = short_run(splits, tmp_path, replace(PLAN, epochs=1))
    export(done, tmp_path / "net.onnx")
    faces = np.repeat(np.asarray(splits["test"].images[:1]), 40, axis=0)
    faces[33] = 255 - faces[33]

    class Odd(Answering):
        def forward(self, faces: torch.Tensor) -> tuple[torch.Tensor, ...]:
            (told,) = super().forward(faces)
            return (told + (faces.flatten(1).float().mean(1, keepdim=True) > 255 - 128.5).float(),)

    level = float(faces[0].mean())
    odd = Odd(done.net, done.card).eval()
    assert (level > 255 - 128.5) != (255 - level > 255 - 128.5)
    with pytest.raises(OutputError, match="differs from torch by 1"):
        verify(tmp_path / "net.onnx", odd, faces if level < 128 else 255 - faces)
