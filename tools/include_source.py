"""Fill the excerpts in the guides from the source: run it after a change to code that a guide shows.

    python tools/include_source.py            # rewrite docs/ (make excerpts)
    python tools/include_source.py --check    # change nothing, fail if an excerpt is not what the source says

A comment in the Markdown says what stands in the block below it:

    <!-- source: minigrad/ops/elementwise.py::sigmoid, sigmoid.grad -->
    <!-- source: minigrad/engine/graph.py::Node.values -->
    <!-- source: minigrad/engine/op.py::Op.__call__ from "operands.append(y)" to "node = Node(" -->
    <!-- source: minigrad/engine/op.py::Op.__call__ at "for value in args:" -->

An excerpt is named by the object, never by line numbers. ``at`` takes one statement out of a function or
class, ``from`` and ``to`` all from one to another of the same block; a statement is named by how its text
begins. ``sigmoid.grad`` is every rule of the operation sigmoid.
"""

import argparse
import ast
import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

MARKER = re.compile(
    r"^<!-- source: (?P<reference>.*) -->\n```python\n(?P<code>(?:(?!```).*\n)*)```$", re.MULTILINE
)
REFERENCE = re.compile(
    r"(?P<path>\S+?)::(?P<names>\w[\w.]*(?:, \w[\w.]*)*)"
    r'(?: at "(?P<at>.*)"| from "(?P<first>.*)" to "(?P<last>.*)")?'
)


class BadReference(ValueError):
    """A guide names an excerpt that is not in the source."""


def excerpt(reference: str, root: Path = ROOT) -> str:
    """The code that a reference names, without the indentation that it has in its file."""
    match = REFERENCE.fullmatch(reference)
    if match is None:
        raise BadReference(f'{reference}: expected path::name, perhaps with at "..." or from "..." to "..."')
    path = root / match["path"]
    if not path.is_file():
        raise BadReference(f"{reference}: there is no file {match['path']}")
    text = path.read_text(encoding="utf-8")
    nodes = [node for name in match["names"].split(", ") for node in _named(ast.parse(text), name, reference)]
    if match["at"] or match["first"]:
        if len(nodes) > 1:
            raise BadReference(f"{reference}: a part can be taken of one object, not of {len(nodes)}")
        nodes = _part(nodes[0], text, match["at"] or match["first"], match["at"] or match["last"], reference)
        return _lines(text, nodes[0], nodes[-1])
    return "\n\n".join(_lines(text, node, node) for node in nodes)


def _named(tree: ast.Module, name: str, reference: str) -> list[ast.stmt]:
    """The function or class called ``Op.__call__``, say, or the rules of an operation, ``sigmoid.grad``."""
    rules = [node for node in tree.body if _is_rule(node, name)]
    if rules:
        return rules
    body, found = tree.body, []
    for part in name.split("."):
        found = [node for node in body if getattr(node, "name", None) == part or _assigns(node, part)]
        if len(found) != 1:
            raise BadReference(f"{reference}: expected one {name!r} in the file, there are {len(found)}")
        body = getattr(found[0], "body", [])
    return found


def _is_rule(node: ast.stmt, name: str) -> bool:
    decorators = getattr(node, "decorator_list", [])
    return any(isinstance(call, ast.Call) and ast.unparse(call.func) == name for call in decorators)


def _assigns(node: ast.stmt, name: str) -> bool:
    targets = (
        node.targets
        if isinstance(node, ast.Assign)
        else [node.target]
        if isinstance(node, ast.AnnAssign)
        else []
    )
    return any(isinstance(target, ast.Name) and target.id == name for target in targets)


def _part(node: ast.stmt, text: str, first: str, last: str, reference: str) -> list[ast.stmt]:
    """The statements of one block, from the one that begins with ``first`` to the one with ``last``."""
    found = []
    for block in _blocks(node):
        begins = [_lines(text, statement, statement) for statement in block]
        starts = [i for i, code in enumerate(begins) if code.startswith(first)]
        ends = [i for i, code in enumerate(begins) if code.startswith(last)]
        found += [block[i : j + 1] for i in starts for j in ends if i <= j]
    if len(found) != 1:
        raise BadReference(
            f"{reference}: expected one run of statements, in one block, whose first begins with {first!r} "
            f"and whose last begins with {last!r}; there are {len(found)}"
        )
    return found[0]


def _blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """Every list of statements in a statement, from the outside in."""
    for inner in ast.walk(node):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(inner, field, None)
            if isinstance(block, list):  # a lambda's body is none
                yield block


def _lines(text: str, first: ast.stmt, last: ast.stmt) -> str:
    """The source from one statement to another, decorators and the comments between them included."""
    start = min([first.lineno, *(d.lineno for d in getattr(first, "decorator_list", []))])
    lines = text.splitlines(keepends=True)[start - 1 : last.end_lineno]
    return textwrap.dedent("".join(lines)).rstrip() + "\n"


def filled(page: str, root: Path = ROOT) -> str:
    """The text of a page with every excerpt as the source has it now."""

    def block(match: re.Match[str]) -> str:
        reference = match["reference"]
        return f"<!-- source: {reference} -->\n```python\n{excerpt(reference, root)}```"

    unfilled = page.count("<!-- source:") - len(MARKER.findall(page))
    if unfilled:
        raise BadReference(
            f"{unfilled} of the page's source comments have no ```python block right below them"
        )
    return MARKER.sub(block, page)


def pages(root: Path = ROOT) -> list[Path]:
    """The pages of docs/ that have excerpts."""
    found = sorted((root / "docs").rglob("*.md"))
    return [page for page in found if "<!-- source:" in page.read_text(encoding="utf-8")]


def main() -> int:
    parser = argparse.ArgumentParser(description="Fill the excerpts in docs/ from the source.")
    parser.add_argument(
        "--check", action="store_true", help="change nothing; fail if an excerpt is out of date"
    )
    check = parser.parse_args().check
    stale = []
    for page in pages():
        before = page.read_text(encoding="utf-8")
        try:
            after = filled(before)
        except BadReference as error:
            print(f"{page.relative_to(ROOT)}: {error}", file=sys.stderr)
            return 1
        if after != before:
            stale.append(page)
            if not check:
                page.write_text(after, encoding="utf-8", newline="\n")
            print(f"{page.relative_to(ROOT)}: {'is out of date: run make excerpts' if check else 'filled'}")
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
