"""The report of a sweep, read back."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image
from sweeps import sweep

from emojicam.errors import OutputError
from emojicam.models.reports.sweep_page import SweepReport


class Words(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.words, self.tags = "", []
        self.sources: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.sources += [value or "" for name, value in attrs if name in ("src", "srcset", "href")]

    def handle_data(self, data: str) -> None:
        self.words += data


def test_the_page_says_what_was_found_and_needs_nothing_else(tmp_path: Path) -> None:
    page = SweepReport(sweep(name="<b>own</b>")).write(tmp_path / "out")
    found = Words(page.read_text("utf-8"))
    assert "script" not in found.tags
    assert all(source.startswith("data:image/png;base64,") for source in found.sources)
    assert len(found.sources) == 6
    assert "Best: 72.0\xa0%. 9 trials to their end" in found.words
    assert "1 given up early, 1 without a number in the end, 1 interrupted or failed" in found.words
    assert "<b>own</b>" in found.words
    assert "sgd<script>" in found.words
    assert "net cnn3" in found.words
    for name in ("course", "importances", "slices"):
        with Image.open(tmp_path / "out" / f"{name}.png") as picture:
            picture.load()
            assert picture.width > 900


def test_the_trials_are_there_as_data(tmp_path: Path) -> None:
    SweepReport(sweep()).write(tmp_path)
    read = json.loads((tmp_path / "trials.json").read_text("utf-8"))
    assert len(read["trials"]) == 12
    assert read["trials"][5]["score"] is None
    assert read["trials"][3]["values"]["momentum"] == 0.5
    assert read["importances"] == {"rate": 0.75, "optimiser": 0.25}


def test_a_report_that_has_less_to_show_leaves_no_old_picture(tmp_path: Path) -> None:
    SweepReport(sweep()).write(tmp_path)
    SweepReport(replace(sweep(3), importances={})).write(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"index.html", "trials.json", "course.png", "slices.png"}
    SweepReport(replace(sweep(0), importances={})).write(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"index.html", "trials.json"}
    assert "0 trials to their end" in (tmp_path / "index.html").read_text("utf-8")


def test_a_folder_that_cannot_be_one_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="file"):
        SweepReport(sweep(1)).write(tmp_path / "file")
