"""Read frames of cameras and network streams as they come. Reading blocks as long as the driver or server does."""

from __future__ import annotations

import os
import re
import socket
import sys
import time
import urllib.error
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import av
import av.container
import av.error
import av.packet
import av.video.stream
from av import VideoFrame

from emojicam.errors import DeviceError, Refused, UsageError
from emojicam.stream.live.devices import Device, System
from emojicam.stream.live.loopback import JOIN_VIDEO
from emojicam.stream.live.mjpeg import SinglePicture, jpegs_of
from emojicam.stream.media.sources import MOST_PIXELS, colours_of, upright_i420
from emojicam.stream.types import Format, Frame

PROTOCOLS = ("rtsp", "rtsps", "http", "https", "rtmp", "rtmps", "udp", "rtp")
"""Protocols of the streams that are taken; their servers may send the reader nowhere else."""

TIMEOUT = 8.0
"""Seconds for which a server may say nothing: fewer than the watchdog allows, so that the thread ends by itself."""

DAMAGED = 100
"""Pictures that can't be decoded, one after the other, before a source is given up."""

AGAIN = 0.005
"""Seconds after which a driver is asked again that has no picture yet (that of macOS doesn't wait for one)."""


def camera(device: str, size: tuple[int, int], rate: int, system: System) -> Iterator[Frame]:
    """Read the frames of a camera.

    Compressed pictures (MJPEG) are asked for: few cameras send larger ones plain at 30 a second over USB 2.

    Args:
        device: A number, or what the system calls it.
        size: Width and height that are asked for; the camera may give another.
        rate: Frames a second that are asked for.
        system: Says which cameras there are.

    Yields:
        I420 frames, time 0.

    Raises:
        DeviceError: It can't be opened; the message says why and what there is.
    """
    formats = {"linux": "v4l2", "darwin": "avfoundation", "win32": "dshow"}
    form = formats.get(sys.platform, "v4l2")
    path = _path(device, form, system)
    asked = {"video_size": f"{size[0]}x{size[1]}", "framerate": str(rate)}
    first = {"v4l2": {"input_format": "mjpeg"}}.get(form, {})
    problem: Exception | None = None
    for options in ({**asked, **first}, asked, {}):
        try:
            container = av.open(path, format=form, options=options, mode="r")
        except (OSError, av.error.FFmpegError) as error:
            problem = problem or error
            if isinstance(error, (FileNotFoundError, PermissionError)) or getattr(error, "errno", 0) == 16:
                break
            continue
        try:
            with container:
                yield from _frames(container)
        except (OSError, av.error.FFmpegError) as error:  # it was unplugged, say
            raise DeviceError(f"camera {device}: {_said(error)}") from error
        return
    raise DeviceError(_why_not(device, path, problem, system)) from problem


def network(url: str) -> Iterator[Frame]:
    """Read the frames of a network stream.

    Args:
        url: Address with one of `PROTOCOLS`; may hold user and password.

    Yields:
        I420 frames, time 0.

    Raises:
        UsageError: Another protocol.
        Refused: The server wants other credentials.
        DeviceError: It can't be reached, or sends no video.
    """
    scheme = url.split("://")[0].lower()
    if scheme not in PROTOCOLS:
        raise UsageError(f"{redacted(url)}: takes {', '.join(PROTOCOLS)}")
    if scheme in ("http", "https"):
        pictures = _jpegs(url)
        if pictures is not None:
            yield from pictures
            return
    options = {"protocol_whitelist": "rtsp,rtsps,rtp,udp,tcp,tls,http,https,httpproxy,rtmp,rtmps,crypto"}
    if scheme.startswith("rtsp"):
        options["rtsp_transport"] = "tcp"
    try:
        container = av.open(url, mode="r", options=options, timeout=TIMEOUT)
    except (av.error.HTTPUnauthorizedError, av.error.HTTPForbiddenError, PermissionError) as error:
        raise Refused(f"{redacted(url)}: the server refuses user and password") from error
    except (OSError, av.error.FFmpegError, ValueError) as error:
        raise DeviceError(f"{redacted(url)}: can't be read: {_nobody(url) or _said(error)}") from error
    try:
        with container:
            yield from _frames(container)
    except (OSError, av.error.FFmpegError) as error:
        raise DeviceError(f"{redacted(url)}: {_said(error)}") from error


def _jpegs(url: str) -> Iterator[Frame] | None:
    """Open a camera that sends JPEG over HTTP; None if that is not what the server sends.

    Raises:
        Refused: The server wants other credentials.
        DeviceError: It can't be reached.
    """
    try:
        pictures = jpegs_of(url, TIMEOUT)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code in (401, 403):
            raise Refused(f"{redacted(url)}: the server refuses user and password") from error
        raise DeviceError(f"{redacted(url)}: can't be read: the server says {error.code}") from error
    except OSError as error:
        raise DeviceError(f"{redacted(url)}: can't be read: {_nobody(url) or _said(error)}") from error
    return None if pictures is None else _decoded(pictures, redacted(url))


