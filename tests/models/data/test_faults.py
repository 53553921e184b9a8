from __future__ import annotations

import pytest

from emojicam.errors import InputError
from emojicam.models.data.faults import Faults


def counted(good: int, bad: int) -> tuple[Faults, list[str]]:
    said: list[str] = []
    faults = Faults("rows", said.append)
    for number in range(good + bad):
        with faults.counted():
            if number < bad:
                raise InputError(f"t.csv, row {number}: nonsense")
    return faults, said


@pytest.mark.parametrize(("good", "bad"), [(99, 1), (29_999, 1), (990, 10)])
def test_a_few_faults_are_told_and_left_out(good: int, bad: int) -> None:
    faults, said = counted(good, bad)
    faults.judge()
    assert said == [f"{bad} of {good + bad} rows can't be read, and are left out: t.csv, row 0: nonsense"]


@pytest.mark.parametrize(("good", "bad", "rest"), [(98, 1, ""), (0, 1, ""), (900, 10, " (9 more of the 910 rows")])
def test_more_than_one_in_a_hundred_are_refused(good: int, bad: int, rest: str) -> None:
    faults, said = counted(good, bad)
    with pytest.raises(InputError) as caught:
        faults.judge()
    assert str(caught.value).startswith(f"t.csv, row 0: nonsense{rest}")
    assert said == []


def test_nothing_is_said_of_what_is_well() -> None:
    faults, said = counted(5, 0)
    faults.judge()
    assert said == []


def test_another_error_is_no_fault() -> None:
    with pytest.raises(ZeroDivisionError), Faults("rows").counted():
        raise ZeroDivisionError


def test_what_is_tried_is_given_or_is_a_fault() -> None:
    def read(number: int) -> int:
        if number < 0:
            raise InputError("negative")
        return number

    faults = Faults("rows")
    assert [faults.tried(read, number) for number in (1, -1, 2)] == [1, None, 2]
    assert (faults.number, faults.first) == (1, "negative")
