"""Going on from a checkpoint: which file, and from which batch."""

import itertools
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from minigrad.callsite import warn
from minigrad.data import DataLoader
from minigrad.data.dataloader import TooFewBatches
from minigrad.errors import CheckpointError
from minigrad.train.callbacks import BestCheckpoint, Callback, Checkpoint
from minigrad.train.checkpoint import Saved, load_checkpoint
from minigrad.train.sources import Sources, same


def checkpoint_of(
    owner: str, resume: bool | str | os.PathLike[str] | None, callbacks: Sequence[Callback]
) -> Saved | None:
    """The checkpoint to go on from; None to begin anew. ``owner`` is whom an error is to name."""
    if resume is None:
        for callback in callbacks:
            if isinstance(callback, Checkpoint | BestCheckpoint) and callback.path.is_file():
                raise FileExistsError(
                    f"{owner}: there is {str(callback.path)!r} of an earlier training. resume=True goes on "
                    "with that, resume=False begins anew and overwrites it."
                )
        return None
    if resume is False:
        return None
    if resume is not True:
        if not isinstance(resume, str | os.PathLike):
            raise TypeError(
                f"{owner}: resume is True, False or the name of a checkpoint's file, got {resume!r}."
            )
        return load_checkpoint(resume)
    files = [callback.path for callback in callbacks if isinstance(callback, Checkpoint)]
    if len(files) != 1:
        raise ValueError(
            f"{owner}: resume=True goes on from the file of the Checkpoint among the callbacks, and there "
            f"are {len(files)}. Add train.Checkpoint(path), or name the file: resume=path."
        )
    return load_checkpoint(files[0]) if files[0].exists() else None


def batches_after(
    done: int, data: Iterable[Any], sources: Sources, at_epoch: Mapping[str, Any], now: Mapping[str, Any]
) -> Iterator[Any]:
    """The batches of an epoch after the first ``done``, with every random source where it was then.

    The order is drawn again as it was when the epoch began, and the first batches are passed over. What a
    data set draws while a batch is fetched comes, as a rule, from the batch's own generator, and the batches
    that were used need not be fetched again. Only where worker threads have drawn from other sources, which
    they did ahead of the loop, they are: that leaves these sources, too, where they were.
    """
    sources.restore(at_epoch)
    if not done:
        return iter(data)
    if not isinstance(data, DataLoader):
        batches = iter(data)
        _pass_over(batches, done)
        sources.restore(now)
        return batches
    try:
        batches = data.batches_from(done)
    except TooFewBatches as error:
        raise _too_few(done, error.passed) from error
    drawn = sources.states()
    others = [name for name in now if not name.startswith("minigrad") and not same(drawn[name], now[name])]
    if not data.num_workers or not others:
        sources.restore(now)
        return batches
    sources.restore(at_epoch)
    batches = iter(data)
    _pass_over(batches, done)
    present = sources.states()
    by_workers = {name for name in others if not same(present[name], drawn[name])}
    sources.restore(now, among=[name for name in now if name not in by_workers])
    if by_workers and data.num_workers > 1:
        names = ", ".join(sorted(by_workers))
        warn(
            f"fit: {data.num_workers} workers draw from {names} in the order in which "
            "they happen to run, so no training with them can be repeated exactly. Draw from minigrad's "
            "default generator (minigrad.rand and the like): in a loader every batch has its own."
        )
    return batches


def _pass_over(batches: Iterator[Any], count: int) -> None:
    passed = sum(1 for _ in itertools.islice(batches, count))
    if passed < count:
        raise _too_few(count, passed)


def _too_few(done: int, here: int) -> CheckpointError:
    return CheckpointError(
        f"fit: the checkpoint was written after batch {done} of an epoch, and the data have {here} here. "
        "Resume with the same data and batch size."
    )
