"""Model files are input: whatever is in them, they are opened or refused with a reason, soon and with little memory."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxfiles
import onnxruntime
import pytest
from machines import BARE, DRIVER_ALONE, WHOLE, Pretended
from onnx import TensorProto, helper, numpy_helper
from onnxfiles import CARD, write_model

from emojicam.cli import main
from emojicam.errors import DeviceError, InputError, ModelError
from emojicam.models.card import Crop
from emojicam.stream.choices import Provider
from emojicam.stream.emotions.classify import Classifier
from emojicam.stream.inference import session
from emojicam.stream.inference.provider import GRAPHS, NAMES
from emojicam.stream.inference.session import TF32, open_model, open_net

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


def changed(path: Path, change: Callable[[onnx.ModelProto], object]) -> Path:
    model = onnx.load(str(write_model(path)))
    change(model)
    path.write_bytes(model.SerializeToString())
    return path


NEW: dict[str, Callable[[onnx.ModelProto], object]] = {
    "IR version": lambda model: setattr(model, "ir_version", 99),
    "opset": lambda model: setattr(model.opset_import[0], "version", 99),
    "opset of another domain": lambda model: model.opset_import.append(helper.make_opsetid("ai.onnx.ml", 99)),
}


@pytest.mark.parametrize("kind", NEW)
def test_a_model_from_a_newer_onnx_is_called_so(tmp_path: Path, kind: str) -> None:
    path = changed(tmp_path / "m.onnx", NEW[kind])
    for opened in (open_model, lambda model: open_net(model, Provider.CPU)):
        with pytest.raises(ModelError, match="newer than this ONNX Runtime reads") as caught:
            opened(path)
        assert str(caught.value).startswith(f"{path}: ")


BROKEN: dict[str, Callable[[onnx.ModelProto], object]] = {
    "no opset": lambda model: model.ClearField("opset_import"),
    "no input": lambda model: model.graph.ClearField("input"),
    "a type that nobody knows": lambda model: setattr(model.graph.initializer[0], "data_type", 99),
    "an operator that nobody knows": lambda model: setattr(model.graph.node[0], "op_type", "Frobnicate"),
    "a circle": lambda model: model.graph.node[0].input.__setitem__(0, "logits"),
    "no output": lambda model: model.graph.ClearField("output"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_no_place_in_a_librarys_source_is_told(tmp_path: Path, kind: str) -> None:
    with pytest.raises(ModelError) as caught:
        open_model(changed(tmp_path / "m.onnx", BROKEN[kind]))
    assert not re.search(r"onnxruntime_src|::|\.(cc|h):\d|\[ONNXRuntimeError\]|\n", str(caught.value))


@pytest.mark.parametrize("text", [b'"bright"', b"emojicam.card", b"faces", b"batch"])
def test_bytes_that_are_no_text_are_refused_wherever_they_stand(tmp_path: Path, text: bytes) -> None:
    path = write_model(tmp_path / "m.onnx")
    path.write_bytes(path.read_bytes().replace(text, b"\xff\xfe" + text[2:]))
    with pytest.raises(ModelError) as caught:
        open_model(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_a_net_takes_one_picture(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="takes nothing, not one picture"):
        open_net(changed(tmp_path / "m.onnx", without_inputs), Provider.CPU)


def without_inputs(model: onnx.ModelProto) -> None:
    """The faces are a constant of the model."""
    model.graph.initializer.append(numpy_helper.from_array(np.zeros((1, 1, 12, 12), np.uint8), "faces"))
    model.graph.ClearField("input")


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


def test_a_checkpoint_is_told_from_a_model(tmp_path: Path) -> None:
    path = tmp_path / "best.pt"
    path.write_bytes(b"PK\x03\x04 and so on")
    with pytest.raises(ModelError, match=r"best\.pt: not an ONNX model, .* emojicam export makes one of it"):
        Classifier(path)


# --- where models run ---


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


@pytest.mark.parametrize("fast", [False, True])
def test_a_gpu_rounds_only_if_that_is_asked_for(tmp_path: Path, fast: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_model(tmp_path / "m.onnx")
    plain = open_model(path, Provider.CPU).session
    asked: list[Mapping[str, str]] = []

    def opened(
        content: bytes, model: Path, provider: Provider, options: Mapping[str, str], *, keeps_memory: bool = True
    ) -> onnxruntime.InferenceSession:
        asked.append(options)
        return plain

    monkeypatch.setattr(session, "_session", opened)
    open_net(path, Provider.CUDA, WHOLE, fast_math=fast)
    Classifier(path, Provider.AUTO, machine=WHOLE, fast_math=fast)
    net, first, second, cpu = asked
    assert {options[TF32] for options in (net, first, second)} == {"1" if fast else "0"}
    assert [options.get(GRAPHS) for options in (net, first, second)] == [None, "1", None]
    assert cpu == {}


def test_a_models_own_fault_is_not_the_gpus(tmp_path: Path) -> None:
    path = onnxfiles.write_hostile(tmp_path / "m.onnx", "answers nan")
    with pytest.raises(ModelError, match="no finite numbers"):
        open_model(path, Provider.CUDA, WHOLE)


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


# --- nets of another kind ---

UNLOADABLE = [
    "missing",
    "folder",
    "empty",
    "text",
    "cut",
    "pickle",
    "10 GB file",
    "10 GB of weights claimed",
    "weights in another file",
    "operators nobody knows",
]


def write_net(path: Path, *outputs: str) -> Path:
    """A net without a card that takes floats of any shape; its outputs are of "double", "half"."""
    two = numpy_helper.from_array(np.array(2, np.float32), "two")
    graph = helper.make_graph(
        [helper.make_node("Mul", ["given", "two"], ["double"]), helper.make_node("Div", ["given", "two"], ["half"])],
        "net",
        [helper.make_tensor_value_info("given", TensorProto.FLOAT, ("rows", "columns"))],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ("rows", "columns")) for name in outputs],
        [two],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.save_model(model, str(path))
    return path


def test_a_net_without_a_card_gives_its_outputs_in_their_order(tmp_path: Path) -> None:
    net = open_net(write_net(tmp_path / "one.onnx", "half", "double"), Provider.CPU)
    other = open_net(write_net(tmp_path / "other.onnx", "double", "half"), Provider.CPU)
    for shape in ((1, 3), (4, 2), (1, 300)):
        given = np.random.default_rng(0).normal(size=shape).astype(np.float32)
        half, double = net(given)
        assert half.dtype == np.float32
        assert np.array_equal(half, given / 2)
        assert np.array_equal(double, given * 2)
        assert [answer.tolist() for answer in other(given)] == [double.tolist(), half.tolist()]


@pytest.mark.parametrize("kind", UNLOADABLE)
def test_a_net_that_cannot_be_loaded_is_refused_with_the_reason(tmp_path: Path, kind: str) -> None:
    path = onnxfiles.write_hostile(tmp_path / "m.onnx", kind)
    with pytest.raises(ModelError, match=HOSTILE[kind]) as caught:
        open_net(path, Provider.CPU)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("machine", "why"), [(BARE, "no NVIDIA driver is installed"), (DRIVER_ALONE, "ONNX Runtime has no cuda")]
)
def test_a_net_that_is_to_run_on_a_gpu_that_is_not_there_is_refused(
    tmp_path: Path, machine: Pretended, why: str
) -> None:
    path = write_net(tmp_path / "m.onnx", "double")
    with pytest.raises(DeviceError, match=f"^--provider cuda: .*{why}"):
        open_net(path, Provider.CUDA, machine)


@pytest.mark.parametrize("machine", [BARE, DRIVER_ALONE, WHOLE])
def test_a_net_runs_on_the_cpu_where_no_gpu_works(
    tmp_path: Path, machine: Pretended, capfd: pytest.CaptureFixture[str]
) -> None:
    """Also where a GPU only seems to be there; and nothing is printed."""
    net = open_net(write_net(tmp_path / "m.onnx", "double"), Provider.AUTO, machine)
    assert net(np.ones((1, 2), np.float32))[0].tolist() == [[2, 2]]
    assert capfd.readouterr() == ("", "")


def test_a_net_of_pictures_of_many_sizes_is_not_recorded_by_a_gpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_net(tmp_path / "m.onnx", "double")
    asked: dict[Provider, Mapping[str, str]] = {}

    def opened(
        content: bytes, model: Path, provider: Provider, options: Mapping[str, str], *, keeps_memory: bool
    ) -> onnxruntime.InferenceSession:
        asked[provider] = options
        return onnxruntime.InferenceSession(content, providers=[NAMES[Provider.CPU]])

    monkeypatch.setattr(session, "_session", opened)
    for provider in (Provider.AUTO, Provider.TENSORRT, Provider.CPU):
        open_net(path, provider, WHOLE)
    assert set(asked) == {Provider.CUDA, Provider.TENSORRT, Provider.CPU}
    assert asked[Provider.CUDA]["gpu_mem_limit"] == str(session.MEMORY)
    assert GRAPHS not in asked[Provider.CUDA]
    assert asked[Provider.CPU] == {}


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="there is no such file here")
def test_a_net_that_runs_now_and_then_keeps_no_memory_between(tmp_path: Path) -> None:
    path = write_net(tmp_path / "m.onnx", "double", "half")
    program = (
        "import resource, sys\nfrom pathlib import Path\nimport numpy as np\n"
        "from emojicam.stream.choices import Provider\nfrom emojicam.stream.inference.session import open_net\n"
        "def taken():\n"
        "    return int(Path('/proc/self/statm').read_text().split()[1]) * resource.getpagesize() >> 20\n"
        "net = open_net(Path(sys.argv[1]), Provider.CPU)\n"
        "net(np.zeros((1, 1), np.float32))\n"
        "before = taken()\n"
        "answers = net(np.ones((25, 1 << 20), np.float32))\n"
        "during = taken()\n"
        "del answers\n"
        "print(during - before, taken() - before)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, timeout=60)
    during, after = map(int, done.stdout.split())
    assert during > 190, "MiB of two answers"
    assert after < 30


def test_without_onnx_runtime_it_is_said_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_net(tmp_path / "m.onnx", "double")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(DeviceError, match=r"^ONNX Runtime: .* pip install .emojicam\[cpu\]"):
        open_net(path, Provider.CPU)


def test_a_net_for_a_gpu_that_only_seems_to_be_there_is_refused(tmp_path: Path) -> None:
    path = write_net(tmp_path / "m.onnx", "double")
    with pytest.raises(DeviceError, match="CUDA and cuDNN come with pip install"):
        open_net(path, Provider.CUDA, WHOLE)
