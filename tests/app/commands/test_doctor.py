"""The doctor names what is wrong, and the line that mends it."""

from __future__ import annotations

import errno
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from emojicam.commands import doctor
from emojicam.commands.doctor import Finding, Verdict
from emojicam.errors import SYSTEM_LIBRARIES, DeviceError
from emojicam.stream.choices import Provider
from emojicam.stream.faces.detector_files import ENVIRONMENT, FILES, SECOND, SHORT
from emojicam.stream.inference.installed import change_over
from emojicam.stream.inference.provider import NAMES
from emojicam.stream.live import loopback
from emojicam.stream.live.devices import Device
from emojicam.stream.live.loopback import chosen, state


@dataclass
class Machine:
    """As the test wants it: a System, a Machine and Packages in one."""

    found: list[Device] = field(default_factory=list)
    busy: dict[str, list[str]] = field(default_factory=dict)
    driver: bool = False
    gpu_build: bool = False
    gone: list[str] = field(default_factory=list)
    builds: list[str] = field(default_factory=lambda: ["onnxruntime"])
    vision: list[str] = field(default_factory=lambda: ["opencv-contrib-python"])
    broken: dict[Provider, str] = field(default_factory=dict)

    def fails(self, provider: Provider) -> str | None:
        return self.broken.get(provider)

    def devices(self) -> list[Device]:
        return self.found

    def users(self, path: str) -> list[str]:
        return self.busy.get(path, [])

    def built_in(self) -> list[str]:
        return [NAMES[one] for one in (Provider.CUDA, Provider.CPU) if self.gpu_build or one is Provider.CPU]

    def has_driver(self) -> bool:
        return self.driver

    def imported(self, module: str) -> str:
        if module in self.gone:
            raise ImportError(f"no {module} here")
        return "1.0"

    def runtime(self) -> str:
        return f"{'onnxruntime-gpu' if self.gpu_build else 'onnxruntime'} {self.imported('onnxruntime')}"

    def installed(self, name: str) -> bool:
        return name in self.builds or name == "pyvirtualcam"

    def providing(self, module: str) -> list[str]:
        return self.vision


WEBCAM = Device("/dev/video0", "HD Webcam", "uvcvideo", captures=True)
READY = Device("/dev/video10", "emojicam", "v4l2 loopback", outputs=True)
OPEN = Device("/dev/video10", "emojicam", "v4l2 loopback", captures=True, outputs=True)
TAKEN = Device("/dev/video10", "emojicam", "v4l2 loopback", captures=True)
STUCK = Device("/dev/video10", "emojicam", "v4l2 loopback")
LOCKED = Device("/dev/video10", "video10", problem=errno.EACCES)


@pytest.fixture(autouse=True)
def no_real_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loopback, "stream_on", lambda device: None)
    monkeypatch.setattr(doctor, "_secure_boot", lambda: False)


def lines(machine: Machine, about: str) -> list[Finding]:
    found = [*doctor.cameras(machine), *doctor.virtual_cameras(machine, machine)]
    return [line for line in found if line.about == about]


# --- virtual cameras: each state, its words, its mend ---

ROWS = [
    (
        [],
        "no v4l2loopback device",
        "sudo apt install v4l2loopback-dkms; sudo modprobe v4l2loopback devices=1 video_nr=10",
    ),
    ([WEBCAM], "no v4l2loopback device", "/etc/modprobe.d/emojicam.conf"),
    ([OPEN], "exclusive_caps=0, so that browsers won't list it", "sudo modprobe -r v4l2loopback && sudo modprobe v4l2"),
    ([STUCK], "is stuck", "sudo modprobe -r v4l2loopback"),
]


@pytest.mark.parametrize(("devices", "found", "mend"), ROWS)
def test_a_virtual_camera_that_cannot_be_used_is_explained(devices: list[Device], found: str, mend: str) -> None:
    (line,) = lines(Machine(devices), "virtual camera")
    assert line.verdict is not Verdict.OK
    assert found in line.found
    assert mend in line.mend


def test_a_virtual_camera_that_is_ready_says_how_to_go_on() -> None:
    (line,) = lines(Machine([WEBCAM, READY]), "virtual camera")
    assert line.verdict is Verdict.OK
    assert "/dev/video10 (emojicam)" in line.found
    assert (
        "start emojicam first, then choose it in Zoom, Meet or Teams; your own preview is mirrored, others see it right"
        in line.found
    )


