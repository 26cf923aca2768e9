"""The loader: a data set, an order, and batches fetched while the last one is still being used."""

import itertools
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextvars import copy_context
from functools import partial
from typing import Any, Generic, TypeVar

from minigrad import kernels
from minigrad.data.collate import default_collate, default_convert
from minigrad.data.dataset import Dataset, IterableDataset
from minigrad.data.pin import pinning
from minigrad.data.sampler import BatchSampler, RandomSampler, SequentialSampler
from minigrad.engine import modes
from minigrad.errors import refuse
from minigrad.random import StandIn, in_place_of_default, rng_of

T_co = TypeVar("T_co", covariant=True)
_END = object()  # what a task returns when a stream has no more samples
# What ``no_grad``, ``detect_anomaly`` and ``backend`` set, each thread for itself.
_SETTINGS = ((modes.state, "recording"), (modes.state, "anomaly"), (kernels.choice, "name"))
_FIXED = ("batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "num_workers", "prefetch_factor")


class TooFewBatches(ValueError):
    """An epoch has fewer batches than were to be passed over: only ``passed``."""

    def __init__(self, message: str, passed: int) -> None:
        super().__init__(message)
        self.passed = passed


class DataLoader(Generic[T_co]):
    """Iterates over a data set in batches. Every iteration is one epoch, in a new order when shuffled.

    Args:
        dataset: a ``Dataset``, anything with ``__getitem__`` and ``__len__``, or an ``IterableDataset``.
        batch_size: samples per batch; None gives single samples without a batch dimension.
        shuffle: whether each epoch has a new random order.
        sampler: an iterable of indices instead of ``shuffle``.
        batch_sampler: an iterable of lists of indices instead of ``batch_size``, ``shuffle``, ``sampler`` and
            ``drop_last``.
        num_workers: threads that fetch batches ahead; with 0 each batch is fetched when it is asked for.
            Threads rather than processes: NumPy and reading files let several run at once, and nothing is
            copied between processes. They work under the ``no_grad``, ``detect_anomaly`` and ``backend`` that
            hold where the loop is, a stream under those that held when it began. The same seed gives the same
            batches whatever the number: they come in order, and what the data set draws from minigrad's
            default generator is seeded batch by batch. An ``IterableDataset`` takes 1 at most.
        collate_fn: makes a batch of a list of samples; ``default_collate`` by default.
        drop_last: whether to leave out a last batch that is shorter than the others.
        generator: the ``minigrad.Generator`` that shuffles; by default the one that ``minigrad.manual_seed``
            sets.
        prefetch_factor: batches that each worker keeps ready; 2 by default.
        pin_memory: whether to copy each batch into pinned memory, from which ``x.to("cuda",
            non_blocking=True)`` runs beside the program. With workers, they do the copying. Where there is no
            GPU a warning says so, and nothing is copied.
        pin_memory_device: the GPU that it is for; the current one by default.

    PyTorch's ``timeout``, ``worker_init_fn``, ``multiprocessing_context``, ``persistent_workers`` and
    ``in_order`` must keep their defaults.

    Raises:
        ValueError: arguments that contradict each other.
        NotImplementedError: an option that is not supported; the message names it.

    An exception in the data set or in ``collate_fn`` comes out of the loop unchanged, with a note that says
    which sample raised it. Leaving the loop early stops the workers.
    """

    def __init__(
        self,
        dataset: Dataset[T_co],
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable[Any] | None = None,
        batch_sampler: Iterable[Sequence[Any]] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], None] | None = None,
        multiprocessing_context: Any = None,
        generator: Any = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        refuse(
            "DataLoader",
            "workers are threads, which share the program's state and cannot be stopped from outside",
            timeout=timeout or None,
            worker_init_fn=worker_init_fn,
            multiprocessing_context=multiprocessing_context,
            persistent_workers=persistent_workers,
        )
        if not in_order:
            raise NotImplementedError("DataLoader: in_order=False is not supported: batches come in order.")
        if not isinstance(num_workers, int) or num_workers < 0:
            raise ValueError(
                f"DataLoader: num_workers must be an integer of at least 0, got {num_workers!r}."
            )
        if prefetch_factor is not None and num_workers == 0:
            raise ValueError(
                f"DataLoader: prefetch_factor={prefetch_factor} needs workers that prefetch. Set "
                "num_workers=1 or more."
            )
        if prefetch_factor is not None and prefetch_factor < 1:
            raise ValueError(f"DataLoader: prefetch_factor must be at least 1, got {prefetch_factor}.")
        rng_of(generator)  # raises for anything else
        _refuse_no_set(dataset)

        self.dataset = dataset
        self.num_workers = num_workers
        self.pin_memory, self.pin_memory_device = pin_memory, pin_memory_device
        self._pin = pinning(pin_memory_device) if pin_memory else None
        self.prefetch_factor = 2 if prefetch_factor is None and num_workers else prefetch_factor
        self.generator = generator
        self._streams = isinstance(dataset, IterableDataset)
        self.sampler, self.batch_sampler = self._order(batch_size, shuffle, sampler, batch_sampler, drop_last)
        self.batch_size = None if batch_sampler is not None else batch_size
        self.drop_last = drop_last
        batched = self.batch_sampler is not None or (self._streams and batch_size is not None)
        self.collate_fn = collate_fn or (default_collate if batched else default_convert)
        self._ready = True

    def _order(
        self,
        batch_size: int | None,
        shuffle: bool | None,
        sampler: Iterable[Any] | None,
        batch_sampler: Iterable[Sequence[Any]] | None,
        drop_last: bool,
    ) -> tuple[Iterable[Any] | None, Iterable[Sequence[Any]] | None]:
        """The sampler and the batch sampler; None where there is none."""
        if self._streams:
            for name, value in (("shuffle", shuffle), ("sampler", sampler), ("batch_sampler", batch_sampler)):
                if value is not None and value is not False:
                    raise ValueError(
                        f"DataLoader: {name}={value!r} needs indices, and an IterableDataset has none."
                    )
            if self.num_workers > 1:
                raise ValueError(
                    f"DataLoader: num_workers={self.num_workers} would have to share one stream; an "
                    "IterableDataset takes num_workers=1 at most."
                )
        if sampler is not None and shuffle:
            raise ValueError("DataLoader: sampler and shuffle=True both choose the order. Leave one out.")
        if batch_sampler is not None:
            if batch_size != 1 or shuffle or sampler is not None or drop_last:
                raise ValueError(
                    "DataLoader: batch_sampler already decides on batch_size, shuffle, sampler and "
                    "drop_last. Leave them out."
                )
            return None, batch_sampler
        if batch_size is None:
            if drop_last:
                raise ValueError(
                    "DataLoader: drop_last=True needs batches, and batch_size=None asks for none."
                )
        else:
            BatchSampler((), batch_size, drop_last)  # raises for a size that is not one
        if self._streams:
            return None, None
        if sampler is None:
            data: Any = self.dataset
            sampler = RandomSampler(data, generator=self.generator) if shuffle else SequentialSampler(data)
        return sampler, None if batch_size is None else BatchSampler(sampler, batch_size, drop_last)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _FIXED and hasattr(self, "_ready"):
            raise ValueError(
                f"DataLoader: {name} cannot be changed once the loader is made. Make another loader."
            )
        super().__setattr__(name, value)

    def __len__(self) -> int:
        """How many batches an epoch has."""
        if self._streams:
            n = len(self.dataset)  # type: ignore[arg-type]
            if self.batch_size is None:
                return n
            return n // self.batch_size if self.drop_last else -(-n // self.batch_size)
        return len(self.sampler if self.batch_sampler is None else self.batch_sampler)  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[Any]:
        return self._results(self._tasks())

    def batches_from(self, start: int) -> Iterator[Any]:
        """The batches of an epoch from number ``start`` on, counted from 0: what is left of one cut short.

        With the random state with which the epoch began, its order is drawn as it was. The batches before are
        passed over and not fetched, but for an ``IterableDataset``, which has no other way forward.

        Raises TooFewBatches, a ValueError, if an epoch has fewer.
        """
        tasks = self._tasks()
        passed = 0
        for task in itertools.islice(tasks, start):
            if self._streams and task() is _END:
                break
            passed += 1
        if passed < start:
            raise TooFewBatches(
                f"DataLoader: batches_from({start}) of an epoch that has only {passed} batches. Has the data "
                "set or the batch size changed?",
                passed,
            )
        return self._results(tasks)

    def _tasks(self) -> Iterator[Callable[[], Any]]:
        """One task per batch, each with random numbers of its own."""
        seed = int(rng_of(self.generator).integers(2**63))
        if self._streams:
            return _seeded(self._stream_tasks(), seed, together=True)
        return _seeded(self._index_tasks(), seed, together=False)

    def _results(self, tasks: Iterator[Callable[[], Any]]) -> Iterator[Any]:
        if self._pin is not None:
            tasks = map(partial(_then, self._pin), tasks)
        if self.num_workers == 0:
            return _in_turn(tasks)
        return _ahead(tasks, self.num_workers, self.num_workers * (self.prefetch_factor or 1))

    def _index_tasks(self) -> Iterator[Callable[[], Any]]:
        """One task per batch. The indices are drawn here, in the learner's thread; the task fetches."""
        if self.batch_sampler is None:
            return (partial(self._sample, index) for index in self.sampler or ())
        return (partial(self._batch, indices) for indices in self.batch_sampler)

    def _sample(self, index: Any) -> Any:
        try:
            return self.collate_fn(self.dataset[index])  # type: ignore[arg-type]
        except Exception as error:
            error.add_note(f"DataLoader: raised by sample {index!r} of {type(self.dataset).__name__}")
            raise

    def _batch(self, indices: Sequence[Any]) -> Any:
        dataset: Any = self.dataset
        at = "the batch"
        try:
            if self.collate_fn is default_collate and hasattr(dataset, "__getbatch__"):
                batch = dataset.__getbatch__(indices)
                if batch is not NotImplemented:
                    return batch
            if getattr(dataset, "__getitems__", None):
                samples = dataset.__getitems__(indices)
            else:
                samples = []
                for index in indices:
                    at = f"sample {index!r}"
                    samples.append(dataset[index])
            at = "collate_fn on the batch"
            return self.collate_fn(samples)
        except Exception as error:
            error.add_note(
                f"DataLoader: raised by {at} of {type(dataset).__name__}, in the batch of {_some(indices)}"
            )
            raise

    def _stream_tasks(self) -> Iterator[Callable[[], Any]]:
        """The same task again and again: the next batch of the one stream, or ``_END`` after the last."""
        stream, size, taken = iter(self.dataset), self.batch_size or 1, 0

        def batch() -> Any:
            nonlocal taken
            samples: list[Any] = []
            try:
                samples.extend(itertools.islice(stream, size))
                taken += len(samples)
                if not samples or (len(samples) < size and self.drop_last):
                    return _END
                return self.collate_fn(samples if self.batch_size else samples[0])
            except Exception as error:
                name = type(self.dataset).__name__
                error.add_note(f"DataLoader: raised in the batch of {size} after sample {taken} of {name}")
                raise

        return itertools.repeat(batch)


