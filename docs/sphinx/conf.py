"""How Sphinx builds the documentation from what assemble.py has put together (`make docs`)."""

import os
import tomllib
from pathlib import Path

ROOT = Path(os.environ["OUTCOMES_ROOT"])
_said = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

project = "Lancashire Programme Outcomes"
author = project
version = release = _said["version"]
extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "myst_nb",
]
exclude_patterns = ["notebooks/programmes", "notebooks/county", "notebooks/explore"]
nb_execution_mode = "off"  # stored outputs are those that the regression tests compare
nb_merge_streams = True
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3
myst_fence_as_directive = []
autosummary_generate = True
autodoc_typehints = "none"  # numpydoc says what each is
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
default_role = None
suppress_warnings = [
    "myst.xref_missing",  # what no page is, assemble.py has made a download or plain text
    "mystnb.unknown_mime_type",  # our own, beside HTML and SVG
    "mystnb.mime_priority",
    "misc.highlighting_failure",
]
add_module_names = False
html_theme = "pydata_sphinx_theme"
html_title = project
html_show_sourcelink = False
html_theme_options = {
    "logo": {"text": "Documentation"},
    "header_links_before_dropdown": 4,
    "navigation_with_keys": False,
    "show_prev_next": True,
    "secondary_sidebar_items": ["page-toc"],
}
html_static_path = ["_static"]
html_css_files = ["lessons.css"]


def _returns_in_prose(app, what, name, obj, options, lines) -> None:
    """What is returned is told in sentences here, where numpydoc looks for names and types."""
    for at in range(len(lines) - 1):
        if lines[at].strip() == "Returns" and set(lines[at + 1].strip()) == {"-"}:
            lines[at : at + 2] = [".. rubric:: Returns", ""]


def setup(app) -> None:
    app.connect("autodoc-process-docstring", _returns_in_prose, priority=100)
