"""Model files are input: whatever is in them, they are opened or refused with a reason, soon and with little memory."""

from __future__ import annotations

import ctypes
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxfiles
import pytest
from onnx import TensorProto
from onnxfiles import CARD, write_model

from emojicam import models
from emojicam.cli import main
from emojicam.errors import DeviceError, InputError, ModelError
from emojicam.models.card import Crop
from emojicam.stream.choices import Provider
from emojicam.stream.emotions.classify import Classifier
from emojicam.stream.inference import session
from emojicam.stream.inference.pinned import pinned
from emojicam.stream.inference.provider import NAMES, choose, missing
from emojicam.stream.inference.runner import SIZES, Bound, Direct, Lane
from emojicam.stream.inference.session import open_model

HOSTILE = {
    "missing": "can't be read",
    "folder": "can't be read",
    "empty": "not an ONNX model",
    "text": "not an ONNX model",
    "cut": "not an ONNX model",
    "pickle": "not an ONNX model",
    "zip bomb of a checkpoint": "not an ONNX model",
    "10 GB file": "larger than 512 MiB",
    "10 GB of weights claimed": "not an ONNX model",
    "10 GB made on the way": "fails on its first face",
    "weights in another file": "not an ONNX model",
    "operators nobody knows": "not an ONNX model",
    "no card": "has no emojicam card",
    "a card of 5 MB": "a card has 2 to 64 different labels",
    "declares one shape and gives another": "fails on its first face|for one face",
    "answers nan": "no finite numbers",
    "answers that are no probabilities": "probabilities for a black face sum to",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_or_broken_file_is_refused_with_the_reason(tmp_path: Path, kind: str) -> None:
    path = onnxfiles.write_hostile(tmp_path / "m.onnx", kind)
    with pytest.raises(ModelError, match=HOSTILE[kind]) as caught:
        open_model(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500
    assert isinstance(caught.value, InputError)


def test_refusing_takes_little_time_and_memory(tmp_path: Path) -> None:
    """Each in a process of its own; what Python, NumPy and ONNX Runtime take by themselves is not counted."""
    for number, kind in enumerate(HOSTILE):
        path = onnxfiles.write_hostile(tmp_path / f"{number}.onnx", kind)
        program = (
            "import resource, sys, time\nfrom pathlib import Path\nimport onnxruntime\n"
            "from emojicam.errors import ModelError\nfrom emojicam.stream.inference.session import open_model\n"
            "before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()\n"
            "try:\n    open_model(Path(sys.argv[1]))\nexcept ModelError:\n"
            "    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
            "    print(after - before, time.process_time() - start)\n"
        )
        done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, f"{kind}: {done.stderr}"
        kibibytes, seconds = map(float, done.stdout.split())
        assert kibibytes < 200_000, kind
        assert seconds < 1, kind


@pytest.mark.parametrize("kind", ["a loop without end", "endless sums of constants"])
def test_what_takes_for_ever_is_ended(kind: str, tmp_path: Path) -> None:
    path = onnxfiles.write_hostile(tmp_path / "m.onnx", kind)
    with pytest.raises(ModelError, match=r"takes more than 0\.5 s for a face"):
        open_model(path, patience=0.5)


def test_a_refused_model_is_exit_code_3(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = onnxfiles.write_hostile(tmp_path / "m.onnx", "pickle")
    assert main(["annotate", str(Path(__file__)), "--model", str(path)]) == 3
    captured = capfd.readouterr()
    assert captured.err.startswith("emojicam: ")
    assert captured.err.count("\n") == 1


def small_card(**changes: object) -> str:
    return replace(CARD, **changes).to_json()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"card": None}, "has no emojicam card"),
        ({"card": "not a card"}, "not a model card"),
        ({"card": "[]"}, "not a model card"),
        ({"card": "{}"}, "not a model card"),
        ({"card": small_card().replace('"temperature": 1.0', '"temperature": -1')}, "temperature is positive"),
        ({"card": small_card().replace('"temperature": 1.0', '"temperature": "warm"')}, "not a model card"),
        ({"card": small_card().replace('"labels": ["bright", "dark"]', '"labels": 7')}, "not a model card"),
        ({"card": small_card().replace('"left_eye": [', '"left_eye": [1, 1, ')}, r"m\.onnx: "),
        ({"card": small_card(labels=("a", "b", "c"))}, r"gives .* not tensor\(float\) \[N, 3\]"),
        ({"labels": 3}, r"gives .* not tensor\(float\) \[N, 2\]"),
        ({"card": small_card(crop=Crop())}, r"takes .* not tensor\(uint8\) \[N, 1, 48, 48\]"),
        ({"card": small_card(channels=3, mean=(0.0,) * 3, std=(1.0,) * 3)}, r"not tensor\(uint8\) \[N, 3, 12, 12\]"),
        ({"input_type": TensorProto.FLOAT}, r"takes tensor\(float\)"),
        ({"shape": (1, 1, 12, 12)}, "takes batches of 1 only"),
        ({"outputs": 2}, "gives "),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_model_that_does_not_fit_its_card_is_refused(tmp_path: Path, options: dict[str, object], why: str) -> None:
    path = write_model(tmp_path / "m.onnx", **options)  # type: ignore[arg-type]
    with pytest.raises(ModelError, match=why) as caught:
        Classifier(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_a_model_cannot_read_other_files(tmp_path: Path) -> None:
    """Weights beside the model, or anywhere else that it names."""
    path = write_model(tmp_path / "m.onnx", external=True)
    assert (tmp_path / "weights.bin").is_file()
    with pytest.raises(ModelError, match="not an ONNX model that can be loaded"):
        Classifier(path)


def test_a_model_cannot_read_other_files_from_its_own_folder(inside: Path) -> None:
    """Nor where it is the current folder, against which a model without a path might resolve names."""
    write_model(inside / "m.onnx", external=True)
    with pytest.raises(ModelError, match="not an ONNX model that can be loaded"):
        Classifier(Path("m.onnx"))


# --- where models run ---


class Pretended:
    """A machine as one would like it."""

    def __init__(self, *built_in: Provider, driver: bool) -> None:
        self._built_in = [NAMES[provider] for provider in (*built_in, Provider.CPU)]
        self._driver = driver

    def built_in(self) -> list[str]:
        return self._built_in

    def has_driver(self) -> bool:
        return self._driver


BARE = Pretended(driver=False)
GPU_BUILD_ALONE = Pretended(Provider.CUDA, Provider.TENSORRT, driver=False)
DRIVER_ALONE = Pretended(driver=True)
WHOLE = Pretended(Provider.CUDA, Provider.TENSORRT, driver=True)


@pytest.mark.parametrize(
    ("machine", "tried"),
    [
        (BARE, [Provider.CPU]),
        (GPU_BUILD_ALONE, [Provider.CPU]),
        (DRIVER_ALONE, [Provider.CPU]),
        (WHOLE, [Provider.CUDA, Provider.CPU]),
    ],
)
def test_auto_takes_a_gpu_only_where_nothing_is_missing(machine: Pretended, tried: list[Provider]) -> None:
    assert list(choose(Provider.AUTO, machine)) == tried


@pytest.mark.parametrize("wanted", [Provider.CUDA, Provider.TENSORRT])
@pytest.mark.parametrize(
    ("machine", "why"),
    [
        (BARE, "no NVIDIA driver"),
        (GPU_BUILD_ALONE, "no NVIDIA driver"),
        (DRIVER_ALONE, r'pip install "emojicam\[gpu\]"'),
    ],
)
def test_a_gpu_asked_for_by_name_is_had_or_it_is_said_what_is_missing(
    machine: Pretended, why: str, wanted: Provider
) -> None:
    with pytest.raises(DeviceError, match=rf"^--provider {wanted.value}: .*{why}.*--provider cpu works without$"):
        choose(wanted, machine)
    assert choose(wanted, WHOLE) == (wanted,)
    assert choose(Provider.CPU, machine) == (Provider.CPU,)
    assert missing(Provider.CPU, BARE) is None


def test_a_gpu_that_only_seems_to_be_there_is_exit_code_4(tmp_path: Path) -> None:
    """ONNX Runtime itself falls back without a word where the libraries can't be loaded."""
    path = write_model(tmp_path / "m.onnx")
    with pytest.raises(DeviceError, match="CUDA and cuDNN come with pip install") as caught:
        open_model(path, Provider.CUDA, WHOLE)
    assert caught.value.exit_code == 4
    with pytest.raises(DeviceError, match="TensorRT comes from NVIDIA"):
        open_model(path, Provider.TENSORRT, WHOLE)
    opened = open_model(path, Provider.AUTO, WHOLE)
    assert opened.provider is Provider.CPU
    assert opened.session.get_providers() == [NAMES[Provider.CPU]]
    assert opened.passed_over is not None
    assert "CUDA and cuDNN come with pip install" in opened.passed_over
    assert open_model(path, Provider.CPU).passed_over is None


def test_a_gpu_that_fails_on_its_first_faces_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_model(tmp_path / "m.onnx")
    plain = open_model(path, Provider.CPU).session
    # It opens; but there is no memory of a GPU to bind.
    monkeypatch.setattr(session, "_session", lambda content, model, provider, options: plain)
    assert open_model(path, Provider.AUTO, WHOLE).provider is Provider.CPU
    with pytest.raises(DeviceError, match=r"^--provider cuda: fails on its first faces: .*--provider cpu works"):
        open_model(path, Provider.CUDA, WHOLE)


def test_a_models_own_fault_is_not_the_gpus(tmp_path: Path) -> None:
    path = onnxfiles.write_hostile(tmp_path / "m.onnx", "answers nan")
    with pytest.raises(ModelError, match="no finite numbers"):
        open_model(path, Provider.CUDA, WHOLE)


def test_a_gpu_is_run_by_one_thread_whoever_asks() -> None:
    lane = Lane(own_thread=True)
    seen: list[int] = []

    def note() -> int:
        seen.append(threading.get_ident())
        return len(seen)

    askers = [threading.Thread(target=lane, args=(note,)) for _ in range(5)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert lane(note) == 6
    assert len(set(seen)) == 1
    assert threading.get_ident() not in seen
    assert Lane(own_thread=False)(threading.get_ident) == threading.get_ident()
    with pytest.raises(ZeroDivisionError):
        lane(lambda: 1 // 0)


def test_of_large_faces_a_gpu_takes_fewer_at_a_time(tmp_path: Path) -> None:
    card = replace(CARD, crop=Crop().at(224))
    path = write_model(tmp_path / "m.onnx", card, shape=("batch", 1, 224, 224))
    bound = Bound(open_model(path, Provider.CPU).session, "cpu", graphs=False)
    answers = bound(np.zeros((40, 1, 224, 224), np.uint8))
    assert answers[0].shape == (40, 2)
    assert bound.slots == (8, 16)


def test_a_fallback_prints_nothing(tmp_path: Path) -> None:
    path = write_model(tmp_path / "m.onnx")
    program = (
        "import sys\nfrom pathlib import Path\nfrom emojicam.stream.inference.session import open_model\n"
        "from emojicam.stream.inference.provider import NAMES, Provider\n"
        "class Machine:\n"
        "    def built_in(self): return list(NAMES.values())\n"
        "    def has_driver(self): return True\n"
        "print(open_model(Path(sys.argv[1]), Provider.AUTO, Machine()).provider.value)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "cpu\n", "")


# --- how batches run ---


@pytest.mark.parametrize("number", [1, 2, 3, 7, 16, 33, 64, 65, 150])
def test_bound_buffers_answer_as_a_plain_run_does(number: int) -> None:
    opened = open_model(models.model_file(models.DEFAULT), Provider.CPU)
    bound, direct = Bound(opened.session, "cpu", graphs=False), Direct(opened.session)
    rng = np.random.default_rng(number)
    for _ in range(3):  # the second time the buffers hold the first time's faces
        faces = rng.integers(0, 256, (number, 1, 48, 48), dtype=np.uint8)
        ours, theirs = bound(faces), direct(faces)
        assert [answer.shape for answer in ours] == [(number, len(opened.card.labels))]
        assert ours[0] == pytest.approx(theirs[0], abs=1e-5)
        again = ours[0].copy()
        bound(255 - faces)
        assert np.array_equal(ours[0], again), "an answer changed under its owner"


def test_a_batch_is_filled_up_to_one_of_a_few_sizes() -> None:
    bound = Bound(open_model(models.model_file(models.DEFAULT), Provider.CPU).session, "cpu", graphs=False)
    for number in (1, 3, 4, 5, 100):
        bound(np.zeros((number, 1, 48, 48), np.uint8))
    assert set(bound.slots) <= set(SIZES)
    assert bound.slots == (1, 4, 8, 64)


def test_a_direct_run_takes_large_batches_in_parts() -> None:
    session = open_model(models.model_file(models.DEFAULT), Provider.CPU).session
    faces = np.random.default_rng(0).integers(0, 256, (10, 1, 48, 48), dtype=np.uint8)
    assert Direct(session, largest=3)(faces)[0] == pytest.approx(Direct(session)(faces)[0], abs=1e-6)


class FakeCuda:
    """CUDA's runtime as far as pinning goes: 0 is success."""

    def __init__(self, answer: int) -> None:
        self.answer, self.last, self.pinned = answer, 0, dict[int, int]()

    def cudaHostRegister(self, place: ctypes.c_void_p, size: ctypes.c_size_t, flags: int) -> int:
        if self.answer == 0:
            self.pinned[place.value or 0] = size.value
        self.last = self.answer
        return self.answer

    def cudaGetLastError(self) -> int:
        last, self.last = self.last, 0
        return last

    def cudaHostUnregister(self, place: ctypes.c_void_p) -> int:
        del self.pinned[place.value or 0]
        return 0


def test_pinned_memory_is_given_back_with_its_last_owner() -> None:
    cuda = FakeCuda(0)
    array = pinned((4, 1, 48, 48), cuda)
    assert cuda.pinned == {array.ctypes.data: 4 * 48 * 48}
    view = array[:2]
    del array
    assert cuda.pinned, "given back while somebody still reads it"
    assert not view.any()
    del view
    assert not cuda.pinned


def test_memory_that_cannot_be_pinned_serves_as_well() -> None:
    cuda = FakeCuda(2)  # cudaErrorMemoryAllocation
    array = pinned((2, 1, 12, 12), cuda)
    assert (array.shape, array.dtype, array.any()) == ((2, 1, 12, 12), np.uint8, False)
    assert cuda.last == 0  # nobody else will find the failure
    del array
    assert not cuda.pinned