def _seeded(tasks: Iterator[Callable[[], Any]], seed: int, *, together: bool) -> Iterator[Callable[[], Any]]:
    """Each task in a copy of the learner's context, where ``np.errstate`` and the like hold, and with the
    settings of the learner's thread; with a generator of its own in place of the default one, so what it
    draws is the same in every thread and at any time.

    The tasks of a stream go on from one another (``together``): between two batches it may be inside a
    ``with`` block of its own.
    """
    for number, task in enumerate(tasks):
        if together and number:
            settings = []
        else:
            context = copy_context()
            settings = [(owner, name, getattr(owner, name)) for owner, name in _SETTINGS]
        yield partial(context.run, _prepared, task, StandIn(seed, number), settings)


def _prepared(task: Callable[[], Any], generator: StandIn, settings: list[tuple[Any, str, Any]]) -> Any:
    in_place_of_default.set(generator)
    for owner, name, value in settings:
        setattr(owner, name, value)
    return task()


def _then(pin: Callable[[Any], Any], task: Callable[[], Any]) -> Callable[[], Any]:
    """``task``, with its batch pinned."""
    return lambda: pin(task())


def _in_turn(tasks: Iterator[Callable[[], Any]]) -> Iterator[Any]:
    """The tasks' results, each computed when it is asked for."""
    for task in tasks:
        result = task()
        if result is _END:
            return
        yield result


