"""The benchmark of a GPU, with the CPU in its place: every part gives its figures, and one that fails stops none."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import av
import pytest
from scripts import loaded

from emojicam.stream.choices import Provider

FOLDER = Path(__file__).resolve().parent.parent / "benchmarks"


loaded(FOLDER / "clips.py")
gpu, parts = loaded(FOLDER / "gpu.py"), loaded(FOLDER / "gpu_parts.py")


# --- the parts ---


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, detector_folder: Path) -> Path:
    """Where a part works; with one short clip, and the same twice."""
    folder = tmp_path_factory.mktemp("gpu")
    parts.make_clip(part(folder), ("180p", 320, 180, 1))
    return folder


def part(folder: Path, command: Sequence[str] = ()) -> parts.Part:
    """The CPU in a GPU's place, with tiny sizes."""
    return parts.Part(Provider.CPU, folder, sizes=parts.TINY, command=command or parts.Part.command)


def rows(name: str, given: parts.Part) -> dict[str, parts.Row]:
    """What a part measures, by what it is."""
    found = {row.what: row for row in parts.PARTS[name](given)}
    assert not [row for row in found.values() if row.value == parts.FAILED], found
    return found


def test_a_clip_is_repeated_with_its_times_going_on(folder: Path) -> None:
    with av.open(str(part(folder).clip("180p", 1, 2))) as container:
        times = [frame.time for frame in container.decode(video=0)]
    assert times == pytest.approx([number / 30 for number in range(2 * parts.TINY.frames)])


def test_the_machine_is_described(folder: Path) -> None:
    found = rows("machine", part(folder))
    assert "CPUExecutionProvider" in str(found["its providers"].value)
    assert Path(found["emojicam"].note, "wiring.py").is_file()
    assert str(found["centerface.onnx"].value).endswith("centerface.onnx")


def test_the_provider_is_proven_by_what_it_ran(folder: Path) -> None:
    found = rows("providers", part(folder))
    assert found["a tiny net's answer"].value == "right"
    for net in ("the emotion model", "the second detector"):
        row = found[f"steps of {net} on cpu"]
        assert row.value == 100
        assert int(row.note.split()[0]) > 10


def test_the_cpu_answers_as_the_cpu(folder: Path) -> None:
    found = list(rows("parity", part(folder)).values())
    assert [row.value for row in found if row.key == "parity.shipped"] == [pytest.approx(0, abs=1e-6)]
    assert any("100.00 % of 48 labels agree" in row.note for row in found)


def test_faces_that_are_compared_differ_and_are_told_apart(folder: Path) -> None:
    card = parts.card_of(part(folder).model)
    faces = parts.sample_faces(card, 48)
    answers = parts.plain_answers(parts.session_of(part(folder).model, Provider.CPU), faces)
    assert len({row.tobytes() for row in faces}) == 48
    assert len(set(answers.argmax(1).tolist())) > 1


def test_batches_of_faces_and_frames_are_measured(folder: Path) -> None:
    faces, frames = rows("classifier", part(folder)), rows("detector", part(folder))
    assert {"cpu, as it runs, batch 1", "cpu, as it runs, batch 4"} <= set(faces)
    assert {"160×96, CPU, batch 1", "160×96, batch 2", "160×96, batch 2, plain net alone"} <= set(frames)
    assert all(float(row.value) > 0 for row in [*faces.values(), *frames.values()])


def test_the_whole_is_measured_and_says_which_thread_was_busy(folder: Path) -> None:
    found = {row.key: row for row in rows("pipeline", part(folder)).values()}
    usual = found["pipeline.180p.1.usual"]
    assert float(usual.value) > 0
    assert usual.note.startswith("24 frames; busy: ")
    assert "detect" in usual.note


def test_what_this_version_has_no_flag_for_is_known() -> None:
    assert parts.known(["--provider", "cpu", "--no-such", "every"]) == (["--provider", "cpu"], ["--no-such"])


def test_when_no_time_is_left_a_clip_is_left_out(folder: Path) -> None:
    late = replace(part(folder), ends=0.0)
    (row,) = parts.annotated(late, [("180p", 1)], parts.USUAL, ["--provider", "cpu"], 1.0)
    assert (row.value, row.note, row.key) == ("left out", "no time was left", "")


PROGRAM = """
import sys
if "live" in sys.argv:
    print("emojicam: a.mp4: 1,200 frames, 1 stall, 30 dropped")
    print("emojicam: b.mp4: 800 frames, 70 dropped")
if "auto" in sys.argv and "fail" in sys.argv:
    sys.exit("emojicam: it fails")
"""


def test_start_memory_and_streams_are_those_of_the_program(folder: Path) -> None:
    given = part(folder, [sys.executable, "-S", "-c", PROGRAM])
    start = {row.key: row for row in rows("startup", given).values()}
    assert set(start) == {"startup.cpu", "startup.auto", "memory.cpu"}
    assert 0 < float(start["startup.cpu"].value) < 60
    assert 1 < float(start["memory.cpu"].value) < 10_000
    (row,) = rows("streams", given).values()
    assert row.value == 95
    assert row.note.startswith("100 of 2000 dropped")


