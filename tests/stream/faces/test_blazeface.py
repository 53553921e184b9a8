"""The first net: quick, for faces that fill a good part of the picture, rolled ones too."""

from __future__ import annotations

import cmath
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from making import seen_at

from emojicam.errors import DeviceError
from emojicam.stream.faces.blazeface import BlazeFace
from emojicam.stream.faces.detector_files import SHORT
from emojicam.stream.i420 import Pixels
from emojicam.stream.types import roll_of

EYES = (complex(203.5, 102), complex(246, 104))
"""In the sample photo, in px."""
OWN_ROLL = 2.7
"""Of the head in the sample photo, in degrees."""


@pytest.fixture(scope="module")
def file(detector_folder: Path) -> Path:
    return detector_folder / SHORT.name


@pytest.fixture(scope="module")
def net(file: Path) -> Iterator[BlazeFace]:
    loaded = BlazeFace(file, 0.5)
    yield loaded
    loaded.close()


def rgb(bgr: Pixels) -> Pixels:
    return np.ascontiguousarray(bgr[..., ::-1])


@pytest.mark.parametrize("roll", [-40, -20, 0, 20, 40])
@pytest.mark.parametrize("zoom", [1.5, 2.2])
def test_a_portrait_has_one_face_with_its_eyes_and_roll(
    net: BlazeFace, portrait: Pixels, zoom: float, roll: int
) -> None:
    (face,) = net(rgb(seen_at(portrait, (480, 480), zoom=zoom, roll=roll)))
    assert 0.5 <= face.score <= 1
    assert face.roll == pytest.approx(roll + OWN_ROLL, abs=10)
    assert face.roll == roll_of(face.eyes)
    for found, photo in zip(face.eyes, EYES, strict=True):
        true = complex(240, 240) + zoom * cmath.rect(1, math.radians(roll)) * (photo - complex(224, 125))
        assert abs(complex(*found) - true) < 8 * zoom
    assert math.dist(face.middle, (240, 240)) < 14 * zoom
    assert 75 * zoom < face.box[2] < 120 * zoom
    assert face.box[3] == pytest.approx(face.box[2], abs=1)
    assert face.track is None


@pytest.mark.parametrize(("width", "height"), [(480, 480), (800, 480), (480, 700)])
def test_places_are_pixels_of_the_picture_whatever_its_shape(
    net: BlazeFace, portrait: Pixels, width: int, height: int
) -> None:
    (face,) = net(rgb(seen_at(portrait, (width, height), zoom=2)))
    assert math.dist(face.middle, (width / 2, height / 2)) < 24
    assert face.eyes[0][0] < width / 2 < face.eyes[1][0]


def test_the_mirrored_portrait_has_its_eyes_mirrored(net: BlazeFace, portrait: Pixels) -> None:
    """The middle of pixel i is at i; in the mirror it is at width - 1 - i."""
    picture = rgb(seen_at(portrait, (480, 480), zoom=2))
    (face,) = net(picture)
    (other,) = net(picture[:, ::-1])
    for (x, y), (mirrored, down) in zip(face.eyes, other.eyes[::-1], strict=True):
        assert mirrored == pytest.approx(479 - x, abs=6)
        assert down == pytest.approx(y, abs=6)
    assert other.roll == pytest.approx(-face.roll, abs=5)


def test_the_surer_it_must_be_the_less_it_finds(file: Path, net: BlazeFace, portrait: Pixels) -> None:
    # Beside the face that is sure there is another that is half hidden, and many that are none.
    picture = rgb(np.hstack([seen_at(portrait, zoom=2.2), seen_at(portrait, zoom=0.9, shift=250)]))
    numbers = []
    for threshold in (0.05, 0.2, 0.5, 0.99):
        with_it = BlazeFace(file, threshold)
        faces = with_it(picture)
        with_it.close()
        assert all(face.score >= threshold for face in faces)
        numbers.append(len(faces))
    assert numbers == sorted(numbers, reverse=True)
    assert numbers[0] > numbers[2] >= 1
    assert numbers[3] == 0
    assert len(net(picture)) == numbers[2]


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (1, 300), (128, 128), (480, 640)])
def test_a_flat_picture_has_no_face(net: BlazeFace, size: tuple[int, int]) -> None:
    for level in (0, 128, 255):
        assert net(np.full((*size, 3), level, np.uint8)) == []


