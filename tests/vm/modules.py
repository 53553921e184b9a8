"""Copies kernel modules with all that they need, and writes down in which order they are loaded.

usage: modules.py FOLDER_OF_THE_KERNEL V4L2LOOPBACK.ko TARGET
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

WANTED = {
    "base": ["virtio_pci", "9pnet_virtio", "9p", "overlay"],
    "v4l2loopback": ["v4l2loopback"],
    "vivid": ["vivid"],
}


def main(kernel: Path, loopback: Path, target: Path) -> None:
    """Copy and write."""
    known = {_plain(path.stem): path for path in kernel.rglob("*.ko")}
    known["v4l2loopback"] = loopback
    for name, modules in WANTED.items():
        order: list[Path] = []
        for module in modules:
            _add(module, known, order)
        for path in order:
            shutil.copy(path, target)
        (target / f"order.{name}").write_text("".join(f"{path.name}\n" for path in order))


def _add(module: str, known: dict[str, Path], order: list[Path]) -> None:
    """A module after those that it needs; one that isn't there is part of the kernel itself."""
    path = known.get(_plain(module))
    if path is None or path in order:
        return
    needs = re.search(rb"\0depends=([^\0]*)\0", path.read_bytes())
    for other in needs[1].decode().split(",") if needs and needs[1] else ():
        _add(other, known, order)
    order.append(path)


def _plain(name: str) -> str:
    return name.replace("-", "_")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
