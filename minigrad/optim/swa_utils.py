"""Averages of a model's weights over its training: a second model, which is not trained but follows."""

import copy
from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any

import numpy as np

from minigrad.devices import CPU, place
from minigrad.engine.modes import no_grad
from minigrad.engine.writes import mark
from minigrad.nn import Module
from minigrad.nn.normalization import BatchNorm
from minigrad.optim.lr_scheduler.swa import SWALR as SWALR
from minigrad.tensor import Tensor

OneAverage = Callable[[Tensor, Tensor, Any], Any]
"""``avg_fn(averaged, current, number of models averaged so far)`` -> the new average of a parameter."""
AllAverages = Callable[[list[Tensor], list[Tensor], Any], None]
"""The same for lists of parameters, in place."""


class AveragedModel(Module):
    """A copy of ``model`` whose parameters are averages of those that ``update_parameters`` was given.

        mean:         a = (p_1 + ... + p_n) / n
        exponential:  a = decay a + (1 - decay) p_n, from a = p_1

    The mean is taken unless ``avg_fn``, for one parameter, or ``multi_avg_fn``, for lists and in place, says
    otherwise: ``AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.999))``. Called, it does what its
    ``module``, the copy, does.

    Args:
        model: what is averaged. device: where the copy is to be; by default where the model is.
        avg_fn, multi_avg_fn: see above, at most one of them.
        use_buffers: whether buffers, running means and variances, are averaged, too. Otherwise they are the
            model's present ones, and `update_bn` measures those of the average itself.

    Izmailov et al. 2018, "Averaging weights leads to wider optima and better generalization"; Yazıcı et al.
    2019, "The unusual effectiveness of averaging in GAN training".
    """

    n_averaged: Tensor

    def __init__(
        self,
        model: Module,
        device: Any = None,
        avg_fn: OneAverage | None = None,
        multi_avg_fn: AllAverages | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise AssertionError("AveragedModel: got avg_fn and multi_avg_fn. Give at most one of them.")
        self.module = copy.deepcopy(model)
        if device is not None:
            self.module.to(device)
        where = CPU if device is None else place.find(device, "AveragedModel")
        self.register_buffer("n_averaged", Tensor._wrap(place.make(np.zeros, where, (), np.dtype(np.int64))))
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.module(*args, **kwargs)

    def update_parameters(self, model: Module) -> None:
        """Take the parameters of ``model`` as they are now into the averages."""
        ours, theirs = self._averaged(self.module), self._averaged(model)
        theirs = [p.to(a.device) for a, p in zip(ours, theirs, strict=True)]
        number = int(self.n_averaged.item())
        with no_grad():
            if not number:
                for a, p in zip(ours, theirs, strict=True):
                    a.copy_(p)
            elif self.avg_fn is not None:
                for a, p in zip(ours, theirs, strict=True):
                    a.copy_(self.avg_fn(a, p, number))
            else:
                average = self.multi_avg_fn or get_swa_multi_avg_fn()
                for kind in dict.fromkeys(a.dtype for a in ours):
                    alike = [i for i, a in enumerate(ours) if a.dtype == kind]
                    average([ours[i] for i in alike], [theirs[i] for i in alike], number)
            if not self.use_buffers:
                for a, b in zip(self.module.buffers(), model.buffers(), strict=True):
                    a.copy_(b)
            self.n_averaged.add_(1)

    def _averaged(self, model: Module) -> list[Tensor]:
        """What is averaged, without history."""
        members = chain(model.parameters(), model.buffers()) if self.use_buffers else model.parameters()
        return [member.detach() for member in members]


def get_ema_avg_fn(decay: float = 0.999) -> OneAverage:
    """The exponential average, decay a + (1 - decay) p, for ``avg_fn``. ValueError: not 0 <= decay <= 1."""
    _check(decay)
    return lambda averaged, current, number: decay * averaged + (1 - decay) * current


def get_ema_multi_avg_fn(decay: float = 0.999) -> AllAverages:
    """The exponential average for ``multi_avg_fn``: the same, in place. ValueError: as in get_ema_avg_fn."""
    _check(decay)
    return lambda averaged, current, number: _go_towards(averaged, current, 1 - decay)


def get_swa_avg_fn() -> OneAverage:
    """The mean, a + (p - a) / (n + 1), for ``avg_fn``."""
    return lambda averaged, current, number: averaged + (current - averaged) / (number + 1)


def get_swa_multi_avg_fn() -> AllAverages:
    """The mean for ``multi_avg_fn``: the same, in place."""
    return lambda averaged, current, number: _go_towards(averaged, current, 1 / (float(number) + 1))


def update_bn(loader: Iterable[Any], model: Module, device: Any = None) -> None:
    """Measure the running means and variances of ``model``'s batch norms anew, over all batches.

    A batch is a tensor of inputs, or a list or tuple that begins with one. The model is left in the mode that
    it was in.
    """
    norms = [module for module in model.modules() if isinstance(module, BatchNorm)]
    if not norms:
        return
    momenta = [norm.momentum for norm in norms]
    mode = model.training
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the plain mean over batches
    model.train()
    try:
        with no_grad():
            for batch in loader:
                x = batch[0] if isinstance(batch, list | tuple) else batch
                model(x if device is None else x.to(device))
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
        model.train(mode)


def _go_towards(averaged: list[Tensor], current: list[Tensor], share: float) -> None:
    """a + share (p - a), into a."""
    for a, p in zip(averaged, current, strict=True):
        step = p._data - a._data
        if step.dtype.kind == "f":
            step *= share
            np.add(a._data, step, out=a._data)
        else:  # a count of batches
            a._data[...] = (a._data + share * step).astype(a._data.dtype)
    mark(*(a._data for a in averaged))


def _check(decay: float) -> None:
    if not 0 <= decay <= 1:
        raise ValueError(f"expected decay to be from 0 to 1, got {decay!r}")
