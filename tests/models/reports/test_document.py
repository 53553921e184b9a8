"""The parts of our pages."""

from __future__ import annotations

import math

from emojicam.models.reports.document import document, duration, embedded, number, picture, share, table, whole
from emojicam.models.reports.figure import drawing, png


def test_a_page_loads_nothing_and_says_its_title_as_text() -> None:
    page = document("a < b", "<p>c</p>")
    assert "<title>a &lt; b</title>" in page
    assert "default-src 'none'" in page
    assert page.endswith("<p>c</p>\n</main>\n</body>\n</html>\n")
    assert "http://" not in page
    assert "https://" not in page


def test_a_picture_is_in_the_page_light_and_dark() -> None:
    from emojicam.models.reports.figure import DARK, LIGHT

    drawn = []
    for theme in (LIGHT, DARK):
        with drawing(2, 1, theme) as figure:
            drawn.append(png(figure))
    found = picture("a", 'a "b"', {"a": drawn[0]}, {"a": drawn[1]})
    assert embedded(drawn[0]) in found
    assert embedded(drawn[1]) in found
    assert 'alt="a &quot;b&quot;" width="215" height="108"' in found


def test_a_table_has_a_heading_for_each_row_and_column() -> None:
    found = table(["a", "b"], [["1", "2"], ["3", "4"]], [["5", "6"]], hits=True)
    assert found.count('scope="col"') == 2
    assert found.count('scope="row"') == 3
    assert "<td class=hit>2</td>" in found
    assert "<td>4</td>" in found


def test_figures_are_said_or_left_out() -> None:
    assert (share(0.1234), share(math.nan), whole(0.5)) == ("12.3&nbsp;%", "–", "50&nbsp;%")
    assert (number(-0.5), number(math.inf)) == ("&minus;0.500", "–")
    assert (duration(5), duration(600), duration(7200)) == ("5&nbsp;s", "10 minutes", "2.0 hours")
