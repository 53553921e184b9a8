from __future__ import annotations

import re

import pytest

from emojicam.stream.inference.refusals import NEWER, why

GRAPH = "/onnxruntime_src/onnxruntime/core/graph/graph.cc:1471 onnxruntime::Graph::Graph(const onnxruntime::Model&, "
GRAPH += "const std::unordered_map<std::__cxx11::basic_string<char>, int>&, bool) "
ARENA = "/onnxruntime_src/onnxruntime/core/framework/bfc_arena.cc:376 void* onnxruntime::BFCArena::Get(size_t, bool) "
OPSET = (
    "ONNX Runtime only *guarantees* support for models stamped with official released onnx opset versions. "
    "Current official support for domain ai.onnx is till opset 28.\n"
)


@pytest.mark.parametrize(
    ("said", "meaning"),
    [
        ("1 : FAIL : " + GRAPH + "Tensor 'w' has no type.\n", "Tensor 'w' has no type."),
        ("6 : X : while running Sum. Status: " + ARENA + "Memory (2) is used up", "Memory (2) is used up"),
        ("1 : FAIL : inference_session.cc:2245 operator() It is null", "It is null"),
        (r"1 : FAIL : D:\a\_work\1\s\core\graph.cc:1 onnxruntime::f(int) const It is bad", "It is bad"),
        ("1 : FAIL : a.h:1 T onnxruntime::f(int) [with T = float] It is bad", "It is bad"),
        ("1 : FAIL : a.h:1 Tensor (3) is wrong", "Tensor (3) is wrong"),
        ('10 : INVALID_GRAPH : no Op is called ("x")', 'no Op is called ("x")'),
    ],
)
def test_a_reason_is_left_without_its_place_in_the_source(said: str, meaning: str) -> None:
    told = why(RuntimeError(f"[ONNXRuntimeError] : {said}"))
    assert told.endswith(meaning)
    assert not re.search(r"ONNXRuntimeError|::|\.(cc|h):\d|[\\/]core|\n", told)


@pytest.mark.parametrize(
    "said",
    [
        GRAPH + "Unsupported model IR version: 99, max supported IR version: 14",
        GRAPH + OPSET,
        OPSET.replace("ai.onnx", "ai.onnx.ml"),
        "Load model failed. Unknown model file format version.",
    ],
)
def test_a_model_that_is_too_new_is_called_so(said: str) -> None:
    assert why(RuntimeError(f"[ONNXRuntimeError] : 1 : FAIL : {said}")) == NEWER
    assert NEWER.startswith("newer than this ONNX Runtime reads")


def test_what_says_nothing_is_called_by_its_kind() -> None:
    assert why(MemoryError()) == "MemoryError"
    assert why(RuntimeError(GRAPH)) != ""


def test_a_long_reason_is_cut() -> None:
    assert len(why(RuntimeError("x" * 5000))) == 200
