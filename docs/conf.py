"""The site: `make docs` builds it into docs/_build/html, and docs/guides/site.md says how it is made."""

import os
import sys
from pathlib import Path

sys.path.insert(
    0, str(Path(__file__).resolve().parent.parent)
)  # minigrad, models, lessons, and docs.extensions

import minigrad
from docs.extensions.links import linkcode_resolve as linkcode_resolve  # Sphinx asks it for a source

project = "minigrad"
author = copyright = "the minigrad authors"
version = release = minigrad.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.linkcode",
    "docs.extensions.links",
    "docs.extensions.lessons",
    "docs.extensions.exercises",
    "docs.extensions.examples",
    "docs.extensions.reference",
    "docs.extensions.results",
    "docs.extensions.tables",
]
exclude_patterns = ["_build", "extensions"]

# Which lessons are run, for their output and their pictures: MINIGRAD_DOCS_RUN=none, or =2,3 for these two.
lessons_run = os.environ.get("MINIGRAD_DOCS_RUN", "all")

nitpicky = True
toc_object_entries = False  # hundreds of names would stand beside each page, and take minutes to lay out
default_role = "literal"
highlight_language = "none"
myst_heading_anchors = 4
myst_enable_extensions = ["attrs_block", "colon_fence", "deflist"]
myst_links_external_new_tab = False
linkcheck_ignore = [r"(?!https?:)"]  # within the site: tests/docs looks after these
linkcheck_timeout = 10
linkcheck_retries = 2

# Nothing comes from the network: no fonts, no scripts. It works from a folder, too.
html_theme = "furo"
html_title = "minigrad"
html_static_path = ["_static"]
html_favicon = "_static/favicon.svg"
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_copy_source = False
html_show_sphinx = False
pygments_style = "github-light-high-contrast"
pygments_dark_style = "github-dark-high-contrast"
html_theme_options = {"navigation_with_keys": True}
