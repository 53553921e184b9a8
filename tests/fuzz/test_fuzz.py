"""Damaged files of every kind: answered in one line, in bounded time and memory, and nothing is lost unsaid.

A case is made by its format and its number alone; `EMOJICAM_FUZZ_CASES` tries those numbers and no others.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest

if sys.platform != "linux":
    pytest.skip("the workers are bounded and measured as Linux does it", allow_module_level=True)

from fuzz.cases import FORMATS
from fuzz.workers import SECONDS, Worker

CHOSEN = "EMOJICAM_FUZZ_CASES"
"""Names the numbers to be tried: `7`, or a range, `0-19`."""

MOST = 5
"""Failures of a format after which no more are looked for."""


def numbers(cases: int) -> range:
    """The numbers of a format's cases that are to be tried."""
    chosen = os.environ.get(CHOSEN)
    if not chosen:
        return range(cases)
    first, _, last = chosen.partition("-")
    return range(int(first), int(last or first) + 1)


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    worker = Worker()
    yield worker
    worker.end()


@pytest.mark.slow
@pytest.mark.timeout(0)
@pytest.mark.parametrize("name", FORMATS)
def test_what_is_damaged_is_answered(name: str, worker: Worker) -> None:
    problems: list[str] = []
    for number in numbers(FORMATS[name].cases):
        if problem := worker.tried(name, number):
            again = f"{CHOSEN}={number} pytest -n 0 -m slow tests/fuzz -k '[{name}]'"
            problems.append(f"{name}, case {number}: {problem}\nagain: {again}\n")
        if len(problems) == MOST:
            break
    assert not problems, "\n".join(problems)


def test_two_thousand_are_tried_and_each_for_a_minute_at_most() -> None:
    assert sum(form.cases for form in FORMATS.values()) >= 2000
    assert SECONDS <= 60
    assert all(form.cases >= 20 for form in FORMATS.values())
