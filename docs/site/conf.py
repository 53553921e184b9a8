"""Sphinx's settings for the site, which `.ci/docs` builds; its pages can be read as plain Markdown files too."""

from __future__ import annotations

import sys
from pathlib import Path

from sphinx.application import Sphinx

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE))

import commands  # noqa: E402  # from this folder
import contents  # noqa: E402
import docstrings  # noqa: E402

import emojicam  # noqa: E402

project = "emojicam"
version = release = emojicam.__version__
root_doc = "README"
include_patterns = ["README.md", *(page.path for page in contents.pages(ROOT))]
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]

# A link to a heading is as hosts of Markdown files make it; one that leads nowhere is a warning, hence an error.
myst_heading_anchors = 4
default_role = "literal"  # in docstrings

autoclass_content = "both"  # what a class is, and what it takes
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_type_aliases = {name: name for name in ("Pixels", "Box", "Point")}
python_maximum_signature_line_length = 80
python_display_short_literal_types = True
add_module_names = False
napoleon_use_ivar = True
napoleon_use_rtype = False

html_theme = "furo"
html_title = "emojicam"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_extra_path = ["top"]
html_show_sphinx = False
html_copy_source = False
html_show_copyright = False
html_use_index = False  # the search finds the same
html_domain_indices = False
pygments_style = "friendly"
pygments_dark_style = "github-dark"

# The page's own fonts are the system's, its search is an index beside the pages: nothing is asked of another host.
html_theme_options = {"top_of_page_buttons": []}


def _complete(app: Sphinx, page: str, source: list[str]) -> None:
    """Add to two pages what is written elsewhere: the navigation, and the help of the commands."""
    if page == root_doc:
        source[0] += "".join(group.toctree() for group in contents.groups(ROOT))
    elif page == "docs/reference/commands":
        source[0] += commands.written()


def setup(app: Sphinx) -> None:
    """Join in where Sphinx asks."""
    # They are loaded when they are first used; what looks at the module should find them.
    vars(emojicam).update({name: getattr(emojicam, name) for name in emojicam.__all__})
    app.connect("source-read", _complete)
    docstrings.setup(app)
