"""The report of a sweep: `trials.json`, pictures, and one page that needs nothing else to be read."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from emojicam.models.reports import figure, sweep_plots
from emojicam.models.reports.document import document, duration, picture, share, table, whole
from emojicam.models.reports.folder import write_folder
from emojicam.models.sweep import COMPLETE, DIVERGED, FAILED, METRICS, PRUNED, Sweep, Trial, said

PAGE = "index.html"
TRIALS = "trials.json"
PICTURES = ("course", "importances", "slices")
"""Names of a report's PNGs, without their ending."""

BEST = 10
"""Number of trials that the first table shows."""


@dataclass(frozen=True)
class SweepReport:
    """Everything that the report of a sweep says.

    Attributes:
        sweep: What was found.
    """

    sweep: Sweep

    def write(self, folder: Path) -> Path:
        """Write `trials.json`, the PNGs and the page into a folder; each file is replaced when the new one is whole.

        A picture of an earlier report for which this one has nothing to show is removed.

        Returns:
            The page.

        Raises:
            MissingExtra: matplotlib is not installed.
            OutputError: The folder can't be written to.
        """
        light, dark = self._pictures(figure.LIGHT), self._pictures(figure.DARK)
        files = {TRIALS: as_json(self.sweep).encode()}
        files |= {f"{name}.png": png for name, png in light.items()}
        files[PAGE] = page(self.sweep, light, dark).encode()
        write_folder(folder, files, PICTURES, own=True)
        return folder / PAGE

    def _pictures(self, theme: figure.Theme) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        if any(math.isfinite(trial.score) for trial in self.sweep.trials):
            found |= {"course": sweep_plots.course(self.sweep, theme), "slices": sweep_plots.slices(self.sweep, theme)}
        if self.sweep.importances:
            found["importances"] = sweep_plots.importances(self.sweep, theme)
        return found


def as_json(sweep: Sweep) -> str:
    """All trials as strict JSON: shares are 0-1, what is not known is null."""
    values = {
        "recipe": sweep.name,
        "data": sweep.data,
        "metric": sweep.metric,
        "fixed": dict(sweep.recipe),
        "importances": dict(sweep.importances),
        "trials": [
            {
                "number": trial.number,
                "state": trial.state,
                "score": trial.score if math.isfinite(trial.score) else None,
                "seconds": trial.seconds if math.isfinite(trial.seconds) else None,
                "values": dict(trial.values),
                "curve": list(trial.curve),
            }
            for trial in sweep.trials
        ],
    }
    return json.dumps(values, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def page(sweep: Sweep, light: Mapping[str, bytes], dark: Mapping[str, bytes]) -> str:
    """The report as one HTML page, which loads nothing from anywhere.

    Args:
        sweep: What to say.
        light: PNGs by name, for a light screen.
        dark: The same for a dark one.
    """
    parts = [_header(sweep)]
    if sweep.ranked:
        parts.append(f"<section><h2>The best</h2>{_trials(sweep, sweep.ranked[:BEST])}</section>")
    if "importances" in light:
        parts.append(
            '<section><h2>What mattered</h2><div class="beside"><div>'
            "<p>How far the values of each field in the best quarter of the trials differ from those in all of them, "
            "as shares that make 100&nbsp;%. With few trials this is a hint, no proof; trials that were given up are "
            "not asked, and a field whose range holds nothing bad looks unimportant.</p>"
            + _importances(sweep)
            + "</div>"
            + picture("importances", "Bars: the importance of each field; the table beside has them", light, dark)
            + "</div></section>"
        )
    if "slices" in light:
        parts.append(
            "<section><h2>Value by value</h2>"
            "<p>Each dot is a trial; everything else differs too, so that only what stands out from chance says "
            "something. Hollow dots were given up early: theirs is the best epoch until then.</p>"
            + picture("slices", "The metric of each trial by the value of each field", light, dark, large=True)
            + "</section>"
        )
    if "course" in light:
        alt = "The metric of each trial in their order, and the best so far"
        parts.append(f"<section><h2>The course</h2>{picture('course', alt, light, dark)}</section>")
    parts.append(
        "<section><h2>All trials</h2><details><summary>"
        f"{len(sweep.trials)} trials as a table</summary>{_trials(sweep, sweep.trials)}</details></section>"
    )
    parts.append(METHODS)
    return document(f"{sweep.name}: what mattered", "\n".join(parts))


METHODS = """<footer><ul>
<li>The metric is that of a trial's best epoch on the validation split. The best of many trials is a little better there
than it will be elsewhere; the test split was not looked at.</li>
<li>Values are chosen by a tree-structured Parzen estimator (Bergstra et al. 2011, Watanabe 2023): the first ten by
chance, the later ones close to what did well. So there are more trials where it is good.</li>
<li>Importances: PED-ANOVA (Watanabe, Bansal and Hutter 2023).</li></ul></footer>"""


def _header(sweep: Sweep) -> str:
    counts, ranked = sweep.counts, sweep.ranked
    words = ((PRUNED, "given up early"), (DIVERGED, "without a number in the end"), (FAILED, "interrupted or failed"))
    rest = [f"{counts[state]} {word}" for state, word in words if counts[state]]
    best = f"Best: <strong>{share(ranked[0].score)}</strong>. " if ranked else ""
    fixed = ", ".join(f"{name} {text}" for name, text in sweep.recipe.items() if name not in _searched(sweep))
    rows = {
        "Data": sweep.data,
        "Metric": f"{METRICS[sweep.metric]} on the validation split",
        "Searched": ", ".join(_searched(sweep)),
        "The same in all": fixed,
        "Time": duration(sweep.seconds).replace("&nbsp;", " "),
    }
    cells = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in rows.items() if text)
    return (
        f'<header><p class="kind">A sweep of a recipe</p><h1>{escape(sweep.name)}</h1>'
        f'<p class="lede">{best}{counts[COMPLETE]} trials to their end'
        f"{''.join(f', {text}' for text in rest)}.</p></header>"
        f'<section><h2>What was searched</h2><dl class="about">{cells}</dl></section>'
    )


def _searched(sweep: Sweep) -> list[str]:
    return [dimension.name for dimension in sweep.dimensions]


def _importances(sweep: Sweep) -> str:
    body = [[escape(name), whole(value)] for name, value in sweep.importances.items()]
    return f'<div class="narrow">{table(["Field", "Importance"], body)}</div>'


def _trials(sweep: Sweep, trials: Sequence[Trial]) -> str:
    names = _searched(sweep)
    body = []
    for trial in trials:
        state = "" if trial.state == COMPLETE else f" ({trial.state})"
        values = [escape(said(trial.values[name])) if name in trial.values else "–" for name in names]
        took = duration(trial.seconds) if math.isfinite(trial.seconds) else "–"
        body.append([f"{trial.number}{state}", share(trial.score), *values, took])
    return table(["Trial", METRICS[sweep.metric], *map(escape, names), "Time"], body)
