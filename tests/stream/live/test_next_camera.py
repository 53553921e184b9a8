"""The next camera is the next that there is, whatever the run began with."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from emojicam.stream.live.devices import Device
from emojicam.stream.live.next_camera import NextCamera
from emojicam.stream.live.reconnect import Opening
from emojicam.stream.types import Frame


class Machine:
    """A machine with some devices, and what was opened of them."""

    def __init__(self, *devices: Device) -> None:
        self.there = list(devices)
        self.started: list[str] = []

    def devices(self) -> list[Device]:
        return self.there

    def users(self, path: str) -> list[str]:
        return []

    def start(self, path: str) -> Iterator[Frame]:
        self.started.append(path)
        return iter(())


def webcam(number: int, name: str = "Webcam", **told: bool) -> Device:
    return Device(f"/dev/video{number}", name, **{"captures": True, **told})


FILE = Opening(lambda: iter(()), "clip.mp4", once=True)


def names(machine: Machine, camera: str | None, number: int, taken: str | None = None) -> list[str | None]:
    following = NextCamera(FILE, camera, machine, machine.start)
    found = [following(taken) for _ in range(number)]
    return [one and one.name for one in found]


@pytest.mark.parametrize("named", ["0", "/dev/video0"])
def test_cameras_come_one_after_the_other_and_again(named: str) -> None:
    machine = Machine(webcam(0), webcam(1, captures=False), webcam(2), webcam(4))
    assert names(machine, named, 4) == ["camera 2", "camera 4", "camera 0", "camera 2"]


def test_where_there_is_one_alone_there_is_no_next() -> None:
    assert names(Machine(webcam(0)), "0", 2) == [None, None]
    assert names(Machine(), "0", 1) == [None]


def test_a_camera_that_was_taken_away_is_left_for_the_first_that_there_is() -> None:
    assert names(Machine(webcam(2)), "0", 2) == ["camera 2", None]


def test_a_file_has_its_place_among_the_cameras() -> None:
    machine = Machine(webcam(0))
    following = NextCamera(FILE, None, machine, machine.start)
    found = [following(None) for _ in range(3)]
    assert [one and one.name for one in found] == ["camera 0", "clip.mp4", "camera 0"]
    assert found[1] is FILE
    assert names(Machine(), None, 2) == [None, None]


def test_the_virtual_camera_that_is_fed_is_no_camera() -> None:
    machine = Machine(webcam(0), webcam(10, "emojicam"))
    assert names(machine, "0", 1, "/dev/video10") == [None]
    assert names(machine, "0", 1) == ["camera 10"]


def test_what_is_opened_is_the_device_and_its_name_is_told() -> None:
    machine = Machine(webcam(0), webcam(2, "Logitech"))
    following = NextCamera(FILE, "0", machine, machine.start)
    opening = following(None)
    assert opening is not None
    assert (opening.about, opening.once) == ("Logitech", False)
    assert list(opening.start()) == []
    assert machine.started == ["/dev/video2"]


def test_a_number_counts_where_cameras_have_names() -> None:
    machine = Machine(*(Device(name, name, captures=True) for name in ("FaceTime", "USB", "OBS")))
    assert names(machine, "1", 2) == ["camera OBS", "camera FaceTime"]
    assert names(machine, "USB", 1) == ["camera OBS"]


def test_a_link_is_the_camera_that_it_leads_to(tmp_path: Path) -> None:
    paths = [tmp_path / "one", tmp_path / "two"]
    for path in paths:
        path.touch()
    os.symlink(paths[0], tmp_path / "by-id")
    machine = Machine(*(Device(str(path.resolve()), path.name, captures=True) for path in paths))
    assert names(machine, str(tmp_path / "by-id"), 1) == ["camera two"]
