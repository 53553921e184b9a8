"""Open a model file. It is input like any other: whatever is in it, little memory and time are spent on it.

ONNX holds no code, only operators that ONNX Runtime knows; what a hostile file can do is name other files, claim huge
tensors and loop for ever.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from emojicam.errors import DeviceError, ModelError, first_line
from emojicam.models.card import METADATA_KEY, Card
from emojicam.stream.choices import FAST_MATH, Provider
from emojicam.stream.inference.installed import load
from emojicam.stream.inference.provider import GRAPHS, LIBRARIES, NAMES, Machine, ThisMachine, choose
from emojicam.stream.inference.refusals import NEWER, why
from emojicam.stream.inference.runner import Lane, Runner, runner

if TYPE_CHECKING:
    import onnxruntime

Floats = npt.NDArray[np.float32]

LARGEST = 512 * 1024 * 1024
"""Bytes of a model file at most. The largest net here, AlexNet, has about 230 MB."""

MEMORY = 2 * 1024 * 1024 * 1024
"""Bytes that all sessions of emotion models together may take on the CPU: newbase needs 1.2 GB for a batch of 32."""

TF32 = "use_tf32"
"""CUDA's option to round the factors of products to 10 bits. By default it is on, and answers differ from the CPU's by
up to 1.1e-3 (`mien`, 1,024 faces, H200); an export is proven to 1e-4, so that here it is off unless it is asked for."""

SEARCH = "cudnn_conv_algo_search"
"""CUDA's option to choose convolutions. All of them are tried for the emotion model, whose batches have nine shapes. A
picture may have any shape: for these they are told by rule. On an H100 a search for eight shapes of the second detector
had not ended after 55 s."""

_CUDA: Mapping[str, str] = {SEARCH: "EXHAUSTIVE", "gpu_mem_limit": str(MEMORY), TF32: "0"}

OPTIONS: Mapping[Provider, Sequence[Mapping[str, str]]] = {
    Provider.CPU: ({},),
    # Faces come in batches of a few sizes: a graph of the launches for each is recorded once and replayed. A net of
    # which a step runs on the CPU can't be recorded, which ONNX Runtime says when it is opened.
    Provider.CUDA: ({**_CUDA, GRAPHS: "1"}, _CUDA),
    Provider.TENSORRT: ({},),
}
"""Options that each provider is opened with; the second ones where the first are refused."""

PATIENCE = {Provider.CPU: 10.0, Provider.CUDA: 120.0, Provider.TENSORRT: 900.0}
"""Seconds that a model may take for its first face. The slowest net here, newbase, takes 0.5 on a CPU; CUDA loads its
libraries and looks for the fastest convolutions then, and TensorRT builds its engine."""

WARM = (1, 2, 4, 8)
"""Sizes of batches that a GPU runs at the start: each first one allocates and compiles; no frame waits for it then."""


@dataclass(frozen=True)
class Opened:
    """A model that is opened and ready to run.

    Attributes:
        session: ONNX Runtime's session.
        provider: Where it runs.
        card: The model's card, which it fits.
        run: The way to run batches.
        passed_over: Why the provider that was tried before isn't used; None if it is the first.
    """

    session: onnxruntime.InferenceSession
    provider: Provider
    card: Card
    run: Runner
    passed_over: str | None = None


def open_model(
    model: Path,
    wanted: Provider = Provider.AUTO,
    machine: Machine | None = None,
    *,
    fast_math: bool = FAST_MATH,
    patience: float | None = None,
) -> Opened:
    """Open a model file and try it on one black face.

    Args:
        model: An ONNX file that `emojicam export` wrote.
        wanted: Where it is to run. AUTO takes the CPU where a GPU is there but fails.
        machine: What is known of this machine; by default it is asked.
        fast_math: CUDA may round the factors of products (TF32); nothing else heeds it.
        patience: Seconds that the first face may take; by default those of `PATIENCE`.

    Raises:
        MissingExtra: ONNX Runtime is not installed.
        DeviceError: `wanted` names a GPU that can't be had.
        ModelError: The file can't be used; the message says why.
    """
    providers = choose(wanted, machine or ThisMachine())
    content = _content(model)
    refused: Exception | None = None
    for provider in providers:
        for options in _provider_options(provider, fast_math=fast_math):
            try:
                session = _session(content, model, provider, options)
                opened = _tried(session, provider, model, PATIENCE[provider] if patience is None else patience)
                return replace(opened, passed_over=None if provider is providers[0] else str(refused))
            except _Fails as failure:
                refused = failure
    if wanted in (Provider.AUTO, Provider.CPU):
        raise ModelError(f"{model}: {refused}") from refused
    open_model(model, Provider.CPU, patience=patience)  # is it the model's fault?
    raise DeviceError(f"--provider {wanted.value}: {refused}; --provider cpu works without") from refused


def open_net(
    model: Path,
    wanted: Provider,
    machine: Machine | None = None,
    *,
    fast_math: bool = FAST_MATH,
    prepare: Callable[[bytes], bytes] = bytes,
) -> Callable[[npt.NDArray[np.generic]], list[Floats]]:
    """Open a net of another kind than ours: it has no card, and is trusted by its checksum.

    Args:
        model: An ONNX file with one input.
        wanted: Where it is to run. AUTO takes the CPU where a GPU is there but fails.
        machine: The facts about this machine that decide.
        fast_math: CUDA may round the factors of products (TF32).
        prepare: Changes the file's content before it is opened.

    Returns:
        A callable that takes an array of the input's shape and type, and gives the outputs, in their order.

    Raises:
        MissingExtra: ONNX Runtime is not installed.
        DeviceError: `wanted` names a GPU that can't be had.
        ModelError: The file can't be used; the message says why.
    """
    try:
        content = prepare(_content(model))
    except ValueError as error:
        raise ModelError(f"{model}: not an ONNX model that can be loaded: {error}") from error
    refused: Exception | None = None
    for provider in choose(wanted, machine or ThisMachine()):
        try:
            # The last ones record no graphs: pictures come in many sizes.
            *_, options = _provider_options(provider, fast_math=fast_math)
            if provider is Provider.CUDA:
                options = {**options, SEARCH: "HEURISTIC"}
            session = _session(content, model, provider, options, keeps_memory=False)
            if len(session.get_inputs()) != 1:
                raise _Fails(f"takes {_listed(session.get_inputs())}, not one picture")
        except _Fails as failure:
            refused = failure
            continue
        name = session.get_inputs()[0].name
        return lambda batch: session.run(None, {name: batch})
    if wanted in (Provider.AUTO, Provider.CPU):
        raise ModelError(f"{model}: {refused}") from refused
    raise DeviceError(f"--provider {wanted.value}: {refused}; --provider cpu works without") from refused


def _provider_options(provider: Provider, *, fast_math: bool) -> list[dict[str, str]]:
    return [{**options, TF32: "1"} if fast_math and TF32 in options else dict(options) for options in OPTIONS[provider]]


class _Fails(Exception):
    """A model can't be run by a provider."""


