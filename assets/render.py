"""Render the emoji SVG sources to the PNG files the program loads.

Every ``emojis/<theme>/<emotion>.svg``, or ``<emotion>-<degree>.svg``, next to
this file becomes a 512 x 512 RGBA PNG of the same name::

    python assets/render.py            # write the PNG files
    python assets/render.py --check    # only report PNG files out of date

The PNG files are kept in the repository, so only those who change a drawing
need the renderer (``pip install "emojicam[test]"``).
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image, ImageChops

EMOJIS = Path(__file__).resolve().parent / "emojis"
"""Folder of the emojis, with one sub-folder per theme."""

SIZE = 512
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


def render(svg: Path, size: int = SIZE) -> Image.Image:
    """Render one SVG file to an image.

    Args:
        svg: The SVG file.
        size: Width and height of the result, in pixels.

    Returns:
        An 8-bit RGBA image with straight (not premultiplied) alpha.

    Raises:
        ModuleNotFoundError: The renderer is not installed.
    """
    # Imported late: it is not needed to use the emojis, only to redraw them.
    import resvg_py

    png = resvg_py.svg_to_bytes(
        svg_string=svg.read_text(encoding="utf-8"),
        width=size,
        height=size,
        # The drawings hold no text, and scanning the fonts takes far longer
        # than the rendering.
        skip_system_fonts=True,
    )
    return Image.open(io.BytesIO(png)).convert("RGBA")


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
        The exit status: 0 if all is well, 1 if ``--check`` found a PNG file
        out of date or there is nothing to render, 2 if the renderer is not
        installed.
    """
    parser = argparse.ArgumentParser(description="Render the emoji SVG files to PNG files.")
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; exit 1 and name each PNG file that is out of date",
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

    svgs = list(sources(folder))
    if not svgs:
        sys.stderr.write(f"no SVG files in {folder}\n")
        return 1

    status = 0
    for svg in svgs:
        png = svg.with_suffix(".png")
        name = png.relative_to(folder.parent).as_posix()
        try:
            image = render(svg)
        except ModuleNotFoundError:
            sys.stderr.write('pip install "emojicam[test]"\n')
            return 2
        if not check:
            write(image, png)
            sys.stdout.write(f"wrote {name}\n")
        elif (worst := difference(image, png)) > TOLERANCE:
            sys.stdout.write(f"out of date: {name} (channels differ by up to {worst})\n")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
