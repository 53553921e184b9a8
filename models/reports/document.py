"""The parts that our pages are made of: one HTML file that loads nothing, with tables, pictures and figures."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from html import escape

from emojicam.models.reports.figure import DPI

STYLE = """
:root{color-scheme:light dark;--ground:#fff;--ink:#1c2126;--faint:#5c6670;--line:#e3e7eb;--soft:#f5f7f8;--deep:#0b4f80;
--gap:#b84f00}
@media (prefers-color-scheme:dark){:root{--ground:#15191e;--ink:#e6e9ec;--faint:#98a2ad;--line:#2c333b;--soft:#1b2026;
--deep:#8fd0f7;--gap:#f08a4b}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--ground);color:var(--ink);
font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{max-width:68rem;margin:0 auto;padding:2.5rem 1.25rem 4rem}
header p{margin:0}
.kind{color:var(--faint);font-size:.9rem}
h1{font-size:2rem;line-height:1.2;margin:.1rem 0 .75rem;overflow-wrap:anywhere}
h2{font-size:1.25rem;margin:3rem 0 .75rem;padding-top:1.25rem;border-top:1px solid var(--line)}
p,li{max-width:44rem}
.lede{font-size:1.15rem}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(8rem,1fr));gap:.75rem;margin:1.75rem 0 0;padding:0}
.tiles div{background:var(--soft);border:1px solid var(--line);border-radius:.5rem;padding:.75rem .8rem}
.tiles dt{color:var(--faint);font-size:.8rem}
.tiles dd{margin:0}
.tiles dd b{display:block;font-size:1.5rem;line-height:1.3;font-variant-numeric:tabular-nums}
.tiles dd span{color:var(--faint);font-size:.8rem}
.tiles .first dd b{color:var(--deep)}
.about{display:grid;grid-template-columns:max-content 1fr;gap:.4rem 1.5rem;margin:0;max-width:56rem}
.about dt{color:var(--faint)}
.about dd{margin:0;overflow-wrap:anywhere}
.wide{overflow-x:auto}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;margin:.5rem 0;width:100%}
th,td{padding:.38rem .7rem;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
th{font-weight:600}
thead th{color:var(--faint);font-size:.88rem;vertical-align:bottom}
th:first-child{text-align:left;padding-left:0}
tbody th{white-space:normal;overflow-wrap:anywhere;min-width:6rem;max-width:16rem}
td:last-child,th:last-child{padding-right:.1rem}
tfoot th,tfoot td{border-bottom:0}
td small{display:block;color:var(--faint)}
.hit{background:var(--soft);font-weight:600}
.pair,.beside{display:grid;gap:1rem 2.5rem;align-items:start}
.pair>*,.beside>*{min-width:0}
@media (min-width:58rem){.pair{grid-template-columns:45fr 55fr}.beside{grid-template-columns:1fr 1.15fr}
.beside figure{margin-top:-.5rem}}
figure{margin:1.25rem 0 0;overflow-x:auto}
figure img{display:block;margin:0 auto;max-width:100%;height:auto}
details{margin:1rem 0 0}
summary{cursor:pointer;color:var(--deep)}
.faces{display:grid;grid-template-columns:repeat(auto-fill,minmax(7.25rem,1fr));gap:1.1rem .8rem;list-style:none;
padding:0;margin:1.25rem 0 0}
.faces img{display:block;width:100%;aspect-ratio:1;border-radius:.3rem}
.faces li{font-size:.8rem;line-height:1.35;overflow-wrap:anywhere;min-width:0}
.faces img{margin-bottom:.2rem}
.faces span{display:flex;flex-wrap:wrap;justify-content:space-between;column-gap:.3rem;color:var(--gap)}
.faces b,.faces i{font-weight:inherit;font-style:inherit}
.narrow{max-width:30rem}
footer{margin-top:3rem;padding-top:1.25rem;border-top:1px solid var(--line);color:var(--faint);font-size:.88rem}
footer li{margin:.2rem 0}
footer ul{padding-left:1.1rem}
@media (max-width:34rem){main{padding:1.5rem 1rem 3rem}h1{font-size:1.6rem}.lede{font-size:1.05rem}
.tiles{grid-template-columns:1fr 1fr}.tiles dd b{font-size:1.3rem}
.about{grid-template-columns:1fr;gap:0}.about dd{margin-bottom:.6rem}th,td{padding:.35rem .45rem;font-size:.88rem}
.faces{grid-template-columns:repeat(3,1fr)}figure.large img{width:30rem;max-width:none}}
@media print{h2{break-after:avoid}figure,tr,.faces li{break-inside:avoid}}
"""


def document(title: str, content: str) -> str:
    """A whole page of our style.

    Args:
        title: Its title, as text.
        content: What it says, as HTML.
    """
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
        "style-src 'unsafe-inline'\">\n"
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        + content
        + "\n</main>\n</body>\n</html>\n"
    )


def picture(name: str, alt: str, light: Mapping[str, bytes], dark: Mapping[str, bytes], *, large: bool = False) -> str:
    """A PNG in the page, light or dark as the screen is.

    Args:
        name: Its name in both of the following.
        alt: What it shows, for who doesn't see it.
        light: PNGs by name, for a light screen.
        dark: The same for a dark one.
        large: Keep its size on a phone, where it can be moved sideways.
    """
    width, height = (int.from_bytes(light[name][at : at + 4], "big") for at in (16, 20))  # of the PNG's header
    scale = 96 / DPI * 1.12
    kind = ' class="large" tabindex="0"' if large else ""
    return (
        f"<figure{kind}><picture>"
        f'<source media="(prefers-color-scheme:dark)" srcset="{embedded(dark[name])}">'
        f'<img src="{embedded(light[name])}" alt="{escape(alt)}" width="{width * scale:.0f}" '
        f'height="{height * scale:.0f}"></picture></figure>'
    )


def embedded(png: bytes) -> str:
    """A PNG as an address that holds it."""
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")


def table(
    head: Sequence[str], body: Sequence[Sequence[str]], foot: Sequence[Sequence[str]] = (), *, hits: bool = False
) -> str:
    """An HTML table of cells; the first of a row is its heading.

    Args:
        head: Headings of the columns.
        body: Lines of cells.
        foot: Lines of cells below them.
        hits: Mark the diagonal.
    """

    def line(at: int, cells: Sequence[str]) -> str:
        marked = [f"<td{' class=hit' if hits and number == at else ''}>{c}</td>" for number, c in enumerate(cells[1:])]
        return f'<tr><th scope="row">{cells[0]}</th>{"".join(marked)}</tr>'

    columns = "".join(f'<th scope="col">{cell}</th>' if cell else "<td></td>" for cell in head)
    rows = "".join(line(at, cells) for at, cells in enumerate(body))
    below = f"<tfoot>{''.join(line(-1, cells) for cells in foot)}</tfoot>" if foot else ""
    whole_table = f"<table><thead><tr>{columns}</tr></thead><tbody>{rows}</tbody>{below}</table>"
    return f'<div class="wide" tabindex="0">{whole_table}</div>'


def share(value: float) -> str:
    """A share, 0-1, in tenths of a per cent."""
    return f"{100 * value:.1f}&nbsp;%" if math.isfinite(value) else "–"


def whole(value: float) -> str:
    """A share, 0-1, in whole per cents."""
    return f"{100 * value:.0f}&nbsp;%"


def number(value: float) -> str:
    """A number with three decimals."""
    return f"{value:.3f}".replace("-", "&minus;") if math.isfinite(value) else "–"


def duration(seconds: float) -> str:
    """A time, given in seconds, in words."""
    if seconds < 90:
        return f"{seconds:.0f}&nbsp;s"
    minutes = seconds / 60
    return f"{minutes:.0f} minutes" if minutes < 90 else f"{minutes / 60:.1f} hours"
