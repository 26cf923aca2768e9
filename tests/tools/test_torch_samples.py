"""The command runs samples beside PyTorch and writes what came of them."""

import json

import pytest

from tools import torch_samples


@pytest.fixture
def written(tmp_path):
    """written(*options): what the command writes with these options, and what it returns."""
    torch = pytest.importorskip("torch")
    threads, output = torch.get_num_threads(), tmp_path / "results.json"

    def run(*options):
        returned = torch_samples.main([*options, "--workers", "1", "--output", str(output)])
        return json.loads(output.read_text()), returned

    yield run
    torch.set_num_threads(threads)


def test_some_samples_of_some_kinds_are_added_to_what_there_is(written):
    results, returned = written("--of", "losses", "--most", "1")
    assert returned == 0 and set(results["counts"]) == {"losses"}
    counts = results["counts"]["losses"]
    # One in each dtype, and those that PyTorch refuses, of which one is refused otherwise, in three dtypes.
    assert counts["names"] == len(results["seen"]["losses"]) == 8
    assert counts["passed"] == counts["samples"] - 3 > 2 * 8
    assert counts["documented"] == {"Errors of another kind": 3}
    results, returned = written("--of", "optimisers", "--most", "1")
    assert returned == 0 and list(results["counts"]) == ["losses", "optimisers"]
    assert list(results["seen"]["optimisers"]) == [
        f"optim.{name}" for name in ("Adagrad", "Adam", "AdamW", "NAdam", "RMSprop", "SGD")
    ]


def test_a_deviation_that_the_page_does_not_have_is_told_and_fails(written, monkeypatch, capsys):
    monkeypatch.setattr("minigrad.nn.MSELoss.forward", lambda self, input, target: input.sum() - target.sum())
    results, returned = written("--of", "losses", "--most", "1")
    assert returned == 1
    assert results["counts"]["losses"]["neither passing nor documented"] == 2
    assert "neither passes nor is documented: nn.MSELoss()" in capsys.readouterr().out
