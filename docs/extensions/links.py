"""Links that leave docs/: on a code host they lead to a file, here to the page that is made of it.

A Markdown page links to ``../../minigrad/engine/op.py`` or ``../lessons/03_chain_rule.py``, which a code host
opens. On the site a lesson's file is the lesson's page, README the first one, and another file a page that
shows it, with a number to each line; a folder is the list of what is in it.

Some pages of the site are files that stand elsewhere (`COPIED`): their links are read from where they stand.
"""

import html
import importlib
import inspect
import os
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from docutils import nodes
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import TextLexer, get_lexer_for_filename
from pygments.util import ClassNotFound
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

import minigrad
from docs.extensions.pages import write
from tools import include_source

ROOT = Path(minigrad.__file__).resolve().parents[1]
COPIED = {
    "contributing": "CONTRIBUTING.md",
    "changelog": "CHANGELOG.md",
    "results/how_speed_is_measured": "benchmarks/README.md",
    "results/benchmarks": "benchmarks/results/README.md",
}
"""Pages whose text is a file elsewhere in the project."""

SHOWN = ("py", "pyi", "toml", "sh", "cu", "txt", "md", "cfg", "html", "js", "css", "")
"""The endings of files that a page can show; others are not linked to."""

warn = logging.getLogger(__name__).warning


def copy_pages(app: Sphinx) -> None:
    """Write the pages that are files elsewhere."""
    for docname, file in COPIED.items():
        write(app.srcdir / f"{docname}.md", (ROOT / file).read_text(encoding="utf-8"))


def fill_excerpts(app: Sphinx, docname: str, source: list[str]) -> None:
    """What a guide shows of the source is what the source is now; `make excerpts` keeps the file so."""
    if "<!-- source:" in source[0]:
        source[0] = include_source.filled(source[0])


def list_guides(app: Sphinx, docname: str, source: list[str]) -> None:
    """``guides/*`` in a list of pages stands for the guides that no list of this page names."""
    if "\nguides/*\n" in source[0]:
        named = set(re.findall(r"^guides/\w+$", source[0], re.MULTILINE))
        others = sorted({f"guides/{path.stem}" for path in (app.srcdir / "guides").glob("*.md")} - named)
        source[0] = source[0].replace("\nguides/*\n", "\n" + "".join(f"{name}\n" for name in others))


def lead_on_the_site(app: Sphinx, doctree: nodes.document) -> None:
    """Give the links of a page that leave docs/ the pages of the site to lead to."""
    docname = app.env.docname
    stands_in = posixpath.dirname(COPIED.get(docname, f"docs/{docname}.md"))
    for link in list(
        doctree.findall(lambda node: isinstance(node, (addnodes.pending_xref, addnodes.download_reference)))
    ):
        if link.get("refdomain") not in (None, "", "doc"):
            continue
        told, _, anchor = unquote(link["reftarget"]).partition("#")
        if link.get("refdomain") == "doc":
            if told in app.env.found_docs:
                continue
            # MyST has found the file, outside of docs/, and names it by its path without the ending.
            told, anchor = f"{told}.md", link.get("reftargetid") or ""
            stands_in = posixpath.dirname(f"docs/{docname}")
            told = os.path.relpath(told, ROOT / stands_in)
        if not told:
            continue  # within the page
        path = posixpath.normpath(posixpath.join(stands_in, told))
        if (
            path.startswith("docs/")
            and not (app.srcdir / path.removeprefix("docs/")).is_dir()
            and docname not in COPIED
        ):
            continue  # a file that the reader downloads
        target = page_of(app, path)
        if target is None:
            warn("there is nothing for %r to lead to", link["reftarget"], location=link)
            continue
        address = app.builder.get_relative_uri(docname, target) + (f"#{anchor}" if anchor else "")
        link.replace_self(nodes.reference("", "", *link.children, refuri=address, internal=True))


def page_of(app: Sphinx, path: str) -> str | None:
    """The page of the site for a file or folder of the project; one that shows it, if none is made of it."""
    for docname, file in COPIED.items():
        if path == file:
            return docname
    if path == "README.md":
        return "index"
    if path.startswith("docs/") and path.endswith(".md"):
        return path.removeprefix("docs/").removesuffix(".md")
    if path.startswith("lessons/") and path.removeprefix("lessons/")[:1].isdigit():
        return path.removesuffix(".py")
    file = ROOT / path
    if not file.exists() or (file.is_file() and file.suffix.removeprefix(".") not in SHOWN):
        return None
    shown(app.env).setdefault(app.env.docname, set()).add(path)
    return f"source/{path}" if file.is_file() else f"source/{path}/index"


