"""All benchmarks, one after the other: a figure is found again by its words, and what moved is said."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
from scripts import loaded

FOLDER = Path(__file__).resolve().parent.parent / "benchmarks"


lines = loaded(FOLDER / "lines.py")
everything = loaded(FOLDER / "all.py", "all_benchmarks")


def moved(before: str, now: str) -> list[float | None]:
    """The ratios of the figures that moved between two lines of the same words."""
    return [ratio for change in lines.compare([before], [now]).changes for ratio in change.ratios]


@pytest.mark.parametrize(
    ("before", "now", "ratios"),
    [
        ("720p x264 medium: 100 a second", "720p x264 medium: 119 a second", []),
        ("720p x264 medium: 100 a second", "720p x264 medium: 121 a second", [1.21]),
        ("age p50 20.0, p95 40.0 ms", "age p50 20.1, p95 10.0 ms", [0.25]),
        ("1,000 frames, 0 dropped", "1,000 frames, 12 dropped", [None]),
        ("0.03 ms", "0.05 ms", []),  # two steps of the last digit
        ("0.03 ms", "0.06 ms", [2.0]),
        ("+0.21 MB in ten minutes", "-3.50 MB in ten minutes", []),  # differences have no ratio
        ("2.00 times (1.00, 2.00, 3.00)", "2.00 times (1.90, 2.00, 9.00)", []),
        ("2.00 times (1.00, 2.00)", "4.00 times (1.90, 4.00)", [2.0]),
    ],
)
def test_what_moved_is_told_from_chance(before: str, now: str, ratios: list[float | None]) -> None:
    assert moved(before, now) == pytest.approx(ratios)


def test_a_number_in_a_name_is_no_figure() -> None:
    (line,) = lines.read(["720p x264 CRF-23 p95 is 4.50 of 1,280 px."]).values()
    assert [figure.value for figure in line.figures] == [4.5, 1280]


def test_lines_are_found_again_by_their_words_in_whatever_order() -> None:
    found = lines.compare(["a 10", "b 10", "b 20", "gone 1"], ["b 10", "new 1", "b 40", "a 10", "no figure"])
    assert [(change.before, change.now, change.ratios) for change in found.changes] == [("b 20", "b 40", (2.0,))]
    assert (found.same, found.gone, found.new) == (2, ["gone # (1)"], ["new # (1)"])


def test_every_benchmark_has_a_quick_form_or_a_reason() -> None:
    helpers = {"all", "lines", "clips"}
    there = {path.stem for path in FOLDER.glob("*.py")} - helpers
    assert everything.QUICK.keys() | everything.BY_ITSELF.keys() == there
    assert not everything.QUICK.keys() & everything.BY_ITSELF.keys()


def test_what_needs_a_data_set_is_left_out_without_one(tmp_path: Path) -> None:
    without = dict(everything.chosen([], None))
    assert "pasted" not in without
    assert "pasted" in everything.left_out([], None)
    assert dict(everything.chosen(["pasted"], tmp_path)) == {"pasted": [str(tmp_path), "200"]}
    assert everything.left_out(["pasted"], tmp_path) == {}


def test_the_last_run_of_the_same_processor_is_compared_with(tmp_path: Path) -> None:
    assert everything.last_kept(tmp_path, "A") is None
    for name, processor in (("2026-01-01", "A"), ("2026-01-02", "A"), ("2026-01-03", "B")):
        (tmp_path / f"{name}.json").write_text(json.dumps(run_of(processor, "one")), "utf-8")
    assert everything.last_kept(tmp_path, "A")[0] == "2026-01-02.json"
    assert everything.last_kept(tmp_path, "C")[0] == "2026-01-03.json"


def run_of(processor: str, *names: str) -> dict[str, object]:
    return {"note": "", "machine": {"processor": processor}, "versions": {}, "benchmarks": {name: {} for name in names}}


def test_a_whole_run_is_compared_with_a_whole_one(tmp_path: Path) -> None:
    for name, benchmarks in (("01", "abc"), ("02", "ab"), ("02-02", "a"), ("03", "d")):
        (tmp_path / f"2026-01-{name}.json").write_text(json.dumps(run_of("A", *benchmarks)), "utf-8")
    chosen = {names: everything.last_kept(tmp_path, "A", [*names])[0] for names in ("a", "ab", "abc", "x")}
    assert chosen == {"a": "2026-01-02-02.json", "ab": "2026-01-02.json", "abc": "2026-01-01.json"} | {
        "x": "2026-01-03.json"
    }


def test_a_file_that_is_no_run_is_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, written in (("01", json.dumps(run_of("A"))), ("02", '{"torn'), ("03", "[]"), ("04", "3")):
        (tmp_path / f"2026-01-{name}.json").write_text(written, "utf-8")
    assert everything.last_kept(tmp_path, "A")[0] == "2026-01-01.json"
    said = [line.split(": ")[:2] for line in capsys.readouterr().out.splitlines()]
    assert said == [["left out", f"2026-01-{day}.json"] for day in ("04", "03", "02")]


def test_nothing_that_was_kept_is_replaced(tmp_path: Path) -> None:
    for _ in range(3):
        everything.write(everything.place_for(tmp_path, "2026-01-01"), run_of("A"))
    assert {path.stem for path in tmp_path.iterdir()} == {"2026-01-01", "2026-01-01-02", "2026-01-01-03"}


def test_one_that_failed_is_not_compared() -> None:
    well, failed = ({"load": 1, "problem": problem, "lines": ["took 3 ms"]} for problem in (None, "no clip"))
    assert list(everything.told("one", well, failed)) == ["one: not compared, it failed now: no clip"]
    assert list(everything.told("one", failed, well)) == ["one: not compared, it failed then: no clip"]


def test_another_machine_s_figures_are_said_to_be_so(capsys: pytest.CaptureFixture[str]) -> None:
    everything.report(("2026-01-01.json", run_of("A")), run_of("B"))
    assert "another machine's" in capsys.readouterr().out
    everything.report(("2026-01-01.json", run_of("A")), run_of("A"))
    assert "another machine's" not in capsys.readouterr().out


@pytest.mark.parametrize("words", [["--json", "nowhere/f.json"], ["--fer", "nowhere"], ["nothing"]])
def test_what_would_fail_after_minutes_is_refused_at_once(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        everything.parse(words)
    assert ended.value.code == 2


def kept(version: str, *printed: str) -> dict[str, object]:
    """What a run would have written."""
    machine, versions = {"processor": "A"}, {"numpy": version}
    return {
        "note": "busy",
        "machine": machine,
        "versions": versions,
        "benchmarks": {"one": {"load": 0.5, "lines": printed}},
    }


def test_a_report_says_what_else_differs(capsys: pytest.CaptureFixture[str]) -> None:
    everything.report(
        ("2026-01-01.json", kept("2.0", "took 10.0 ms", "found 3")), kept("2.1", "took 20.0 ms", "found 3")
    )
    said = capsys.readouterr().out
    assert "beside 2026-01-01.json (busy)" in said
    assert "numpy: 2.0 then, 2.1 now" in said
    assert "one: 1 of 2 lines moved (load 0.5 then, 0.5 now)" in said
    assert "  was: took 10.0 ms\n  is:  took 20.0 ms\n       2.00 times\n" in said


def test_one_that_fails_or_hangs_is_said_and_keeps_its_lines() -> None:
    failed = everything.run([sys.executable, "-c", "print('took 3 ms'); raise SystemExit('no clip')"])
    assert (failed["problem"], failed["lines"]) == ("exit code 1: no clip", ["took 3 ms"])
    odd = everything.run([sys.executable, "-c", "import sys; sys.stdout.buffer.write(b'took 3 ms \\xff')"])
    assert (odd["problem"], odd["lines"]) == (None, ["took 3 ms \ufffd"])
    late = everything.run([sys.executable, "-c", "import time; print('a 1', flush=True); time.sleep(60)"], limit=0.5)
    assert late["problem"] == "not done after 0.5 s"


def test_the_runs_that_are_kept_can_be_read() -> None:
    runs = sorted((FOLDER / "history").glob("*.json"))
    assert runs
    for path in runs:
        run = json.loads(path.read_text("utf-8"))
        assert re.fullmatch(rf"{run['date']}(-\d\d)?", path.stem)
        assert set(run) == {"date", "note", "machine", "versions", "benchmarks"}
        assert any(lines.read(one["lines"]) for one in run["benchmarks"].values())
