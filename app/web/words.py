"""The page's words: one file for each language, the browser's language, and templates that are filled in with them."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from importlib import resources

FIRST = "en"
"""The language of those whose own isn't there."""

Words = Mapping[str, str]


def read_words() -> dict[str, Words]:
    """Read the words of all languages, by their tags; `FIRST` comes first."""
    folder = resources.files("emojicam.web").joinpath("static", "words")
    files = {entry.name.removesuffix(".json"): entry for entry in folder.iterdir() if entry.name.endswith(".json")}
    order = sorted(files, key=lambda tag: (tag != FIRST, tag))
    return {tag: json.loads(files[tag].read_text("utf-8")) for tag in order}


def preferred(header: str, languages: Mapping[str, Words]) -> str:
    """Choose the language that a visitor likes best, of those that there are.

    Args:
        header: The request's `Accept-Language`.
        languages: Those that there are.
    """
    wishes = []
    for place, part in enumerate(header[:1000].split(",")[:30]):
        tag, _, weight = part.strip().partition(";")
        match = re.fullmatch(r"\s*q=([01](?:\.\d{0,3})?)\s*", weight)
        share = float(match[1]) if match else float(not weight)
        if (main := tag.strip().split("-")[0].lower()) in languages and share > 0:
            wishes.append((-share, place, main))
    return min(wishes)[2] if wishes else FIRST


def filled(template: str, words: Words) -> str:
    """Fill in a template's words, as the page's own `fill` does when another language is chosen.

    Args:
        template: HTML. An empty element says what its `data-word` names; `data-word-title="key"` gives it a `title`.
        words: Of one language.

    Raises:
        KeyError: There is no such word.
    """

    def attribute(found: re.Match[str]) -> str:
        return f'{found[0]} {found[1]}="{html.escape(words[found[2]])}"'

    def content(found: re.Match[str]) -> str:
        return found[0] + html.escape(words[found[1]], quote=False)

    with_attributes = re.sub(r'data-word-([a-z-]+)="([\w.-]+)"', attribute, template)
    return re.sub(r'<[^<>]*\bdata-word="([\w.-]+)"[^<>]*>', content, with_attributes)
