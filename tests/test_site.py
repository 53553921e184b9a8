"""The docs as a site: every page is in the navigation, the reference is whole, and no dead link passes the check."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from scripts import loaded

import emojicam
from emojicam import errors
from emojicam.cli import build_parser

ROOT = Path(__file__).resolve().parent.parent
ELSEWHERE = "loaded from another host"


contents, links, commands = (
    loaded(ROOT / "docs" / "site" / f"{name}.py", f"site_{name}") for name in ("contents", "links", "commands")
)


# --- which pages there are ---


def test_every_page_of_the_docs_is_in_the_list_and_every_line_has_its_page() -> None:
    listed = [page.path for page in contents.pages(ROOT)]
    assert len(listed) == len(set(listed))
    there = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert there <= set(listed)
    assert all((ROOT / path).is_file() for path in listed)


def test_the_list_is_read_in_its_order_and_by_its_groups(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    text = "# All\n\n- [Alone](no.md)\n\n## One\n\n- [A](a.md): x\n- [Up](../UP.md)\n\n"
    text += "## None\n\n## Two\n\n- [B](in/b.md)\n"
    (tmp_path / "docs" / "README.md").write_text(text, "utf-8")
    groups = contents.groups(tmp_path)
    assert [group.title for group in groups] == ["", "One", "Two"]
    assert [page.path for page in groups[1].pages] == ["docs/a.md", "UP.md"]
    assert "A </docs/a>\nUp </UP>" in groups[1].toctree()


def test_the_readme_is_shown_first_and_not_in_the_list() -> None:
    assert "README.md" not in [page.path for page in contents.pages(ROOT)]


# --- the reference ---


def test_every_command_is_in_the_reference_with_its_help(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")  # put back afterwards
    said = commands.written()
    names = [name for group in build_parser().groups for name in group.commands]
    assert re.findall(r"^### `(\w+)`$", said, re.MULTILINE) == names
    assert said.count("```text\nusage: emojicam ") == len(names)
    assert max(map(len, said.splitlines())) <= int(commands.COLUMNS)


def test_every_failure_is_in_the_reference_of_python() -> None:
    said = (ROOT / "docs/reference/python.md").read_text("utf-8")
    kinds = [name for name, thing in vars(errors).items() if isinstance(thing, type)]
    assert len(kinds) > 5
    for name in kinds:
        assert re.search(rf"\b{name}\b", said), name
    assert ".. automodule:: emojicam\n   :members:\n" in said  # all of `emojicam.__all__`
    assert "draw" in emojicam.__all__


# --- the check of a built site ---


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ('<a href="b.html">', []),
        ('<a href="b.html#there">', []),
        ('<a href="#here"><p id="here">', []),
        ('<a href="https://example.org/">', []),
        ('<img src="data:image/gif;base64,R0lGOD">', []),
        ('<a href="c.html">', ["a.html: c.html: no such file"]),
        ('<a href="b.html#nowhere">', ["a.html: b.html#nowhere: no such place on that page"]),
        ('<a href="#nowhere">', ["a.html: #nowhere: no such place on that page"]),
        ('<img src="gone.png">', ["a.html: gone.png: no such file"]),
        ('<script src="https://example.org/x.js"></script>', [f"a.html: https://example.org/x.js: {ELSEWHERE}"]),
        ('<link rel="stylesheet" href="//example.org/x.css">', [f"a.html: //example.org/x.css: {ELSEWHERE}"]),
    ],
)
def test_the_check_tells_a_dead_link_and_what_is_loaded_from_elsewhere(
    tmp_path: Path, body: str, told: list[str]
) -> None:
    (tmp_path / "a.html").write_text(body, "utf-8")
    (tmp_path / "b.html").write_text('<h2 id="there">', "utf-8")
    assert list(links.faults(tmp_path)) == told


def test_the_check_reads_style_sheets_too(tmp_path: Path) -> None:
    sheet = "@import 'https://example.org/f.css'; a { background: url(dot.svg) }"
    (tmp_path / "a.css").write_text(sheet, "utf-8")
    assert list(links.faults(tmp_path)) == [
        f"a.css: https://example.org/f.css: {ELSEWHERE}",
        "a.css: dot.svg: no such file",
    ]


def test_the_check_ends_with_1_where_there_is_no_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert links.main(str(tmp_path)) == 1
    assert capsys.readouterr().out.endswith("0 pages, 0 faults\n")
