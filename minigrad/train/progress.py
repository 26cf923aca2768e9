"""A progress bar per epoch, with the scores behind it."""

from typing import Any

from minigrad.train.callbacks import Callback, Run

FORMAT = "{desc} |{bar:5}| {elapsed}{postfix}"  # short, so that the scores fit into 80 columns


class ProgressBar(Callback):
    """tqdm's bar on stderr, one per epoch. Silent when stderr is not a terminal.

    Args:
        label: what stands before the number of the epoch.
    """

    def __init__(self, label: str = "epoch") -> None:
        self.label = label
        self._bar: Any = None

    def on_epoch_begin(self, run: Run) -> None:
        from tqdm import tqdm

        width = len(str(run.epochs))
        self._bar = tqdm(
            total=run.batches,
            desc=f"{self.label} {run.epoch:{width}}/{run.epochs}",
            bar_format=FORMAT,
            dynamic_ncols=True,
            disable=None,  # tqdm's way to say: unless this is a terminal
        )

    def on_batch_end(self, run: Run) -> None:
        if not self._bar.disable:
            self._bar.set_postfix_str(in_words(run.scores), refresh=False)
            self._bar.update()

    def on_epoch_end(self, run: Run) -> None:
        if not self._bar.disable:
            self._bar.set_postfix_str(in_words(run.scores))
        self._bar.close()

    def on_fit_end(self, run: Run) -> None:
        if self._bar is not None:
            self._bar.close()


def in_words(scores: dict[str, float]) -> str:
    """ "loss 0.312 (val 0.351), accuracy 0.887 (val 0.873)"."""
    parts = []
    for name, value in scores.items():
        if not name.startswith("val_"):
            also = f" (val {scores[f'val_{name}']:.3f})" if f"val_{name}" in scores else ""
            parts.append(f"{name} {value:.3f}{also}")
    return ", ".join(parts)
