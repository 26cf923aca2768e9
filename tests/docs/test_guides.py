"""What the guides for newcomers show is what happens."""

import contextlib
import io
import re
from pathlib import Path
from typing import Any

import pytest

GUIDES = Path(__file__).parents[2] / "docs/guides"


@pytest.mark.parametrize("guide", ["from_numpy", "from_pytorch"])
def test_the_programs_print_what_stands_under_them(guide: str) -> None:
    text = (GUIDES / f"{guide}.md").read_text(encoding="utf-8")
    shown = re.findall(r"```python\n(.*?)```\n+```text\n(.*?)```", text, re.DOTALL)
    assert shown
    assert text.count("```python") == len(shown)
    names: dict[str, Any] = {}
    for program, expected in shown:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(program, names)
        assert printed.getvalue() == expected