def test_a_part_of_a_picture_is_as_good_as_a_picture_and_stays_as_it_is(net: BlazeFace, portrait: Pixels) -> None:
    """What is cut out of an array lies in memory with gaps; MediaPipe wants none."""
    picture = cv2.cvtColor(portrait, cv2.COLOR_BGR2RGB)
    before = picture.copy()
    picture.setflags(write=False)
    part = np.asarray(picture, np.uint8)[20:240, 110:330]
    assert not part.flags.c_contiguous
    (face,) = net(part)
    assert net(part.copy()) == [face]
    assert net(part) == [face], "it remembers nothing"
    for found, photo in zip(face.eyes, EYES, strict=True):
        assert abs(complex(*found) + complex(110, 20) - photo) < 8
    assert np.array_equal(picture, before)


LOADED = """
import os, sys
from pathlib import Path
import numpy as np
from emojicam.stream.faces.blazeface import BlazeFace
if sys.argv[2] == "closed":
    os.close(2)
if sys.argv[2] == "missing":
    sys.stderr = None
net = BlazeFace(Path(sys.argv[1]), 0.5)
if sys.argv[2] == "open":
    os.write(2, b"heard")
print(net(np.zeros((99, 99, 3), np.uint8)))
net.close()
"""


@pytest.mark.parametrize(("errors", "heard"), [("open", "heard"), ("closed", ""), ("missing", "")])
def test_the_start_is_silent_and_what_is_said_later_is_heard(file: Path, errors: str, heard: str) -> None:
    """MediaPipe logs straight to the process's stderr, if there is one, when it starts."""
    command = [sys.executable, "-c", LOADED, str(file), errors]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", heard)


@pytest.mark.parametrize("lacking", ["mediapipe.tasks.python", "mediapipe.tasks.python.vision"])
def test_a_system_that_cannot_load_mediapipe_is_told_what_it_lacks(
    file: Path, lacking: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, lacking, None)
    with pytest.raises(DeviceError, match=r"^MediaPipe can't be loaded \(.*on Debian: sudo apt install libegl1"):
        BlazeFace(file, 0.5)


def test_a_library_that_mediapipe_loads_late_is_told_as_well(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mediapipe.tasks.python.vision import FaceDetector

    def fails(options: object) -> None:
        raise OSError(said)

    monkeypatch.setattr(FaceDetector, "create_from_options", fails)
    said = "libEGL.so.1: cannot open shared object file: No such file or directory"
    with pytest.raises(DeviceError, match=r"^MediaPipe can't be loaded \(libEGL.*on Debian: sudo apt install libegl1"):
        BlazeFace(file, 0.5)
    said = "no such model"
    with pytest.raises(OSError, match="no such model"):
        BlazeFace(file, 0.5)


LATER = """
import sys
from pathlib import Path
from emojicam.stream.faces.blazeface import BlazeFace
BlazeFace(Path(sys.argv[1]), 0.5).close()
assert not [name for name in sys.modules if name.startswith("matplotlib")]
from mediapipe.tasks.python.vision import drawing_utils
print(drawing_utils.plt.figure.__module__)
import matplotlib.pyplot
assert matplotlib.pyplot.figure is drawing_utils.plt.figure
"""


def test_no_plotting_library_is_loaded_until_it_is_asked_for(file: Path) -> None:
    done = subprocess.run([sys.executable, "-c", LATER, str(file)], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "matplotlib.pyplot\n"), done.stderr


def test_a_notebooks_backend_that_is_not_there_is_no_hindrance(file: Path) -> None:
    """Notebooks name theirs to all programs that they start."""
    environment = os.environ | {"MPLBACKEND": "module://no_such_backend"}
    command = [sys.executable, "-c", LOADED, str(file), "open"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr


def test_after_it_is_closed_it_says_so_instead_of_crashing(file: Path) -> None:
    net = BlazeFace(file, 0.5)
    net.close()
    with pytest.raises(RuntimeError, match="closed"):
        net(np.zeros((99, 99, 3), np.uint8))


LEFT_OPEN = """
import builtins, sys
from pathlib import Path
from emojicam.stream.faces.blazeface import BlazeFace
builtins.kept = BlazeFace(Path(sys.argv[1]), 0.5)
"""


COLLECTED = """
import gc, sys
from concurrent.futures import thread
from pathlib import Path
from emojicam.stream.faces.blazeface import BlazeFace
for _ in range(9):
    one = BlazeFace(Path(sys.argv[1]), 0.5)
    one.itself = one
    del one
    with thread._global_shutdown_lock:  # as the collector finds it who comes while work is handed to a thread
        print(end=str(int(gc.collect() > 0)))
"""


def test_one_that_was_dropped_within_a_ring_is_collected(file: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", COLLECTED, str(file)], capture_output=True, text=True, timeout=60, check=True
    )
    assert (done.stdout, done.stderr) == ("1" * 9, "")


def test_one_that_was_left_open_does_not_complain_at_the_end(file: Path) -> None:
    done = subprocess.run([sys.executable, "-c", LEFT_OPEN, str(file)], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
