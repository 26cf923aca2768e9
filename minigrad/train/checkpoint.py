"""Checkpoints: everything that a training's future depends on, in one safetensors file.

A checkpoint is read back into a training that was built as it was: the model, the optimiser, the data and the
callbacks come from the program, and what training has changed in them comes from the file.
"""

import os
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from minigrad._version import __version__
from minigrad.callsite import warn
from minigrad.errors import CheckpointError, DataError
from minigrad.kernels.threads import get_num_threads
from minigrad.serialization import load, save
from minigrad.tensor import Tensor
from minigrad.train.history import History
from minigrad.train.run import POSITION, Run

if TYPE_CHECKING:
    from minigrad.train.callbacks.base import Callback

_MARK, _VERSION = "minigrad checkpoint", 1
_CHECKSUM = "checksum"
_FAULTS = (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError, RuntimeError)
_PARTS = ("model", "buffers", "optimizer", "callbacks", "random", "position", "history", "versions")


@dataclass(frozen=True)
class Saved:
    """What a checkpoint holds, as `load_checkpoint` reads it.

    Attributes:
        model: the model's ``state_dict``: ``model.load_state_dict(saved.model)``.
        optimizer: the optimiser's ``state_dict``.
        history: the epochs until then.
        epoch, batch: how far training was: batches of this epoch that were done, counted from 1.
        between: whether the epoch was finished, with its validation.
        content: all of it, as it stands in the file.
        file: the file's name.
    """

    model: Mapping[str, Tensor]
    optimizer: dict[str, Any]
    history: History
    epoch: int
    batch: int
    between: bool
    content: dict[str, Any]
    file: str


def save_checkpoint(run: Run, path: str | os.PathLike[str]) -> None:
    """Write a checkpoint of ``run``, which appears whole or not at all. For callbacks, in ``on_settled``."""
    model, optimizer = run.model, run.optimizer
    kept = model.state_dict()
    content = {
        _MARK: _VERSION,
        "model": dict(kept),
        "buffers": {name: value for name, value in model.named_buffers() if name not in kept},
        "optimizer": {"kind": type(optimizer).__name__, "state": optimizer.state_dict()},
        "callbacks": [
            {"kind": type(callback).__name__, "state": state} for callback, state in with_state(run)
        ],
        "random": {"now": run.sources.states(), "at epoch": run.at_epoch},
        "position": run.position(),
        "history": run.history.state_dict(),
        "versions": {"minigrad": __version__, "numpy": np.__version__, "threads": get_num_threads()},
    }
    save(content | {_CHECKSUM: checksum_of(content)}, path)


def load_checkpoint(path: str | os.PathLike[str]) -> Saved:
    """Read a checkpoint, to look at it or to take the weights out of it.

    Raises:
        FileNotFoundError: there is no such file.
        CheckpointError: it is truncated, damaged, or not a checkpoint. The message names it.
    """
    file = os.fspath(path)
    try:
        content = load(path)
    except DataError as error:
        raise CheckpointError(
            f"{error} If it cannot be had again, go on from another checkpoint, or begin anew with "
            "resume=False."
        ) from error
    if not isinstance(content, dict) or _MARK not in content:
        raise CheckpointError(
            f"{file}: not a checkpoint but other tensors, maybe a model's weights. These go into a model "
            "with model.load_state_dict(minigrad.load(path))."
        )
    if content[_MARK] != _VERSION:
        raise CheckpointError(
            f"{file}: a checkpoint of format {content[_MARK]!r}; this minigrad ({__version__}) reads format "
            f"{_VERSION}. Go on with the release that wrote it, or begin anew with resume=False."
        )
    checksum = content.pop(_CHECKSUM, None)
    if checksum != checksum_of(content):
        raise CheckpointError(
            f"{file}: damaged: some of its bits are not those that were written. Go on from another "
            "checkpoint, or begin anew with resume=False."
        )
    with taking_from(file):
        return _saved(content, file)


@contextmanager
def taking_from(file: str) -> Iterator[None]:
    """Inside, parts of a checkpoint are put to use. Whoever can compute the checksum may have left some out,
    or written others: CheckpointError.
    """
    try:
        yield
    except CheckpointError:
        raise
    except _FAULTS as error:
        raise CheckpointError(
            f"{file}: not written by a training of minigrad ({type(error).__name__}: {error!s:.200}). Go on "
            "from another checkpoint, or begin anew with resume=False."
        ) from error


def _saved(content: dict[str, Any], file: str) -> Saved:
    """The parts by their names."""
    position = content["position"]
    missing = [name for name in _PARTS if name not in content] + [n for n in POSITION if n not in position]
    if missing:
        raise ValueError(f"it has no {', '.join(missing)}")
    history = History()
    history.load_state_dict(content["history"])
    place = int(position["epoch"]), int(position["batch"]), bool(position["between"])
    if min(place) < 0:
        raise ValueError(f"it was written in epoch {place[0]}, batch {place[1]}")
    return Saved(content["model"], content["optimizer"]["state"], history, *place, content, file)


