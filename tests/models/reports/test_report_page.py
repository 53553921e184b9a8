from __future__ import annotations

import html
import io
import json
import math
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from emojicam.errors import InputError, OutputError, UsageError
from emojicam.models import evaluate
from emojicam.models.data.faces import Answers, Faces
from emojicam.models.history import Best, History, read_history
from emojicam.models.reports import figure, plots
from emojicam.models.reports.report_page import About, EvaluationReport

EIGHT = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")
HOSTILE = ("<script>alert(1)</script>", '" onerror="x', "$x^2$ \\frac{", "a\nb & c", "w" * 60)


def drawn(labels: tuple[str, ...], n: int, channels: int = 1, size: int = 48) -> tuple[npt.NDArray[np.float32], Faces]:
    """Scores and faces; the last class has no face and the last but one is never answered."""
    rng = np.random.default_rng(7)
    k = len(labels)
    truth = rng.integers(0, max(1, k - 1), n)
    scores = rng.normal(0, 1, (n, k)).astype(np.float32)
    scores[np.arange(n), truth] += 2
    if k > 2:
        scores[:, -2] = -20
    targets = np.eye(k, dtype=np.float32)[truth]
    images = rng.integers(0, 256, (n, channels, size, size), dtype=np.uint8)
    return scores, Faces(images, (Answers("drawn", labels, targets, truth, "drawn"),))


def history(epochs: int = 3) -> History:
    rows = [
        {
            "epoch": e,
            "train_loss": 2 / e,
            "seconds": 40.0,
            "ferplus_validation_accuracy": 0.8 - abs(e - 2) / 10,
            "ferplus_validation_loss": 1 + abs(e - 1) / 10,
            "fer2013_validation_accuracy": 0.5 + e / 100,
        }
        for e in range(1, epochs + 1)
    ]
    return History(tuple(range(1, epochs + 1)), tuple(rows))


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


@pytest.mark.parametrize(("channels", "size"), [(1, 48), (3, 224), (3, 20)])
def test_faces_may_be_grey_or_coloured_and_of_any_size(channels: int, size: int) -> None:
    scores, faces = drawn(EIGHT, 30, channels, size)
    faces.images[:] = 0
    faces.images[:, 0] = 255  # red, or white
    found = evaluate.worst_mistakes(scores, faces)
    with Image.open(io.BytesIO(plots.mistakes(faces.images, found))) as picture:
        middle = picture.convert("RGB").getpixel((100, 100))
    assert middle == ((255, 255, 255) if channels == 1 else (255, 0, 0))


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


def test_without_matplotlib_the_install_line_is_said() -> None:
    program = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "from emojicam.models.reports import figure, report_page\n"
        "try: figure.need_matplotlib()\n"
        "except ImportError as error: print(error, error.exit_code)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == 'matplotlib is not installed: pip install "emojicam[train]" 4\n'


def test_a_log_is_read_with_old_and_new_names(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_text('{"epoch": 1, "train_loss": 2, "validation_accuracy": 0.5, "seconds": 30}\n', "utf-8")
    old = read_history(path)
    assert old.accuracies == {"validation": [0.5]}
    assert old.best("validation") == Best(1, 0.5)
    assert old.seconds == 30

    new = history()
    assert list(new.accuracies) == ["ferplus", "fer2013"]
    assert new.losses == {
        "training": [2, 1, pytest.approx(2 / 3)],
        "ferplus": [1, pytest.approx(1.1), pytest.approx(1.2)],
    }
    assert new.best("ferplus") == Best(2, 0.8)
    assert new.best("ferplus", "loss") == Best(1, 1.0)
    assert new.best("fer2013", "loss") is None


def test_a_log_of_an_interrupted_run_is_read(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    lines = [{"epoch": e, "train_loss": loss, "validation_accuracy": a} for e, loss, a in ((1, 3, 0.1), (2, 2, 0.2))]
    again = {"epoch": 2, "train_loss": math.nan, "validation_accuracy": 0.3}
    path.write_text("\n".join(json.dumps(row) for row in [*lines, again]) + '\n{"epoch": 3, "tra', "utf-8")
    found = read_history(path)
    assert found.epochs == (1, 2)
    assert found.best("validation") == Best(2, 0.3)
    assert math.isnan(found.losses["training"][1])
    assert plots.curves(found)[:4] == b"\x89PNG"


@pytest.mark.parametrize("text", ["", "[1]\n{}\n", '{"epoch": 1}\nnonsense\n', '{"loss": 1}\n'])
def test_what_is_no_log_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError, match=r"metrics\.jsonl"):
        read_history(path)
    with pytest.raises(UsageError, match="no such file"):
        read_history(tmp_path / "nowhere")


def test_a_run_that_logged_no_validation_can_be_drawn() -> None:
    bare = History((1, 2), ({"epoch": 1}, {"epoch": 2}))
    assert bare.sets == {}
    assert plots.curves(bare)[:4] == b"\x89PNG"


@pytest.mark.parametrize("theme", [figure.LIGHT, figure.DARK])
def test_letters_and_colours_stand_out(theme: figure.Theme) -> None:
    assert figure.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert figure.contrast(theme.ink, theme.ground) >= 7
    assert figure.contrast(theme.faint, theme.ground) >= 4.5
    assert min(figure.contrast(colour, theme.ground) for colour in (*theme.series, theme.gap)) >= 2


@pytest.mark.parametrize(("share", "said"), [(0.5, "50 %"), (0.9964, "99.6 %"), (1.0, "100 %"), (0.994, "99 %")])
def test_certainty_is_not_feigned(share: float, said: str) -> None:
    assert plots.percent(share) == said
