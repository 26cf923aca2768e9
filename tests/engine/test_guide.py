"""The walk through the engine: its programs print what it says they print, and its links lead somewhere.

That its excerpts are those of the source is shown in tests/tools/test_include_source.py.
"""

import contextlib
import io
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs/guides/how_the_engine_works.md").read_text(encoding="utf-8")
BLOCK = r"((?:(?!```).*\n)*)```\n"
PROGRAMS = re.findall(rf"(?<!-->\n)```python\n{BLOCK}\n```text\n{BLOCK}", GUIDE)


def test_the_programs_print_what_the_guide_says() -> None:
    names: dict[str, object] = {}
    assert len(PROGRAMS) == GUIDE.count("```text\n") == 7
    for program, output in PROGRAMS:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(program, "guide", "exec"), names)
        assert printed.getvalue() == output


def test_every_block_of_code_is_an_excerpt_or_is_run() -> None:
    excerpts = len(re.findall(r"^<!-- source: .* -->\n```python\n", GUIDE, re.MULTILINE))
    assert GUIDE.count("```python\n") == excerpts + len(PROGRAMS)


def test_links_lead_somewhere() -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", GUIDE)
    assert len(targets) > 10
    for target in targets:
        assert (ROOT / "docs/guides" / target).exists(), target
