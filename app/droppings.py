"""The files and folders that systems and programs leave behind without a word: no part of what anybody put there."""

from __future__ import annotations

FILES = frozenset("thumbs.db ehthumbs.db ehthumbs_vista.db desktop.ini picasa.ini zbthumbnail.info icon\r".split(" "))
"""Names of files, in small letters; others of that kind have a dot first."""

FOLDERS = frozenset(
    (
        "__macosx",  # in archives that are made on a Mac
        *("system volume information", "$recycle.bin", "recycler", "recycled", "found.000"),  # Windows
        "lost+found",  # Linux
        *("network trash folder", "temporary items"),  # a Mac's, on a server
        *("@eadir", "#recycle", "#snapshot", "@recycle", "@recently-snapshot"),  # network storage
        "__pycache__",
    )
)
"""Names of folders, in small letters."""


def is_dropping(name: str) -> bool:
    """Whether a file or folder of that name is one that nobody put there.

    That is a hidden one, a Mac's note on another file (`._`), a folder's settings, a bin, thumbnails.
    """
    return name.startswith(".") or name.lower() in FILES or name.lower() in FOLDERS
