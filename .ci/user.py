"""A program as a user writes it, for mypy: the types must reach it, and a wrong option must be noticed.

It is read by `.ci/check` from the source, and by `.ci/run` from the installed wheel; it is never run.
"""

from __future__ import annotations

from typing import assert_type

import emojicam

faces = assert_type(emojicam.analyze("party.jpg"), emojicam.Faces)
several = assert_type(emojicam.analyze(["party.jpg", "me.png"]), list[emojicam.Faces])
picture = assert_type(emojicam.draw("party.jpg", faces, style="badge"), emojicam.Picture)
assert_type([face.label for face in faces], list[str])
emojicam.draw("party.jpg", faces, stile="badge")  # type: ignore[call-arg]
