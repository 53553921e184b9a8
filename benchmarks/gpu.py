"""What a GPU is worth here: is it really used, does it answer alike, and what does each part and the whole cost on it.

usage: python benchmarks/gpu.py [--provider cuda|tensorrt|cpu] [--quick] [--seconds S] [--json F.json] [PART ...]

Needs four minutes at most (--seconds, 235 by default), no network and no installed emojicam: a folder with links that
make this checkout the package is put first on the path. Python 3.11 or later has to have onnxruntime-gpu with CUDA's
libraries, mediapipe, OpenCV, av, numpy, pillow, pooch and tqdm; the detectors' two files must lie where
`emojicam fetch` puts them, or in the folder that EMOJICAM_DETECTOR_FILES names. Linux alone.

Each part runs in a process of its own, with a limit: if it fails, hangs or crashes, that is said, what it had measured
is kept, and the rest goes on. The figures are printed part by part and written to F.json, anew after each part; at the
end stands what had to be shown. With --provider cpu the CPU stands in the GPU's place; --quick tries everything with
tiny sizes, whose figures mean nothing. The parts themselves are in gpu_parts.py.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("stream", "models", "export", "assets")
"""Folders of the checkout that are packages below `emojicam`, which is `app`."""

PARTS = Path(__file__).with_name("gpu_parts.py")
"""The script that runs one part."""

LIMITS = {
    "machine": 30,
    "providers": 40,
    "parity": 40,
    "classifier": 40,
    "detector": 50,
    "clips": 60,
    "pipeline": 80,
    "startup": 50,
    "streams": 40,
    "more": 120,
}
"""Seconds that each part may take, in the order in which they run: what must be known comes first."""

GRACE = 5.0
"""Seconds after its limit in which a part may end by itself, before it is ended."""

Row = Mapping[str, Any]


@dataclass
class Outcome:
    """What became of a part.

    Attributes:
        name: The part's.
        rows: What it measured: "what", "value", "unit", "note", and "key" for figures that are asked for by name.
        seconds: How long it took.
        problem: Why it isn't whole; "" if it is.
    """

    name: str
    rows: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0
    problem: str = ""


def package_tree(folder: Path) -> Path:
    """Make a folder in which this checkout is the package `emojicam`, as setup.cfg maps it."""
    package = folder / "emojicam"
    package.mkdir()
    for file in (ROOT / "app").iterdir():
        (package / file.name).symlink_to(file)
    for name in FOLDERS:
        (package / name).symlink_to(ROOT / name)
    return folder


def run_part(name: str, command: Sequence[str], rows: Path, seconds: float, env: Mapping[str, str]) -> Outcome:
    """Run a part in a process of its own, and read what it measured, whatever became of it.

    Args:
        name: The part's.
        command: Runs it.
        rows: The file into which it writes a row a line, as soon as it is measured.
        seconds: After which it is ended.
        env: Its environment.
    """
    done = Outcome(name)
    started = time.monotonic()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command, stdout=said, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=env, start_new_session=True
        )
        try:
            code = process.wait(seconds)
            said.seek(0)
            if code:
                done.problem = f"ended with {code}: {_last_line(said.read())}"
        except subprocess.TimeoutExpired:
            done.problem = f"ended after its {seconds:.0f} s"
        finally:
            _end(process)
    done.seconds = round(time.monotonic() - started, 1)
    if rows.is_file():
        lines = rows.read_text("utf-8").splitlines(keepends=True)
        done.rows = [json.loads(line) for line in lines if line.endswith("\n")]
    failed = [row["what"] for row in done.rows if row["value"] == "failed"]
    if failed and not done.problem:
        done.problem = f"failed: {', '.join(failed)}"
    return done


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process that still runs, and those that it has started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _last_line(said: bytes) -> str:
    lines = [line.strip() for line in said.decode("utf-8", "replace").splitlines() if line.strip()]
    return lines[-1][:300] if lines else "it said nothing"


def environment(tree: Path) -> dict[str, str]:
    """The environment of all parts: this checkout is the package, before any that is installed."""
    before = os.environ.get("PYTHONPATH")
    path = os.pathsep.join([str(tree), *([before] if before else [])])
    return {**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}


# --- what had to be shown ---


def parity(figure: Callable[[str], float | None]) -> tuple[bool, str] | None:
    """The answers without TF32 are those of the CPU."""
    found = figure("parity.shipped")
    return None if found is None else (found <= 1e-4, f"{found:.1e} from the CPU's at most (wanted: 1e-4)")


def faces(figure: Callable[[str], float | None]) -> tuple[bool, str] | None:
    """Batches of 256 faces are quick with fast math."""
    found = figure("classifier.256.fast")
    return None if found is None else (found >= 130_000, f"{found:,.0f} faces a second (wanted: 130,000)")


def frames(figure: Callable[[str], float | None]) -> tuple[bool, str] | None:
    """A clip of 720p with three faces is quick."""
    found = figure("pipeline.720p.3.gpu")
    return None if found is None else (found >= 200, f"{found:.0f} frames a second (wanted: 200)")


def times(figure: Callable[[str], float | None]) -> tuple[bool, str] | None:
    """It is quicker than the CPU at the same work."""
    ours, cpu = figure("pipeline.720p.3.gpu"), figure("pipeline.720p.3.every")
    return None if not ours or not cpu else (ours >= 3 * cpu, f"{ours / cpu:.1f} times as quick (wanted: 3)")


def start(figure: Callable[[str], float | None]) -> tuple[bool, str] | None:
    """A photo under `auto` starts as quickly as on the CPU."""
    auto, cpu = figure("startup.auto"), figure("startup.cpu")
    return None if auto is None or cpu is None else (auto - cpu <= 1, f"{auto - cpu:+.2f} s (wanted: at most 1)")


GOALS: Mapping[str, Callable[[Callable[[str], float | None]], tuple[bool, str] | None]] = {
    "answers as the CPU's, without fast math": parity,
    "batches of 256 faces, with fast math": faces,
    "720p with three faces": frames,
    "the same, beside the CPU with the second net in every frame": times,
    "a photo under auto, beside the CPU": start,
}


def judged(outcomes: Sequence[Outcome]) -> dict[str, str]:
    """Say of each goal whether it is met, missed or not measured."""
    known = {row["key"]: float(row["value"]) for one in outcomes for row in one.rows if row.get("key")}
    said: dict[str, str] = {}
    for name, goal in GOALS.items():
        found = goal(known.get)
        said[name] = "not measured" if found is None else f"{'met' if found[0] else 'MISSED'}: {found[1]}"
    return said


# --- printing ---


def table(outcome: Outcome) -> str:
    """A part's figures as text, a line each."""
    head = f"{outcome.name} ({outcome.seconds:.0f} s)" + (f": {outcome.problem}" if outcome.problem else "")
    width = max((len(row["what"]) for row in outcome.rows), default=0)
    lines = [
        f"  {row['what']:{width}}  {_number(row['value']):>12} {row['unit']:9} {row.get('note', '')}".rstrip()
        for row in outcome.rows
    ]
    return "\n".join([head, *lines, ""])