def _decoded(pictures: Iterator[bytes], name: str) -> Iterator[Frame]:
    decoder = av.VideoCodecContext.create("mjpeg", "r")
    decoder.options = {"max_pixels": str(MOST_PIXELS)}
    decodings = (partial(decoder.decode, av.Packet(picture)) for picture in pictures)
    try:
        yield from _numbered(decodings, av.error.FFmpegError)
    except SinglePicture as error:
        raise DeviceError(
            f"{name}: is a single picture, not a stream: give the address at which the camera sends video"
        ) from error
    except DeviceError as error:
        raise DeviceError(f"{name}: {error}") from error
    except (OSError, av.error.FFmpegError) as error:
        raise DeviceError(f"{name}: {_said(error)}") from error
    finally:
        close = getattr(pictures, "close", None)
        if close is not None:
            close()


def redacted(url: str) -> str:
    """Strip a URL of user and password, and of what stands behind a question mark."""
    # To the last @, though an address may have one behind its host: a password may have any character.
    return re.sub(r"^\s*(.*?://).*@", r"\1", url, flags=re.DOTALL).split("?")[0].strip()


def _nobody(url: str) -> str | None:
    """Say that no server of an address's name is known, which FFmpeg calls an error of input or output."""
    host = urlsplit(redacted(url)).hostname
    try:
        socket.getaddrinfo(host or "localhost", None)
    except OSError:
        return f"no server called {host} is known here"
    except UnicodeError:
        return f"no server can be called {str(host)[:80]}"
    return None


def _frames(container: av.container.InputContainer) -> Iterator[Frame]:
    if not container.streams.video:
        raise DeviceError(f"{redacted(container.name)}: has no video")
    stream = container.streams.video[0]
    stream.thread_type = "SLICE"
    # What is shown is the newest picture: a decoder must not keep some back.
    stream.codec_context.flags |= av.codec.context.Flags.low_delay
    yield from _numbered((packet.decode for packet in _packets(container, stream)), av.error.InvalidDataError)


def _packets(
    container: av.container.InputContainer, stream: av.video.stream.VideoStream
) -> Iterator[av.packet.Packet[av.video.stream.VideoStream]]:
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except BlockingIOError:
            time.sleep(AGAIN)
            packets = container.demux(stream)
            continue
        yield packet


def _numbered(decodings: Iterable[Callable[[], list[VideoFrame]]], harmless: type[Exception]) -> Iterator[Frame]:
    """Decode pictures one after the other; a few in a row may be damaged, by errors of one kind."""
    index = damaged = 0
    for decode in decodings:
        try:
            frames = decode()
        except harmless:  # one picture is damaged: the next may be whole
            damaged += 1
            if damaged > DAMAGED:
                raise
            continue
        for frame in frames:
            damaged = 0
            yield Frame(index, 0.0, upright_i420(frame), Format.I420, colours_of(frame))
            index += 1


def _path(device: str, form: str, system: System) -> str:
    if form == "v4l2" and device.isdigit():
        return f"/dev/video{device}"
    if form == "dshow":  # which opens cameras by their names alone
        known = system.devices()
        if device.isdigit() and int(device) < len(known):
            device = known[int(device)].path
        return f"video={device}"
    return device


def _why_not(device: str, path: str, problem: Exception | None, system: System) -> str:
    """Say why a camera can't be opened, and which cameras there are."""
    found = [one for one in system.devices() if one.captures or one.problem]
    real = os.path.realpath(path)  # /dev/v4l/by-id/… is a link
    here = next((one for one in found if one.path in (path, real)), None)
    there = (
        "; there are: " + ", ".join(_named(one) for one in found)
        if found
        else "; there is no camera at all, but a video file can be played"
    )
    if isinstance(problem, FileNotFoundError) or (here is None and sys.platform == "linux"):
        return f"{device}: no such camera{there}"
    if isinstance(problem, PermissionError):
        return f"{device}: you may not use this camera: {JOIN_VIDEO}"
    if getattr(problem, "errno", 0) == 16:
        users = system.users(real)
        return f"{device}: the camera is in use" + (f" by {', '.join(users)}" if users else "")
    return f"{device}: can't be opened: {_said(problem)}{there}"


def _named(device: Device) -> str:
    number = Path(device.path).name.removeprefix("video")
    return f"{number} ({device.name})" if number.isdigit() else device.path


def _said(error: BaseException | None) -> str:
    if isinstance(error, urllib.error.URLError) and isinstance(error.reason, BaseException):
        error = error.reason
    if isinstance(error, (av.error.ExitError, TimeoutError)):  # FFmpeg calls a timeout an exit
        return f"sent nothing for {TIMEOUT:g} s"
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return redacted(str(text)).splitlines()[0][:200]