def shown(env: BuildEnvironment) -> dict[str, set[str]]:
    """Of each page, which files it links to."""
    if not hasattr(env, "minigrad_shown"):
        env.minigrad_shown = {}  # type: ignore[attr-defined]
    return env.minigrad_shown  # type: ignore[attr-defined, no-any-return]


def forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """A page is read again."""
    shown(env).pop(docname, None)


def source_pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """A page for each file and folder that something links to, and for the files of those folders."""
    todo = sorted({"lessons"}.union(*shown(app.env).values()))
    done = set()
    while todo:
        path = todo.pop()
        if path in done:
            continue
        done.add(path)
        file = ROOT / path
        if file.is_file():
            yield f"source/{path}", {"title": path, "body": _listing(path)}, "page.html"
            continue
        inside = sorted(
            p for p in file.iterdir() if not p.name.startswith((".", "__pycache__")) and _shows(p)
        )
        todo += [p.relative_to(ROOT).as_posix() for p in inside]
        items = "".join(
            f'<li><a href="{p.name}.html">{p.name}</a></li>'
            if p.is_file()
            else f'<li><a href="{p.name}/index.html">{p.name}/</a></li>'
            for p in inside
        )
        body = f"<h1><code>{path}/</code></h1><ul>{items}</ul>"
        yield f"source/{path}/index", {"title": f"{path}/", "body": body}, "page.html"


def _shows(path: Path) -> bool:
    if path.is_dir():
        return any(_shows(inner) for inner in path.iterdir() if inner.name != "__pycache__")
    return path.suffix.removeprefix(".") in SHOWN and path.stat().st_size < 200_000


def _listing(path: str) -> str:
    text = (ROOT / path).read_text(encoding="utf-8")
    try:
        lexer = get_lexer_for_filename(path, stripnl=False)
    except ClassNotFound:
        lexer = TextLexer(stripnl=False)
    lines = HtmlFormatter(linenos="inline", lineanchors="line", anchorlinenos=True, wrapcode=True)
    return f"<h1><code>{html.escape(path)}</code></h1>\n{highlight(text, lexer, lines)}"


_trees: dict[tuple[int, str], str] = {}


def same_tree(app: Sphinx, name: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """The list of pages beside a page of source is laid out once for all that are as deep: none is in it."""
    if name.startswith("source/"):
        lay_out = context["toctree"]

        def toctree(**options: Any) -> str:
            key = (name.count("/"), repr(sorted(options.items())))
            if key not in _trees:
                _trees[key] = lay_out(**options)
            return _trees[key]

        context["toctree"] = toctree


def level_headings(app: Sphinx, name: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """The headings in the list of pages say of which level they are, to those who do not see it."""
    tree = context.get("furo_navigation_tree", "")
    context["furo_navigation_tree"] = tree.replace('role="heading"', 'role="heading" aria-level="2"')


_app: Sphinx | None = None


def linkcode_resolve(domain: str, info: dict[str, str]) -> str | None:
    """The address of the line where a name of the reference is written. Its pages lie one folder deep."""
    if domain != "py" or _app is None:
        return None
    value: Any = importlib.import_module(info["module"])
    for part in info["fullname"].split("."):
        value = inspect.getattr_static(value, part, None) or getattr(value, part, None)
    place = where(value)
    if place is None:
        return None
    path, line = place
    shown(_app.env).setdefault(_app.env.docname, set()).add(path)
    up = "../" * _app.env.docname.count("/")
    return f"{up}source/{path}.html#line-{line}"


def where(value: Any) -> tuple[str, int] | None:
    """The file, from the project's root, and the line in which a function, class or operation is written."""
    value = getattr(value, "__func__", value)
    value = getattr(value, "fget", value)
    value = getattr(value, "formula", value)
    try:
        value = inspect.unwrap(value)
        path = Path(inspect.getsourcefile(value) or "").resolve().relative_to(ROOT)
        return path.as_posix(), inspect.findsource(value)[1] + 1
    except (TypeError, ValueError, OSError):
        return None


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    global _app
    _app = app
    app.connect("builder-inited", copy_pages)
    app.connect("source-read", fill_excerpts)
    app.connect("source-read", list_guides)
    app.connect("doctree-read", lead_on_the_site, priority=100)  # before files to download are gathered
    app.connect("env-purge-doc", forget)
    app.connect("html-collect-pages", source_pages)
    app.connect("html-page-context", same_tree, priority=100)  # before the theme asks for it
    app.connect("html-page-context", level_headings, priority=900)  # after it
    return {"version": "1", "parallel_read_safe": False, "parallel_write_safe": True}
