"""Measure how much code the library is made of, how its rooms hang together, and how long its import takes.

    python tools/measure_core.py d6c0794 HEAD

Each revision is taken from git into a folder of its own. The figures go to docs/results/core.json;
docs/architecture.md shows them in a table.

A room is a folder or a file of minigrad/, and an import between rooms is a statement of one that names
another. `minigrad/__init__.py`, which imports everything, does not count, nor do imports for types alone.
The core is what an operation and a layer need: tensor.py, engine/, ops/, nn/, optim/ and kernels/reference/.
Lines are all lines, text and empty ones among them, unless they are said to be of code.
"""

import argparse
import ast
import json
import os
import platform
import subprocess
import sys
import tarfile
import tempfile
import tokenize
from collections.abc import Iterator
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "docs" / "results" / "core.json"
CORE = ("tensor.py", "engine", "ops", "nn", "optim", "kernels/reference")
ROUNDS = 10
IMPORT = """
import time
began = time.perf_counter(), time.process_time()
import minigrad
print(time.perf_counter() - began[0], time.process_time() - began[1])
"""


def lines(path: Path) -> int:
    """The lines of a file, or of all Python files in a folder."""
    return sum(len(text.splitlines()) for text in _texts(path))


def code_lines(path: Path) -> int:
    """The same without docstrings, comments and empty lines."""
    return sum(len(_code(text)) for text in _texts(path))


def _texts(path: Path) -> list[str]:
    files = [path] if path.is_file() else sorted(path.rglob("*.py"))
    return [file.read_text(encoding="utf-8") for file in files]


def _code(text: str) -> set[int]:
    """The numbers of the lines that are code."""
    texts = [
        statement
        for statement in ast.walk(ast.parse(text))
        if isinstance(statement, ast.Expr) and isinstance(getattr(statement.value, "value", None), str)
    ]
    tokens = [
        token
        for token in tokenize.generate_tokens(StringIO(text).readline)
        if token.string.strip() and token.type != tokenize.COMMENT
    ]
    within = {line for one in texts for line in range(one.lineno, (one.end_lineno or one.lineno) + 1)}
    return {line for one in tokens for line in range(one.start[0], one.end[0] + 1)} - within


def imports(package: Path) -> list[tuple[str, str]]:
    """Each import of one room by another: (who, whom)."""
    rooms = {path.stem for path in package.iterdir() if path.is_dir() or path.suffix == ".py"}
    found = []
    for file in sorted(package.rglob("*.py")):
        if file == package / "__init__.py":
            continue
        here = file.relative_to(package).parts[0].removesuffix(".py")
        for statement in _statements(ast.parse(file.read_text(encoding="utf-8"))):
            for name in _named(statement, package.name):
                if name in rooms and name != here:
                    found.append((here, name))
    return found


def _statements(tree: ast.AST) -> Iterator[ast.stmt]:
    """The import statements, but for those under ``if TYPE_CHECKING``."""
    for part in ast.iter_child_nodes(tree):
        if isinstance(part, ast.If) and "TYPE_CHECKING" in ast.unparse(part.test):
            continue
        if isinstance(part, ast.Import | ast.ImportFrom):
            yield part
        yield from _statements(part)


def _named(statement: Any, package: str) -> list[str]:
    """The rooms that an import statement names."""
    if isinstance(statement, ast.ImportFrom) and statement.module == package:
        return [alias.name for alias in statement.names]  # from minigrad import nn, optim
    if isinstance(statement, ast.ImportFrom):
        names = [statement.module or ""]
    else:
        names = [alias.name for alias in statement.names]
    return [name.split(".")[1] for name in names if name.startswith(f"{package}.")]


