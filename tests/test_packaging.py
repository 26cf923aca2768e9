"""What `pip wheel .` builds is the package, all of it, and nothing besides."""

import ast
import hashlib
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent


def run(*command: str | Path, cwd: Path, **options: Any) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, **options)
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


def test_the_wheel_has_the_licences_of_all_that_is_in_it(wheel: Path) -> None:
    """The code's, and that of the photographs, which are Zalando's."""
    archive = zipfile.ZipFile(wheel)
    licences = {name for name in archive.namelist() if name.endswith("LICENSE")}
    assert licences == {
        f"minigrad-{version()}.dist-info/licenses/LICENSE",
        f"minigrad-{version()}.dist-info/licenses/minigrad/data/fashion_mnist_sample/LICENSE",
        "minigrad/data/fashion_mnist_sample/LICENSE",
    }
    (photographs,) = (name for name in licences if name.startswith("minigrad/"))
    assert "Zalando" in archive.read(photographs).decode()


def test_a_build_elsewhere_gives_the_same_files(tmp_path: Path) -> None:
    """From the source archive, unpacked in another folder, at another time, under another umask, time zone
    and locale: the same archive and the same wheel, byte for byte.
    """
    first, second, unpacked = tmp_path / "first", tmp_path / "second", tmp_path / "unpacked"
    build = (sys.executable, "-m", "hatchling", "build", "-d")
    run(*build, first, cwd=ROOT)
    with tarfile.open(next(first.glob("*.tar.gz"))) as archive:
        archive.extractall(unpacked, filter="data")
    source = unpacked / f"minigrad-{version()}"
    for path in source.rglob("*"):
        os.utime(path, (1e9, 1e9))
    elsewhere = {**os.environ, "TZ": "Pacific/Auckland", "LC_ALL": "C", "PYTHONHASHSEED": "7"}
    run(*build, second, cwd=source, env=elsewhere, umask=0o077)
    assert sums(first) == sums(second)
    assert len(sums(first)) == 2


def sums(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


@pytest.mark.parametrize("name", ["test", "oldest"])
def test_the_locked_releases_are_allowed_and_hashed(name: str) -> None:
    """`make lock` was run after pyproject.toml asked for something else."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    locked: dict[str, str] = {}
    for entry in re.split(r"\n(?=\S)", (ROOT / f"requirements/{name}.txt").read_text()):
        if not entry.startswith("#"):
            line, *hashes = entry.split(" \\\n")
            requirement = Requirement(line)
            assert hashes and all(text.strip().startswith("--hash=sha256:") for text in hashes), line
            if requirement.marker is None or requirement.marker.evaluate():
                locked[canonicalize_name(requirement.name)] = str(requirement.specifier).removeprefix("==")
    for line in [*project["dependencies"], *extras["test"], *extras["docs"]]:
        asked = Requirement(line)
        if asked.name != "minigrad" and (asked.marker is None or asked.marker.evaluate()):
            assert asked.specifier.contains(locked[canonicalize_name(asked.name)]), f"{line}: run make lock"


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