def _content(model: Path) -> bytes:
    try:
        if model.stat().st_size > LARGEST:
            raise ModelError(f"{model}: larger than {LARGEST >> 20} MiB, the most that is loaded")
        # As bytes, the model has no folder, so that it cannot name other files as its weights.
        content = model.read_bytes()
    except OSError as error:
        raise ModelError(f"{model}: can't be read: {error.strerror or error}") from error
    if content.startswith(b"PK\x03\x04"):  # a zip archive, as torch writes them
        raise ModelError(f"{model}: not an ONNX model, but as it seems a checkpoint: emojicam export makes one of it")
    return content


def _session(
    content: bytes, model: Path, provider: Provider, options: Mapping[str, str], *, keeps_memory: bool = True
) -> onnxruntime.InferenceSession:
    onnxruntime = load()
    _prepare()
    if provider is not Provider.CPU:
        onnxruntime.preload_dlls()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it falls back; it is looked at below
            session = onnxruntime.InferenceSession(
                content,
                _options(keeps_memory=keeps_memory),
                providers=[(NAMES[provider], options)],
                enable_fallback=0,
                # Whoever made the file has computed what is constant. What a hostile one leaves to be computed would
                # take its time here, where nothing can stop it; so it is left to the first face, which has a limit.
                disabled_optimizers=["ConstantFolding"],
            )
        _read_names(session)
    except Exception as error:
        said = why(error)
        raise _Fails(said if said == NEWER else f"not an ONNX model that can be loaded: {said}") from error
    if session.get_providers()[0] != NAMES[provider]:  # ONNX Runtime has fallen back to the CPU without a word
        raise _Fails(f"its libraries can't be loaded: {LIBRARIES[provider]}")
    return session


