from __future__ import annotations

import pytest

from emojicam.models import registry
from emojicam.models.reports.structure import parts

SMALL = [name for name in registry.names() if registry.entry(name).parameters < 5e6]


@pytest.mark.parametrize("name", SMALL)
def test_the_steps_of_a_net_have_all_its_parameters(name: str) -> None:
    entry = registry.entry(name)
    steps = parts(registry.build(name), entry.channels, entry.size)
    assert sum(step.parameters for step in steps) == entry.parameters
    assert steps[-1].shape == (entry.classes,)
    assert all(step.mmac > 0 for step in steps if step.parameters)


def test_multiply_adds_are_those_that_are_counted_by_hand() -> None:
    entry = registry.entry("cnn3")
    steps = parts(registry.build("cnn3"), 3, entry.size)
    by_hand = 47 * 47 * 32 * 3 * 4 + 22 * 22 * 32 * 32 * 4 + 10 * 10 * 32 * 32 * 4 + 800 * 512 + 512 * 7
    assert sum(step.mmac for step in steps) == pytest.approx(by_hand / 1e6)
    assert [step.does for step in steps][:2] == ["conv 2×2 · ReLU · max-pool 2"] * 2
