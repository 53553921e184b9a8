"""The API's document says what the API does."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from serving import Site, packed, painted, site
from starlette.routing import Route

from emojicam.web.config import Config, Limits
from emojicam.web.server import create_app


@pytest.fixture(scope="module")
def here() -> Iterator[Site]:
    with site(Config(limits=replace(Limits(), photos_burst=100_000))) as running:
        yield running


@pytest.fixture(scope="module")
def document(here: Site) -> dict[str, Any]:
    with here.client() as client:
        found: dict[str, Any] = client.get("/api/openapi.json").json()
        return found


def checked(document: dict[str, Any], name: str, value: object) -> None:
    schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    jsonschema.Draft202012Validator(schema).validate(value)


def test_every_route_of_the_api_is_described_and_no_other(document: dict[str, Any]) -> None:
    routes = {
        (route.path, method.lower())
        for route in create_app(Config()).routes
        if isinstance(route, Route) and route.path.startswith("/api/") and route.path != "/api/docs"
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert {(path, method) for path, calls in document["paths"].items() for method in calls} == routes


def test_references_lead_somewhere(document: dict[str, Any]) -> None:
    def references(value: object) -> Iterator[str]:
        if isinstance(value, dict):
            if "$ref" in value:
                yield value["$ref"]
            for one in value.values():
                yield from references(one)
        elif isinstance(value, list):
            for one in value:
                yield from references(one)

    found = set(references(document))
    assert found
    for reference in found:
        place: Any = document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def test_answers_are_as_described(here: Site, document: dict[str, Any]) -> None:
    photo = document["paths"]["/api/photo"]["post"]["responses"]
    cases = [
        (packed(painted()), "application/json", 200, "Seen"),
        (packed(painted(faces=())), "application/json", 200, "Seen"),
        (packed(painted()), "text/html", 406, "Problem"),
        (b"", "*/*", 400, "Problem"),
        (b"text", "*/*", 415, "Problem"),
        (packed(painted(5001, 5001)), "*/*", 413, "Problem"),
    ]
    for data, accept, status, name in cases:
        answer = here.send(data, accept)
        assert answer.status_code == status
        assert str(status) in photo
        checked(document, name, answer.json())
    checked(document, "Seen", here.send(packed(painted()), "application/json", image="webp").json())
    with here.client() as client:
        checked(document, "Health", client.get("/api/health").json())
    with pytest.raises(jsonschema.ValidationError):
        checked(document, "Seen", {"faces": []})


def test_the_token_is_described_where_there_is_one() -> None:
    token = "correct-horse-battery"
    with site(Config(token=token)) as here, here.client(headers={"Authorization": f"Bearer {token}"}) as client:
        found = client.get("/api/openapi.json").json()
    assert found["security"] == [{"token": []}]
    assert found["components"]["securitySchemes"]["token"]["scheme"] == "bearer"


@pytest.mark.slow
def test_no_request_that_a_machine_can_think_of_is_a_defect(here: Site, tmp_path: Path) -> None:
    schemathesis = shutil.which("schemathesis")
    if schemathesis is None:
        pytest.skip("pip install schemathesis")
    done = subprocess.run(
        [
            schemathesis,
            "run",
            f"{here.url}/api/openapi.json",
            "--checks",
            "not_a_server_error",
            "--max-examples",
            "100",
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,  # where it keeps what it found
    )
    assert done.returncode == 0, done.stdout[-3000:]