def measured(package: Path) -> dict[str, Any]:
    """What can be counted in a package."""
    sizes = {str(file.relative_to(package)): lines(file) for file in package.rglob("*.py")}
    largest = max(sorted(sizes), key=lambda name: sizes[name])
    between = imports(package)
    rooms = {name.partition("/")[0].removesuffix(".py") for name in CORE}
    inside = [pair for pair in between if rooms.issuperset(pair)]
    return {
        "lines": sum(sizes.values()),
        "core": {name: lines(package / name) for name in CORE},
        "core lines": sum(lines(package / name) for name in CORE),
        "core lines of code": sum(code_lines(package / name) for name in CORE),
        "largest file": largest,
        "largest file lines": sizes[largest],
        "imports between rooms": len(between),
        "pairs of rooms": len(set(between)),
        "imports between rooms of the core": len(inside),
        "pairs of rooms of the core": len(set(inside)),
        "imports of kernels": sum(whom == "kernels" for _, whom in between),
        "imports of kernels by engine": between.count(("engine", "kernels")),
    }


def import_seconds(folder: Path) -> list[float]:
    """How long ``import minigrad`` takes in a new Python: by the clock, and of the processor's time."""
    return [float(number) for number in _output([sys.executable, "-c", IMPORT], folder).split()]


def taken_out(revision: str, folder: Path) -> None:
    """Write minigrad/ as it is in a revision into a folder."""
    content = _output(["git", "archive", revision, "minigrad"], ROOT)
    with tarfile.open(fileobj=BytesIO(content)) as archive:
        archive.extractall(folder, filter="data")


def _output(command: list[str], folder: Path) -> bytes:
    return subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, check=True).stdout


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the size and the structure of minigrad.")
    parser.add_argument("revisions", nargs="+", metavar="REVISION", help="of git: d6c0794, HEAD")
    given = parser.parse_args().revisions
    revisions = [_output(["git", "rev-parse", "--short=7", one], ROOT).decode().strip() for one in given]
    with tempfile.TemporaryDirectory() as name:
        folders = {revision: Path(name) / revision for revision in revisions}
        for revision, folder in folders.items():
            taken_out(revision, folder)
            import_seconds(folder)  # compiles
        seconds = [{r: import_seconds(folder) for r, folder in folders.items()} for _ in range(ROUNDS)]
        records = {
            revision: measured(folder / "minigrad")
            | {
                f"import milliseconds, {name}": round(1000 * min(turn[revision][i] for turn in seconds))
                for i, name in enumerate(("clock", "processor"))
            }
            for revision, folder in folders.items()
        }
    result = {
        "python": platform.python_version(),
        "rounds of the import": ROUNDS,
        "load": round(os.getloadavg()[0], 1),
        "revisions": records,
    }
    RESULTS.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(table(result))


def table(result: dict[str, Any]) -> str:
    """The figures as a table of Markdown, as docs/architecture.md has it."""
    records = result["revisions"].values()
    told = {
        "Lines of the core": [f"{r['core lines']:,}" for r in records],
        "of them code, and not text": [f"{r['core lines of code']:,}" for r in records],
        "Largest file": [f"`{r['largest file']}`, {r['largest file lines']} lines" for r in records],
        "Imports between its rooms": [str(r["imports between rooms of the core"]) for r in records],
        "Pairs of rooms that they join": [str(r["pairs of rooms of the core"]) for r in records],
        "Lines of all of `minigrad/`": [f"{r['lines']:,}" for r in records],
        "Imports between all rooms": [str(r["imports between rooms"]) for r in records],
        "Pairs that these join": [str(r["pairs of rooms"]) for r in records],
        "Imports of `kernels/`": [str(r["imports of kernels"]) for r in records],
        "of them by `engine/`": [str(r["imports of kernels by engine"]) for r in records],
        f"`import minigrad`, the best of {ROUNDS}": [
            f"{r['import milliseconds, clock']} ms" for r in records
        ],
        "the same in processor time": [f"{r['import milliseconds, processor']} ms" for r in records],
    }
    head = ["", *(f"`{revision}`" for revision in result["revisions"])]
    rows = [head, ["---"] * len(head), *([name, *cells] for name, cells in told.items())]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


if __name__ == "__main__":
    main()
