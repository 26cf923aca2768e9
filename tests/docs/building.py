"""The site, built once for all processes that test it: lesson 3 is run, the others are shown as they are."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

ROOT = Path(__file__).parents[2]
MADE = ("_build", "api", "examples", "exercises", "lessons")


def built_site(factory: pytest.TempPathFactory) -> Path:
    """The folder of the built site; warnings are errors."""
    pytest.importorskip("sphinx", reason="Sphinx is missing: pip install -e '.[docs]'")
    pytest.importorskip("myst_parser", reason="myst-parser is missing: pip install -e '.[docs]'")
    pytest.importorskip("furo", reason="furo is missing: pip install -e '.[docs]'")
    shared = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent  # of the run, for all of its processes
    folder = shared / "site"
    with FileLock(shared / "site.lock"):
        if not (folder / "html/index.html").is_file():
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(ROOT / "docs", folder / "docs", ignore=_made)
            command = [sys.executable, "-m", "sphinx", "-n", "-W", "--keep-going", "-q", "docs", "html"]
            done = subprocess.run(
                command,
                cwd=folder,
                env={**os.environ, "MINIGRAD_DOCS_RUN": "3", "PYTHONPATH": str(ROOT)},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr
    return folder / "html"


def _made(folder: str, names: list[str]) -> set[str]:
    """What a build in the checkout has made there."""
    return {name for name in MADE if name in names} if Path(folder) == ROOT / "docs" else set()
