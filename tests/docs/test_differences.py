"""The page of differences names every layer and optimiser that PyTorch has and minigrad does not."""

import re
from pathlib import Path

import pytest

from minigrad import nn, optim

PAGE = (Path(__file__).parents[2] / "docs" / "differences_from_pytorch.md").read_text("utf-8")


def test_what_is_not_there_is_on_the_page() -> None:
    torch = pytest.importorskip("torch")
    lacking = {
        name
        for theirs, base, ours in (
            (torch.nn, torch.nn.Module, nn),
            (torch.optim, torch.optim.Optimizer, optim),
        )
        for name, value in vars(theirs).items()
        if isinstance(value, type) and issubclass(value, base) and not hasattr(ours, name)
    }
    assert "LSTM" in lacking and "LBFGS" in lacking
    told = set(re.findall(r"`(\w+)`", PAGE.split("## Operations that do otherwise")[0]))
    assert {name for name in lacking - told if not name.startswith("Lazy")} == set()
    assert {name for name in told if hasattr(torch.nn, name) or hasattr(torch.optim, name)} <= lacking
