"""The page's words: all languages have the same, each is used, and the server fills them in as the browser likes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from serving import TOKEN, Site

from emojicam.models.card import EMOTIONS
from emojicam.stream.choices import Style
from emojicam.web.words import FIRST, filled, preferred, read_words

WEB = Path(__file__).resolve().parent.parent.parent / "app" / "web"
WORDS = read_words()
CHOSEN = {"style", "theme", "emotion", "looks"}
"""Families of which a word is used where there is a style, a theme or an emotion of its name."""

SCRIPTS = "\n".join(path.read_text("utf-8") for path in sorted((WEB / "static").glob("*.js")))
TEMPLATES = "\n".join(path.read_text("utf-8") for path in sorted((WEB / "templates").glob("*.html")))
SERVER = (WEB / "pages.py").read_text("utf-8")


def used(key: str) -> bool:
    """Whether the page names a word: as it is, or by the beginning that it shares with its family."""
    if key.split(".")[0] in CHOSEN or key == "language":
        return True
    if re.search(
        rf'(data-word[a-z-]*=|["\'`]){re.escape(key)}["\'`]|="{re.escape(key)}"', SCRIPTS + TEMPLATES + SERVER
    ):
        return True
    family = key.rpartition(".")[0]
    return f"`{family}.${{" in SCRIPTS or f'because("{family}",' in SCRIPTS


def test_there_are_five_languages() -> None:
    assert list(WORDS) == [FIRST, "de", "es", "fr", "zh"]
    assert len({words["language"] for words in WORDS.values()}) == len(WORDS)


@pytest.mark.parametrize("tag", WORDS)
def test_every_language_has_the_same_words_with_the_same_gaps(tag: str) -> None:
    assert WORDS[tag].keys() == WORDS[FIRST].keys()
    for key, text in WORDS[tag].items():
        assert text.strip() == text
        assert text, key
        assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", WORDS[FIRST][key])), key


@pytest.mark.parametrize("key", WORDS[FIRST])
def test_every_word_is_used(key: str) -> None:
    assert used(key)


def test_every_word_that_is_named_is_there() -> None:
    named = set(re.findall(r'\bword\("([\w.-]+)"', SCRIPTS)) | set(
        re.findall(r'data-word[a-z-]*="([\w.-]+)"', TEMPLATES)
    )
    assert len(named) > 60
    assert named <= WORDS[FIRST].keys()


def test_there_are_words_for_every_emotion_and_style() -> None:
    for family, names in (("emotion", EMOTIONS), ("looks", EMOTIONS), ("style", [style.value for style in Style])):
        assert {f"{family}.{name}" for name in names} <= WORDS[FIRST].keys()


@pytest.mark.parametrize(
    ("header", "tag"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-CH, en;q=0.5", "de"),
        ("fi, ZH-Hans;q=0.7, fr;q=0.9", "fr"),
        ("pt-BR", "en"),
        ("es;q=0, de;q=0.1", "de"),
        ("es;q=lots, fr", "fr"),
        (";;;,,=q", "en"),
        ("x" * 5000, "en"),
    ],
)
def test_the_visitors_language_is_chosen(header: str, tag: str) -> None:
    assert preferred(header, WORDS) == tag


def test_templates_are_filled_in_and_nothing_of_a_word_is_markup() -> None:
    words = {"a": "1 < 2", "b": 'say "x"'}
    template = '<p class="q" data-word="a" id="i"></p><img data-word-alt="b">'
    assert filled(template, words) == (
        '<p class="q" data-word="a" id="i">1 &lt; 2</p><img data-word-alt="b" alt="say &quot;x&quot;">'
    )
    with pytest.raises(KeyError):
        filled('<p data-word="c"></p>', words)


@pytest.mark.parametrize("tag", WORDS)
def test_the_page_comes_in_the_visitors_language(here: Site, tag: str) -> None:
    with here.client(headers={"Accept-Language": tag}) as client:
        page = client.get("/").text
        assert f'<html lang="{tag}">' in page
        assert f'<option value="{tag}" selected' in page
        assert WORDS[tag]["drop.title"] in page
        assert client.get(f"/static/words/{tag}.json").json() == WORDS[tag]


def test_so_does_the_door(locked: Site) -> None:
    with locked.client(headers={"Accept-Language": "fr"}) as client:
        assert WORDS["fr"]["login.enter"] in client.get("/login").text
        assert WORDS["fr"]["login.wrong"] in client.post("/login", data={"token": TOKEN[:-1]}).text
