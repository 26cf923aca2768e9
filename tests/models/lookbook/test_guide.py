"""The guide's commands are commands, and its picture and files are there."""

import re
import shlex
from pathlib import Path

import pytest

from models.lookbook import __main__ as lookbook
from models.lookbook.presets import PRESETS
from models.lookbook.search import __main__ as search

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs/guides/lookbook.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^python -m (\S+)(.*)$", GUIDE, re.MULTILINE)


@pytest.mark.parametrize(("module", "arguments"), COMMANDS)
def test_every_command_is_understood(
    module: str, arguments: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("fashion-product-images-small", "deepfashion2", "my-photographs"):
        (tmp_path / folder).mkdir()
    program = {"models.lookbook": lookbook, "models.lookbook.search": search}[module]
    assert program.read_options(shlex.split(arguments)).settings


def test_what_it_names_is_there() -> None:
    assert len(COMMANDS) >= 10
    for file in re.findall(r"`(\w+\.py)`", GUIDE):
        assert (ROOT / "models/lookbook" / file).is_file(), file
    for link in re.findall(r"\]\(([^)]+)\)", GUIDE):
        assert (ROOT / "docs/guides" / link).exists(), link
    assert ("Shirts", "Jeans", "Sports Shoes", "Wallets") in PRESETS.values()