def checksum_of(value: Any, so_far: int = 0) -> int:
    """The CRC-32 of all numbers and names in nested dicts, lists, tuples, tensors and arrays."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            so_far = checksum_of(part, checksum_of(key, so_far))
        return so_far
    if isinstance(value, list | tuple):
        for part in value:
            so_far = checksum_of(part, so_far)
        return so_far
    if isinstance(value, Tensor | np.ndarray):
        array = value.detach().cpu().numpy() if isinstance(value, Tensor) else value
        return zlib.crc32(np.ascontiguousarray(array).tobytes(), so_far)
    plain = value.item() if isinstance(value, np.generic) else value
    return zlib.crc32(repr(plain).encode(), so_far)


def restore(run: Run, saved: Saved) -> None:
    """Put ``run`` where the checkpoint was written. Raises CheckpointError, with all as it was, if it cannot.

    Random states are for the loop to put back, which has to find its place among the batches first.
    """
    content, file = saved.content, saved.file
    with _all_or_nothing(run), taking_from(file):
        _compare(run, saved)
        run.sources.check(content["random"]["now"], file)
        if not saved.between:
            run.sources.check(content["random"]["at epoch"], file)
        run.go_on_from(content["position"])
        run.at_epoch = content["random"]["at epoch"]
        run.history.load_state_dict(content["history"])
        run.resumed = file
        kept = content["buffers"]
        buffers = [(own, kept[name]) for name, own in run.model.named_buffers() if name in kept]
        alike = [(own, value) for own, value in buffers if own.shape == value.shape]
        try:
            run.model.load_state_dict(saved.model)
        except RuntimeError as error:
            raise CheckpointError(
                f"{file}: a checkpoint of another model. {error}\nResume with the model that it was made "
                "with, or begin anew with resume=False."
            ) from error
        try:
            run.optimizer.load_state_dict(saved.optimizer)
        except ValueError as error:
            raise CheckpointError(
                f"{file}: a checkpoint of another training. {error}\nResume with the optimiser that it was "
                "made with, or begin anew with resume=False."
            ) from error
    for own, value in alike:
        own.copy_(value)
    run.optimizer._stepped |= run.steps > 0  # a schedule judges by it whether it is stepped too early
    run.history.ended = run.stop


def restore_callbacks(run: Run, saved: Saved) -> None:
    """Let the callbacks go on, too: once they have begun, which made them forget earlier trainings."""
    states = saved.content["callbacks"]
    for (callback, _), state in zip(with_state(run), states, strict=True):
        with taking_from(saved.file):
            callback.load_state_dict(state["state"])


def with_state(run: Run) -> list[tuple["Callback", dict[str, Any]]]:
    """The callbacks that remember something, each with what that is; bars and the like come and go."""
    states = [(callback, callback.state_dict()) for callback in run.callbacks]
    return [(callback, state) for callback, state in states if state]


def _compare(run: Run, saved: Saved) -> None:
    """Raise unless this training is built like the saved one; warn where it may round differently."""
    content, file = saved.content, saved.file
    kinds = type(run.optimizer).__name__, content["optimizer"]["kind"]
    if kinds[0] != kinds[1]:
        raise CheckpointError(
            f"{file}: a checkpoint of a training with {kinds[1]}, and this one is with {kinds[0]}. Resume "
            "with the same optimiser, or take the weights alone: "
            "model.load_state_dict(train.load_checkpoint(path).model)."
        )
    here = [type(callback).__name__ for callback, _ in with_state(run)]
    there = [callback["kind"] for callback in content["callbacks"]]
    if here != there:
        raise CheckpointError(
            f"{file}: a checkpoint of a training with the callbacks {', '.join(there) or 'none'}; this one "
            f"has {', '.join(here) or 'none'}. Resume with the same ones in the same order: they go on, too."
        )
    _compare_dtypes(run, {**content["buffers"], **saved.model}, file)
    batches = content["position"]["batches"]
    if run.batches != batches:
        raise CheckpointError(
            f"{file}: a checkpoint of a training with {_count(batches)} in an epoch; here it is "
            f"{_count(run.batches)}. Resume with the same data and batch size. To learn from other data, "
            "take the weights alone: model.load_state_dict(train.load_checkpoint(path).model)."
        )
    threads = content["versions"]["threads"]
    if threads != get_num_threads():
        warn(
            f"{file} was written with {threads} threads, and there are {get_num_threads()} now: sums may "
            "round differently in the last digit. For the same bits call "
            f"minigrad.set_num_threads({threads}) first."
        )


def _compare_dtypes(run: Run, kept: Mapping[str, Tensor], file: str) -> None:
    """Raise where the model has another dtype. ``load_state_dict`` casts: what went on then would be another
    training.
    """
    here = dict(run.model.named_buffers()) | run.model.state_dict()
    for name, value in kept.items():
        if name in here and here[name].dtype != value.dtype:
            raise CheckpointError(
                f"{file}: a checkpoint of a training in {value.dtype}; here {name} is of {here[name].dtype}. "
                f"Resume with the dtype that it was made with, model.to(minigrad.{value.dtype}) before the "
                "optimiser is made, or take the weights alone, which are cast: "
                "model.load_state_dict(train.load_checkpoint(path).model)."
            )


def _count(batches: int | None) -> str:
    return "no known number of batches" if batches is None else f"{batches} batch{'es' * (batches != 1)}"


@contextmanager
def _all_or_nothing(run: Run) -> Iterator[None]:
    """Put the model's state back if an exception is raised inside."""
    before = run.copy_of_state()
    try:
        yield
    except CheckpointError:
        run.model.load_state_dict(before)
        raise
