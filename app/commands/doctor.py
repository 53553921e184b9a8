"""The command `doctor`: what works on this machine, and for each thing that doesn't the line that mends it."""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import platform
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Literal, Protocol

from emojicam import revision
from emojicam.console import show
from emojicam.errors import INSTALL_LIBRARIES, EmojicamError, Unloadable, first_line, lacks_library
from emojicam.stream.choices import Provider
from emojicam.stream.inference import trial
from emojicam.stream.inference.installed import BUILDS, change_over, imported, is_installed, lack
from emojicam.stream.inference.provider import NAMES, Machine, ThisMachine, missing
from emojicam.stream.live.devices import Device, System, ThisSystem
from emojicam.stream.live.loopback import ADVICE, INSTALL, KEEP, LOAD, START_OBS, state


class Verdict(Enum):
    """A grade for how well one thing works."""

    OK = "ok"
    NOTE = "note"  # works, but something that some people want doesn't
    WRONG = "wrong"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        about: The thing, in a word or two.
        verdict: Whether it works.
        found: What was found.
        mend: What to do about it; "" if nothing.
    """

    about: str
    verdict: Verdict
    found: str
    mend: str = ""

    def __str__(self) -> str:
        mark = {Verdict.OK: "ok   ", Verdict.NOTE: "note ", Verdict.WRONG: "WRONG"}[self.verdict]
        return f"{mark}  {self.about}: {self.found}" + (f"\n       → {self.mend}" if self.mend else "")


class Packages(Protocol):
    """Says what can be imported, and what is installed."""

    def imported(self, module: str) -> str:
        """Import a module, and give the version that it says it is.

        Raises:
            ImportError: It isn't there, or can't be loaded; an OSError means the same.
        """

    def runtime(self) -> str:
        """Import ONNX Runtime, and give the name and version of the build that it says it is.

        Raises:
            ImportError: It isn't there, or can't be loaded; an OSError means the same.
        """

    def installed(self, name: str) -> bool:
        """Whether a distribution is installed."""

    def providing(self, module: str) -> list[str]:
        """The distributions that install a module of that name."""


class PythonPackages:
    """Asks this Python what it imports, and what is installed in it."""

    def imported(self, module: str) -> str:
        """Import a module, and give the version that it says it is."""
        return str(getattr(importlib.import_module(module), "__version__", "of no version"))

    def runtime(self) -> str:
        """Import ONNX Runtime, and give the name and version of the build that it says it is."""
        version = imported().__version__
        try:
            about = importlib.import_module("onnxruntime.capi.build_and_package_info")
        except ImportError:  # a build of one's own may lack it
            return f"onnxruntime {version}"
        return f"{about.package_name} {version}"

    def installed(self, name: str) -> bool:
        """Whether a distribution is installed."""
        return is_installed(name)

    def providing(self, module: str) -> list[str]:
        """The distributions that install a module of that name."""
        return sorted(set(importlib.metadata.packages_distributions().get(module, [])))


FORMATS = 6
"""The largest number of a camera's formats that are listed."""


def examined(
    system: System | None = None, machine: Machine | None = None, packages: Packages | None = None
) -> Iterator[Finding]:
    """Look at everything that emojicam needs.

    Args:
        system: Says which video devices there are.
        machine: Says what ONNX Runtime can use.
        packages: Says what can be imported, and what is installed.

    Yields:
        A finding for each thing, at once when it is known.
    """
    system, machine, packages = system or ThisSystem(), machine or ThisMachine(), packages or PythonPackages()
    yield _python()
    yield from _packages(packages)
    yield from _runtime(machine, packages)
    yield from _detectors()
    yield _tried("model", _model, "pip install --force-reinstall emojicam")
    yield _codecs()
    yield from cameras(system)
    yield from virtual_cameras(system, packages)


def _python() -> Finding:
    system = f"{platform.system()} {platform.machine()}"
    return Finding("Python", Verdict.OK, f"{platform.python_version()} on {system}, emojicam {revision.described()}")


NEEDED = {"mediapipe": "mediapipe", "av": "av", "numpy": "numpy", "pillow": "PIL", "tqdm": "tqdm"}
"""Packages that nothing works without, each with the module that is imported of it."""


