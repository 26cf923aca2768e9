"""What holds for every lesson."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LESSONS = sorted((ROOT / "lessons").glob("[0-9]*.py"))


def test_they_are_numbered_without_gaps_and_listed_in_the_readme() -> None:
    assert [lesson.name[:3] for lesson in LESSONS] == [f"{i:02}_" for i in range(len(LESSONS))]
    listed = re.findall(
        r"^\| \[(\d+)\]\(lessons/(\S+)\)", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE
    )
    assert listed == [(str(i), lesson.name) for i, lesson in enumerate(LESSONS)]


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.stem)
def test_it_has_the_form_of_a_lesson(lesson: Path) -> None:
    text = lesson.read_text("utf-8")
    docstring = ast.get_docstring(ast.parse(text)) or ""
    title, rule, *_ = docstring.splitlines()
    assert title.startswith(f"Lesson {int(lesson.name[:2])}: ")
    assert rule == "=" * len(title)
    assert f"    python lessons/{lesson.name}" in docstring
    assert "\n# Exercise\n# --------\n" in text
    for heading, underline in re.findall(r"\n# (.+)\n# ([-=]{3,})\n", text):
        if "=" not in underline:
            assert len(heading) == len(underline), heading


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.stem)
def test_it_uses_public_names_alone(lesson: Path) -> None:
    for node in ast.walk(ast.parse(lesson.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            assert all(alias.name in {"minigrad", "numpy"} or "." not in alias.name for alias in node.names)
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
            assert not any(name.split(".")[0] in {"matplotlib", "torch"} for name in names)
            assert not any(part.startswith("_") for name in names for part in name.split("."))
        if isinstance(node, ast.Attribute):
            assert not node.attr.startswith("_") or node.attr.startswith("__"), node.attr
