"""A progress bar per epoch, with the scores behind it; in a log file, lines."""

import os
import sys
import time
from importlib.util import find_spec
from typing import Any

from minigrad.train.callbacks.base import Callback
from minigrad.train.run import Run

FORMAT = "{desc} |{bar:5}| {elapsed}{postfix}"  # short, so that the scores fit into 80 columns
FORMAT_WITHOUT_END = "{desc} {n_fmt} batches, {elapsed}{postfix}"


class ProgressBar(Callback):
    """A bar for each epoch, with the scores so far behind it, on stderr; in a notebook, the notebook's own.

    Where no bar can be drawn, as in a log file, there is a line after each epoch, and within a long one a
    line every ``seconds``.

    Args:
        label: what stands before the number of the epoch.
        seconds: how often a log file gets a line within an epoch.
    """

    def __init__(self, label: str = "epoch", seconds: float = 60.0) -> None:
        self.label = label
        self.seconds = seconds
        self._bar: Any = None  # None between epochs, and where none can be drawn
        self._told = 0.0  # when a line was written last

    def on_fit_begin(self, run: Run) -> None:
        self._told = time.monotonic()
        if run.resumed:
            where = (
                f"after epoch {run.epoch}"
                if run.between
                else f"in epoch {run.epoch}, after batch {run.batch}"
            )
            sys.stderr.write(f"{self.label}: going on {where}, from {run.resumed}\n")
            if not run.between:
                self._open(run)

    def on_epoch_begin(self, run: Run) -> None:
        self._open(run)

    def on_batch_end(self, run: Run) -> None:
        if self._bar is not None:
            self._bar.set_postfix_str(in_words(run.scores), refresh=False)
            self._bar.update()
        elif time.monotonic() - self._told >= self.seconds:
            of_all = "" if run.batches is None else f"/{run.batches}"
            seconds = run.seconds + time.perf_counter() - run.began
            self._line(
                f"{self._head(run)}, batch {run.batch}{of_all}: {seconds:.0f} s, {in_words(run.scores)}"
            )

    def on_epoch_end(self, run: Run) -> None:
        if self._bar is None:
            self._line(f"{self._head(run)}: {run.history.seconds[-1]:.1f} s, {in_words(run.scores)}")
        else:
            self._bar.set_postfix_str(in_words(run.scores))
            self.close()

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _open(self, run: Run) -> None:
        kind = bar_for_here()
        if kind is not None:
            form = FORMAT if run.batches is not None else FORMAT_WITHOUT_END
            options = {} if "notebook" in kind.__name__ else {"bar_format": form, "dynamic_ncols": True}
            self._bar = kind(total=run.batches, desc=self._head(run), initial=run.batch, **options)

    def _line(self, text: str) -> None:
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
        self._told = time.monotonic()

    def _head(self, run: Run) -> str:
        return f"{self.label} {run.epoch:{len(str(run.epochs))}}/{run.epochs}"


def bar_for_here() -> Any:
    """tqdm's bar for a notebook or for a terminal; None where there is neither."""
    if in_notebook():
        if find_spec("ipywidgets") is None:  # what the notebook's bar is made of
            return None
        from tqdm.notebook import tqdm_notebook

        return tqdm_notebook
    if not _is_terminal():
        return None
    from tqdm import tqdm

    return tqdm


def in_notebook() -> bool:
    """Whether this is the Python behind a notebook: Jupyter's, or one like it."""
    shell = sys.modules.get("IPython")  # it is loaded there, and not worth loading elsewhere
    return shell is not None and type(shell.get_ipython()).__name__ not in (
        "NoneType",
        "TerminalInteractiveShell",
    )


def _is_terminal() -> bool:
    """Whether stderr is a terminal with room for a bar: some say that they have no columns."""
    if not sys.stderr.isatty():
        return False
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns > 0
    except OSError:  # not the system's terminal; tqdm takes it for a wide one
        return True


def in_words(scores: dict[str, float]) -> str:
    """ "loss 0.312 (val 0.351), accuracy 0.887 (val 0.873)"."""
    parts = []
    for name, value in scores.items():
        if not name.startswith("val_"):
            also = f" (val {_short(scores[f'val_{name}'])})" if f"val_{name}" in scores else ""
            parts.append(f"{name} {_short(value)}{also}")
    return ", ".join(parts)


def _short(value: float) -> str:
    """Three decimals, or three digits of what is too small for them: a learning rate."""
    return f"{value:.3f}" if abs(value) >= 0.01 or value == 0 else f"{value:.3g}"
