"""A process that tries damaged files, one after the other, and may crash, hang or grow without harm to the test."""

from __future__ import annotations

import faulthandler
import multiprocessing
import os
import resource
import signal
import sys
import tempfile
import traceback
import warnings
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType

SECONDS = 60.0
"""For which one damaged file may be worked on."""

MEMORY = 1 << 30
"""Bytes of the process that may be in memory, all that is loaded included."""

ROOM = 3 << 30
"""Bytes of address space that a case may take beside what is loaded: more is refused, so that the machine lives on."""

START = 120.0
"""Seconds in which a process must have loaded all."""


class Worker:
    """The process; it is started anew when it has died."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._process: multiprocessing.process.BaseProcess | None = None

    def tried(self, name: str, number: int) -> str:
        """Try a format's case; give what went wrong, "" if nothing did."""
        if self._process is None:
            self._start()
        assert self._process is not None
        try:
            self._line.send((name, number))
            if self._line.poll(SECONDS):
                return str(self._line.recv())
            # It says where it is, as far as Python knows.
            os.kill(self._process.pid or 0, signal.SIGUSR1)
            self._process.join(2)
            problem = f"hangs after {SECONDS:g} s"
        except (EOFError, OSError):
            self._process.join(10)
            code = self._process.exitcode or 0
            problem = f"died by {signal.Signals(-code).name}" if code < 0 else f"left with exit code {code}"
        self._stop()
        return f"{problem}\n{self._log.read_text('utf-8', 'replace')[-3000:]}"

    def end(self) -> None:
        """Ask the process to end; a server that it runs is ended."""
        if self._process is not None:
            self._line.close()
            self._process.join(30)
            self._stop()
        self._folder.cleanup()

    @property
    def _log(self) -> Path:
        return Path(self._folder.name) / "log"

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._line, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, Path(self._folder.name)))
        self._process.start()
        theirs.close()
        assert self._line.poll(START), "it doesn't start"
        self._line.recv()

    def _stop(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.join()
        self._process = None


def _serve(line: Connection, folder: Path) -> None:
    """Load all once, and try what is asked for."""
    log = os.open(folder / "log", os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
    for number in (1, 2):
        os.dup2(log, number)
    faulthandler.enable()
    faulthandler.register(signal.SIGUSR1, all_threads=True)
    warnings.simplefilter("ignore", ResourceWarning)

    from fuzz import cases  # here, so that what it prints is in the log

    with cases.loaded_once():
        size = 1024 * int(_status("VmSize"))
        resource.setrlimit(resource.RLIMIT_AS, (size + ROOM, resource.RLIM_INFINITY))
        whole: dict[str, bytes] = {}
        line.send("")
        try:
            while True:
                name, number = line.recv()
                with tempfile.TemporaryDirectory(dir=folder) as place:
                    if name not in whole:
                        whole[name] = cases.FORMATS[name].seed(Path(place))
                with tempfile.TemporaryDirectory(dir=folder) as place:
                    line.send(_tried(cases, name, number, whole[name], Path(place), log))
        except EOFError:
            pass
        finally:
            cases.server.end()


def _tried(cases: ModuleType, name: str, number: int, whole: bytes, place: Path, log: int) -> str:
    os.ftruncate(log, 0)
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew

    def said() -> str:
        sys.stderr.flush()
        return os.pread(log, 1 << 20, 0).decode("utf-8", "replace")

    problem = ""
    try:
        cases.FORMATS[name].tried(cases.case(name, number, whole), place, whole, said)
    except cases.Broken as broken:
        problem = str(broken)
    except SystemExit as end:
        problem = f"SystemExit: {end.code}"
    except BaseException:  # noqa: BLE001 - each is a defect, and is told
        problem = traceback.format_exc()
    peak = 1024 * int(_status("VmHWM"))
    if not problem and "Traceback (most recent call last)" in said():
        problem = "a traceback is printed"
    if not problem and peak > MEMORY:
        problem = f"{peak / 2**20:.0f} MB in memory"
    return f"{problem}\n{said()[-3000:]}" if problem else ""


def _status(what: str) -> str:
    return Path("/proc/self/status").read_text().split(f"{what}:")[1].split()[0]