def _number(value: Any) -> str:
    if not isinstance(value, float | int):
        return str(value)
    if value and abs(value) < 0.01:
        return f"{value:.1e}"
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.3g}"


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"only these, of {', '.join(LIMITS)}")
    parser.add_argument("--provider", choices=("cuda", "tensorrt", "cpu"), default="cuda", help="what is measured")
    parser.add_argument("--quick", action="store_true", help="tiny sizes, whose figures mean nothing")
    parser.add_argument("--seconds", type=float, default=235.0, metavar="S", help="for all parts (default: 235)")
    parser.add_argument("--json", type=Path, metavar="F.json", help="write the figures there as well")
    parsed = parser.parse_args(given)
    unknown = [part for part in parsed.parts if part not in LIMITS]
    if unknown:
        parser.error(f"no such part: {', '.join(unknown)}; there are {', '.join(LIMITS)}")
    return parsed


def main(given: Sequence[str] | None = None, script: Path = PARTS) -> int:
    """Run the parts; 1 if one of them is not whole.

    Args:
        given: The command line; by default that of the process.
        script: Runs one part; tests have another.
    """
    options = arguments(given)
    ends = time.monotonic() + options.seconds
    outcomes: list[Outcome] = []
    if options.quick:
        print("tiny sizes: the figures mean nothing\n")
    with tempfile.TemporaryDirectory() as folder:
        env = environment(package_tree(Path(folder)))
        for name in LIMITS:
            # The others need the clips that one part makes.
            if options.parts and name not in (*options.parts, "clips"):
                continue
            left = min(LIMITS[name], ends - time.monotonic() - GRACE)
            if left < 1:
                outcomes.append(Outcome(name, problem="left out: no time was left"))
            else:
                rows = Path(folder) / f"{name}.jsonl"
                command = [sys.executable, str(script), name, options.provider, folder, str(rows), f"{left:.1f}"]
                command += ["--quick"] * options.quick
                outcomes.append(run_part(name, command, rows, left + GRACE, env))
            print(table(outcomes[-1]), flush=True)
            write(options, outcomes)
    print("what had to be shown" + (", with the CPU in a GPU's place" if options.provider == "cpu" else ""))
    for goal, said in judged(outcomes).items():
        print(f"  {goal}: {said}")
    return int(any(outcome.problem for outcome in outcomes))


def write(options: argparse.Namespace, outcomes: Sequence[Outcome]) -> None:
    """Write all figures so far, if they are wanted: whole or not at all."""
    if options.json is None:
        return
    parts = {one.name: {"seconds": one.seconds, "problem": one.problem, "rows": one.rows} for one in outcomes}
    found = {"provider": options.provider, "quick": options.quick, "goals": judged(outcomes), "parts": parts}
    beside = options.json.with_name(options.json.name + ".part")
    beside.write_text(json.dumps(found, indent=1), "utf-8")
    beside.replace(options.json)


if __name__ == "__main__":
    sys.exit(main())
