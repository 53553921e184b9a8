"""What only POSIX has is asked for only where the platform is asked too: Windows and macOS have another way."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("app", "stream", "models", "export", "assets")

LINUX = {"stream/live/v4l2.py": "Linux's video devices; devices.py comes here on Linux alone"}
"""Files that are one platform's, with who keeps others out."""

ALLOWED = {
    "app/files.py: replace: a file gets another name": "the one place: on Windows it is closed first",
    "stream/cores.py: os.sched_setaffinity": "no core is known beforehand where it is missing",
    "models/data/affectnet.py: startswith('/')": "a path in a table, which has slashes everywhere",
    "models/data/affectnet.py: split('/')": "the same",
    "app/addresses.py: endswith('/')": "an address of a store, which has slashes everywhere",
    "app/addresses.py: partition('/')": "the same",
    "app/plan.py: split('/')": "the same",
    "app/stores.py: endswith('/')": "the same",
    "app/stores.py: partition('/')": "the same",
    "app/stores.py: rpartition('/')": "the same",
    "app/cluster/connection.py: /tmp": "taken only where it is a folder that may be written to",
}
"""Uses that are well everywhere, each with the reason."""

NAMED = frozenset("multiprocessing os select signal socket time".split())
"""Modules of which some names are one platform's: they are called by their own name, so that these are found."""

MODULES = frozenset("fcntl grp posix pty pwd resource syslog termios tty".split())

OF_OS = frozenset(
    "chown chroot ctermid fchmod fchown fork forkpty getegid geteuid getgid getgroups getloadavg getpgid getpgrp "
    "getpriority getuid initgroups kill killpg lchown mkfifo mknod nice openpty pathconf posix_fallocate posix_spawn "
    "pread preadv pwrite sched_getaffinity sched_setaffinity sched_yield sendfile setegid seteuid setgid setpgid "
    "setpriority setsid setuid statvfs sysconf tcgetpgrp ttyname uname wait wait3 wait4 waitid "
    "getresuid getresgid memfd_create register_at_fork "
    "O_CLOEXEC O_DIRECT O_DIRECTORY O_NOCTTY O_NOFOLLOW O_NONBLOCK O_SYNC".split()
)
"""Names of `os` that Windows lacks, and `kill`, which ends a process there whatever the signal."""

SIGNALS = frozenset(
    "SIGINT SIGTERM SIG_IGN SIG_DFL Signals Handlers signal getsignal raise_signal strsignal _HANDLER".split()
)
"""What every platform has of `signal`."""

ELSEWHERE = frozenset(
    "multiprocessing.Process multiprocessing.Pool select.epoll select.kqueue select.poll socket.AF_UNIX "
    "time.clock_gettime time.tzset".split()
)
"""Names of other modules that Windows lacks, and processes that begin as copies on Linux."""

PLACES = ("/proc", "/sys/", "/dev/", "/etc/", "/tmp", "/usr/", "/var/")

OPENING = frozenset({"Path", "open"})

ASKS = frozenset({"sys.platform", "os.name", "platform.system"})


def dotted(node: ast.AST) -> str:
    """`os.path.join` of such an attribute; "" of anything else."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def asked(scope: ast.AST) -> tuple[str, ...]:
    """How the worries begin for which some code has another way: it asks for the platform, or for the thing."""
    found: set[str] = set()
    for node in ast.walk(scope):
        if isinstance(node, ast.Attribute) and dotted(node) in ASKS:
            found.add("")
        if isinstance(node, ast.Call) and dotted(node.func) in {"hasattr", "getattr"}:
            found.add(f"{dotted(node.args[0])}.")
        if isinstance(node, ast.Attribute) and node.attr in {"is_file", "isfile", "glob"}:
            found.add("/")
    return tuple(found)


def worries(node: ast.AST) -> Iterator[str]:
    """The things in one node that other platforms lack or do otherwise."""
    if isinstance(node, ast.Import):
        yield from (f"import {one.name}" for one in node.names if one.name in MODULES)
    if isinstance(node, ast.ImportFrom) and node.module in MODULES:
        yield f"from {node.module}"
    if isinstance(node, ast.Import):
        yield from (f"import {one.name} as {one.asname}" for one in node.names if one.asname and one.name in NAMED)
    if isinstance(node, ast.ImportFrom) and node.module in NAMED:
        yield from (what for one in node.names if (what := f"{node.module}.{one.name}") in ELSEWHERE)
        yield from (f"os.{one.name}" for one in node.names if node.module == "os" and one.name in OF_OS)
        yield from (f"signal.{one.name}" for one in node.names if node.module == "signal" and one.name not in SIGNALS)
    if isinstance(node, ast.Attribute) and dotted(node) in ELSEWHERE:
        yield dotted(node)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        if node.value.id == "os" and node.attr in OF_OS:
            yield f"os.{node.attr}"
        if node.value.id == "signal" and node.attr not in SIGNALS:
            yield f"signal.{node.attr}"
    if isinstance(node, ast.Call):
        yield from of_call(node)


def of_call(node: ast.Call) -> Iterator[str]:
    """The things in one call: renames, links, processes, separators, encodings and places of one platform's."""
    name, method = dotted(node.func), node.func.attr if isinstance(node.func, ast.Attribute) else ""
    words = {word.arg for word in node.keywords}
    first = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else None
    if name in {"os.rename", "os.replace", "shutil.move"} or (
        method in {"rename", "replace"} and len(node.args) == 1 and not words and not name.startswith("dataclasses.")
    ):
        yield f"{method}: a file gets another name"
    if method in {"symlink", "symlink_to", "link", "hardlink_to"}:
        yield f"{method}: a link"
    yield from (f"{word}=" for word in words & {"preexec_fn", "start_new_session", "shell", "pass_fds"})
    if method == "get_context" and first != "spawn":
        yield "processes that don't begin anew"
    if method in {"split", "rsplit", "partition", "rpartition", "endswith", "startswith"} and first == "/":
        yield f"{method}('/')"
    if method in {"read_text", "write_text"} and not words & {"encoding"} and len(node.args) < 1 + (method[0] == "w"):
        yield f"{method} without an encoding"
    if name in {"import_module", "importlib.import_module", "__import__"} and first in MODULES:
        yield f"import {first}"
    if method == "add_signal_handler":
        yield "add_signal_handler: not in Windows' loops"
    if isinstance(node.args[0] if node.args else None, ast.JoinedStr):
        start = node.args[0].values[:1]  # type: ignore[attr-defined]
        first = start[0].value if start and isinstance(start[0], ast.Constant) else None
    if (name in OPENING or name.startswith("os.")) and isinstance(first, str) and first.startswith(PLACES):
        yield first