def _packages(packages: Packages) -> Iterator[Finding]:
    versions: list[str] = []
    for name, module in NEEDED.items():
        try:
            versions.append(f"{name} {packages.imported(module)}")
        except (ImportError, OSError) as error:
            mend = INSTALL_LIBRARIES if lacks_library(error) else f"pip install {name}"
            yield Finding("packages", Verdict.WRONG, f"{name}: {first_line(error)}", mend)
    if len(versions) == len(NEEDED):
        yield Finding("packages", Verdict.OK, ", ".join(versions))
    yield _tried("OpenCV", lambda: packages.imported("cv2"), INSTALL_LIBRARIES)
    vision = packages.providing("cv2")
    if len(vision) > 1:
        mend = f"pip uninstall {' '.join(vision)}, then pip install opencv-contrib-python"
        found = f"{' and '.join(vision)} are installed, and overwrite each other where they share a folder"
        yield Finding("OpenCV", Verdict.NOTE, found, mend)


def _fails(provider: Provider) -> str | None:
    """Find out why a provider that seems to be there runs nothing, or not the model; None if it does.

    The CPU's model is a finding of its own: where it is damaged, ONNX Runtime isn't.
    """
    problem = trial.failure(provider)
    if problem is not None or provider is Provider.CPU:
        return problem
    try:
        from emojicam import models
        from emojicam.stream.emotions.classify import Classifier

        Classifier(models.model_file(models.DEFAULT), provider)
    except (EmojicamError, ImportError, OSError) as error:
        return first_line(error)
    return None


def _runtime(
    machine: Machine, packages: Packages, fails: Callable[[Provider], str | None] = _fails
) -> Iterator[Finding]:
    builds = [name for name in BUILDS.values() if packages.installed(name)]
    try:
        build, built_in = packages.runtime(), machine.built_in()
    except (EmojicamError, ImportError, OSError) as error:
        found, mend = lack(builds, first_line(error))
        yield Finding("ONNX Runtime", Verdict.WRONG, found, mend)
        return
    seeming = [one for one in NAMES if missing(one, machine) is None]
    problems = {one: fails(one) for one in seeming}
    yield _runs(build, [name for name in built_in if name in NAMES.values()], problems)
    if len(builds) > 1:
        mend = f"to have one alone: {change_over('gpu' if machine.has_driver() else 'cpu')}"
        yield Finding("ONNX Runtime", Verdict.NOTE, f"{' and '.join(builds)} are both installed", mend)
    yield from _gpu(machine, problems)


def _runs(build: str, offered: Sequence[str], problems: Mapping[Provider, str | None]) -> Finding:
    """Say what the ONNX Runtime that is imported really runs on."""
    working = [one.value for one, problem in problems.items() if problem is None]
    found = f"{build}, runs on {', '.join(working) or 'nothing'} (built with {', '.join(offered)})"
    return Finding("ONNX Runtime", Verdict.OK if working else Verdict.WRONG, found, problems[Provider.CPU] or "")


def _gpu(machine: Machine, problems: Mapping[Provider, str | None]) -> Iterator[Finding]:
    """Say why a GPU that seems to be there isn't used."""
    for one in (Provider.CUDA, Provider.TENSORRT):
        if problem := problems.get(one):
            yield Finding("GPU", Verdict.NOTE, f"{one.value} seems to be there, but fails", problem)
    lacking = missing(Provider.CUDA, machine)
    if lacking and machine.has_driver():
        yield Finding("GPU", Verdict.NOTE, "there is an NVIDIA driver, but it isn't used", lacking)


def _tried(about: str, work: Callable[[], str], mend: str) -> Finding:
    try:
        return Finding(about, Verdict.OK, work())
    except Unloadable as error:
        return Finding(about, Verdict.WRONG, error.found, error.mend)
    except (EmojicamError, ImportError, OSError) as error:
        return Finding(about, Verdict.WRONG, first_line(error), INSTALL_LIBRARIES if lacks_library(error) else mend)


def _detectors() -> Iterator[Finding]:
    mend = "emojicam fetch, with a network"
    missing = None

    def opened() -> str:
        nonlocal missing
        from emojicam.stream.choices import Range
        from emojicam.stream.faces.detector_files import FILES, have
        from emojicam.stream.faces.looks import Looks

        with Looks(Range.AUTO, quiet=True) as looks:
            missing = looks.missing
        return ", ".join(str(path) for path in map(have, FILES) if path is not None)

    finding = _tried("detector", opened, mend)
    yield finding
    if missing:
        yield Finding("detector", Verdict.NOTE, "the second net is missing: small and far faces are missed", mend)


