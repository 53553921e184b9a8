"""Studies: the trials of a sweep in a SQLite file, which several processes may work on at once. Needs Optuna.

Every process holds a file locked beside the study while it works, and each trial names the file of its process. So a
trial whose process has died is known at once: it is counted as failed, and repeated.
"""

from __future__ import annotations

import json
import math
import random
import secrets
import sqlite3
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, suppress
from dataclasses import MISSING, asdict
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from emojicam.errors import InputError, MissingExtra, OutputError, UsageError, first_line
from emojicam.files import PartFile, is_written
from emojicam.models.recipe import Recipe
from emojicam.models.space import Dimension, Space, Value
from emojicam.models.sweep import COMPLETE, DIVERGED, FAILED, PRUNED, Trial

if TYPE_CHECKING:
    import optuna

NAME = "emojicam"
WAIT = 1.0
"""Seconds between two looks at trials that other processes run."""

UNNAMED = timedelta(minutes=1)
"""Time for which a trial may be without the name of its process, which it gets right after it was begun."""

LONGEST_LOCK = 60
"""Seconds that a process waits for its turn to write."""

Whole = Callable[[], AbstractContextManager[None]]

PRUNERS = ("median", "hyperband", "none")
BEST = 0.25
"""Share of the trials that importances tell from the others."""


class GivenUp(Exception):
    """A trial is worse than others were at its epoch, and isn't gone on with."""


class Diverged(Exception):
    """A trial's loss is no number any more."""


def need_optuna() -> None:
    """Find out early whether there can be studies.

    Raises:
        MissingExtra: Optuna isn't installed.
    """
    try:
        import optuna
    except ImportError as error:
        raise MissingExtra("optuna", "train") from error
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)  # what is to be said we say


class Running:
    """A trial that goes on.

    Attributes:
        number: From 0, in the order in which they were begun.
    """

    def __init__(self, trial: optuna.Trial, whole: Whole) -> None:
        self._trial, self._whole = trial, whole
        self.number = trial.number

    def suggest(self, dimension: Dimension) -> Value:
        """Choose a field's value."""
        with self._whole():
            return self._suggested(dimension)

    def _suggested(self, dimension: Dimension) -> Value:
        name = dimension.name
        if dimension.values:
            chosen = self._trial.suggest_categorical(name, dimension.values)
            return next(value for value in dimension.values if value == chosen)
        if dimension.whole:
            return self._trial.suggest_int(name, int(dimension.low), int(dimension.high), log=dimension.log)
        return self._trial.suggest_float(name, dimension.low, dimension.high, log=dimension.log)

    def report(self, epoch: int, value: float) -> None:
        """Tell the metric after an epoch, from 1.

        Raises:
            GivenUp: It isn't worth going on.
        """
        with self._whole():
            self._trial.report(value, epoch)
            worse = self._trial.should_prune()
        if worse:
            raise GivenUp


