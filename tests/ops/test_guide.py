"""The guide "add an operation", followed in a copy of the library: its blocks are put where it says, two
files change, and the operation is public and checked.
"""

import contextlib
import filecmp
import io
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs/guides/add_an_operation.md").read_text(encoding="utf-8")
BLOCK = r"((?:(?!```).*\n)*)```\n"
PROGRAMS = re.findall(rf"(?<!-->\n)```python\n{BLOCK}\n```text\n{BLOCK}", GUIDE)
OPERATION, CASE = re.findall(rf"(?<!-->\n)```python\n{BLOCK}(?!\n```text)", GUIDE)
(LISTED,) = re.findall(rf"```diff\n{BLOCK}", GUIDE)

OPERATION_FILE = "minigrad/ops/elementwise.py"
CASE_FILE = "tests/ops/cases/elementwise.py"


def patched(text: str, diff: str) -> str:
    """The text with one hunk of a diff put in."""
    lines = diff.splitlines(keepends=True)
    before = "".join(line[1:] for line in lines if line[0] != "+")
    after = "".join(line[1:] for line in lines if line[0] != "-")
    assert text.count(before) == 1, before
    return text.replace(before, after)


def append(path: Path, code: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + "\n\n" + code, encoding="utf-8")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """What of the checkout the checks of operations need."""
    for name in ("minigrad", "tests/ops", "tests/foreign"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "tests/conftest.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def run(copy: Path, *command: str) -> str:
    """What a command of Python's prints in the copy, whose minigrad it imports."""
    done = subprocess.run(
        [sys.executable, *command],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def checked(copy: Path, *which: str) -> str:
    """What some of the checks of all operations print."""
    return run(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/ops/test_gradients.py", *which)


def changed(copy: Path) -> list[str]:
    """The files of the copy that are not as in the checkout."""
    files = [path.relative_to(copy).as_posix() for path in copy.rglob("*") if path.is_file()]
    ours = [name for name in files if "__pycache__" not in name and ".hypothesis" not in name]
    return sorted(
        name
        for name in ours
        if not (ROOT / name).exists() or not filecmp.cmp(ROOT / name, copy / name, shallow=False)
    )


def test_adding_an_operation_changes_two_files(copy: Path) -> None:
    file = copy / OPERATION_FILE
    file.write_text(patched(file.read_text(encoding="utf-8"), LISTED), encoding="utf-8")
    append(file, OPERATION)
    (promised,) = re.findall(r"^    (tests/ops/\S+)    (assert .*)$", GUIDE, re.MULTILINE)
    failed = checked(copy, "-k", "every_public")  # without a case
    assert all(words in failed for words in promised), failed
    append(copy / CASE_FILE, CASE)
    (command,) = re.findall(r'test_gradients\.py -k "(.*)"', GUIDE)
    printed = checked(copy, "-k", command)
    assert re.search(r"^\d+ passed", printed, re.MULTILINE) and "failed" not in printed, printed
    assert changed(copy) == [OPERATION_FILE, CASE_FILE]
    program = """
import math
import minigrad as mg
x, z = mg.tensor(0.0, requires_grad=True), mg.tensor([math.log(3.0), 0.0])
y = mg.logaddexp(x, z)
y.sum().backward()
print("%.4f %.4f, %.4f" % (*y.exp().tolist(), x.grad.item()))
"""
    assert run(copy, "-c", program) == "4.0000 2.0000, 0.7500\n"  # 1 + 3, 1 + 1, 1/4 + 1/2


@pytest.mark.parametrize("slip", [("np.exp(input - y)", "np.exp(input)"), ("np.logaddexp(", "np.maximum(")])
def test_a_slip_in_the_operation_is_found(copy: Path, slip: tuple[str, str]) -> None:
    file = copy / OPERATION_FILE
    assert OPERATION.count(slip[0]) == 1
    file.write_text(patched(file.read_text(encoding="utf-8"), LISTED), encoding="utf-8")
    append(file, OPERATION.replace(*slip))
    append(copy / CASE_FILE, CASE)
    printed = checked(copy, "-k", "logaddexp and cpu")
    assert "1 failed" in printed, printed


def test_the_programs_print_what_the_guide_says(own_operations: None) -> None:
    names: dict[str, object] = {"__name__": "guide"}
    assert len(PROGRAMS) == 2
    for program, output in PROGRAMS:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(program, "guide", "exec"), names)
        assert printed.getvalue() == output


def test_links_lead_somewhere() -> None:
    targets = re.findall(r"\]\(([^)#]+)(?:#([^)]+))?\)", GUIDE)
    assert len(targets) > 8
    for target, section in targets:
        path = ROOT / "docs/guides" / target
        assert path.exists(), target
        headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE) if section else []
        assert not section or section in [heading.lower().replace(" ", "-") for heading in headings], section


def test_a_function_of_nn_functional_changes_its_own_file_alone(copy: Path) -> None:
    file = copy / "minigrad/ops/pad.py"
    text = file.read_text(encoding="utf-8").replace('__all__ = ["pad"]', '__all__ = ["pad", "twice"]')
    file.write_text(text + "\n\ndef twice(input: Array) -> Array:\n    return input * 2\n", encoding="utf-8")
    said = run(copy, "-c", "import minigrad as mg; print(mg.nn.functional.twice(mg.ones(1)).item())")
    assert said == "2.0\n"
    assert changed(copy) == ["minigrad/ops/pad.py"]
