"""What `pip wheel .` builds is the package, all of it, and nothing besides."""

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built with the hatchling of this environment, so that nothing is downloaded."""
    folder = tmp_path_factory.mktemp("wheel")
    run(
        sys.executable,
        "-m",
        "pip",
        "wheel",
        ROOT,
        "--no-deps",
        "--no-build-isolation",
        "-w",
        folder,
        cwd=folder,
    )
    (path,) = folder.glob("*.whl")
    return path


def version() -> str:
    names: dict[str, str] = {}
    exec((ROOT / "minigrad/_version.py").read_text(), names)
    return names["__version__"]


def test_the_wheel_holds_one_package(wheel: Path) -> None:
    top = {name.partition("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert top == {"minigrad", f"minigrad-{version()}.dist-info"}


def test_the_wheel_holds_every_file_of_the_package(wheel: Path) -> None:
    """Data files too: the type marker, and the sample of images that stands in when there is no network."""
    sources = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "minigrad").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("minigrad/")}
    assert packed == sources
    assert "minigrad/py.typed" in packed


def test_the_wheel_names_its_python_and_licence(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
    lines = archive.read(name).decode().splitlines()
    assert "Requires-Python: >=3.11" in lines
    assert "License-Expression: MIT" in lines
    assert f"Version: {version()}" in lines


def test_the_wheel_works_outside_the_checkout(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    program = f"""
import sys
sys.path = [{str(site)!r}] + [p for p in sys.path if p != {str(ROOT)!r}]
import minigrad as mg
from minigrad import nn, optim
x = mg.tensor([3.0], requires_grad=True)
(x * x).backward()
print(mg.__file__, mg.__version__, x.grad.item(), sep="\\n")
"""
    file, found, gradient = run(sys.executable, "-c", program, cwd=tmp_path).splitlines()
    assert Path(file).is_relative_to(site)
    assert found == version()
    assert float(gradient) == 6.0


def test_what_the_package_imports_is_declared() -> None:
    """Else it works only where something else happened to install it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = [
        line
        for name, lines in project["optional-dependencies"].items()
        if name not in ("docs", "test")  # those are for work on minigrad
        for line in lines
    ]
    declared = {re.split("[>=<;]", line)[0] for line in [*project["dependencies"], *extras]}
    distribution = {
        "PIL": "pillow",
        "sklearn": "scikit-learn",
        "cupy": "cupy-cuda12x",
        "cupy_backends": "cupy-cuda12x",
    }
    for path in (ROOT / "minigrad").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            else:
                continue
            for name in {name.partition(".")[0] for name in names} - sys.stdlib_module_names - {"minigrad"}:
                assert distribution.get(name, name) in declared, f"{path.name} imports {name}"
