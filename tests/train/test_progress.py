"""The bar shows the scores on a terminal; elsewhere each epoch is a line."""

import io
import os
import re
import sys

import pytest

from minigrad import train

from .conftest import Problem


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
