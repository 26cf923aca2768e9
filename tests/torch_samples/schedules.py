"""Schedules beside PyTorch's: a grid of their options, and PyTorch's own samples of several at once."""

import functools
import itertools
import math
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import minigrad as mg

from .compare import outcome, refused, silenced
from .convert import to_minigrad
from .database import optimisers
from .tally import Subject
from .texts import each, same

EPOCHS = 40

FLOATS = (0.0, 0.3, 1.0)
"""Factors: of both ends, and one between."""

GRID = {
    "LambdaLR": [
        *each(
            "LambdaLR(o, {f})",
            f=("lambda t: 0.9**t", "lambda t: t // 3", "lambda t: 0.0", "lambda t: math.cos(t)"),
        ),
        *each("LambdaLR(o, [{f}, lambda t: 0.5])", f=("lambda t: 0.9**t", "lambda t: 1 / (t + 1)")),
        *each("LambdaLR(o, {f})", f=("[]", "[lambda t: 0.5]")),
    ],
    "MultiplicativeLR": [
        *each("MultiplicativeLR(o, {f})", f=("lambda t: 0.9", "lambda t: 1 + 1 / t", "lambda t: 0.0")),
        "MultiplicativeLR(o, [lambda t: 0.9, lambda t: 0.5])",
        "MultiplicativeLR(o, [lambda t: 0.5])",
    ],
    "StepLR": each("StepLR(o, {n}, gamma={gamma})", n=(1, 2, 7, 100), gamma=(*FLOATS, 2.0)),
    "MultiStepLR": each(
        "MultiStepLR(o, {at}, gamma={gamma})",
        at=("[1]", "[3, 4, 4, 11]", "(1, 20)", "[]", "[100]", "[0, 2]"),
        gamma=FLOATS,
    ),
    "ConstantLR": each(
        "ConstantLR(o, factor={factor}, total_iters={n})", factor=(*FLOATS, -0.1, 1.1), n=(0, 1, 5, 100)
    ),
    "LinearLR": each(
        "LinearLR(o, start_factor={start}, end_factor={end}, total_iters={n})",
        start=(*FLOATS, 0.01, 1.5),
        end=(*FLOATS, -0.1),
        n=(1, 5, 100),
    ),
    "ExponentialLR": each("ExponentialLR(o, gamma={gamma})", gamma=(*FLOATS, 0.95, 1.1)),
    "PolynomialLR": each(
        "PolynomialLR(o, total_iters={n}, power={power})", n=(1, 5, 100), power=(0.0, 0.5, 1.0, 2.0)
    ),
    "CosineAnnealingLR": each(
        "CosineAnnealingLR(o, {n}, eta_min={least})", n=(1, 2, 10, 100), least=(0.0, 0.01, 0.5)
    ),
    "CosineAnnealingWarmRestarts": each(
        "CosineAnnealingWarmRestarts(o, {n}, T_mult={times}, eta_min={least})",
        n=(1, 3, 10, 0, -1, 2.5),
        times=(1, 2, 0, 1.5),
        least=(0.0, 0.01),
    ),
    "CyclicLR": [
        *each(
            "CyclicLR(o, {least}, {most}, {up}, {down}, {mode!r}, gamma=0.97)",
            least=(0.01, [0.01, 0.02]),
            most=(0.3, [0.1, 0.3]),
            up=(1, 4),
            down=(None, 6),
            mode=("triangular", "triangular2", "exp_range"),
        ),
        *each("CyclicLR(o, 0.01, 0.3, 4, cycle_momentum={cycle})", cycle=(True, False)),
        *each("CyclicLR(o, 0.01, 0.3, 4, scale_fn=lambda n: 1 / n, scale_mode={mode!r})", mode=("cycle",)),
        "CyclicLR(o, 0.01, 0.3, 4, scale_fn=lambda n: 0.9**n, scale_mode='iterations')",
        "CyclicLR(o, 0.01, 0.3, mode='square')",
        "CyclicLR(o, [0.01], 0.3)",
        "CyclicLR(o, 0.01, [0.1, 0.2, 0.3])",
    ],
    "OneCycleLR": [
        *each(
            "OneCycleLR(o, {most}, 45, pct_start={start}, anneal_strategy={kind!r}, three_phase={three})",
            most=(0.5, [0.5, 0.1]),
            start=(0.1, 0.3, 0.45),
            kind=("cos", "linear"),
            three=(False, True),
        ),
        *each(
            "OneCycleLR(o, 0.5, epochs=5, steps_per_epoch=9, div_factor={first}, final_div_factor={last})",
            first=(1.0, 10.0, 25.0),
            last=(1.0, 100.0),
        ),
        *each("OneCycleLR(o, 0.5, 50, base_momentum={m}, max_momentum=0.9)", m=(0.5, 0.85)),
        "OneCycleLR(o, 0.5, 50, cycle_momentum=False)",
        "OneCycleLR(o, 0.5, 20)",
        *each(
            "OneCycleLR(o, 0.5, {wrong})",
            wrong=("", "0", "-3", "10.0", "epochs=3", "epochs=0, steps_per_epoch=2"),
        ),
        *each(
            "OneCycleLR(o, 0.5, 50, {wrong})", wrong=("pct_start=1.5", "pct_start='a'", "anneal_strategy='x'")
        ),
        "OneCycleLR(o, [0.5], 50)",
    ],
    "ReduceLROnPlateau": [
        *each(
            "ReduceLROnPlateau(o, {mode!r}, {factor}, {patience}, threshold_mode={how!r}, "
            "cooldown={cooldown}, min_lr={least})",
            mode=("min", "max"),
            factor=(0.1, 0.5),
            patience=(0, 3),
            how=("rel", "abs"),
            cooldown=(0, 2),
            least=(0.0, 0.01, [0.01, 0.001]),
        ),
        *each("ReduceLROnPlateau(o, threshold={threshold})", threshold=(0.0, 0.1, 1.0)),
        *each(
            "ReduceLROnPlateau(o, {wrong})",
            wrong=("mode='x'", "factor=1.0", "threshold_mode='x'", "min_lr=[0.1]"),
        ),
    ],
    "SequentialLR": [
        *each(
            "SequentialLR(o, [{first}, {second}], milestones=[{at}])",
            first=("ConstantLR(o, 0.1, 5)", "LinearLR(o, 0.1)"),
            second=("ExponentialLR(o, 0.9)", "CosineAnnealingLR(o, 20)", "StepLR(o, 4)"),
            at=(1, 5, 100),
        ),
        "SequentialLR(o, [ConstantLR(o), StepLR(o, 2), ExponentialLR(o, 0.9)], [3, 17])",
        "SequentialLR(o, [ConstantLR(o), StepLR(o, 2)], [3, 17])",
        "SequentialLR(o, [ConstantLR(o), StepLR(o, 2)], [])",
        "SequentialLR(o, [], [])",
    ],
    "ChainedScheduler": [
        *each(
            "ChainedScheduler([{first}, {second}])",
            first=("ConstantLR(o, 0.1, 5)", "LinearLR(o, 0.1)"),
            second=("ExponentialLR(o, 0.9)", "CosineAnnealingLR(o, 20)", "StepLR(o, 4)"),
        ),
        "ChainedScheduler([StepLR(o, 2)], optimizer=o)",
        "ChainedScheduler([])",
    ],
    "SWALR": [
        *each(
            "SWALR(o, {rate}, anneal_epochs={n}, anneal_strategy={how!r})",
            rate=(0.05, [0.05, 0.01]),
            n=(0, 1, 10),
            how=("cos", "linear"),
        ),
        *each(
            "SWALR(o, 0.05, {wrong})", wrong=("anneal_epochs=-1", "anneal_epochs=2.5", "anneal_strategy='x'")
        ),
        "SWALR(o, [0.05])",
    ],
}
"""Each schedule's calls; ``o`` is the optimiser."""