def test_secure_boot_is_mentioned_where_it_is_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_secure_boot", lambda: True)
    (line,) = lines(Machine(), "virtual camera")
    assert "if the key is rejected, sudo mokutil --import" in line.mend


@pytest.mark.parametrize(
    ("machine", "device", "why"),
    [
        (Machine(), None, "there is no virtual camera: sudo apt install v4l2loopback-dkms"),
        (Machine([WEBCAM, READY]), "12", r"/dev/video12: no such device; virtual cameras: /dev/video10 \(emojicam\)"),
        (Machine([WEBCAM]), "/dev/video12", "no such device; virtual cameras: none; sudo apt install"),
        (Machine([LOCKED]), "10", "you may not use it: add yourself to the group video"),
        (Machine([LOCKED]), None, "there is no virtual camera"),
        (Machine([WEBCAM, READY]), "0", "that is HD Webcam, your webcam, not a virtual one"),
        (Machine([STUCK]), None, "is stuck after a program that wrote to it: sudo modprobe -r v4l2loopback"),
        (Machine([OPEN]), None, "exclusive_caps=0"),
        (Machine([TAKEN], {"/dev/video10": ["obs"]}), None, "another program writes to it: obs; end that first"),
        (Machine([TAKEN]), "10", "another program writes to it; end that first"),
    ],
)
def test_a_device_is_chosen_or_it_is_said_what_to_do(machine: Machine, device: str | None, why: str) -> None:
    with pytest.raises(DeviceError, match=why) as caught:
        chosen(device, machine)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("device", [None, "10", "/dev/video10"])
def test_the_free_loopback_is_chosen(device: str | None) -> None:
    assert chosen(device, Machine([WEBCAM, READY])) == "/dev/video10"


def test_of_several_loopbacks_the_first_free_one_is_chosen() -> None:
    second = Device("/dev/video11", "Face", "v4l2 loopback", outputs=True)
    assert chosen(None, Machine([TAKEN, second])) == "/dev/video11"


def test_a_stuck_device_is_mended_by_itself_if_it_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine([STUCK])
    monkeypatch.setattr(loopback, "stream_on", lambda device: machine.found.__setitem__(0, READY))
    assert state(STUCK, machine) is None


# --- cameras ---


def test_cameras_are_listed_with_who_uses_them() -> None:
    one, two = lines(
        Machine([WEBCAM, Device("/dev/video2", "Door", "uvcvideo", captures=True)], {"/dev/video2": ["zoom"]}), "camera"
    )
    assert (one.verdict, one.found) == (Verdict.OK, "/dev/video0 (HD Webcam)")
    assert (two.verdict, two.found) == (Verdict.NOTE, "/dev/video2 (Door), in use by zoom")


def test_a_cameras_formats_are_listed() -> None:
    camera = Device("/dev/video0", "Cam", "uvcvideo", captures=True, formats=("MJPG to 1920×1080 at 30", "YUYV"))
    (line,) = lines(Machine([camera]), "camera")
    assert line.found == "/dev/video0 (Cam): MJPG to 1920×1080 at 30, YUYV"


def test_of_many_formats_the_one_that_is_asked_for_and_a_few_more_are_listed() -> None:
    formats = (*(f"F{number:03}" for number in range(9)), "MJPG to 640×480 at 30")
    (line,) = lines(Machine([Device("/dev/video0", "Cam", "vivid", captures=True, formats=formats)]), "camera")
    assert line.found == "/dev/video0 (Cam): MJPG to 640×480 at 30, F000, F001, F002, F003, F004 and 4 more"


def test_no_camera_is_a_note_with_another_way() -> None:
    (line,) = lines(Machine([READY]), "camera")
    assert (line.verdict, line.mend) == (Verdict.NOTE, "emojicam live FILE --loop shows a video instead")


# --- packages ---


def found(machine: Machine, about: str) -> list[Finding]:
    return [
        line
        for line in [*doctor._packages(machine), *doctor._runtime(machine, machine, machine.fails)]
        if line.about == about
    ]


