"""The way to a cluster."""

from __future__ import annotations

import os
import signal
import socket
import sys

import pytest

from emojicam.cluster import connection
from emojicam.cluster.connection import NOWHERE, connected, proxies, refuse_address, restore, told
from emojicam.cluster.share import Share
from emojicam.errors import DeviceError, MissingExtra, UsageError
from emojicam.stream import cores


@pytest.mark.parametrize("address", ["local", "head:6379", "10.0.0.1:6379", "[fd00::1]:6379", "ray://head:10001"])
def test_an_address_is_taken(address: str) -> None:
    refuse_address(address)


@pytest.mark.parametrize("address", ["", "head", "head:", ":6379", "head:no", "head:70000", "ray://head"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match=r"is none of local, HOST:PORT, ray://HOST:PORT$"):
        refuse_address(address)


def test_where_nobody_answers_that_is_said_at_once() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and not listened to
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with (
            pytest.raises(DeviceError, match=f"^--cluster {address}: nobody answers there"),
            connected(address, Share(1, 0)),
        ):
            raise AssertionError


def test_more_cores_than_there_are_are_refused() -> None:
    there = cores.usable()
    with pytest.raises(UsageError, match=f"--per-task cpus=1000: this machine has {there} cores"):
        connected("local", Share(1000, 0)).__enter__()


def test_ray_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    before = dict(os.environ)
    with pytest.raises(MissingExtra, match=r'pip install "emojicam\[cluster\]"'):
        connected("local", Share(1, 0)).__enter__()
    assert dict(os.environ) == before


def test_what_ray_is_told_holds_only_while_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://mine:3128")
    monkeypatch.delenv("RAY_USAGE_STATS_ENABLED", raising=False)
    with told({**connection.QUIET, **connection.ALONE}):
        assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"
        assert os.environ["http_proxy"] == NOWHERE
    assert "RAY_USAGE_STATS_ENABLED" not in os.environ
    assert os.environ["http_proxy"] == "http://mine:3128"


def test_a_worker_gets_the_proxies_of_who_hands_out(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in proxies():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "http://mine:3128")
    kept = proxies()
    with told(connection.ALONE):
        restore(kept)
        assert "http_proxy" not in os.environ
        assert os.environ["HTTPS_PROXY"] == "http://mine:3128"


def test_the_signals_stay_ours() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with connection._signals():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    assert signal.getsignal(signal.SIGTERM) is before
