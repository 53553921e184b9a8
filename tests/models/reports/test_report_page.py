from __future__ import annotations

import html
import json
import math
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from evaluated import EIGHT, drawn, history
from PIL import Image

from emojicam.errors import OutputError, UsageError
from emojicam.models import evaluate
from emojicam.models.history import History
from emojicam.models.reports.report_page import About, EvaluationReport

HOSTILE = ("<script>alert(1)</script>", '" onerror="x', "$x^2$ \\frac{", "a\nb & c", "w" * 60)


class Page(HTMLParser):
    """What a page holds, and whether its elements close."""

    VOID = ("meta", "img", "br", "source", "link", "input", "hr")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def strict(path: Path) -> Any:
    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    return json.loads(path.read_text("utf-8"), parse_constant=refuse)


def written(
    folder: Path, labels: tuple[str, ...] = EIGHT, n: int = 300, **more: Any
) -> tuple[EvaluationReport, Page, Any]:
    scores, faces = drawn(labels, n)
    report = EvaluationReport.of(scores, faces, About("mien", "drawn faces", "none"), **more)
    path = report.write(folder)
    assert path == folder / "index.html"
    assert not list(folder.glob("*.part"))
    return report, Page(path.read_text("utf-8")), strict(folder / "metrics.json")


def test_a_whole_report(tmp_path: Path) -> None:
    told = np.array([[0.1, 0.2], [0.3, np.nan]], np.float32)
    other = evaluate.measure(*drawn(EIGHT, 100))
    report, page, values = written(
        tmp_path,
        variants={"flip-averaged": other},
        affect=evaluate.measure_affect(np.nan_to_num(told), told),
        history=history(),
    )
    figures = report.figures
    assert values["labels"] == list(EIGHT)
    assert values["faces"] == 300
    assert values["accuracy"] == pytest.approx(figures.accuracy)
    assert (values["accuracy_low"], values["accuracy_high"]) == pytest.approx(figures.interval)
    for name in ("balanced_accuracy", "macro_f1", "micro_precision", "micro_recall", "ece", "log_loss"):
        assert values[name] == pytest.approx(getattr(figures, name))
    every, common = figures.macro_recall(), figures.macro_recall(evaluate.COMMON)
    assert values["macro_recall"] == pytest.approx(every.value)
    assert (values["macro_recall_low"], values["macro_recall_high"]) == pytest.approx((every.low, every.high))
    assert values["common_classes"] == figures.common > 0
    assert values["macro_recall_common"] == pytest.approx(common.value)
    assert values["macro_recall_common_low"] <= common.value < values["macro_recall_common_high"]
    assert values["ece_low"] <= values["ece"] <= values["ece_high"]
    assert values["variants"]["flip-averaged"]["macro_recall_common"] is None  # of a hundred faces
    assert values["confusion"] == figures.confusion.tolist()
    assert [one["support"] for one in values["classes"]] == figures.support.tolist()
    assert values["classes"][0]["f1"] == pytest.approx(figures.f1[0])
    assert values["classes"][0]["recall_low"] < values["classes"][0]["recall"] < values["classes"][0]["recall_high"]
    assert values["classes"][-1]["recall"] is None  # no face
    assert values["classes"][-2]["precision"] is None  # never answered
    assert len(values["bins"]) == 15
    assert sum(one["faces"] for one in values["bins"]) == 300
    assert values["variants"]["flip-averaged"]["accuracy"] == pytest.approx(other.accuracy)
    assert values["valence"] == {"ccc": pytest.approx(1), "rmse": 0, "faces": 2}
    assert values["arousal"] == {"ccc": None, "rmse": 0, "faces": 1}
    assert values["training"]["best"]["ferplus"] == {"epoch": 2, "value": pytest.approx(0.8)}

    for text in ("mien", "drawn faces", f"{100 * figures.accuracy:.1f}", "flip-averaged", "contempt", "3 epochs"):
        assert text in page.words
    assert page.all("html")[0]["lang"] == "en"
    assert all(image["alt"] for image in page.all("img"))
    assert len(page.all("source")) == 4
    assert len(page.all("img")) == 4 + len(report.mistakes)
    assert any(meta.get("name") == "viewport" for meta in page.all("meta"))


