"""Draw the emoji: the SVG files of the families that code draws, and the PNG files of all.

Every ``emojis/<theme>/<emotion>.svg``, or ``<emotion>-<degree>.svg``, next to
this file becomes a 1024 x 1024 RGBA PNG of the same name::

    python assets/render.py            # write the files
    python assets/render.py --check    # only report files out of date

Both are kept in the repository.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image, ImageChops

from emojicam.assets.families import FAMILIES
from emojicam.assets.vector import rasterize

EMOJIS = Path(__file__).resolve().parent / "emojis"
"""Folder of the emojis, with one sub-folder per theme."""

SIZE = 1024
"""Width and height of a rendered emoji, in pixels."""

TOLERANCE = 2
"""Largest channel difference ``--check`` accepts.

One level for the rounding in `write`, and one because the renderer's
floating-point arithmetic may differ between processors and versions.
"""


def sources(root: Path = EMOJIS) -> Iterator[Path]:
    """Find the SVG sources of all emojis.

    Args:
        root: Folder with one sub-folder per theme.

    Yields:
        The SVG files of every theme, in a stable order.
    """
    yield from sorted(root.glob("*/*.svg"))


def stale(root: Path = EMOJIS) -> Iterator[tuple[Path, str]]:
    """Find the SVG files of the families that code draws which are missing, or aren't what it draws.

    Args:
        root: Folder with one sub-folder per theme.

    Yields:
        Each file, and the text that it is to have.
    """
    for family, drawings in FAMILIES.items():
        for name, text in drawings().items() if (root / family).is_dir() else ():
            svg = root / family / f"{name}.svg"
            if not svg.is_file() or svg.read_text(encoding="utf-8") != text:
                yield svg, text


def write(image: Image.Image, png: Path) -> None:
    """Save a rendering as a small PNG file.

    Args:
        image: The rendering.
        png: The file to write.
    """
    # Even values only, but for white: nobody sees one level more or less, and
    # the smooth gradients compress a quarter better. Alpha is kept exact.
    even = [value if value == 255 else value & 0xFE for value in range(256)]
    small = image.point([*even, *even, *even, *range(256)])
    small.save(png, format="PNG", optimize=True)


def difference(image: Image.Image, png: Path) -> int:
    """Compare a rendering with a PNG file.

    Args:
        image: The rendering.
        png: The file to compare it with.

    Returns:
        The largest difference over all pixels and channels; 255 if the file
        is missing, is no readable image, or has another size or pixel format.
    """
    try:
        with Image.open(png) as stored:
            stored.load()
    except OSError:
        return 255
    if stored.mode != image.mode or stored.size != image.size:
        return 255
    # Compare premultiplied colours, that is what one sees: in a pixel that is
    # almost transparent, the smallest rounding would change the straight
    # colour a lot.
    bands = zip(image.convert("RGBa").split(), stored.convert("RGBa").split(), strict=True)
    peaks = [ImageChops.difference(fresh, old).histogram() for fresh, old in bands]
    return max(value for peak in peaks for value, count in enumerate(peak) if count)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the renderer as its command line says.

    Args:
        argv: Arguments, or None for those of the process.

    Returns:
        The exit status: 0 if all is well, 1 if ``--check`` found a file out of
        date or there is nothing to render.
    """
    parser = argparse.ArgumentParser(description="Draw the emoji: SVG files by code, PNG files of all SVG files.")
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; exit 1 and name each file that is out of date",
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=EMOJIS,
        help="with one sub-folder per theme (default: the program's own)",
    )
    args = parser.parse_args(argv)
    check: bool = args.check
    folder: Path = args.folder

    status = 0
    for svg, text in stale(folder):
        name = svg.relative_to(folder.parent).as_posix()
        if check:
            sys.stdout.write(f"out of date: {name}\n")
            status = 1
        else:
            svg.write_text(text, encoding="utf-8", newline="\n")
            sys.stdout.write(f"wrote {name}\n")
    svgs = list(sources(folder))
    if not svgs:
        sys.stderr.write(f"no SVG files in {folder}\n")
        return 1
    for svg in svgs:
        png = svg.with_suffix(".png")
        name = png.relative_to(folder.parent).as_posix()
        image = rasterize(svg, SIZE)
        if not check:
            write(image, png)
            sys.stdout.write(f"wrote {name}\n")
        elif (worst := difference(image, png)) > TOLERANCE:
            sys.stdout.write(f"out of date: {name} (channels differ by up to {worst})\n")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