def _read_names(session: onnxruntime.InferenceSession) -> None:
    """Read all that a model says of itself: what is no UTF-8 raises here, and nowhere later."""
    for value in (*session.get_inputs(), *session.get_outputs()):
        _ = value.name, value.type, value.shape
    _ = session.get_modelmeta().custom_metadata_map


def _tried(session: onnxruntime.InferenceSession, provider: Provider, model: Path, patience: float) -> Opened:
    card = _card(session, model)
    _check(session, card, model)
    lane = Lane(own_thread=provider is not Provider.CPU)
    lane(partial(_try, session, card, patience))
    run = runner(session, provider, lane)
    if provider is not Provider.CPU:
        try:
            for faces in WARM:
                run(_black(card, faces))
        except Exception as error:
            raise _Fails(f"fails on its first faces: {why(error)}") from error
    return Opened(session, provider, card, run)


def _black(card: Card, number: int) -> npt.NDArray[np.uint8]:
    return np.zeros((number, card.channels, card.crop.size, card.crop.size), np.uint8)


@cache
def _prepare() -> None:
    """Prepare ONNX Runtime, once a process: no telemetry, no log, and a bound on the memory.

    The package's __init__ has the rest of what keeps telemetry off.
    """
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    onnxruntime.set_default_logger_severity(4)
    arena = onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR
    where = onnxruntime.OrtMemoryInfo("Cpu", arena, 0, onnxruntime.OrtMemType.DEFAULT)
    # 1: take what is asked for, not the next power of two.
    bound = onnxruntime.OrtArenaCfg({"max_mem": MEMORY, "arena_extend_strategy": 1})
    onnxruntime.create_and_register_allocator(where, bound)


def _options(*, keeps_memory: bool) -> onnxruntime.SessionOptions:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # For nets this small a second thread costs up to 36 % more CPU than it saves time.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    if keeps_memory:
        options.add_session_config_entry("session.use_env_allocators", "1")
    else:  # what runs once a second must not keep 200 MB between
        options.enable_cpu_mem_arena = False
        options.enable_mem_pattern = False
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
    widths = [width for _, width in card.outputs]
    if [(o.type, list(o.shape[1:])) for o in outputs] != [("tensor(float)", [width]) for width in widths]:
        got = _listed(outputs)
        said = " and ".join(f"tensor(float) [N, {width}]" for width in widths)
        raise ModelError(f"{model}: gives {got}, not {said} as its card says")


def _listed(values: Sequence[Any]) -> str:
    if not values:
        return "nothing"
    return ", ".join(f"{value.type} {value.shape}" for value in values[:4])[:200] + (", …" if len(values) > 4 else "")


def _try(session: onnxruntime.InferenceSession, card: Card, patience: float) -> None:
    """Run a first face: what is declared may not be what comes, and the model may take all memory or all time."""
    import onnxruntime

    options = onnxruntime.RunOptions()
    # A CUDA graph is recorded later, with the buffers that it is to be replayed with.
    options.add_run_config_entry("gpu_graph_id", "-1")

    def stop() -> None:
        options.terminate = True

    timer = threading.Timer(patience, stop)
    timer.start()
    try:
        answers = session.run(None, {session.get_inputs()[0].name: _black(card, 1)}, options)
    except Exception as error:
        reason = f"takes more than {patience:g} s for a face" if options.terminate else why(error)
        raise _Fails(f"fails on its first face: {reason}") from error
    finally:
        timer.cancel()
    widths = [width for _, width in card.outputs]
    shapes = [np.shape(answer) for answer in answers]
    if shapes != [(1, width) for width in widths] or not all(np.isfinite(answer).all() for answer in answers):
        raise _Fails(f"gives {shapes} for one face, or no finite numbers")
    if abs(float(np.sum(answers[0])) - 1) > 1e-3:
        raise _Fails(f"its probabilities for a black face sum to {float(np.sum(answers[0])):.3g}")
