"""Run batches of faces through a session: straight on a CPU, with bound and reused buffers on a GPU."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from emojicam.stream.pinned import pinned
from emojicam.stream.provider import GRAPHS, NAMES, Provider

if TYPE_CHECKING:
    import onnxruntime

Faces = npt.NDArray[np.uint8]
Answers = list[npt.NDArray[np.float32]]

SIZES = (1, 2, 4, 8, 16, 32, 64)
"""Batches that a GPU runs: a batch is filled up to the next, a larger one comes in parts."""

LARGEST_BATCH = 32
"""Of a CPU, where larger ones gain nothing and take memory."""


class Runner(Protocol):
    """Runs batches."""

    def __call__(self, faces: Faces) -> Answers:
        """Args: uint8 NxCxSxS, N >= 1. Returns: for each output float32 NxK, fresh arrays."""


def runner(session: onnxruntime.InferenceSession, provider: Provider) -> Runner:
    """The way to run batches that fits where a session runs."""
    if provider is Provider.CPU:
        return Direct(session)
    options = session.get_provider_options().get(NAMES[provider], {})
    return Bound(session, "cuda", graphs=options.get(GRAPHS) == "1")


class Direct:
    """On a CPU: the session reads the faces where they are."""

    def __init__(self, session: onnxruntime.InferenceSession, largest: int = LARGEST_BATCH) -> None:
        self._session, self._largest = session, largest
        self._input = session.get_inputs()[0].name

    def __call__(self, faces: Faces) -> Answers:
        """As `Runner`."""
        parts = [faces[at : at + self._largest] for at in range(0, len(faces), self._largest)]
        return _joined([self._session.run(None, {self._input: part}) for part in parts])


@dataclass(frozen=True)
class _Slot:
    """What one size of batch keeps: its buffers on both sides and their binding."""

    host: Faces
    given: Any
    answers: list[Any]
    binding: Any
    options: Any


class Bound:
    """On a GPU: each size of batch has its buffers on the device, bound once and used again.

    That way the addresses never change, so that CUDA can record what is launched once and replay it (a CUDA graph).
    """

    def __init__(self, session: onnxruntime.InferenceSession, device: str, *, graphs: bool) -> None:
        """Bind nothing yet; a size's buffers are made when it first comes.

        Args:
            session: Of a model with one input.
            device: "cuda"; "cpu" works as well, which is how this is tested without a GPU.
            graphs: Record and replay each size's launches.
        """
        self._session, self._device, self._graphs = session, device, graphs
        self._slots: dict[int, _Slot] = {}

    def __call__(self, faces: Faces) -> Answers:
        """As `Runner`."""
        parts = [faces[at : at + SIZES[-1]] for at in range(0, len(faces), SIZES[-1])]
        return _joined([self._run(part) for part in parts])

    @property
    def slots(self) -> tuple[int, ...]:
        """The sizes of batches that have buffers so far."""
        return tuple(sorted(self._slots))

    def _run(self, faces: Faces) -> Answers:
        size = next(size for size in SIZES if size >= len(faces))
        slot = self._slots.get(size)
        if slot is None:
            slot = self._slots[size] = self._bind(size)
        slot.host[: len(faces)] = faces
        slot.given.update_inplace(slot.host)
        self._session.run_with_iobinding(slot.binding, slot.options)
        return [answer.numpy()[: len(faces)].copy() for answer in slot.answers]

    def _bind(self, size: int) -> _Slot:
        import onnxruntime

        (given,) = self._session.get_inputs()
        host = pinned((size, *given.shape[1:]))

        def buffer(shape: tuple[int, ...], kind: type) -> Any:
            return onnxruntime.OrtValue.ortvalue_from_shape_and_type(shape, kind, self._device)

        taken = buffer(host.shape, np.uint8)
        outputs = self._session.get_outputs()
        answers = [buffer((size, *output.shape[1:]), np.float32) for output in outputs]
        binding = self._session.io_binding()
        binding.bind_ortvalue_input(given.name, taken)
        for output, answer in zip(outputs, answers, strict=True):
            binding.bind_ortvalue_output(output.name, answer)
        options = onnxruntime.RunOptions()
        if self._graphs:
            options.add_run_config_entry("gpu_graph_id", str(size))
        return _Slot(host, taken, answers, binding, options)


def _joined(parts: list[Any]) -> Answers:
    return [np.concatenate(column) if len(column) > 1 else column[0] for column in zip(*parts, strict=True)]