class Study:
    """A study that is open, as long as its `with` lasts.

    Attributes:
        path: Its file.
    """

    def __init__(
        self,
        path: Path,
        recipe: Recipe,
        space: Space,
        asked: Mapping[str, str | float | None],
        whole: Whole = nullcontext,
    ) -> None:
        """Choose the study's file, and what the study is to be of.

        Args:
            path: The file; it is made if it isn't there.
            recipe: What is changed.
            space: By what.
            asked: What else must stay the same for trials to be comparable, by name.
            whole: Gives contexts in which no interruption may raise: SQLAlchemy would leave the file locked.
        """
        self.path, self._whole = path, whole
        self._asked = {
            "recipe": json.loads(json.dumps(asdict(recipe))),
            "space": json.loads(json.dumps([asdict(dimension) for dimension in space.dimensions])),
            "asked": dict(asked),
        }

    def __enter__(self) -> Self:
        with self._whole():
            return self._opened()

    def _opened(self) -> Self:
        need_optuna()
        if not self.path.exists():
            self._make()
        import optuna

        try:
            self._storage = _storage(self.path)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._study = optuna.load_study(study_name=NAME, storage=self._storage)
            kept = self._study.user_attrs
        except Exception as error:
            raise InputError(f"{self.path}: not a study: {first_line(error)}") from error
        try:
            self._compare(kept)
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._close()

    def _close(self) -> None:
        with self._whole():
            self._storage.remove_session()
            self._storage.engine.dispose()

    def _make(self) -> None:
        """Make an empty study, which appears whole; of two processes that do so at once the first makes it."""
        import optuna

        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{self.path}: can't be made: {error.strerror}") from error
        part = PartFile(self.path, alone=False)
        try:
            storage = _storage(part.part)
            study = optuna.create_study(study_name=NAME, storage=storage, direction="maximize")
            for name, value in self._asked.items():
                study.set_user_attr(name, value)
            storage.remove_session()
            storage.engine.dispose()
        except BaseException as error:
            part.remove()
            if isinstance(error, Exception):
                raise OutputError(f"{self.path}: can't be written: {first_line(error)}") from error
            raise
        try:
            part.place()
        except OutputError:
            part.part.unlink(missing_ok=True)
            if not self.path.is_file():
                raise

    def _compare(self, kept: Mapping[str, Any]) -> None:
        """Refuse to go on with a study of something else.

        Raises:
            InputError: It is of something else, or no sweep of ours.
        """
        try:
            # A field that is newer than the study had its default then.
            fields = Recipe.__dataclass_fields__
            defaults = {name: field.default for name, field in fields.items() if field.default is not MISSING}
            recipe = json.loads(json.dumps(defaults)) | kept["recipe"]
            space, asked = kept["space"], kept["asked"]
            ours = self._asked["recipe"]
            other = [name for name in sorted({*recipe, *ours} - {"name"}) if recipe.get(name) != ours.get(name)]
            other += [] if space == self._asked["space"] else ["the search space"]
            other += [name for name, value in self._asked["asked"].items() if asked.get(name) != value]
        except (KeyError, TypeError, AttributeError) as error:
            raise InputError(f"{self.path}: not a study of emojicam's") from error
        if other:
            raise InputError(
                f"{self.path}: the study was begun otherwise ({', '.join(other)}): use another file, or what it had"
            )

    def _all(self, *states: str) -> list[optuna.trial.FrozenTrial]:
        from optuna.trial import TrialState

        chosen = tuple(TrialState[state] for state in states) or None
        with self._whole():
            return self._study.get_trials(deepcopy=False, states=chosen)

    @property
    def finished(self) -> int:
        """The number of trials that have come to an end of their own."""
        return len(self._all("COMPLETE", "PRUNED"))

    def run(
        self,
        objective: Callable[[Running], float],
        trials: int,
        *,
        seed: int = 0,
        pruner: str = "median",
        most: int = 1,
        on_wait: Callable[[int], None] = lambda number: None,
        on_trial: Callable[[Trial, int], None] = lambda trial, done: None,
    ) -> None:
        """Run trials until the study has so many that are finished, together with other processes.

        An interrupted trial is counted as failed, and is the next to be run.

        Args:
            objective: Runs a trial and gives its metric, the larger the better.
            trials: How many the study shall have in the end.
            seed: Seed of what is tried. With one process a study can be repeated exactly.
            pruner: What gives trials up early: "median" (a trial that at its epoch is below the median of those
                before), "hyperband" (Li et al. 2018) or "none".
            most: How many epochs a trial has at most.
            on_wait: Called once when others run all that is left, with how many they run.
            on_trial: Called with each trial that this process has finished, and how many are finished in all.

        Raises:
            OutputError: The study's file can't be written.
        """
        import optuna
        import sqlalchemy.exc

        self._study.pruner = _pruner(pruner, most)
        try:
            self._bury()
            with self._alive() as process:
                waiting = False
                while (left := trials - self.finished) > 0:
                    self._bury()
                    running = len(self._all("RUNNING"))
                    if running >= left:
                        if not waiting:
                            on_wait(running)
                        waiting = True
                        time.sleep(WAIT)
                    elif (number := self._one(objective, trials, seed, process)) is not None:
                        on_trial(next(trial for trial in self.trials() if trial.number == number), self.finished)
                        waiting = False
        except (sqlalchemy.exc.SQLAlchemyError, optuna.exceptions.StorageInternalError) as error:
            raise OutputError(f"{self.path}: can't be written: {first_line(error.__cause__ or error)}") from error

    def _one(self, objective: Callable[[Running], float], trials: int, seed: int, process: str) -> int | None:
        """Run one trial, if there is room for one more, and give its number."""
        import optuna
        from optuna.trial import TrialState

        with self._whole():  # if it raises behind this, the trial is that of a process that has died
            trial = self._study.ask()
            trial.set_user_attr("process", process)
        try:
            if len(self._all("COMPLETE", "PRUNED", "RUNNING")) > trials:
                # Another process began one at the same moment. Both step back, for a while that is never the same.
                self._again(trial, surplus=True)
                time.sleep(WAIT * random.random())
                return None
            # From the trial's number: what goes on after an interruption doesn't draw the first values again.
            self._study.sampler = optuna.samplers.TPESampler(seed=seed * 10_007 + trial.number)
            value = objective(Running(trial, self._whole))
        except GivenUp:
            self._tell(trial, state=TrialState.PRUNED)
        except Diverged:
            with self._whole():
                trial.set_user_attr("diverged", True)
                self._study.tell(trial, 0.0)
        except KeyboardInterrupt:
            self._again(trial)
            raise
        except BaseException:
            self._tell(trial, state=TrialState.FAIL)
            raise
        else:
            self._tell(trial, value)
        return int(trial.number)

    def _tell(
        self, trial: optuna.Trial, value: float | None = None, state: optuna.trial.TrialState | None = None
    ) -> None:
        with self._whole():
            self._study.tell(trial, value, state)

    def _again(self, trial: optuna.Trial | optuna.trial.FrozenTrial, *, surplus: bool = False) -> None:
        """Count a trial as failed and have it repeated, unless another process has just done so."""
        from optuna.exceptions import UpdateFinishedTrialError
        from optuna.trial import TrialState

        with self._whole():
            if surplus:
                trial.set_user_attr("surplus", True)
            try:
                self._study.tell(trial.number, state=TrialState.FAIL)
            except (ValueError, UpdateFinishedTrialError):
                return
            values = trial.user_attrs.get("again", {}) | trial.params
            if values:
                self._study.enqueue_trial(values, user_attrs={"again": values})

    def _bury(self) -> None:
        """Count the trials of processes that died as failed, and have them repeated."""
        for trial in self._all("RUNNING"):
            process = trial.user_attrs.get("process")
            if process is None and datetime.now() - (trial.datetime_start or datetime.min) < UNNAMED:
                continue
            if process is None or not is_written(self.path.with_name(process)):
                self._again(trial)

    @contextmanager
    def _alive(self) -> Iterator[str]:
        """Hold a file of this process's own beside the study; what dead ones left is removed. Lends its name."""
        with suppress(OSError):
            for path in self.path.parent.iterdir():
                ours = path.name.startswith(f"{self.path.name}.") and path.name.endswith(".part.run")
                if ours and time.time() - path.stat().st_mtime > UNNAMED.total_seconds() and not is_written(path):
                    path.unlink()
        held = PartFile(self.path.with_name(f"{self.path.name}.{secrets.token_hex(4)}.run"))
        try:
            yield held.part.name
        finally:
            held.remove()

    def trials(self) -> list[Trial]:
        """All trials that have ended, in their order."""
        return [_told(t) for t in self._all("COMPLETE", "PRUNED", "FAIL") if "surplus" not in t.user_attrs]

    def importances(self) -> dict[str, float]:
        """The shares of the fields in what tells the best quarter of the trials from all.

        They are those of PED-ANOVA (Watanabe et al. 2023).

        Trials that were given up aren't asked. With fewer than eight others nothing is told.

        Returns:
            Shares by field, together 1, the largest first.
        """
        if len(self._all("COMPLETE")) < 8:
            return {}
        from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = get_param_importances(
                self._study, evaluator=PedAnovaImportanceEvaluator(target_quantile=BEST), normalize=False
            )
        total = math.fsum(found.values())
        return {name: share / total for name, share in found.items()} if total > 0 else {}


