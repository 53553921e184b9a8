"""The way to a cluster: Ray, started or joined so that it tells nobody anything.

Ray's statistics are off, and its dashboard. That alone is not enough: the head process of Ray 2.60 asks the addresses
at which clouds tell a machine about itself whether they are there, and one that `ray start` began reports once that
its statistics are off. The processes that we start are given a proxy that nobody answers at.
"""

from __future__ import annotations

import atexit
import importlib
import os
import secrets
import shutil
import signal
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from emojicam.cluster.share import Share
from emojicam.errors import DeviceError, MissingExtra, UsageError, first_line
from emojicam.scratch import scratch
from emojicam.stream import cores

LOCAL = "local"
"""The address that stands for a cluster of this machine alone, which is there as long as the run."""

NOWHERE = "http://127.0.0.1:9"
"""A proxy that nobody answers at: port 9 of this machine."""

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
"""The variables by which programs are told of a proxy; each is written in capitals as well."""

QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_USAGE_STATS_REPORT_URL": NOWHERE,
}
"""Variables of the environment that Ray reads when it is imported."""

ALONE = {
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # by which its servers listen on the loopback device, as on those systems
    "RAY_AUTH_MODE": "token",
    "http_proxy": NOWHERE,
    "https_proxy": NOWHERE,
    "no_proxy": "127.0.0.1,localhost",
}
"""Variables that it is told besides where all of it is ours."""

JOINED = {"RAY_gcs_server_port_wait_time_s": "1"}
"""Variables that it is told besides where it joins a cluster: one try, of 40 s, not twenty."""

PATIENCE = 5.0
"""Seconds in which a cluster must answer."""

STORE = 128 << 20
"""Bytes of the memory through which the records of a cluster of this machine go; what is more goes to its disk."""


def _host_and_port(address: str) -> tuple[str, str]:
    host, _, port = address.removeprefix("ray://").rpartition(":")
    return host, port


def refuse_address(address: str) -> None:
    """Check how an address is written.

    Raises:
        UsageError: It is none.
    """
    host, port = _host_and_port(address)
    if address != LOCAL and not (host and port.isdigit() and 0 < int(port) < 65536):
        raise UsageError(f"--cluster {address}: is none of {LOCAL}, HOST:PORT, ray://HOST:PORT")


@contextmanager
def connected(address: str, share: Share) -> Iterator[Any]:
    """Start or join a cluster.

    Args:
        address: `LOCAL`, or where the cluster is.
        share: What a file will get, which a node must have.

    Yields:
        Ray's module.

    Raises:
        UsageError: This machine doesn't have as much as one file is to get.
        DeviceError: Ray is not installed, or nobody answers.
    """
    if address != LOCAL:
        _refuse_silent(address)
    elif share.cpus > cores.usable():
        raise UsageError(f"--per-task {share}: this machine has {cores.usable()} cores")
    with ExitStack() as stack:
        token = {} if "RAY_AUTH_TOKEN" in os.environ else {"RAY_AUTH_TOKEN": secrets.token_hex(32)}
        alone = {**ALONE, **{name.upper(): ALONE[name] for name in PROXIES if name in ALONE}, **token}
        with told(QUIET | (alone if address == LOCAL else JOINED)):
            ray = _ray()
            with _signals():
                _init(ray, address, share, stack)
        stack.callback(ray.shutdown)
        yield ray


def _ray() -> Any:
    try:
        ray = importlib.import_module("ray")
    except ImportError as error:
        raise MissingExtra("Ray", "cluster") from error
    # Whatever dies is told by us; Ray would print it among our results.
    vars(importlib.import_module("ray._private.worker"))["print_to_stdstream"] = _say_nothing
    return ray


def _say_nothing(*anything: object, **more: object) -> None:
    """Take what Ray would print."""


def _init(ray: Any, address: str, share: Share, stack: ExitStack) -> None:
    """Start or join the cluster; what a cluster of our own needs on the disk goes away with the stack.

    Raises:
        DeviceError: It can't be.
    """
    quiet = {"log_to_driver": False, "configure_logging": False, "logging_level": "ERROR"}
    if address != LOCAL:
        where: dict[str, Any] = {"address": address}
    else:
        short = Path("/tmp")  # a socket's path has a hundred letters at most, and a Mac's own folder takes half of them
        folder = stack.enter_context(scratch(short if short.is_dir() and os.access(short, os.W_OK) else None))
        # Behind Ray's own, which ends what it has started, where it couldn't start all: that still writes there.
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        where = {
            "num_cpus": cores.usable(),
            "include_dashboard": False,
            "object_store_memory": STORE,
            "_node_ip_address": "127.0.0.1",
            "_temp_dir": str(folder),
            "_system_config": {"worker_niceness": 0},
            **({} if share.gpus else {"num_gpus": 0}),
        }
    try:
        ray.init(**where, **quiet)
    except Exception as error:
        raise DeviceError(f"--cluster {address}: can't be used: {first_line(error)}") from error


def _refuse_silent(address: str) -> None:
    """Find out whether anybody answers at an address; Ray itself would try for a minute.

    Raises:
        DeviceError: Nobody does.
    """
    host, port = _host_and_port(address)
    try:
        socket.create_connection((host.strip("[]"), int(port)), PATIENCE).close()
    except OSError as error:
        raise DeviceError(
            f"--cluster {address}: nobody answers there ({error.strerror or first_line(error)})"
        ) from error


@contextmanager
def told(names: Mapping[str, str]) -> Iterator[None]:
    """Set variables of the environment, which processes that are started meanwhile get."""
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(names)
    try:
        yield
    finally:
        restore(before)


def restore(variables: Mapping[str, str | None]) -> None:
    """Give variables of the environment a value, or take them away."""
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def proxies() -> dict[str, str | None]:
    """List the proxies that this process is told of, for workers, which have got others."""
    return {name: os.environ.get(name) for lower in PROXIES for name in (lower, lower.upper())}


@contextmanager
def _signals() -> Iterator[None]:
    """Keep who takes the signals: Ray would take some."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