def _ahead(tasks: Iterator[Callable[[], Any]], workers: int, depth: int) -> Iterator[Any]:
    """The tasks' results in order, while ``depth`` more are under way in ``workers`` threads."""
    from concurrent.futures import Future, ThreadPoolExecutor

    pool = ThreadPoolExecutor(workers, thread_name_prefix="DataLoader")
    waiting: deque[Future[Any]] = deque()
    process = os.getpid()

    def start(count: int) -> None:
        for task in itertools.islice(tasks, count):
            waiting.append(pool.submit(task))

    try:
        start(depth)
        while waiting:
            if os.getpid() != process:  # the workers have stayed there
                raise RuntimeError(
                    "DataLoader: this iteration began in another process, before a fork; begin one of your "
                    "own here: for batch in loader."
                )
            result = waiting.popleft().result()
            if result is _END:
                return
            start(1)
            yield result
    finally:  # the end, an exception, or a loop that was left early, which closes this generator
        pool.shutdown(wait=True, cancel_futures=True)


def _refuse_no_set(dataset: Any) -> None:
    """Raise for what has no samples, and for (inputs, targets), which is two samples of different kinds."""
    if not isinstance(dataset, IterableDataset) and not hasattr(dataset, "__getitem__"):
        raise TypeError(
            "DataLoader: expected a data set, which has __getitem__ and __len__, or an IterableDataset; "
            f"got {type(dataset).__name__}. TensorDataset(x, y) makes one of tensors, list(...) one of what "
            "can be gone through once."
        )
    if (
        isinstance(dataset, Dataset)
        and not isinstance(dataset, IterableDataset)
        and not hasattr(dataset, "__len__")
    ):
        kind = type(dataset).__name__
        raise TypeError(
            f"DataLoader: {kind} has no __len__, and how many samples there are must be known. Define in the "
            "class: def __len__(self): return ...; or derive it from IterableDataset, with __iter__."
        )
    if isinstance(dataset, (tuple, list)) and 2 <= len(dataset) <= 3:
        shapes: list[tuple[int, ...]] = [getattr(part, "shape", ()) for part in dataset]
        if all(shapes) and len({shape[0] for shape in shapes}) == 1 and len(set(map(len, shapes))) > 1:
            raise ValueError(
                f"DataLoader: expected a data set, got {len(dataset)} arrays of shapes "
                f"{', '.join(map(str, shapes))}, which would be its samples. TensorDataset(inputs, targets) "
                "pairs them row by row."
            )


def _some(indices: Sequence[Any]) -> str:
    shown = ", ".join(repr(index) for index in itertools.islice(indices, 8))
    return f"samples {shown}{', ...' if len(indices) > 8 else ''}"
