"""The few SVG elements that the families which are drawn by code are made of, on a square of 512 units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

SIDE = 512
"""Width and height of a drawing, in its own units."""


def picture(title: str, *parts: str, defs: str = "") -> str:
    """Put together a drawing.

    Args:
        title: What it shows, in a few words.
        parts: SVG elements, from the lowest to the topmost.
        defs: Gradients and clips that the parts name.

    Returns:
        The text of an SVG file.
    """
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{SIDE}" height="{SIDE}" viewBox="0 0 {SIDE} {SIDE}">'
    inside = [f"<title>{title}</title>", *([f"<defs>{defs}</defs>"] if defs else []), *filter(None, parts)]
    return "\n".join([head, *(f"  {line}" for line in inside), "</svg>", ""])


def line(way: str, width: float, colour: str, opacity: float = 1) -> str:
    """Draw a stroke with round ends along a path."""
    faint = "" if opacity == 1 else f' stroke-opacity="{opacity:g}"'
    return (
        f'<path d="{way}" fill="none" stroke="{colour}"{faint} stroke-width="{width:g}"'
        ' stroke-linecap="round" stroke-linejoin="round"/>'
    )


def area(way: str, colour: str, more: str = "") -> str:
    """Fill a path; `more` holds further attributes, such as those of its outline."""
    return f'<path d="{way}" fill="{colour}"{more and " " + more}/>'


def oval(x: float, y: float, rx: float, ry: float, colour: str, more: str = "") -> str:
    """Fill an ellipse around x, y; `more` holds further attributes."""
    return f'<ellipse cx="{x:g}" cy="{y:g}" rx="{rx:g}" ry="{ry:g}" fill="{colour}"{more and " " + more}/>'


def outlined(width: float, colour: str) -> str:
    """Give the attributes of an outline with round corners."""
    return f'stroke="{colour}" stroke-width="{width:g}" stroke-linejoin="round"'


def mirror(part: str) -> str:
    """Flip an element from left to right about the drawing's middle."""
    return f'<g transform="matrix(-1 0 0 1 {SIDE} 0)">{part}</g>'


def both(part: str) -> str:
    """Draw an element of the left half, and its mirror image in the right one."""
    return part + mirror(part)


def clipped(name: str, *parts: str) -> str:
    """Draw elements where the clip of that name lets them be seen."""
    return f'<g clip-path="url(#{name})">{"".join(parts)}</g>'


def clip(name: str, way: str) -> str:
    """Define a clip: the inside of a path."""
    return f'<clipPath id="{name}"><path d="{way}"/></clipPath>'


def fade(name: str, *stops: tuple[float, str, float], line: str = "", centre: str = "") -> str:
    """Define a gradient.

    Args:
        name: By which parts name it: `url(#name)`.
        stops: Place (0 to 1), colour and opacity of each.
        line: Attributes of a linear one's ends, in the drawing's units; empty for one from top to bottom of the part.
        centre: Attributes of a radial one's circle, which it is then.
    """
    inside = "".join(f'<stop offset="{at:g}" stop-color="{c}" stop-opacity="{o:g}"/>' for at, c, o in stops)
    if centre:
        return f'<radialGradient id="{name}" gradientUnits="userSpaceOnUse" {centre}>{inside}</radialGradient>'
    ends = f'gradientUnits="userSpaceOnUse" {line}' if line else 'x1="0" y1="0" x2="0" y2="1"'
    return f'<linearGradient id="{name}" {ends}>{inside}</linearGradient>'


def numbered(series: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Name the drawings of each emotion by their degree, from 1 on: `fear-1`, `fear-2` and so on."""
    return {f"{emotion}-{degree}": svg for emotion, svgs in series.items() for degree, svg in enumerate(svgs, 1)}
