"""Servers that no test spoils, one for each file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from serving import TOKEN, Site, site

from emojicam.web.config import Config, Limits


@pytest.fixture(scope="module")
def here() -> Iterator[Site]:
    with site(Config(limits=replace(Limits(), photos_burst=10_000))) as running:
        yield running


@pytest.fixture(scope="module")
def locked() -> Iterator[Site]:
    """A server that other machines may reach, and that wants a token."""
    limits = replace(Limits(), logins_burst=1000)
    with site(Config(host="0.0.0.0", token=TOKEN, limits=limits)) as running:
        yield running
