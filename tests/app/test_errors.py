"""Every failure that a user can cause or mend: its kind, its code, its words."""

from __future__ import annotations

import pickle

import pytest

from emojicam import errors
from emojicam.errors import MissingExtra, first_line


def test_errors_are_what_python_programs_expect() -> None:
    assert issubclass(errors.UsageError, ValueError)
    assert issubclass(errors.OutputError, OSError)
    assert issubclass(errors.MissingExtra, ImportError)
    assert issubclass(errors.ModelError, errors.InputError)
    codes = {
        errors.UsageError: 2,
        errors.InputError: 3,
        errors.ModelError: 3,
        errors.DeviceError: 4,
        errors.MissingExtra: 4,
        errors.OutputError: 5,
    }
    assert all(kind.exit_code == code and issubclass(kind, errors.EmojicamError) for kind, code in codes.items())


def test_what_is_missing_can_be_said_by_another_process() -> None:
    error = pickle.loads(pickle.dumps(MissingExtra("ONNX Runtime", "cpu")))
    assert str(error) == 'ONNX Runtime is not installed: pip install "emojicam[cpu]"'
    assert error.exit_code == 4


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("one\ntwo"), "one"),
        (ValueError("\n  \n one \ntwo"), "one "),
        (ValueError(""), "ValueError"),
        (KeyError(), "KeyError"),
        (OSError("x" * 500), "x" * 200),
    ],
)
def test_of_another_librarys_error_one_line_is_told(error: Exception, line: str) -> None:
    assert first_line(error) == line
