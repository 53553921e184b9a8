"""The steps of an epoch."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from runs import PLAN, weights_after

from emojicam.models import epoch
from emojicam.models.data.faces import Faces


def test_bfloat16_is_used_where_the_processor_has_it() -> None:
    cpu = Path("/proc/cpuinfo")
    if not cpu.is_file():
        pytest.skip("nothing here says what the processor can do")
    flags = cpu.read_text().split()
    assert epoch.has_bf16(torch.device("cpu")) == bool({"avx512_bf16", "amx_bf16"} & set(flags))


def test_a_summed_loss_is_a_steeper_one(splits: dict[str, Faces], tmp_path: Path) -> None:
    plan = replace(PLAN, epochs=1, batch=32, optimiser="sgd", momentum=0.0, rate=1e-2, reduction="sum")
    summed = weights_after(plan, splits, tmp_path / "sum")
    steep = weights_after(replace(plan, rate=0.32, reduction="mean"), splits, tmp_path / "mean")
    assert all(torch.allclose(one, other, rtol=1e-3, atol=1e-4) for one, other in zip(summed, steep, strict=True))


def test_faces_are_shown_as_they_are_where_nothing_is_augmented(splits: dict[str, Faces], tmp_path: Path) -> None:
    plain = weights_after(replace(PLAN, epochs=1, augmented=False, augment={"roll": 40}), splits, tmp_path / "one")
    other = weights_after(replace(PLAN, epochs=1, augmented=False, augment={"roll": 9}), splits, tmp_path / "other")
    assert all(map(torch.equal, plain, other))
    turned = weights_after(replace(PLAN, epochs=1, augment={"roll": 40}), splits, tmp_path / "turned")
    assert not all(map(torch.equal, plain, turned))
