"""A strict type checker knows minigrad from outside: every public name, and what a user's program makes."""

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import minigrad as mg
from minigrad import optim
from minigrad.nn import init
from minigrad.optim import lr_scheduler

ROOT = Path(__file__).parent.parent
PROGRAM = ROOT / "tests/typed/program.py"

ANYTHING = {
    "Tensor.grad_fn",  # a node, which has an engine's fields and few for users
    "Tensor.item",  # a bool, an int or a float
    "Tensor.tolist",  # that, or lists of it
    "load",  # what was saved
    "data.default_collate",  # a batch of whatever the samples are
    "data.default_convert",
    "nn.functional.adaptive_max_pool1d",  # with return_indices a pair
    "nn.functional.adaptive_max_pool2d",
    "nn.functional.max_pool1d",
    "nn.functional.max_pool2d",
}
"""What returns Any, and why nothing better can be said."""


def public_names() -> list[str]:
    """What a program reaches after ``import minigrad as mg``, tensors' attributes among them."""
    names = [f"Tensor.{name}" for name in dir(mg.Tensor)]
    rooms = (
        mg.autograd,
        mg.data,
        mg.data.transforms,
        mg.nn,
        mg.nn.functional,
        init,
        optim,
        lr_scheduler,
    )
    for room in (mg, *rooms, mg.viz):
        prefix = room.__name__.replace("minigrad", "mg")
        names += [f"{prefix}.{name}" for name in getattr(room, "__all__", dir(room))]
    names = [name.removeprefix("mg.") for name in names if "._" not in name]
    return [name for name in names if not isinstance(reached(name), ModuleType)]


def reached(name: str) -> object:
    value: object = mg
    for part in name.split("."):
        value = vars(mg.Tensor).get(part) if value is mg.Tensor else getattr(value, part)
    return value


def test_a_strict_type_checker_knows_every_public_name_and_a_users_program(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    names = public_names()
    assert {"Tensor.exp", "cat", "explain_gradient", "float32", "no_grad", "op", "save", "nn.Linear"} <= {
        *names
    }
    lines = ["import minigrad as mg", *(f"reveal_type(mg.{name})" for name in names)]
    (tmp_path / "names.py").write_text("\n".join(lines) + "\n")
    options = ["--strict", "--follow-imports=silent", f"--cache-dir={tmp_path}"]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *options, "names.py", PROGRAM],
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, [line for line in done.stdout.splitlines() if "Revealed" not in line]
    revealed = re.findall(r'names\.py:(\d+): note: Revealed type is "(.*)"', done.stdout)
    assert len(revealed) == len(names)
    unknown = {names[int(line) - 2] for line, said in revealed if re.search(r"(^|-> )Any\)?$", said)}
    assert unknown == ANYTHING


@pytest.mark.usefixtures("own_operations")
def test_the_program_runs() -> None:
    runpy.run_path(str(PROGRAM), run_name="__main__")
