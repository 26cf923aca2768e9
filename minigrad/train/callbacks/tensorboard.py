"""Event files that TensorBoard shows."""

import os
import time
from pathlib import Path
from typing import Any

from minigrad.train import ranks
from minigrad.train.callbacks.base import Callback
from minigrad.train.run import Run


class TensorBoard(Callback):
    """Write the scores of every epoch for TensorBoard: ``tensorboard --logdir FOLDER``.

    A column that is measured in training and in validation is one chart with two lines, ``train/loss`` and
    ``validation/loss``. Needs the package ``tensorboard``, which minigrad does without otherwise. Of several
    ranks, rank 0 alone writes.

    Args:
        folder: where to; it is made if need be. Give every training a folder of its own.
        every_batches: also write the scores so far after each so many batches, as ``batch/loss``; counted
            from the start of training, or of the epoch where the data cannot say how many it has.
    """

    def __init__(self, folder: str | os.PathLike[str], every_batches: int | None = None) -> None:
        if every_batches is not None and every_batches < 1:
            raise ValueError(f"TensorBoard: every_batches must be at least 1, got {every_batches!r}")
        self.folder = Path(folder)
        self.every_batches = every_batches
        self._writer: Any = None
        _package()  # tell now if it is missing

    def on_fit_begin(self, run: Run) -> None:
        if not ranks.is_first():
            return
        events, writer = _package()
        self._writer = writer.EventFileWriter(str(self.folder))
        if run.resumed:  # what was written after the checkpoint is to be forgotten: it comes again
            begin = events.SessionLog(status=events.SessionLog.START)
            self._add(events.Event(session_log=begin, step=run.steps + 1))

    def on_batch_end(self, run: Run) -> None:
        # Not run.steps: a batch of two networks at odds has two.
        done = (run.epoch - 1) * (run.batches or 0) + run.batch
        if self._writer is not None and self.every_batches is not None and done % self.every_batches == 0:
            self._write(run.steps, {f"batch/{name}": value for name, value in run.scores.items()})

    def on_epoch_end(self, run: Run) -> None:
        if self._writer is None:
            return
        named = {}
        for name, value in run.scores.items():
            kind = "validation" if name.startswith("val_") else "train"
            named[f"{kind}/{name.removeprefix('val_')}"] = value
        self._write(run.steps, named | {"epoch": float(run.epoch)})
        self._writer.flush()

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _write(self, step: int, scores: dict[str, float]) -> None:
        events, _ = _package()
        values = [events.Summary.Value(tag=name, simple_value=value) for name, value in scores.items()]
        self._add(events.Event(summary=events.Summary(value=values), step=step))

    def _add(self, event: Any) -> None:
        event.wall_time = time.time()
        self._writer.add_event(event)


class _Events:
    """TensorBoard's messages in one place."""

    def __init__(self) -> None:
        from tensorboard.compat.proto import event_pb2, summary_pb2

        self.Event = event_pb2.Event
        self.SessionLog = event_pb2.SessionLog
        self.Summary = summary_pb2.Summary


def _package() -> tuple[_Events, Any]:
    """TensorBoard's messages, and the module that writes them."""
    try:
        from tensorboard.summary.writer import event_file_writer

        return _Events(), event_file_writer
    except ImportError as error:
        raise ImportError(
            "train.TensorBoard needs the package tensorboard: pip install tensorboard. Without it, "
            "history.write_csv(path) keeps the same numbers."
        ) from error
