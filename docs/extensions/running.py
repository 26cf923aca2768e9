"""Run a lesson as a learner does, and note what each of its blocks prints and draws.

    python -m docs.extensions.running lessons/03_chain_rule.py FOLDER

The lesson runs in a process of its own, in FOLDER, with its warnings as errors. Its blocks, from one ``# %%``
to the next, are run one after another in one module, so that what a block prints, and the files that it
writes into ``output/``, can stand under its code. FOLDER/made.json then has them.
"""

import contextlib
import io
import json
import os
import re
import sys
import time
import types
from pathlib import Path
from typing import NamedTuple

from PIL import Image

PICTURES = (".png", ".jpg", ".svg", ".gif")
PAGES = (".html",)


class Block(NamedTuple):
    """A piece of a lesson: its prose, in reStructuredText, and its code, which begins in line ``line``."""

    prose: str
    code: str
    line: int


def blocks(text: str) -> list[Block]:
    """A lesson taken apart. The first block's prose is the docstring."""
    _, docstring, rest = text.split('"""', 2)
    found = [Block(docstring.strip() + "\n", "", 1)]
    lines = text.splitlines(keepends=True)
    start = text.count("\n", 0, len(text) - len(rest)) + 1
    code, first = [], start
    place = start
    while place < len(lines):
        if lines[place].startswith("# %%"):
            found[-1] = found[-1]._replace(code="".join(code), line=first + 1)
            prose = []
            place += 1
            while place < len(lines) and lines[place].startswith("#"):
                prose.append(lines[place].removeprefix("#").removeprefix(" "))
                place += 1
            found.append(Block("".join(prose).rstrip("\n") + "\n", "", place + 1))
            code, first = [], place
            continue
        code.append(lines[place])
        place += 1
    found[-1] = found[-1]._replace(code="".join(code), line=first + 1)
    return found


def main(lesson: Path, folder: Path) -> None:
    """Run a lesson in a folder."""
    lesson = lesson.resolve()
    os.chdir(folder)
    sys.argv = [str(lesson)]
    sys.path[0] = str(lesson.parent)
    module = types.ModuleType("__main__")
    module.__file__ = str(lesson)
    sys.modules["__main__"] = module
    output = Path("output")
    made, seen = [], _files(output)
    began = time.perf_counter()
    for block in blocks(lesson.read_text(encoding="utf-8")):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile("\n" * (block.line - 1) + block.code, str(lesson), "exec"), vars(module))
        now = _files(output)
        new = sorted((path for path in now if now[path] != seen.get(path)), key=lambda path: now[path])
        seen = now
        text = printed.getvalue().replace(f"{Path.cwd()}/", "").replace(str(Path.cwd()), ".")
        files = [{"path": path.as_posix(), "words": words(path)} for path in new]
        made.append({"printed": text, "files": files})
    record = {"seconds": round(time.perf_counter() - began, 1), "blocks": made}
    Path("made.json").write_text(json.dumps(record, indent=1), encoding="utf-8")


def words(path: Path) -> str:
    """What a picture shows, in words, if it says so itself; of a page, its title."""
    if path.suffix in (".png", ".jpg", ".gif"):
        with Image.open(path) as image:
            said = image.info.get("Description") or image.info.get("comment", b"")
            return said.decode(errors="replace") if isinstance(said, bytes) else said
    text = path.read_text(encoding="utf-8", errors="replace") if path.suffix in (".svg", ".html") else ""
    found = re.search(r"<(?:desc|dc:description|title)\b[^>]*>(.*?)</", text, re.DOTALL)
    return " ".join(found[1].split()) if found else ""


def _files(folder: Path) -> dict[Path, int]:
    """The pictures and pages of a folder, and when each was written."""
    found = (path for path in folder.rglob("*") if path.suffix in PICTURES + PAGES)
    return {path: path.stat().st_mtime_ns for path in found}


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