def _model() -> str:
    from emojicam import models
    from emojicam.stream.emotions.classify import Classifier

    card = Classifier(models.model_file(models.DEFAULT), Provider.CPU).card
    return f"{models.DEFAULT}, {len(card.labels)} emotions"


def _codecs() -> Finding:
    mend = "pip install --force-reinstall av"
    try:
        import av
    except (ImportError, OSError) as error:
        return Finding("codecs", Verdict.WRONG, f"PyAV can't be loaded: {first_line(error)}", mend)
    wanted: dict[str, Literal["r", "w"]] = {"libx264": "w", "aac": "w", "h264": "r", "mjpeg": "r"}
    gone = []
    for name, mode in wanted.items():
        try:
            av.codec.Codec(name, mode)
        except ValueError:
            gone.append(name)
    if gone:
        return Finding("codecs", Verdict.WRONG, f"{', '.join(gone)} missing", mend)
    return Finding("codecs", Verdict.OK, ", ".join(wanted))


def cameras(system: System) -> Iterator[Finding]:
    """Say which real cameras there are, and what keeps one from being used."""
    found = [one for one in system.devices() if not one.loopback]
    working = [one for one in found if one.captures]
    for one in working:
        users = system.users(one.path)
        busy = f", in use by {', '.join(users)}" if users else ""
        # The one that is asked for comes first; drivers for tests have dozens.
        formats = sorted(one.formats, key=lambda form: not form.startswith("MJPG"))
        more = f" and {len(formats) - FORMATS} more" if len(formats) > FORMATS else ""
        gives = f": {', '.join(formats[:FORMATS])}{more}" if formats else ""
        yield Finding("camera", Verdict.NOTE if users else Verdict.OK, f"{one.path} ({one.name}){busy}{gives}")
    closed = [one for one in found if one.problem in (1, 13)]
    for one in closed:
        yield Finding("camera", Verdict.WRONG, f"{one.path}: you may not use it", state(one, system) or "")
    if not working and not closed:
        yield Finding("camera", Verdict.NOTE, "none is connected", "emojicam live FILE --loop shows a video instead")


def virtual_cameras(system: System, packages: Packages) -> Iterator[Finding]:
    """Say whether meetings can be given pictures."""
    if not packages.installed("pyvirtualcam"):
        yield Finding("virtual camera", Verdict.NOTE, "pyvirtualcam is missing", 'pip install "emojicam[virtualcam]"')
    if sys.platform != "linux":
        yield Finding("virtual camera", Verdict.NOTE, "is OBS Studio's", START_OBS)
        return
    loops = [one for one in system.devices() if one.loopback]
    if not loops:
        mend = f"{INSTALL}; {LOAD}; to keep it: {KEEP}"
        if _secure_boot():
            mend += "; Secure Boot is on: if the key is rejected, sudo mokutil --import /var/lib/dkms/mok.pub, restart"
        yield Finding("virtual camera", Verdict.NOTE, "no v4l2loopback device", mend)
    for one in loops:
        yield _loopback(one, system)


def _loopback(device: Device, system: System) -> Finding:
    problem = state(device, system)
    if problem is None:
        return Finding(
            "virtual camera", Verdict.OK, f"{device.path} ({device.name}); start emojicam first, then {ADVICE}"
        )
    what, _, mend = problem.partition(": ")
    return Finding("virtual camera", Verdict.WRONG, f"{device.path} ({device.name}): {what}", mend or what)


def _secure_boot() -> bool:
    flags = list(Path("/sys/firmware/efi/efivars").glob("SecureBoot-*"))
    try:
        return any(file.read_bytes()[-1:] == b"\x01" for file in flags)
    except OSError:
        return False


def as_json(lines: list[Finding]) -> list[dict[str, Any]]:
    """The findings as JSON values, for programs."""
    return [asdict(line) | {"verdict": line.verdict.value} for line in lines]


@dataclass(frozen=True)
class DoctorOptions:
    """The options of `emojicam doctor`.

    Attributes:
        json: Print JSON, for programs.
    """

    json: bool


def doctor(options: DoctorOptions) -> int:
    """Say what works here and what mends the rest; 4 if something doesn't."""
    findings = []
    for finding in examined():
        findings.append(finding)
        if not options.json:
            show(str(finding))
    if options.json:
        show(json.dumps(as_json(findings), indent=1))
    return 4 if any(finding.verdict is Verdict.WRONG for finding in findings) else 0