def unguarded(source: str) -> Iterator[str]:
    """The worries of a file whose function, or the `if` at the top, asks nothing about the platform."""
    tree = ast.parse(source)
    for part in tree.body:
        scopes = [part] if not isinstance(part, ast.ClassDef) else list(part.body)
        for scope in scopes:
            well = asked(scope)
            for node in ast.walk(scope):
                yield from (f"{node.lineno}: {what}" for what in worries(node) if not what.startswith(well))  # type: ignore[attr-defined]


def everywhere() -> dict[str, str]:
    """The unguarded worries of all files that run on every platform, each with its line."""
    found: dict[str, str] = {}
    for path in (path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        for one in unguarded(path.read_text("utf-8")) if name not in LINUX else ():
            line, _, what = one.partition(": ")
            found[f"{name}: {what}"] = line
    return found


def test_nothing_of_one_platform_s_is_used_without_another_way() -> None:
    found = everywhere()
    assert {what: line for what, line in found.items() if what not in ALLOWED} == {}
    assert set(ALLOWED) <= set(found), "needs no exception any more"
    assert all(list(unguarded((ROOT / name).read_text("utf-8"))) for name in LINUX)


@pytest.mark.parametrize(
    "line",
    [
        "import resource",
        "from fcntl import flock",
        "os.fork()",
        "os.kill(1, signal.SIGTERM)",
        "signal.alarm(3)",
        "Path('/proc/self/status').read_bytes()",
        "os.rename('a', 'b')",
        "part.replace(path)",
        "path.symlink_to(other)",
        "subprocess.run(words, preexec_fn=before)",
        "multiprocessing.get_context('fork')",
        "name.rsplit('/')",
        "path.read_text()",
        "path.write_text('ä')",
        "from os import fork",
        "from signal import SIGKILL",
        "from select import epoll",
        "import os as system",
        "importlib.import_module('fcntl')",
        "loop.add_signal_handler(2, stop)",
        "multiprocessing.Process(target=work).start()",
        "socket.socket(socket.AF_UNIX)",
        "os.listdir('/proc/self/fd')",
        "Path(f'/proc/{number}/stat')",
    ],
)
def test_the_lint_finds(line: str) -> None:
    assert list(unguarded(f"def work():\n    {line}\n")) != []
    assert list(unguarded(f"def work():\n    if sys.platform == 'linux':\n        {line}\n")) == []


@pytest.mark.parametrize(
    ("question", "line", "well"),
    [
        ("hasattr(os, 'fork')", "os.fork()", True),
        ("hasattr(face, 'fork')", "os.fork()", False),
        ("path.is_file()", "os.fork()", False),
        ("path.is_file()", "Path('/proc/cpuinfo').read_bytes()", True),
        ("os.name == 'nt'", "path.symlink_to(other)", True),
    ],
)
def test_a_question_is_about_what_is_used(question: str, line: str, well: bool) -> None:
    assert (list(unguarded(f"def work():\n    if {question}:\n        {line}\n")) == []) is well


@pytest.mark.parametrize(
    "line",
    [
        "from importlib import resources",
        "text.replace('a', 'b')",
        "signal.signal(signal.SIGINT, signal.SIG_IGN)",
        "path.read_text('utf-8')",
        "os.open(os.devnull, os.O_WRONLY)",
        "dataclasses.replace(face)",
        "multiprocessing.get_context('spawn')",
        "from os import PathLike",
        "from signal import SIGINT",
        "f'{name}/{other}'.split()",
    ],
)
def test_the_lint_leaves_alone(line: str) -> None:
    assert list(unguarded(f"def work():\n    {line}\n")) == []


def test_nothing_is_raised_out_of_except_star() -> None:
    """Python 3.11.2, which Debian 12 has, puts what is raised there into a group again; 3.11.7 does not."""
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                raised = [part for part in ast.walk(node) if isinstance(part, ast.Raise) and part.exc]
                assert not (isinstance(node, ast.TryStar) and raised), f"{path.relative_to(ROOT)}: {node.lineno}"