def test_two_packages_with_one_module_are_a_note_as_long_as_it_can_be_imported() -> None:
    works, twice = found(Machine(vision=["opencv-contrib-python", "opencv-python"]), "OpenCV")
    assert (works.verdict, works.found) == (Verdict.OK, "1.0")
    assert twice.verdict is Verdict.NOTE
    assert twice.mend.startswith("pip uninstall opencv-contrib-python opencv-python, then pip install")


def test_what_cannot_be_imported_is_named_with_the_line_that_installs_it() -> None:
    (line,) = found(Machine(gone=["PIL"]), "packages")
    assert (line.verdict, line.found, line.mend) == (Verdict.WRONG, "pillow: no PIL here", "pip install pillow")


def test_a_library_that_the_system_lacks_is_not_mended_by_pip() -> None:
    class Bare(Machine):
        def imported(self, module: str) -> str:
            raise ImportError(f"{module}: libGL.so.1: cannot open shared object file: No such file or directory")

    lines = [*found(Bare(), "packages"), *found(Bare(), "OpenCV")]
    assert {line.mend for line in lines} == {f"sudo apt install {SYSTEM_LIBRARIES}"}


BOTH = ["onnxruntime", "onnxruntime-gpu"]


@pytest.mark.parametrize(
    ("machine", "verdict", "text"),
    [
        (Machine(gone=["onnxruntime"], builds=[]), Verdict.WRONG, "not installed"),
        (Machine(gone=["onnxruntime"]), Verdict.WRONG, "onnxruntime can't be loaded (no onnxruntime here)"),
        (Machine(), Verdict.OK, "onnxruntime 1.0, runs on cpu (built with CPUExecutionProvider)"),
        # Not installed by pip, or beside others: what is imported runs.
        (Machine(builds=[]), Verdict.OK, "onnxruntime 1.0, runs on cpu (built"),
        (Machine(driver=True, gpu_build=True), Verdict.OK, "onnxruntime-gpu 1.0, runs on cpu, cuda (built"),
        (Machine(broken={Provider.CPU: "it computes 2"}), Verdict.WRONG, "runs on nothing"),
    ],
)
def test_the_runtime_and_what_it_really_runs_on(machine: Machine, verdict: Verdict, text: str) -> None:
    (line,) = found(machine, "ONNX Runtime")
    assert line.verdict is verdict
    assert text in str(line)
    assert line.mend or verdict is Verdict.OK


def test_two_runtimes_are_a_note_where_one_of_them_runs_on_the_gpu() -> None:
    machine = Machine(driver=True, gpu_build=True, builds=BOTH)
    runs, both = found(machine, "ONNX Runtime")
    assert runs.verdict is Verdict.OK
    assert "onnxruntime-gpu 1.0, runs on cpu, cuda" in runs.found
    assert both.verdict is Verdict.NOTE
    assert both.mend.endswith(change_over("gpu"))
    assert found(machine, "GPU") == []


def test_without_an_nvidia_driver_it_is_the_cpu_s_runtime_that_is_to_stay() -> None:
    _, both = found(Machine(builds=BOTH), "ONNX Runtime")
    assert both.mend.endswith(change_over("cpu"))


def test_without_a_runtime_there_is_one_line_to_type() -> None:
    (line,) = found(Machine(gone=["onnxruntime"], builds=[]), "ONNX Runtime")
    assert line.mend == 'pip install "emojicam[cpu]"'


def test_of_a_runtime_that_is_torn_not_what_pip_would_leave_alone_is_told() -> None:
    (line,) = found(Machine(gone=["onnxruntime"], builds=["onnxruntime-gpu"]), "ONNX Runtime")
    assert line.mend == change_over("gpu")


def test_of_two_runtimes_the_one_that_is_imported_decides() -> None:
    machine = Machine(driver=True, gpu_build=False, builds=BOTH)
    runs, _ = found(machine, "ONNX Runtime")
    assert "onnxruntime 1.0, runs on cpu (built" in runs.found
    (idle,) = found(machine, "GPU")
    assert idle.found == "there is an NVIDIA driver, but it isn't used"


def test_this_python_is_asked_by_importing() -> None:
    python = doctor.PythonPackages()
    assert python.imported("numpy") == np.__version__
    assert python.runtime().split()[1] == onnxruntime.__version__
    assert python.installed("numpy")
    assert not python.installed("onnxruntime-of-nobody")
    with pytest.raises(ImportError):
        python.imported("no_such_module")


