"""Virtual cameras as Linux has them (v4l2loopback): which one to write to, what keeps it from being used, and the mend.

Nothing but the standard library is needed here: this also says what is wrong where nothing else can be loaded.
"""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Sequence
from pathlib import Path

from emojicam.errors import DeviceError, UsageError
from emojicam.stream.live.devices import Device, System

VIDIOC_STREAMON, OUTPUT_BUFFERS = 0x40045612, 2

LOAD = 'sudo modprobe v4l2loopback devices=1 video_nr=10 card_label="emojicam" exclusive_caps=1'
RELOAD = f"sudo modprobe -r v4l2loopback && {LOAD}"
MORE = (
    "sudo modprobe -r v4l2loopback && "
    "sudo modprobe v4l2loopback devices={count} video_nr={numbers} exclusive_caps={ones}"
)
INSTALL = "sudo apt install v4l2loopback-dkms"
KEEP = (
    "echo v4l2loopback | sudo tee /etc/modules-load.d/emojicam.conf; "
    "echo 'options v4l2loopback devices=1 video_nr=10 card_label=\"emojicam\" exclusive_caps=1' "
    "| sudo tee /etc/modprobe.d/emojicam.conf"
)

ADVICE = "choose it in Zoom, Meet or Teams; your own preview is mirrored, others see it right"

START_OBS = "install OBS Studio 30 or newer, start its virtual camera once, allow it in the settings, and stop it again"

JOIN_VIDEO = "add yourself to the group video (sudo adduser $USER video), log out and in again"


def chosen(asked: str | None, system: System) -> str:
    """Choose the loopback device to write to.

    Args:
        asked: /dev/videoN or N; None takes the first that is free.
        system: Says which devices there are.

    Raises:
        DeviceError: There is none that can be used; the message says what to do.
    """
    devices = system.devices()
    loops = [one for one in devices if one.loopback or one.problem]
    if asked is None:
        free = [one for one in loops if state(one, system) is None]
        if free:
            return free[0].path
        if not any(one.loopback for one in loops):
            raise DeviceError(f"there is no virtual camera: {INSTALL}, then {LOAD}; to keep it: {KEEP}")
        raise DeviceError(f"{loops[0].path}: {state(loops[0], system)}")
    path = f"/dev/video{asked}" if asked.isdigit() else os.path.realpath(asked)
    device = next((one for one in devices if one.path == path), None)
    if device is None:
        there = ", ".join(f"{one.path} ({one.name})" for one in loops if one.loopback)
        raise DeviceError(f"{path}: no such device; virtual cameras: {there or f'none; {INSTALL}, then {LOAD}'}")
    problem = state(device, system)
    if problem:
        raise DeviceError(f"{path}: {problem}")
    return path


def all_chosen(asked: Sequence[str], system: System) -> list[str]:
    """Choose a loopback device for each of several streams.

    Args:
        asked: /dev/videoN or N for each; "" takes the first that is free, and that no other of them takes.
        system: Says which devices there are.

    Raises:
        DeviceError: One can't be used, or there are too few; the message says what to do.
        UsageError: One is asked for twice.
    """
    if len(asked) > 1 and not any(asked):
        free = [one.path for one in system.devices() if one.loopback and state(one, system) is None]
        if 0 < len(free) < len(asked):
            numbers = ",".join(str(10 + number) for number in range(len(asked)))
            more = MORE.format(count=len(asked), numbers=numbers, ones=",".join("1" * len(asked)))
            raise DeviceError(f"{len(asked)} streams want a virtual camera each; free: {len(free)}; {more}")
        if free:
            return free[: len(asked)]
    paths = [chosen(one or None, system) for one in asked]
    for path in paths:
        if paths.count(path) > 1:
            raise UsageError(f"--virtual-camera: {path} is asked for twice")
    return paths


def state(device: Device, system: System) -> str | None:
    """Say what keeps a device from being written to, and what mends it; None if nothing does."""
    if device.problem in (1, 13):  # EPERM, EACCES
        return f"you may not use it: {JOIN_VIDEO}"
    if device.problem:
        return f"can't be asked what it is: {os.strerror(device.problem)}"
    if not device.loopback:
        return f"that is {device.name}, your webcam, not a virtual one"
    if device.captures and device.outputs:
        return f"was loaded with exclusive_caps=0, so that browsers won't list it: {RELOAD}"
    if device.captures:
        users = system.users(device.path)
        return f"another program writes to it{': ' + ', '.join(users) if users else ''}; end that first"
    if not device.outputs:
        stream_on(device.path)
        again = next((one for one in system.devices() if one.path == device.path), device)
        if not again.outputs:
            return f"is stuck after a program that wrote to it: {RELOAD}"
    return None


def stream_on(device: str) -> None:
    """Tell v4l2loopback that output has begun, by our own descriptor of the device, or by a new one.

    pyvirtualcam never does. Under v4l2loopback 0.12.7 (Debian 12) with exclusive_caps=1 a device would then not become
    an output again when its writer has gone, and the next start would fail until the module is loaded anew.
    """
    if sys.platform != "linux":
        return
    import fcntl

    mine = [file for file in Path("/proc/self/fd").glob("*") if _target(file) == device]
    for file in mine:
        try:
            fcntl.ioctl(int(file.name), VIDIOC_STREAMON, struct.pack("i", OUTPUT_BUFFERS))
        except OSError:
            pass
    if mine:
        return
    try:
        descriptor = os.open(device, os.O_RDWR | os.O_NONBLOCK)
    except OSError:
        return
    try:
        fcntl.ioctl(descriptor, VIDIOC_STREAMON, struct.pack("i", OUTPUT_BUFFERS))
    except OSError:
        pass
    finally:
        os.close(descriptor)


def _target(link: Path) -> str:
    try:
        return os.readlink(link)
    except OSError:
        return ""
