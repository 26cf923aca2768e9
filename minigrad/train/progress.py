"""A progress bar per epoch, with the scores behind it."""

import os
import sys
from typing import Any

from minigrad.train.callbacks import Callback, Run

FORMAT = "{desc} |{bar:5}| {elapsed}{postfix}"  # short, so that the scores fit into 80 columns


class ProgressBar(Callback):
    """tqdm's bar on stderr, one per epoch; where no bar can be drawn, as in a log, a line after each epoch.

    Args:
        label: what stands before the number of the epoch.
    """

    def __init__(self, label: str = "epoch") -> None:
        self.label = label
        self._bar: Any = None  # None between epochs, and where none can be drawn

    def on_epoch_begin(self, run: Run) -> None:
        if _can_draw():
            from tqdm import tqdm

            self._bar = tqdm(total=run.batches, desc=self._head(run), bar_format=FORMAT, dynamic_ncols=True)

    def on_batch_end(self, run: Run) -> None:
        if self._bar is not None:
            self._bar.set_postfix_str(in_words(run.scores), refresh=False)
            self._bar.update()

    def on_epoch_end(self, run: Run) -> None:
        if self._bar is None:
            seconds = run.history.seconds[-1]
            sys.stderr.write(f"{self._head(run)}: {seconds:.1f} s, {in_words(run.scores)}\n")
        else:
            self._bar.set_postfix_str(in_words(run.scores))
            self._close()

    def on_fit_end(self, run: Run) -> None:
        self._close()

    def _head(self, run: Run) -> str:
        return f"{self.label} {run.epoch:{len(str(run.epochs))}}/{run.epochs}"

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def _can_draw() -> bool:
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
            also = f" (val {scores[f'val_{name}']:.3f})" if f"val_{name}" in scores else ""
            parts.append(f"{name} {value:.3f}{also}")
    return ", ".join(parts)