def test_a_gpu_that_lies_idle_is_a_note() -> None:
    (line,) = found(Machine(driver=True), "GPU")
    assert line.verdict is Verdict.NOTE
    assert 'pip install "emojicam[gpu]"' in line.mend


def test_a_gpu_that_only_seems_to_be_there_is_told_with_its_reason() -> None:
    reason = "--provider cuda: its libraries can't be loaded"
    machine = Machine(driver=True, gpu_build=True, broken={Provider.CUDA: reason})
    (runtime,) = found(machine, "ONNX Runtime")
    assert "runs on cpu (built" in runtime.found
    (gpu,) = found(machine, "GPU")
    assert (gpu.verdict, gpu.found, gpu.mend) == (Verdict.NOTE, "cuda seems to be there, but fails", reason)


@pytest.mark.parametrize("module", ["cv2", "av", "onnxruntime", "mediapipe"])
def test_where_a_package_cannot_be_loaded_all_the_rest_is_told(module: str) -> None:
    program = (
        f"import sys; sys.modules[{module!r}] = None\n"
        "from emojicam.cli import main\nsys.exit(main(['doctor', '--json']))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert done.returncode == 4, done.stderr
    told = {line["about"]: line for line in json.loads(done.stdout)}
    about = {"cv2": "OpenCV", "av": "codecs", "onnxruntime": "ONNX Runtime", "mediapipe": "detector"}[module]
    assert told[about]["verdict"] == "wrong"
    assert told[about]["mend"]
    if module == "onnxruntime":
        assert {told[one]["mend"] for one in ("ONNX Runtime", "detector", "model")} == {change_over("cpu")}
    everything = {"Python", "packages", "OpenCV", "ONNX Runtime", "detector", "codecs", "camera", "virtual camera"}
    assert everything <= set(told)


# --- the face detector's files ---

FETCH = "emojicam fetch, with a network"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is to hold the detector's files."""
    monkeypatch.setenv(ENVIRONMENT, str(tmp_path))
    return tmp_path


def test_both_files_are_named_with_their_places(detector_folder: Path, files: Path) -> None:
    for file in FILES:
        shutil.copy(detector_folder / file.name, files)
    assert list(doctor._detectors()) == [
        Finding("detector", Verdict.OK, ", ".join(str(files / file.name) for file in FILES))
    ]


@pytest.mark.parametrize("broken", [False, True])
def test_a_second_net_that_is_missing_or_broken_is_a_note(broken: bool, detector_folder: Path, files: Path) -> None:
    shutil.copy(detector_folder / SHORT.name, files)
    if broken:
        (files / SECOND.name).write_bytes(b"something else")
    works, lacks = doctor._detectors()
    assert works == Finding("detector", Verdict.OK, str(files / SHORT.name))
    assert (lacks.about, lacks.verdict, lacks.mend) == ("detector", Verdict.NOTE, FETCH)
    assert "small and far faces are missed" in lacks.found


@pytest.mark.parametrize("has_second", [False, True])
def test_without_the_first_net_nothing_works(has_second: bool, detector_folder: Path, files: Path) -> None:
    if has_second:
        shutil.copy(detector_folder / SECOND.name, files)
    (line,) = doctor._detectors()
    assert (line.verdict, line.mend) == (Verdict.WRONG, FETCH)
    assert str(files / SHORT.name) in line.found


def test_to_ask_the_doctor_fetches_nothing(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    list(doctor._detectors())
    assert list(files.iterdir()) == []
    assert capsys.readouterr() == ("", "")


# --- all of it, for real ---


def test_this_machine_is_examined_without_a_defect() -> None:
    examined = list(doctor.examined())
    assert {"Python", "packages", "OpenCV", "ONNX Runtime", "detector", "model", "codecs", "camera"} <= {
        line.about for line in examined
    }
    for about in ("Python", "packages", "OpenCV", "ONNX Runtime", "detector", "model", "codecs"):
        (line,) = [line for line in examined if line.about == about]
        assert line.verdict is Verdict.OK, line
    assert json.loads(json.dumps(doctor.as_json(examined)))[0]["verdict"] == "ok"