def test_a_run_of_the_program_that_fails_is_told_with_what_it_said(folder: Path) -> None:
    given = part(folder, [sys.executable, "-S", "-c", PROGRAM, "fail"])
    (row,) = parts.guarded("start", iter(parts.PARTS["startup"](given)))
    assert (row.what, row.value) == ("start", parts.FAILED)
    assert row.note == "emojicam annotate ended with 1: emojicam: it fails"


# --- how they are run ---

SCRIPT = """
import json, os, sys, time
name, provider, folder, rows, seconds = sys.argv[1:6]
with open(rows, "a") as file:
    for value in {"pipeline": [250.0], "startup": ["failed"]}.get(name, [1]):
        key = "pipeline.720p.3.gpu" if name == "pipeline" else ""
        print(json.dumps({"what": name, "value": value, "unit": "", "note": "", "key": key}), file=file, flush=True)
    if name == "providers":
        sys.exit("no such library")
    if name == "parity":
        file.write('{"what": "half a')
        file.flush()
        os.kill(os.getpid(), 11)
"""


def test_a_part_that_fails_or_crashes_stops_no_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script, out = tmp_path / "part.py", tmp_path / "figures.json"
    script.write_text(SCRIPT)
    wanted = ["machine", "providers", "parity", "pipeline", "startup"]
    assert gpu.main([*wanted, "--provider", "cpu", "--json", str(out)], script) == 1
    found = json.loads(out.read_text())
    problems = {name: one["problem"] for name, one in found["parts"].items() if one["problem"]}
    assert problems == {
        "providers": "ended with 1: no such library",
        "parity": "ended with -11: it said nothing",
        "startup": "failed: startup",
    }
    assert [row["what"] for row in found["parts"]["parity"]["rows"]] == ["parity"]
    assert found["goals"]["720p with three faces"] == "met: 250 frames a second (wanted: 200)"
    assert found["goals"]["a photo under auto, beside the CPU"] == "not measured"
    assert "providers (0 s): ended with 1: no such library" in capsys.readouterr().out


def test_a_part_that_hangs_is_ended_with_what_it_started(tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    hanging = (
        "import subprocess, sys, time\n"
        f'open({str(rows)!r}, \'w\').write(\'{{"what": "a", "value": 1}}\\n\')\n'
        "child = subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(60)'])\n"
        f"open({str(tmp_path / 'child')!r}, 'w').write(str(child.pid))\n"
        "time.sleep(60)"
    )
    outcome = gpu.run_part("a", [sys.executable, "-S", "-c", hanging], rows, 2.0, {})
    assert outcome.problem == "ended after its 2 s"
    assert outcome.rows == [{"what": "a", "value": 1}]
    child = Path("/proc", (tmp_path / "child").read_text(), "stat")
    for _ in range(100):  # it was told to end, which takes a busy machine a moment
        if gone := not child.exists() or child.read_text().split()[2] == "Z":
            break
        time.sleep(0.1)
    assert gone


def test_when_no_time_is_left_parts_are_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert gpu.main(["machine", "--seconds", "1"], tmp_path / "never started.py") == 1
    assert "machine (0 s): left out: no time was left" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("figures", "goal", "said"),
    [
        ({"parity.shipped": 2e-5}, "answers as the CPU's, without fast math", "met: 2.0e-05 from the CPU's at most"),
        ({"parity.shipped": 1e-3}, "answers as the CPU's, without fast math", "MISSED: 1.0e-03"),
        ({"classifier.256.fast": 129_000}, "batches of 256 faces, with fast math", "MISSED: 129,000 faces"),
        (
            {"pipeline.720p.3.gpu": 210, "pipeline.720p.3.every": 60},
            "the same, beside the CPU with the second net in every frame",
            "met: 3.5 times as quick",
        ),
        ({"startup.auto": 3.5, "startup.cpu": 2}, "a photo under auto, beside the CPU", "MISSED: +1.50 s"),
    ],
)
def test_a_goal_is_met_or_missed(figures: dict[str, float], goal: str, said: str) -> None:
    outcome = gpu.Outcome("a", [{"what": key, "value": value, "key": key} for key, value in figures.items()])
    assert gpu.judged([outcome])[goal].startswith(said)


def test_the_checkout_is_the_package_without_being_installed(tmp_path: Path) -> None:
    tree = gpu.package_tree(tmp_path)
    program = "import emojicam.cli, emojicam.models, sys; print(emojicam.__path__[0])"
    done = subprocess.run(
        [sys.executable, "-c", program], env=gpu.environment(tree), capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == str(tree / "emojicam")


@pytest.mark.parametrize("name", sorted(gpu.LIMITS))
def test_every_part_that_is_run_is_there(name: str) -> None:
    assert name in parts.PARTS


@pytest.mark.slow
def test_all_of_it_runs_on_the_cpu(tmp_path: Path, detector_folder: Path) -> None:
    out = tmp_path / "figures.json"
    command = [sys.executable, str(FOLDER / "gpu.py"), "--provider", "cpu", "--quick", "--json", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=280)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(out.read_text())
    assert set(found["parts"]) == set(gpu.LIMITS)
