"""Machines as tests would like them: with a GPU, without, and with half of what it takes."""

from __future__ import annotations

from emojicam.stream.choices import Provider
from emojicam.stream.inference.provider import NAMES


class Pretended:
    """A machine as one would like it."""

    def __init__(self, *built_in: Provider, driver: bool) -> None:
        self._built_in = [NAMES[provider] for provider in (*built_in, Provider.CPU)]
        self._driver = driver

    def built_in(self) -> list[str]:
        return self._built_in

    def has_driver(self) -> bool:
        return self._driver


BARE = Pretended(driver=False)

GPU_BUILD_ALONE = Pretended(Provider.CUDA, Provider.TENSORRT, driver=False)

DRIVER_ALONE = Pretended(driver=True)

WHOLE = Pretended(Provider.CUDA, Provider.TENSORRT, driver=True)