def refuse(path: Path, trials: int) -> None:
    """Refuse a study that can't go well, before data are read.

    Raises:
        UsageError: So many trials can't be.
        OutputError: The file's place is a folder.
    """
    if trials < 1:
        raise UsageError(f"--trials {trials}: at least 1")
    if path.is_dir():
        raise OutputError(f"{path}: is a folder")


def _storage(path: Path) -> optuna.storages.RDBStorage:
    """Open a SQLite file for Optuna, so that whoever is about to change something reads what it was alone."""
    import optuna
    import sqlalchemy

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(path, timeout=LONGEST_LOCK, isolation_level=None)

    new = not path.stat().st_size
    if not new:
        with closing(connect()) as first:  # of what is no database SQLite says so itself
            if ("trials",) not in first.execute("SELECT name FROM sqlite_master").fetchall():
                raise ValueError("a database of something else")
    kwargs = {"creator": connect, "poolclass": sqlalchemy.NullPool}
    storage = optuna.storages.RDBStorage("sqlite:///study", engine_kwargs=kwargs, skip_table_creation=not new)
    # Python's sqlite3 begins a transaction at the first change, after what the change depends on was read.
    sqlalchemy.event.listen(storage.engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return storage


def _pruner(name: str, most: int) -> optuna.pruners.BasePruner:
    from optuna import pruners

    if name == "median":
        return pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=2)
    if name == "hyperband":
        return pruners.HyperbandPruner(min_resource=1, max_resource=max(1, most), reduction_factor=3)
    return pruners.NopPruner()


def _told(trial: optuna.trial.FrozenTrial) -> Trial:
    state = {"COMPLETE": COMPLETE, "PRUNED": PRUNED}.get(trial.state.name, FAILED)
    if "diverged" in trial.user_attrs:
        state = DIVERGED
    curve = tuple(value for _, value in sorted(trial.intermediate_values.items()))
    score = trial.value if state == COMPLETE and trial.value is not None else max(curve, default=math.nan)
    seconds = trial.duration.total_seconds() if trial.duration is not None else math.nan
    return Trial(trial.number, dict(trial.params), state, score, curve, seconds)
