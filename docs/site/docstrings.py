"""Fits the docstrings of the code to the reference of the site, while Sphinx reads them."""

from __future__ import annotations

from enum import Enum

from sphinx.application import Sphinx

BEFORE_NAPOLEON, AFTER_NAPOLEON = 400, 600
"""Priorities: Napoleon, which reads the sections of docstrings (Args, Returns), has 500."""

_as_written: dict[str, list[str]] = {}


def setup(app: Sphinx) -> None:
    """Join in where Sphinx asks for a docstring."""
    app.connect("autodoc-process-docstring", _before, BEFORE_NAPOLEON)
    app.connect("autodoc-process-docstring", _after, AFTER_NAPOLEON)


def _before(app: Sphinx, kind: str, name: str, thing: object, options: object, lines: list[str]) -> None:
    if kind == "module":
        lines.clear()  # the page on which it stands says it to users
    elif kind == "property":
        _as_written[name] = list(lines)
    elif isinstance(thing, type) and issubclass(thing, Enum):
        lines[:] = [lines[0].split(". ")[0], "", *words(thing)]  # the rest is for who changes the code


def _after(app: Sphinx, kind: str, name: str, thing: object, options: object, lines: list[str]) -> None:
    # Napoleon takes what stands before a colon for the property's type.
    if name in _as_written:
        lines[:] = _as_written.pop(name)


def words(choices: type[Enum]) -> list[str]:
    """List the members of an enumeration, each with what it says of itself, as a list in reStructuredText."""
    told = [(f"``{choices.__name__}.{one.name}``", str(one.value), getattr(one, "about", "")) for one in choices]
    return [f'- {member}, "{word}"{": " if about else ""}{about}' for member, word, about in told]
