"""What README and CONTRIBUTING tell a reader to type is there and works."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "docs/pictures"
PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    "docs/architecture.md",
    "docs/differences_from_pytorch.md",
    "docs/guides/commands.md",
    "docs/mistakes.md",
    "benchmarks/README.md",
)


def test_the_examples_of_the_readme_run(tmp_path: Path) -> None:
    """And one of them draws the picture that stands under it."""
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    program = (
        "\n".join(blocks)
        + "\nassert loss.item() < 0.01, loss\nassert (slope.item(), bend.item()) == (12, 12)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    drawn, shown = ((folder / "neuron.svg").read_text() for folder in (tmp_path, PICTURES))
    assert sorted(re.findall(r">([^<>\n]+)<", drawn)) == sorted(re.findall(r">([^<>\n]+)<", shown))


@pytest.mark.parametrize("page", PAGES)
def test_commands_are_those_of_the_makefile(page: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z]+)`", (ROOT / page).read_text())) <= targets


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    path = ROOT / page
    for target in re.findall(r"\]\(([^)]+)\)", path.read_text()):
        assert target.startswith("https://") or (path.parent / target.partition("#")[0]).exists(), target