def test_the_pictures_decode(tmp_path: Path) -> None:
    written(tmp_path, history=history())
    for name in ("confusion", "by-class", "reliability", "curves", "mistakes"):
        with Image.open(tmp_path / f"{name}.png") as picture:
            picture.load()
            assert 900 <= picture.width <= 2000
            assert 600 <= picture.height <= 2000
            assert len(picture.convert("L").resize((64, 64)).getcolors() or []) > 3


def test_the_page_needs_nothing_else(tmp_path: Path) -> None:
    written(tmp_path, history=history())
    text = (tmp_path / "index.html").read_text("utf-8")
    page = Page(text)
    assert not re.search(r"(https?:)?//[a-z]|@import|url\(", re.sub(r"base64,[A-Za-z0-9+/=]+", "", text))
    assert not page.all("script") + page.all("link") + page.all("iframe")
    for attributes in page.all("img") + page.all("source"):
        source = attributes.get("src") or attributes.get("srcset") or ""
        assert source.startswith("data:image/png;base64,")
    assert "prefers-color-scheme:dark" in text


def test_hostile_words_are_escaped(tmp_path: Path) -> None:
    scores, faces = drawn(HOSTILE, 60)
    evil = "<img src=x onerror=alert(1)>"
    about = About(evil, evil, evil, {evil: evil})
    figures = evaluate.measure(scores, faces)
    rows = tuple({**row, f"{evil}_validation_accuracy": 0.5} for row in history().rows)
    report = EvaluationReport.of(scores, faces, about, variants={evil: figures}, history=History((1, 2, 3), rows))
    page = Page(report.write(tmp_path).read_text("utf-8"))
    assert not page.all("script")
    assert not [image for image in page.all("img") if "onerror" in image or image["src"] == "x"]
    assert html.unescape(html.escape(HOSTILE[0])) in page.words
    assert strict(tmp_path / "metrics.json")["labels"] == list(HOSTILE)


@pytest.mark.parametrize("labels", [("yes", "no"), EIGHT[:5], EIGHT[:7], tuple(f"emotion {i}" for i in range(20))])
@pytest.mark.parametrize("n", [1, 40])
def test_any_number_of_classes_and_faces_can_be_shown(labels: tuple[str, ...], n: int, tmp_path: Path) -> None:
    _, page, values = written(tmp_path, labels, n, history=history(1))
    assert values["faces"] == n
    assert labels[0] in page.words
    for path in tmp_path.glob("*.png"):
        with Image.open(path) as picture:
            picture.load()


def test_a_model_without_a_mistake_is_told_so_and_an_old_sheet_goes(tmp_path: Path) -> None:
    written(tmp_path)
    assert (tmp_path / "mistakes.png").exists()
    _, faces = drawn(EIGHT, 50)
    report = EvaluationReport.of(10 * faces.answers[0].targets, faces, About("exact", "drawn"))
    page = Page(report.write(tmp_path).read_text("utf-8"))
    assert "every face was answered as labelled" in page.words
    assert not (tmp_path / "mistakes.png").exists()


def test_what_can_not_be_reported_is_refused(tmp_path: Path) -> None:
    scores, faces = drawn(EIGHT, 5)
    with pytest.raises(UsageError, match="no face with a label"):
        EvaluationReport.of(scores[:0], faces.where(np.zeros(5, bool)), About("m", "nothing"))
    with pytest.raises(UsageError, match="not numbers"):
        EvaluationReport.of(scores * math.nan, faces, About("m", "drawn"))
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="file"):
        EvaluationReport.of(scores, faces, About("m", "drawn")).write(tmp_path / "file")
