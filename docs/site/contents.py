"""Reads which pages the site has, in which groups and order: from docs/README.md, the list that people read too."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LIST = "docs/README.md"
"""The list: a heading for each group, and below it a line `- [Title](page.md): what it is about` for each page."""

_HEADING = re.compile(r"^## (.+)$")
_PAGE = re.compile(r"^- \[([^\]]+)\]\(([^)#]+\.md)\)")


@dataclass(frozen=True)
class Page:
    """A page of the site.

    Attributes:
        title: Its name in the navigation.
        path: The file, from the repository's root.
    """

    title: str
    path: str

    @property
    def name(self) -> str:
        """The path without its suffix: Sphinx's name of the page."""
        return self.path.removesuffix(".md")


@dataclass(frozen=True)
class Group:
    """Pages that stand together in the navigation."""

    title: str
    pages: tuple[Page, ...]

    def toctree(self) -> str:
        """Write the group as the directive from which Sphinx makes the navigation; the page itself doesn't show it."""
        entries = [f"{page.title} </{page.name}>" for page in self.pages]
        return "\n".join(["", "```{toctree}", f":caption: {self.title}", ":hidden:", "", *entries, "```", ""])


def groups(root: Path) -> tuple[Group, ...]:
    """Read the groups of pages.

    Args:
        root: The repository's root.

    Returns:
        The groups that have pages, in the list's order.
    """
    found: dict[str, list[Page]] = {}
    title = ""
    for line in (root / LIST).read_text("utf-8").splitlines():
        if heading := _HEADING.match(line):
            title = heading[1]
        elif page := _PAGE.match(line):
            path = posixpath.normpath(posixpath.join(posixpath.dirname(LIST), page[2]))
            found.setdefault(title, []).append(Page(page[1], path))
    return tuple(Group(title, tuple(pages)) for title, pages in found.items())


def pages(root: Path) -> Iterator[Page]:
    """List all pages but the first, which is the repository's README.

    Args:
        root: The repository's root.
    """
    for group in groups(root):
        yield from group.pages
