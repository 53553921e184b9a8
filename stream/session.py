"""Open a model file. It is input like any other: whatever is in it, little memory and time are spent on it.

ONNX holds no code, only operators that ONNX Runtime knows; what a hostile file can do is name other files, claim huge
tensors and loop for ever.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from emojicam.errors import DeviceError, MissingExtra, ModelError, first_line
from emojicam.models.card import METADATA_KEY, Card
from emojicam.stream.provider import GRAPHS, NAMES, Machine, Provider, ThisMachine, choose

if TYPE_CHECKING:
    import onnxruntime

LARGEST = 512 * 1024 * 1024
"""Bytes of a model file. The largest net here, AlexNet, has about 230 MB."""

MEMORY = 2 * 1024 * 1024 * 1024
"""Bytes that all sessions together may take on the CPU: newbase needs 1.2 GB for a batch of 32."""

_CUDA: Mapping[str, str] = {"cudnn_conv_algo_search": "EXHAUSTIVE", "gpu_mem_limit": str(MEMORY)}

OPTIONS: Mapping[Provider, Sequence[Mapping[str, str]]] = {
    Provider.CPU: ({},),
    # Faces come in batches of a few sizes: a graph of the launches for each is recorded once and replayed. A net of
    # which a step runs on the CPU can't be recorded, which ONNX Runtime says when it is opened.
    Provider.CUDA: ({**_CUDA, GRAPHS: "1"}, _CUDA),
    Provider.TENSORRT: ({},),
}
"""What each provider is asked for; the second where the first is refused."""

PATIENCE = 10.0
"""Seconds that a model may take for its first face; the slowest net here, newbase, takes 0.5."""


def open_model(
    model: Path, wanted: Provider = Provider.AUTO, machine: Machine | None = None, *, patience: float = PATIENCE
) -> tuple[onnxruntime.InferenceSession, Provider, Card]:
    """Open a model file and try it on one black face.

    Args:
        model: An ONNX file that `emojicam export` wrote.
        wanted: Where it is to run.
        machine: What is known of this one.
        patience: Seconds that the first face may take.

    Returns:
        The session, where it runs, and the model's card, which it fits.

    Raises:
        MissingExtra: ONNX Runtime is not installed.
        DeviceError: `wanted` names a GPU that can't be had.
        ModelError: The file can't be used; the message says why.
    """
    providers = choose(wanted, machine or ThisMachine())
    content = _content(model)
    session, provider = _session(content, model, providers)
    card = _card(session, model)
    _check(session, card, model)
    _try(session, card, model, patience)
    return session, provider, card


def _content(model: Path) -> bytes:
    try:
        if model.stat().st_size > LARGEST:
            raise ModelError(f"{model}: larger than {LARGEST >> 20} MiB, the most that is loaded")
        # As bytes, the model has no folder, so that it cannot name other files as its weights.
        return model.read_bytes()
    except OSError as error:
        raise ModelError(f"{model}: can't be read: {error.strerror or error}") from error


def _session(
    content: bytes, model: Path, providers: tuple[Provider, ...]
) -> tuple[onnxruntime.InferenceSession, Provider]:
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingExtra("ONNX Runtime", "cpu") from error
    _prepare()
    refused: Exception | None = None
    for provider, options in [(one, options) for one in providers for options in OPTIONS[one]]:
        if provider is not Provider.CPU:
            onnxruntime.preload_dlls()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that it falls back; it is looked at below
                session = onnxruntime.InferenceSession(
                    content, _options(), providers=[(NAMES[provider], options)], enable_fallback=0
                )
        except Exception as error:  # noqa: BLE001 - onnxruntime raises many kinds; the last is told
            refused = error
            continue
        if session.get_providers()[0] == NAMES[provider]:
            return session, provider
        refused = None  # ONNX Runtime has fallen back to the CPU without a word
    if refused is not None:
        raise ModelError(f"{model}: not an ONNX model that can be loaded: {first_line(refused)}") from refused
    raise DeviceError(
        f"--provider {providers[-1].value}: the CUDA and cuDNN libraries can't be loaded: "
        'pip install "emojicam[gpu]"; --provider cpu works without'
    )


@cache
def _prepare() -> None:
    """Once a process: no telemetry (the package's __init__ has the rest of that), no log, and a bound on the memory."""
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    onnxruntime.set_default_logger_severity(4)
    arena = onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR
    where = onnxruntime.OrtMemoryInfo("Cpu", arena, 0, onnxruntime.OrtMemType.DEFAULT)
    # 1: take what is asked for, not the next power of two.
    bound = onnxruntime.OrtArenaCfg({"max_mem": MEMORY, "arena_extend_strategy": 1})
    onnxruntime.create_and_register_allocator(where, bound)


def _options() -> onnxruntime.SessionOptions:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # For nets this small a second thread costs up to 36 % more CPU than it saves time.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    options.add_session_config_entry("session.use_env_allocators", "1")
    options.add_session_config_entry("optimization.constant_folding_max_output_size_in_bytes", str(LARGEST))
    return options


def _card(session: onnxruntime.InferenceSession, model: Path) -> Card:
    text = session.get_modelmeta().custom_metadata_map.get(METADATA_KEY)
    if text is None:
        raise ModelError(f"{model}: has no emojicam card; write it with `emojicam export`")
    try:
        return Card.from_json(text)
    except ValueError as error:
        raise ModelError(f"{model}: {first_line(error)}") from error


def _check(session: onnxruntime.InferenceSession, card: Card, model: Path) -> None:
    inputs, outputs = session.get_inputs(), session.get_outputs()
    size = card.crop.size
    wanted = [card.channels, size, size]
    if len(inputs) != 1 or inputs[0].type != "tensor(uint8)" or list(inputs[0].shape[1:]) != wanted:
        got = _listed(inputs)
        raise ModelError(
            f"{model}: takes {got}, not tensor(uint8) [N, {card.channels}, {size}, {size}] as its card says"
        )
    if isinstance(inputs[0].shape[0], int):
        raise ModelError(f"{model}: takes batches of {inputs[0].shape[0]} only, not of any size")
    widths = [len(card.labels), 2] if card.affect else [len(card.labels)]
    if [(o.type, list(o.shape[1:])) for o in outputs] != [("tensor(float)", [width]) for width in widths]:
        got = _listed(outputs)
        said = " and ".join(f"tensor(float) [N, {width}]" for width in widths)
        raise ModelError(f"{model}: gives {got}, not {said} as its card says")


def _listed(values: Sequence[Any]) -> str:
    return ", ".join(f"{value.type} {value.shape}" for value in values[:4])[:200] + (", …" if len(values) > 4 else "")


def _try(session: onnxruntime.InferenceSession, card: Card, model: Path, patience: float) -> None:
    """The first face: what is declared may not be what comes, and the model may take all memory or all time."""
    import onnxruntime

    size = card.crop.size
    black: npt.NDArray[np.uint8] = np.zeros((1, card.channels, size, size), np.uint8)
    options = onnxruntime.RunOptions()
    # A CUDA graph is recorded later, with the buffers that it is to be replayed with.
    options.add_run_config_entry("gpu_graph_id", "-1")

    def stop() -> None:
        options.terminate = True

    timer = threading.Timer(patience, stop)
    timer.start()
    try:
        answers = session.run(None, {session.get_inputs()[0].name: black}, options)
    except Exception as error:
        why = f"takes more than {patience:g} s for a face" if options.terminate else first_line(error)
        raise ModelError(f"{model}: fails on its first face: {why}") from error
    finally:
        timer.cancel()
    widths = [len(card.labels), 2] if card.affect else [len(card.labels)]
    shapes = [np.shape(answer) for answer in answers]
    if shapes != [(1, width) for width in widths] or not all(np.isfinite(answer).all() for answer in answers):
        raise ModelError(f"{model}: gives {shapes} for one face, or no finite numbers")
    if abs(float(np.sum(answers[0])) - 1) > 1e-3:
        raise ModelError(f"{model}: its probabilities for a black face sum to {float(np.sum(answers[0])):.3g}")
