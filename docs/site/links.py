"""Looks through a built site for links that lead nowhere, and for anything that is loaded from another host.

    python docs/site/links.py build/site

Prints a line for each, and ends with exit code 1 if there is one. Sphinx has looked at the links of the Markdown by
then; this looks at what a browser gets: also at the theme's own links, at the reference, and at the search.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_CSS = re.compile(r"""(?:url\(|@import)\s*["']?([^"')\s;]+)""")
_LOADS = frozenset({"script", "img", "iframe", "source", "video", "audio", "embed", "object", "link"})
"""Elements that fetch what they name; `a` and `form` only lead there."""


@dataclass
class Found(HTMLParser):
    """What a page links to and loads, and which places in it can be linked to."""

    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element's links and its name."""
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        into = self.loads if tag in _LOADS else self.links
        into += [given[name] for name in ("href", "src", "data", "poster", "action") if given.get(name)]


@cache
def read(page: Path) -> Found:
    """Read a page."""
    found = Found()
    found.feed(page.read_text("utf-8"))
    return found


def faults(site: Path) -> Iterator[str]:
    """Look through a site.

    Args:
        site: The folder with its pages.

    Yields:
        A line for each fault: the file, what it names, and what is wrong with that.
    """
    for page in sorted(site.rglob("*.html")):
        found = read(page)
        for address in dict.fromkeys([*found.links, *found.loads]):
            if wrong := _wrong(page, address, loaded=address in found.loads):
                yield f"{page.relative_to(site)}: {address}: {wrong}"
    for sheet in sorted(site.rglob("*.css")):
        for address in dict.fromkeys(_CSS.findall(sheet.read_text("utf-8"))):
            if wrong := _wrong(sheet, address, loaded=True):
                yield f"{sheet.relative_to(site)}: {address}: {wrong}"


def _wrong(page: Path, address: str, *, loaded: bool) -> str:
    """Say what is wrong with an address, or nothing."""
    parts = urlsplit(address)
    if parts.scheme == "data":
        return ""
    if parts.scheme or parts.netloc:
        return "loaded from another host" if loaded else ""
    target = page.parent / unquote(parts.path) if parts.path else page
    if not target.is_file():
        return "no such file"
    anchor = unquote(parts.fragment)
    if anchor and target.suffix == ".html" and anchor not in read(target).anchors:
        return "no such place on that page"
    return ""


def main(folder: str) -> int:
    """Look through a site, and say what is wrong with it.

    Args:
        folder: The folder with its pages.

    Returns:
        The exit code: 1 if something is wrong, or there is no page.
    """
    site = Path(folder).resolve()
    told = list(faults(site))
    pages = sum(1 for _ in site.rglob("*.html"))
    print("\n".join([*told, f"{pages} pages, {len(told)} faults"]))
    return 1 if told or not pages else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
