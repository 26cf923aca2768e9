"""The bar shows the scores on a terminal, and nothing elsewhere."""

import io

import pytest

from minigrad import train

from .conftest import Problem


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_it_is_silent_when_stderr_is_no_terminal(
    problem: Problem, capsys: pytest.CaptureFixture[str]
) -> None:
    problem.fit(2, callbacks=[train.ProgressBar()])
    assert capsys.readouterr() == ("", "")


def test_on_a_terminal_each_epoch_leaves_a_line_with_its_scores(
    problem: Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    history = problem.fit(2, callbacks=[train.ProgressBar("points")])
    lines = terminal.getvalue().replace("\r", "\n").split("\n")
    last = [[line for line in lines if line.startswith(f"points {epoch}/2")][-1] for epoch in (1, 2)]
    for row, line in zip(history.rows, last, strict=True):
        assert f"loss {row['loss']:.3f} (val {row['val_loss']:.3f})" in line
        assert f"accuracy {row['accuracy']:.3f} (val {row['val_accuracy']:.3f})" in line
