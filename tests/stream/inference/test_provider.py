"""Which provider is used, and what is said where another can't be."""

from __future__ import annotations

import pytest
from machines import BARE, DRIVER_ALONE, GPU_BUILD_ALONE, WHOLE, Pretended

from emojicam.errors import DeviceError
from emojicam.stream.choices import Provider
from emojicam.stream.inference.provider import LONG, choose, missing, worth


@pytest.mark.parametrize(
    ("machine", "tried"),
    [
        (BARE, [Provider.CPU]),
        (GPU_BUILD_ALONE, [Provider.CPU]),
        (DRIVER_ALONE, [Provider.CPU]),
        (WHOLE, [Provider.CUDA, Provider.CPU]),
    ],
)
def test_auto_takes_a_gpu_only_where_nothing_is_missing(machine: Pretended, tried: list[Provider]) -> None:
    assert list(choose(Provider.AUTO, machine)) == tried


@pytest.mark.parametrize("wanted", [Provider.CUDA, Provider.TENSORRT])
@pytest.mark.parametrize(
    ("machine", "why"),
    [
        (BARE, "no NVIDIA driver"),
        (GPU_BUILD_ALONE, "no NVIDIA driver"),
        (DRIVER_ALONE, r'pip install "emojicam\[gpu\]"'),
    ],
)
def test_a_gpu_asked_for_by_name_is_had_or_it_is_said_what_is_missing(
    machine: Pretended, why: str, wanted: Provider
) -> None:
    with pytest.raises(DeviceError, match=rf"^--provider {wanted.value}: .*{why}.*--provider cpu works without$"):
        choose(wanted, machine)
    assert choose(wanted, WHOLE) == (wanted,)
    assert choose(Provider.CPU, machine) == (Provider.CPU,)
    assert missing(Provider.CPU, BARE) is None


def test_long_videos_are_worth_a_gpu_and_those_of_which_nobody_knows_how_long() -> None:
    assert [worth(frames) for frames in (0, 1, LONG - 1, LONG, 10**6, None)] == [False, False, False, True, True, True]
