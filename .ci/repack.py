"""Pack a source archive again so that the same files give the same bytes: setuptools writes the time at which it ran.

usage: python .ci/repack.py FILE.tar.gz     (SOURCE_DATE_EPOCH is the time that all of it gets)
"""

from __future__ import annotations

import gzip
import os
import sys
import tarfile
from pathlib import Path


def repack(path: Path, when: int) -> None:
    """Write an archive anew: by name, of nobody, with one time."""
    part = path.with_name(path.name + ".part")
    with tarfile.open(path) as old, part.open("wb") as out:
        with gzip.GzipFile("", "wb", 9, out, mtime=when) as packed, tarfile.open(fileobj=packed, mode="w") as new:
            for member in sorted(old.getmembers(), key=lambda member: member.name):
                member.uid = member.gid = 0
                member.uname = member.gname = ""
                member.mtime = when
                member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
                member.pax_headers = {}
                new.addfile(member, old.extractfile(member) if member.isfile() else None)
    part.replace(path)


if __name__ == "__main__":
    repack(Path(sys.argv[1]), int(os.environ["SOURCE_DATE_EPOCH"]))
