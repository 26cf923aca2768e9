"""The bar shows the scores on a terminal; elsewhere each epoch is a line."""

import io
import os
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from minigrad import train
from minigrad.train.callbacks.progress import in_words
from tests.train.conftest import Problem


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def scores_of(row: dict[str, float]) -> str:
    return (
        f"loss {row['loss']:.3f} (val {row['val_loss']:.3f}), "
        f"accuracy {row['accuracy']:.3f} (val {row['val_accuracy']:.3f})"
    )


def test_without_a_terminal_each_epoch_is_a_line(
    problem: Problem, capsys: pytest.CaptureFixture[str]
) -> None:
    history = problem.fit(2, callbacks=[train.ProgressBar("points")])
    printed, errors = capsys.readouterr()
    assert printed == ""
    assert [re.sub(r"\d+\.\d s", "", line, count=1) for line in errors.splitlines()] == [
        f"points {epoch}/2: , {scores_of(row)}" for epoch, row in enumerate(history.rows, 1)
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
def test_a_terminal_without_columns_gets_lines_too(problem: Problem, monkeypatch: pytest.MonkeyPatch) -> None:
    """As some editors and containers have; tqdm draws nothing there."""
    import pty

    ours, theirs = pty.openpty()
    with open(theirs, "w", buffering=1) as terminal:
        monkeypatch.setattr("sys.stderr", terminal)
        assert os.get_terminal_size(terminal.fileno()).columns == 0
        history = problem.fit(1, callbacks=[train.ProgressBar()])
        assert scores_of(history.rows[0]) in os.read(ours, 4096).decode()
    os.close(ours)


def test_on_a_terminal_each_epoch_leaves_a_line_with_its_scores(
    problem: Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    history = problem.fit(2, callbacks=[train.ProgressBar("points")])
    lines = terminal.getvalue().replace("\r", "\n").split("\n")
    last = [[line for line in lines if line.startswith(f"points {epoch}/2")][-1] for epoch in (1, 2)]
    for row, line in zip(history.rows, last, strict=True):
        assert scores_of(row) in line


def test_a_log_file_hears_of_a_long_epoch(problem: Problem, capsys: pytest.CaptureFixture[str]) -> None:
    problem.fit(1, callbacks=[train.ProgressBar(seconds=0)])
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        *(f"epoch 1/1, batch {batch}/5" for batch in range(1, 6)),
        "epoch 1/1",
    ]
    assert re.match(r"epoch 1/1, batch 3/5: \d+ s, loss \d\.\d+, accuracy \d\.\d+$", lines[2])


def test_fit_shows_one_without_being_asked(problem: Problem, capsys: pytest.CaptureFixture[str]) -> None:
    problem.fit(1, progress=True)
    assert capsys.readouterr().err.startswith("epoch 1/1: ")
    problem.fit(1, progress=True, callbacks=[train.ProgressBar("points")])
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_an_exception_closes_the_bar(problem: Problem, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or the traceback would begin in the middle of its line."""
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)

    class Fail(train.Callback):
        def on_batch_end(self, run: train.Run) -> None:
            raise RuntimeError("here")

    with pytest.raises(RuntimeError, match="here"):
        problem.fit(1, progress=True, callbacks=[Fail()])
    assert terminal.getvalue().endswith("\n")


class Notebook:
    """What IPython has in place of a module where a notebook runs, and the notebook's bar."""

    def __init__(self) -> None:
        self.bars: list[Notebook.Bar] = []

    def get_ipython(self) -> "Notebook":
        return self

    class Bar:
        def __init__(self, total: int, desc: str, initial: int) -> None:
            self.total, self.desc, self.n, self.shown, self.closed = total, desc, initial, "", False

        def set_postfix_str(self, text: str, refresh: bool = True) -> None:
            self.shown = text

        def update(self) -> None:
            self.n += 1

        def close(self) -> None:
            self.closed = True


def test_a_notebook_gets_its_own_bar(problem: Problem, monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = Notebook()

    def tqdm_notebook(**options: object) -> Notebook.Bar:
        notebook.bars.append(Notebook.Bar(**options))
        return notebook.bars[-1]

    monkeypatch.setitem(sys.modules, "IPython", notebook)
    monkeypatch.setitem(sys.modules, "tqdm.notebook", SimpleNamespace(tqdm_notebook=tqdm_notebook))
    monkeypatch.setattr("minigrad.train.callbacks.progress.find_spec", lambda name: name)
    history = problem.fit(2, progress=True)
    assert [(bar.desc, bar.n, bar.total, bar.closed) for bar in notebook.bars] == [
        ("epoch 1/2", 5, 5, True),
        ("epoch 2/2", 5, 5, True),
    ]
    assert notebook.bars[1].shown == scores_of(history.rows[1])


def test_a_notebook_without_widgets_gets_lines(
    problem: Problem, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "IPython", Notebook())
    monkeypatch.setattr("minigrad.train.callbacks.progress.find_spec", lambda name: None)
    problem.fit(1, progress=True)
    assert capsys.readouterr().err.startswith("epoch 1/1: ")


def test_small_numbers_are_not_shown_as_zero() -> None:
    assert in_words({"loss": 0.5, "lr": 0.0001}) == "loss 0.500, lr 0.0001"


def test_a_training_that_goes_on_says_from_where(
    problem: Problem, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "run"
    problem.fit(1, callbacks=[train.Checkpoint(file)])
    problem.fit(2, progress=True, callbacks=[train.Checkpoint(file)], resume=True)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == f"epoch: going on after epoch 1, from {file}"
    assert lines[1].startswith("epoch 2/2: ")
