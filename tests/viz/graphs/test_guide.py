"""The guide's programs run, and what it says about them is so."""

import re
from pathlib import Path

import pytest

from tests.viz.scrubbing.pages import sentences

GUIDE = (Path(__file__).parents[3] / "docs/guides/graphs.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)


FILES = [
    ["backward.svg", "forward.svg", "with_gradients.svg"],
    [f"step{k}.svg" for k in range(5)],
    ["page.html"],
    ["training.html"],
]


@pytest.mark.parametrize(("program", "files"), list(zip(PROGRAMS, FILES, strict=True)))
def test_a_program_writes_its_pictures(
    program: str, files: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(program, "guide", "exec"), {})
    assert sorted(path.name for path in tmp_path.iterdir()) == files
    texts = {path.name: path.read_text() for path in tmp_path.iterdir()}
    if "forward.svg" in texts:
        assert "grad" not in texts["forward.svg"].replace("minigrad-graph", "")
        assert "grad [-0.1871, 0.1871]" in texts["with_gradients.svg"]
        assert "just done" in texts["backward.svg"]
    elif "page.html" in texts:
        assert "To a: 3 × 3 = 9, added to 6 that came before: 15." in sentences(tmp_path / "page.html")
    elif "training.html" in texts:
        labels = re.findall(r"<figcaption>(.*?)</figcaption>", texts["training.html"])
        assert [label.partition(",")[0] for label in labels] == [f"step {step}" for step in range(0, 41, 10)]
    else:
        assert "so far (1 of 2)" in texts["step1.svg"]
