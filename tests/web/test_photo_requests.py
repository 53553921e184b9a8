"""What all requests with a photo have in common; what each answers, `test_photos.py` and `test_draws.py` test."""

from __future__ import annotations

import pytest
from starlette.exceptions import HTTPException

from emojicam.web.photo_requests import accepted


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("", ""),
        ("*/*", ""),
        ("application/json", "application/json"),
        ("image/webp", "WEBP"),
        ("text/html, image/png;q=0.5, image/jpeg;q=0.9", "JPEG"),
        ("image/png;q=0, image/*;q=0.1", ""),
    ],
)
def test_what_a_visitor_wants_is_understood(header: str, wanted: str) -> None:
    assert accepted(header) == wanted


@pytest.mark.parametrize("header", ["text/html", "image/png;q=0", "image/png;q=nan", "image/png;q=x"])
def test_what_is_not_given_here_is_refused(header: str) -> None:
    with pytest.raises(HTTPException) as refusal:
        accepted(header)
    assert refusal.value.status_code == 406
