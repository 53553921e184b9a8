"""A provider works if a tiny net gives the right answer there."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from emojicam.errors import DeviceError
from emojicam.stream.choices import Provider
from emojicam.stream.inference import trial
from emojicam.stream.inference.provider import ThisMachine, missing


def test_the_cpu_gives_the_right_answer() -> None:
    assert trial.failure(Provider.CPU) is None


def test_the_net_is_what_it_says_it_is() -> None:
    onnx = pytest.importorskip("onnx")
    graph = onnx.load_from_string(trial.NET).graph
    assert [node.op_type for node in graph.node] == ["Conv", "GlobalAveragePool", "Flatten", "MatMul", "Softmax"]
    ones, row = (onnx.numpy_helper.to_array(value) for value in graph.initializer)
    logits = ones.sum() * row[0]
    np.testing.assert_allclose(np.exp(logits) / np.exp(logits).sum(), trial.ANSWER, atol=1e-6)


@pytest.mark.parametrize("provider", [Provider.CUDA, Provider.TENSORRT])
def test_a_gpu_that_is_not_there_gives_a_reason_in_one_line(
    provider: Provider, capfd: pytest.CaptureFixture[str]
) -> None:
    if missing(provider, ThisMachine()) is None:
        pytest.skip("there is one")
    reason = trial.failure(provider)
    assert reason is not None
    assert reason.startswith("its libraries can't be loaded")
    assert capfd.readouterr() == ("", "")


def test_an_answer_that_is_wrong_is_told_with_the_right_one() -> None:
    assert trial.wrong(np.array([[0.251, 0.749]], np.float32)) is None
    told = "it computes [0.1, 0.9] where [0.25, 0.75] is right"
    assert trial.wrong(np.array([[0.1, 0.9]], np.float32)) == told
    assert trial.wrong(np.array([[np.nan, np.nan]], np.float32)) is not None


def test_without_onnx_runtime_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(DeviceError, match=r"pip install .emojicam\[cpu\]"):
        trial.failure(Provider.CPU)