@dataclass
class Run:
    """A training of one library."""

    optimizer: Any
    schedules: list[Any]

    def rates(self) -> list[float]:
        """The rate and momentum of each group, and what each schedule says of the rates."""
        groups = self.optimizer.param_groups
        momenta = [group.get("momentum", group.get("betas", (0,))[0]) for group in groups]
        last = [rate for schedule in self.schedules for rate in schedule.get_last_lr()]
        return [float(number) for number in (*(group["lr"] for group in groups), *momenta, *last)]

    def step(self, epoch: int) -> None:
        """To the next epoch."""
        loss = max(0.3, 1 - 0.1 * epoch) + epoch * 7 % 5 * 0.01  # falls, and then stays about the same
        self.optimizer.step()
        for schedule in self.schedules:
            schedule.step(*([loss] if type(schedule).__name__ == "ReduceLROnPlateau" else []))


@dataclass
class Training:
    """An optimiser under some schedules."""

    text: str
    optimiser: str
    make: Callable[[Any, Any], list[Any]]  # of a library and an optimiser of it

    def __str__(self) -> str:
        return f"{self.text} of {self.optimiser}"

    def judge(self) -> str:
        """What is otherwise: the rates and momenta of an epoch, also from PyTorch's saved state on."""
        import torch

        with silenced():
            z, y = outcome(lambda: self._begun(torch)), outcome(lambda: self._begun(mg))
            if (said := refused(y, z)) is not None:
                return said
            if said := _beside(y, z, 0):
                return said
            again = outcome(lambda: self._again(z))
            return refused(again, z) or _beside(again, z, EPOCHS // 2)

    def _begun(self, library: Any) -> Run:
        p, q = (library.ones(1, requires_grad=True) for _ in range(2))
        options: Any = {"momentum": 0.9} if self.optimiser == "SGD" else {}
        groups: Any = [{"params": [p]}, {"params": [q], "lr": 0.02}]
        optimizer = getattr(library.optim, self.optimiser)(groups, lr=0.1, **options)
        return Run(optimizer, self.make(library, optimizer))

    def _again(self, theirs: Run) -> Run:
        """minigrad's, from the state that PyTorch's is in."""
        ours = self._begun(mg)
        ours.optimizer.load_state_dict(to_minigrad(theirs.optimizer.state_dict(), {}))
        for mine, right in zip(ours.schedules, theirs.schedules, strict=True):
            mine.load_state_dict(to_minigrad(right.state_dict(), {}))
        return ours


def _beside(ours: Run, theirs: Run, first: int) -> str:
    for epoch in range(first, first + EPOCHS // 2):
        mine, right = ours.rates(), theirs.rates()
        if not same(mine, right):
            return f"in epoch {epoch} {mine}; PyTorch {right}"
        z, y = (outcome(functools.partial(run.step, epoch)) for run in (theirs, ours))
        if said := refused(y, z):
            return f"in epoch {epoch} {said}"
        if isinstance(z, Exception):
            return ""
    return ""


def subjects() -> list[Subject]:
    """Each schedule, and several at once."""
    return [*(subject(name) for name in GRID), Subject("several at once", _several)]


def subject(name: str) -> Subject:
    """One schedule, of an optimiser with a momentum by this name and of one with betas."""

    def samples(most: int | None) -> Iterator[Training]:
        moves_momentum = name in ("CyclicLR", "OneCycleLR")
        for text in itertools.islice(GRID[name], most):
            for optimiser in ("SGD", "Adam") if moves_momentum else ("SGD",):
                yield Training(text, optimiser, functools.partial(_of_text, text))

    return Subject(f"optim.lr_scheduler.{name}" if name != "SWALR" else "optim.swa_utils.SWALR", samples)


def _of_text(text: str, library: Any, optimizer: Any) -> list[Any]:
    return [eval(text, _names(library) | {"o": optimizer})]


def _several(most: int | None) -> Iterator[Training]:
    """What PyTorch's tests combine with its optimisers: functions that name schedules."""
    for name, info in itertools.islice(optimisers().items(), most):
        if hasattr(mg.optim, name):
            for several in info.scheduler_inputs:
                yield Training(_written(several), name, functools.partial(_of_functions, several))


def _of_functions(functions: list[Any], library: Any, optimizer: Any) -> list[Any]:
    return [types.FunctionType(f.__code__, _names(library))(optimizer) for f in functions]


def _written(functions: list[Any]) -> str:
    """As text: the schedules' names and the numbers in the functions."""
    made = [f.__code__ for f in functions]
    return " and ".join(f"{code.co_names[0]}{tuple(filter(None, code.co_consts))}" for code in made)


def _names(library: Any) -> dict[str, Any]:
    """What an expression or a function of the grid names."""
    return vars(library.optim.lr_scheduler) | {"SWALR": library.optim.swa_utils.SWALR, "math": math}
