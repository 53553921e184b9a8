"""Run batches of faces through a session: straight on a CPU, with bound and reused buffers on a GPU."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from emojicam.stream.choices import Provider
from emojicam.stream.inference.pinned import pinned
from emojicam.stream.inference.provider import GRAPHS, NAMES

if TYPE_CHECKING:
    import onnxruntime

T = TypeVar("T")
Faces = npt.NDArray[np.uint8]
Answers = list[npt.NDArray[np.float32]]

SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
"""Sizes of the batches that a GPU runs: a batch is filled up to the next, a larger one comes in parts.

Filling up costs less than a second run: of `mien` on an H200 a recorded batch of 1 takes 0.5 ms and one of 64 takes
0.9, and four of 64 took 3.4 ms where one call with 256 faces took 1.8.
"""

LARGEST_AREA = 16 * 224 * 224
"""Pixels of a GPU's batch of faces at most: of 64 faces of 224 px newbase's inner layers alone would take over 2 GB.

256 faces of 48 px are three quarters of that.
"""

LARGEST_BATCH = 32
"""Faces of a CPU's batch at most: larger ones gain nothing and take memory."""


class Runner(Protocol):
    """A callable that runs batches of faces through a model."""

    def __call__(self, faces: Faces) -> Answers:
        """Run a batch of faces.

        Args:
            faces: uint8 NxCxSxS, N >= 1.

        Returns:
            For each output float32 NxK, fresh arrays.
        """


class Lane:
    """The thread that a session's runs happen in: the caller's, at once, or always one of its own.

    CUDA graphs, and the handles of CUDA's libraries, belong to the thread in which they were made: ONNX Runtime lets a
    session that records graphs be run by one thread alone, but each video of ours has threads of its own.
    """

    def __init__(self, *, own_thread: bool) -> None:
        """Choose one of the two; a thread begins with the first run."""
        self._thread = ThreadPoolExecutor(1, "gpu") if own_thread else None

    def __call__(self, work: Callable[[], T]) -> T:
        """Run `work` in the lane, and give what it returns or raise what it raises."""
        return work() if self._thread is None else self._thread.submit(work).result()


HERE = Lane(own_thread=False)


def runner(session: onnxruntime.InferenceSession, provider: Provider, lane: Lane = HERE) -> Runner:
    """Choose the way to run batches that fits where a session runs.

    Args:
        session: A session of a model with one input.
        provider: Where it runs.
        lane: The thread that runs happen in.
    """
    if provider is Provider.CPU:
        return Direct(session)
    options = session.get_provider_options().get(NAMES[provider], {})
    return Bound(session, "cuda", graphs=options.get(GRAPHS) == "1", lane=lane)


class Direct:
    """Runs batches on a CPU: the session reads the faces where they are."""

    def __init__(self, session: onnxruntime.InferenceSession, largest: int = LARGEST_BATCH) -> None:
        self._session, self._largest = session, largest
        self._input = session.get_inputs()[0].name

    def __call__(self, faces: Faces) -> Answers:
        """Run a batch of faces, in parts if it is large."""
        parts = [faces[at : at + self._largest] for at in range(0, len(faces), self._largest)]
        return _joined([self._session.run(None, {self._input: part}) for part in parts])


@dataclass(frozen=True)
class _Slot:
    """One size of batch with what it keeps: its buffers on both sides and their binding."""

    host: Faces
    given: Any
    answers: list[Any]
    binding: Any
    options: Any


class Bound:
    """Runs batches on a GPU: each size of batch has its buffers on the device, bound once and used again.

    That way the addresses never change, so that CUDA can record what is launched once and replay it (a CUDA graph).
    """

    def __init__(self, session: onnxruntime.InferenceSession, device: str, *, graphs: bool, lane: Lane = HERE) -> None:
        """Bind nothing yet; a size's buffers are made when it first comes.

        Args:
            session: A session of a model with one input.
            device: "cuda"; "cpu" works as well, which is how this is tested without a GPU.
            graphs: Record and replay each size's launches.
            lane: The thread that runs happen in.
        """
        self._session, self._device, self._graphs, self._lane = session, device, graphs, lane
        self._slots: dict[int, _Slot] = {}
        _, _, height, width = session.get_inputs()[0].shape
        self._sizes = tuple(size for size in SIZES if size == 1 or size * height * width <= LARGEST_AREA)

    def __call__(self, faces: Faces) -> Answers:
        """Run a batch of faces, in parts if it is large."""
        return self._lane(lambda: _joined(list(self._parts(faces))))

    @property
    def slots(self) -> tuple[int, ...]:
        """The sizes of batches that have buffers so far."""
        return tuple(sorted(self._slots))

    def _parts(self, faces: Faces) -> Iterator[Answers]:
        at = 0
        while at < len(faces):
            part = faces[at : at + self._sizes[-1]]
            size = next(size for size in self._sizes if size >= len(part))
            if size not in self._slots and not self._fits(size):
                continue
            yield self._run(self._slots[size], part)
            at += len(part)

    def _fits(self, size: int) -> bool:
        """Make a size's buffers and run them once; where the memory is too small for them, leave out such sizes.

        A GPU may have others to serve. What fails for any other reason fails for one face as well.
        """
        try:
            slot = self._bind(size)
            self._run(slot, slot.host)
        except Exception:
            if size == 1:
                raise
            self._sizes = tuple(smaller for smaller in self._sizes if smaller < size)
            return False
        self._slots[size] = slot
        return True

    def _run(self, slot: _Slot, faces: Faces) -> Answers:
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
