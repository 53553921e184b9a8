"""The families of emoji that are drawn by code; `classic` alone is drawn by hand, in its SVG files."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from emojicam.assets import cat, line, pixel, yellow

FAMILIES: Mapping[str, Callable[[], dict[str, str]]] = {
    "cat": cat.drawings,
    "line": line.drawings,
    "pixel": pixel.drawings,
    "yellow": yellow.drawings,
}
"""Gives, for each theme's folder, the text of each of its SVG files by the file's stem."""
