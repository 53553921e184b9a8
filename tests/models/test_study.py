"""Studies: they go on, also after what died in the middle, and several may work on one. Nothing is trained here."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sweeps import SPACE

from emojicam.errors import InputError, OutputError, UsageError
from emojicam.files import PartFile
from emojicam.models import recipe, space, study
from emojicam.models.space import Space
from emojicam.models.study import Diverged, Running, Study

pytest.importorskip("optuna")
PLAN = recipe.load("cnn3")
ASKED: dict[str, str | float | None] = {"metric": "accuracy", "seconds": None}

WORKER = """
import sys, time
from pathlib import Path
from emojicam.models import recipe, space
from emojicam.models.study import Study

searched = space.load(sys.argv[2])

def objective(running):
    plan = searched.draw(recipe.load("cnn3"), running.suggest)
    print(running.number, flush=True)
    time.sleep(float(sys.argv[4]))
    return plan.rate

with Study(Path(sys.argv[1]), recipe.load("cnn3"), searched, {"metric": "accuracy", "seconds": None}) as kept:
    kept.run(objective, int(sys.argv[3]))
"""


@pytest.fixture
def searched(tmp_path: Path) -> Space:
    (tmp_path / "own.toml").write_text(SPACE)
    return space.load(str(tmp_path / "own.toml"))


def opened(folder: Path, searched: Space) -> Study:
    return Study(folder / "a.db", PLAN, searched, ASKED)


def worker(folder: Path, trials: int, seconds: float) -> subprocess.Popen[str]:
    arguments = [str(folder / "a.db"), str(folder / "own.toml"), str(trials), str(seconds)]
    return subprocess.Popen([sys.executable, "-c", WORKER, *arguments], stdout=subprocess.PIPE, text=True, cwd=folder)


def objective(searched: Space, interrupted_at: int | None = None):  # type: ignore[no-untyped-def]
    def run(running: Running) -> float:
        plan = searched.draw(PLAN, running.suggest)
        if running.number == interrupted_at:
            raise KeyboardInterrupt
        return plan.rate

    return run


def test_a_study_goes_on_to_as_many_trials_and_repeats_what_was_interrupted(tmp_path: Path, searched: Space) -> None:
    for number in (2, 5):
        with opened(tmp_path, searched) as kept, pytest.raises(KeyboardInterrupt):
            kept.run(objective(searched, number), 8)
    with opened(tmp_path, searched) as kept:
        told: list[tuple[int, int]] = []
        kept.run(objective(searched), 8, on_trial=lambda trial, done: told.append((trial.number, done)))
        assert kept.finished == 8
        trials = kept.trials()
        assert told[-1] == (trials[-1].number, 8)
    assert [trial.state for trial in trials] == ["complete"] * 2 + ["failed"] + ["complete"] * 2 + ["failed"] + [
        "complete"
    ] * 4
    for number in (2, 5):  # with the same values
        assert trials[number + 1].values == trials[number].values
    assert all(trial.score == trial.values["rate"] for trial in trials if trial.state == "complete")
    with opened(tmp_path, searched) as kept:
        kept.run(objective(searched, 8), 8)  # nothing to do
        kept.run(objective(searched), 9)
        assert kept.finished == 9
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.db", "own.toml"]


def test_the_same_seed_tries_the_same_also_after_an_interruption(tmp_path: Path, searched: Space) -> None:
    drawn = []
    for name, cuts in (("one", ()), ("two", (3,))):
        (tmp_path / name).mkdir()
        for cut in (*cuts, None):
            with opened(tmp_path / name, searched) as kept:
                try:
                    kept.run(objective(searched, cut), 5, seed=3)
                except KeyboardInterrupt:
                    continue
                drawn.append([trial.values for trial in kept.trials() if trial.state == "complete"])
    assert drawn[0][:4] == drawn[1][:4]
    assert len({values["rate"] for values in drawn[0]}) == 5


def test_two_processes_share_a_study_and_stop_at_the_number(tmp_path: Path, searched: Space) -> None:
    workers = [worker(tmp_path, 12, 0.1) for _ in range(2)]
    shares = [process.communicate()[0].split() for process in workers]
    assert [process.returncode for process in workers] == [0, 0]
    with opened(tmp_path, searched) as kept:
        trials = kept.trials()
        assert kept.finished == 12
    assert [trial.state for trial in trials] == ["complete"] * 12
    assert sorted(int(number) for share in shares for number in share) == [trial.number for trial in trials]


def test_the_trial_of_a_process_that_was_killed_is_repeated_at_once(tmp_path: Path, searched: Space) -> None:
    process = worker(tmp_path, 3, 600)
    assert process.stdout is not None
    assert process.stdout.readline() == "0\n"
    process.kill()
    process.communicate()
    with opened(tmp_path, searched) as kept:
        kept.run(objective(searched), 3)
        trials = kept.trials()
    assert [trial.state for trial in trials] == ["failed", "complete", "complete", "complete"]
    assert trials[1].values == trials[0].values


def test_what_others_run_is_waited_for(tmp_path: Path, searched: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study, "WAIT", 0.01)
    with opened(tmp_path, searched) as kept:
        theirs = kept._study.ask()
        other = PartFile(tmp_path / "a.db.0.run")
        theirs.set_user_attr("process", other.part.name)
        waits: list[int] = []

        def wait(number: int) -> None:
            waits.append(number)
            other.remove()  # it dies

        kept.run(objective(searched), 1, on_wait=wait)
        assert waits == [1]
        assert [trial.state for trial in kept.trials()] == ["failed", "complete"]


def test_a_trial_is_one_too_many_where_another_took_the_last_place_first(
    tmp_path: Path, searched: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(study, "WAIT", 0.01)
    with opened(tmp_path, searched) as kept:
        other = PartFile(tmp_path / "a.db.0.run")
        theirs = kept._study.ask()
        theirs.set_user_attr("process", other.part.name)
        assert kept._one(objective(searched), 1, 0, "mine") is None
        kept._study.tell(theirs, 0.5)
        other.remove()
        assert [(trial.number, trial.state) for trial in kept.trials()] == [(0, "complete")]


def test_poor_trials_are_given_up_and_those_without_a_number_are_told(tmp_path: Path, searched: Space) -> None:
    def run(running: Running) -> float:
        searched.draw(PLAN, running.suggest)
        for epoch in range(1, 5):
            running.report(epoch, 0.1 if running.number == 7 else 0.5 + epoch / 100)
        if running.number == 8:
            raise Diverged
        return 0.54

    with opened(tmp_path, searched) as kept:
        kept.run(run, 9, most=4)
        trials = kept.trials()
    assert [trial.state for trial in trials] == ["complete"] * 7 + ["pruned", "diverged"]
    assert (trials[7].curve, trials[7].score) == ((0.1, 0.1), 0.1)
    assert trials[0].curve == pytest.approx((0.51, 0.52, 0.53, 0.54))
    with Study(tmp_path / "b.db", PLAN, searched, ASKED) as kept:
        for pruner, upto in (("none", 9), ("hyperband", 10)):
            kept.run(run, upto, pruner=pruner, most=4)
        assert [trial.state for trial in kept.trials()].count("pruned") == 0


def test_the_field_that_decides_is_the_important_one(tmp_path: Path, searched: Space) -> None:
    with opened(tmp_path, searched) as kept:
        kept.run(objective(searched), 7)
        assert kept.importances() == {}
        kept.run(objective(searched), 20)
        found = kept.importances()
    assert sum(found.values()) == pytest.approx(1)
    assert next(iter(found)) == "rate"
    assert found["rate"] > 0.4


def test_a_failure_that_is_no_interruption_ends_the_run_and_is_not_repeated(tmp_path: Path, searched: Space) -> None:
    def fail(running: Running) -> float:
        raise InputError("a disk that can't be read")

    with opened(tmp_path, searched) as kept:
        with pytest.raises(InputError, match="a disk"):
            kept.run(fail, 2)
        kept.run(objective(searched), 2)
        assert [trial.state for trial in kept.trials()] == ["failed", "complete", "complete"]


def test_another_recipe_space_or_metric_is_another_study(tmp_path: Path, searched: Space) -> None:
    from dataclasses import replace

    with opened(tmp_path, searched):
        pass
    fewer = Space("fewer", searched.dimensions[:-1])
    cases = (
        (replace(PLAN, rate=1.0, batch=3), searched, ASKED, r"\(batch, rate\)"),
        (PLAN, fewer, ASKED, r"\(the search space\)"),
        (PLAN, searched, {"metric": "macro_recall", "seconds": None}, r"\(metric\)"),
    )
    for plan, given, asked, says in cases:
        with pytest.raises(InputError, match=f"a.db: the study was begun otherwise {says}"):
            Study(tmp_path / "a.db", plan, given, asked).__enter__()  # type: ignore[arg-type]
    with Study(tmp_path / "a.db", replace(PLAN, name="renamed"), searched, ASKED) as kept:
        assert kept.finished == 0


def test_a_file_that_is_no_study_is_left_as_it_is_and_said(tmp_path: Path, searched: Space) -> None:
    (tmp_path / "a.db").write_text("my diary, of some length, " * 60)
    with pytest.raises(InputError, match=r"a\.db: not a study: file is not a database"):
        opened(tmp_path, searched).__enter__()
    assert (tmp_path / "a.db").read_text().startswith("my diary")
    (tmp_path / "a.db").unlink()
    other = sqlite3.connect(tmp_path / "a.db")
    other.execute("CREATE TABLE birds (name)")
    other.close()
    before = (tmp_path / "a.db").read_bytes()
    with pytest.raises(InputError, match=r"a\.db: not a study: a database of something else"):
        opened(tmp_path, searched).__enter__()
    assert (tmp_path / "a.db").read_bytes() == before
    with pytest.raises(OutputError, match="is a folder"):
        study.refuse(tmp_path, 3)
    with pytest.raises(UsageError, match="--trials 0: at least 1"):
        study.refuse(tmp_path / "a.db", 0)
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"a\.db: can't be made"):
        opened(tmp_path / "file", searched).__enter__()


def test_a_study_may_be_called_and_moved_as_one_likes(tmp_path: Path, searched: Space) -> None:
    path = tmp_path / "50 % {of} them?#.db"
    with Study(path, PLAN, searched, ASKED) as kept:
        kept.run(objective(searched), 1)
    shutil.move(path, tmp_path / "a.db")
    with opened(tmp_path, searched) as kept:
        kept.run(objective(searched), 2)
        assert len(kept.trials()) == 2
