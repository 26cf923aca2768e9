"""The learner's question: a function, its inputs, a rule for the gradient of one of them; and its trials."""

import inspect
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import numpy as np

from minigrad.devices import place
from minigrad.diagnosis import draws, returned
from minigrad.diagnosis.recording import Array, Recording, kind
from minigrad.engine.op import Op
from minigrad.engine.walk import fit
from minigrad.errors import DtypeError
from minigrad.tensor import Tensor


class Trial:
    """One draw of the inputs and of the upstream gradient, with the right gradient and the learner's.

    Attributes:
        drawn: whether the inputs were drawn, or are the given ones.
        values: the inputs by name.
        yours: the learner's gradient, None if the rule raised ``error``.
        changed: which of the values handed to the rule it wrote over.
    """

    def __init__(
        self, problem: "Problem", drawn: bool, values: Mapping[str, Any], recording: Recording
    ) -> None:
        self.problem = problem
        self.drawn = drawn
        self.values = values
        self.recording = recording
        self.yours: Array | None = None
        self.error: Exception | None = None
        self.changed: list[str] = []

    @property
    def truth(self) -> Array:
        """The right gradient."""
        return self.recording.truth

    @property
    def fits(self) -> bool:
        """Whether the learner's gradient is the right one."""
        return self.yours is not None and self.same(self.yours, self.truth)

    @property
    def has_wrong_shape(self) -> bool:
        """Whether the learner's gradient has another shape than its argument."""
        return self.yours is not None and self.yours.shape != self.truth.shape

    def same(self, a: Array, b: Array) -> bool:
        """Whether two gradients agree, up to rounding and a small epsilon that a rule may contain."""
        return a.shape == b.shape and bool(self.agreement(a, b).all())

    def agreement(self, a: Array, b: Array) -> Array:
        """Where two gradients of one shape agree."""
        with np.errstate(all="ignore"):
            size = float(np.abs(b[np.isfinite(b)]).max(initial=0.0))
            close = np.abs(a - b) <= 1e-4 * np.abs(b) + 1e-6 * size + self.recording.noise
        close &= np.isfinite(b)  # nothing is close to infinity
        return close | (np.isnan(a) & np.isnan(b)) | (a == b)

    def is_float(self, name: str) -> bool:
        """Whether an argument is an array of floating numbers."""
        return draws.is_float(self.values[name])

    @cached_property
    def others(self) -> dict[str, Array]:
        """The right gradients of the other floating arguments, by name."""
        found = {}
        for name in self.problem.names:
            if name != self.problem.argument and draws.is_float(self.values.get(name)):
                recording = self.problem.record(self.values, name)
                recording.dy = self.recording.dy
                if _goes_back(recording):
                    found[name] = recording.truth
        return found

    def weighted(self) -> float:
        """sum(dy * fn(...)): the number whose slopes the gradient gives."""
        y = self.problem.call(
            self.values, self.problem.argument, Tensor._wrap(self.values[self.problem.argument])
        )
        return float((self.recording.dy * place.to_host(y._data)).sum())


class Problem:
    """A function, its arguments by name, and the rule for the gradient of one of them."""

    def __init__(
        self,
        fn: Callable[..., Any],
        given: Mapping[str, Any],
        free: set[str],
        rule: Callable[..., Any],
        argument: str,
        place: tuple[int, int] | None,
        as_op: bool,
    ) -> None:
        self.fn = fn
        self.given = given
        self.names = list(given)
        self.free = free  # arguments that were passed, not left at their defaults
        self.argument = argument
        self.rule = rule
        self.needs = _needs(rule, self.names)
        self._by_name = [n for n in ("dy", *self.needs) if _is_by_name_alone(rule, n)]
        self.cut = False  # whether fn depends on the argument in ways that are not recorded
        self._place = place  # which of how many gradients that the rule returns; None: it returns one
        self._as_op = as_op
        self._signature = _signature(fn)

    @property
    def returns_several(self) -> bool:
        """Whether the rule returns the gradients of several arguments."""
        return self._place is not None

    # Runs ---------------------------------------------------------------------------------------------------

    def call(self, values: Mapping[str, Any], name: str, tensor: Tensor) -> Any:
        """fn(...) with a tensor for one argument."""
        bound = self._signature.bind_partial()
        for key, value in values.items():
            if key == name:
                bound.arguments[key] = tensor
            else:
                bound.arguments[key] = Tensor(value.copy()) if isinstance(value, np.ndarray) else value
        return self.fn(*bound.args, **bound.kwargs)

    def record(self, values: Mapping[str, Any], name: str) -> Recording:
        """A run of fn with the ways from one argument recorded."""
        return Recording(lambda leaf: self.call(values, name, leaf), values[name], name)

    def trial(self, values: Mapping[str, Any], drawn: bool, rng: np.random.Generator) -> Trial | None:
        """One trial; None where function or gradient is not finite, or empty, or fails at what was drawn."""
        try:
            recording = self.record(values, self.argument)
        except Exception as error:
            if drawn:  # it may be outside of what the function takes
                return None
            if isinstance(error, DtypeError):
                error.add_note(
                    "explain_gradient calls fn with float64 numbers: convert what fn brings along as well, "
                    "as in layer.double()"
                )
            raise
        shape = recording.y.shape
        recording.dy = np.asarray(
            rng.uniform(0.5, 1.5, shape) * rng.choice([-1.0, 1.0], shape), recording.y.dtype
        )
        if drawn and not _goes_back(recording):
            return None
        if not (np.isfinite(recording.y).all() and np.isfinite(recording.truth).all() and recording.x.size):
            return None
        trial = Trial(self, drawn, values, recording)
        recording.trial = trial
        if drawn:  # the given numbers may be equal by chance
            recording.name_values(values)
        self._ask(trial)
        return trial

    def _ask(self, trial: Trial) -> None:
        """Run the learner's rule on copies, and see whether it writes over them."""
        recording = trial.recording
        known = self._known(recording, trial.values)
        handed = {name: _copy(known[name]) for name in ("dy", *self.needs)}
        try:
            with np.errstate(all="ignore"):
                result = self._run(handed)
        except Exception as error:  # noqa: BLE001 (whatever the learner's code raises is reported)
            trial.error = error
            return
        trial.yours = self._gradient(result, recording.x.shape)
        for name, value in handed.items():
            if isinstance(value, np.ndarray) and not _equal(value, known[name]):
                trial.changed.append(name)

    def asked(self, recording: Recording, values: Mapping[str, Any], dy: Array) -> Array | None:
        """What the rule returns for another upstream gradient."""
        known = {**self._known(recording, values), "dy": dy}
        with np.errstate(all="ignore"):
            result = self._run({name: _copy(known[name]) for name in ("dy", *self.needs)})
        return self._gradient(result, recording.x.shape)

    def _run(self, handed: Mapping[str, Any]) -> Any:
        """The rule's answer, each value handed over as its parameter wants it."""
        by_name = {name: handed[name] for name in self._by_name}
        return self.rule(*(value for name, value in handed.items() if name not in by_name), **by_name)

    def _known(self, recording: Recording, values: Mapping[str, Any]) -> dict[str, Any]:
        """What a rule may ask for."""
        known = {**values, "y": recording.y}
        shapes = [need.removesuffix("_shape") for need in self.needs if need not in known]
        known |= {f"{name}_shape": np.shape(known[name]) for name in shapes if name in known}
        known["needed"] = (True,) * (1 if self._place is None else self._place[1])
        known["dy"] = recording.dy
        return known

    def _gradient(self, result: Any, shape: tuple[int, ...]) -> Array | None:
        if self._place is not None:
            which, count = self._place
            if not isinstance(result, (tuple, list)) or len(result) != count:
                raise TypeError(
                    f"explain_gradient: wrt names {count} arguments, so the rule returns a tuple of {count} "
                    f"gradients; this one returned {kind(result)}"
                )
            result = result[which]
        elif isinstance(result, (tuple, list)) and not returned.is_one(result, shape):
            raise TypeError(
                f"explain_gradient: the rule returned a {type(result).__name__} of {len(result)}, where one "
                f"gradient was expected, that of {self.argument!r}. Name several with wrt=."
            )
        if result is None:
            return None
        yours = returned.as_array(result)
        if self._as_op and yours.shape != shape:
            fitted = _as_engine_fits(yours, shape)
            yours = fitted if fitted.shape == shape else yours
        return yours

    # Draws --------------------------------------------------------------------------------------------------

    def near(self, rng: np.random.Generator, fresh: bool) -> dict[str, Any]:
        """Inputs of the given shapes: drawn anew from the same range, or the given ones moved a little."""
        drawn = {}
        for name, value in self.given.items():
            if isinstance(value, np.ndarray):
                is_x = name == self.argument
                value = draws.redraw(value, value.shape, rng, is_x) if fresh else draws.move(value, rng, is_x)
            drawn[name] = value
        return drawn

    def wide(self, rng: np.random.Generator) -> dict[str, Any]:
        """Inputs of the given shapes with numbers of both signs."""
        return {
            name: rng.normal(size=value.shape)
            if draws.is_float(value) and not draws.is_special(value)
            else value
            for name, value in self.near(rng, fresh=True).items()
        }

    def soft(self, rng: np.random.Generator) -> dict[str, Any]:
        """Inputs of the given shapes, without zeros and ones, unless the gradient is for them."""
        return {
            name: draws.soften(value, rng) if draws.is_float(value) and name != self.argument else value
            for name, value in self.near(rng, fresh=True).items()
        }

    def varied(self, rng: np.random.Generator, ones: bool) -> "list[dict[str, Any]]":
        """Inputs that differ in what the others keep: Python numbers, and the sizes of the axes.

        Numbers and sizes that a rule may leave out without a trace, such as 1, change only with ``ones``.
        """
        numbers = [n for n in self.free if isinstance(self.given[n], float) and np.isfinite(self.given[n])]
        plain = [n for n in numbers if self.given[n] not in (0.0, 1.0, -1.0)]
        changing = plain if not ones else numbers if len(numbers) > len(plain) else []
        found = []
        for _ in range(2) if changing else ():
            moved = {n: self.given[n] * rng.uniform(0.6, 0.9) + 0.01 for n in changing}
            found.append({**self.near(rng, fresh=True), **moved})
        arrays = [value for value in self.given.values() if isinstance(value, np.ndarray)]
        found += [self.sized(sizes, rng) for sizes in draws.other_sizes(arrays, ones)]
        return found

    def sized(self, sizes: dict[int, int], rng: np.random.Generator) -> dict[str, Any]:
        """Inputs with other sizes of the axes."""
        return {
            name: draws.redraw(value, draws.resized(value.shape, sizes), rng, name == self.argument)
            if isinstance(value, np.ndarray)
            else value
            for name, value in self.given.items()
        }


def _goes_back(recording: Recording) -> bool:
    """Whether backward runs: an operation may take sizes forward that do not belong together."""
    try:
        return recording.truth is not None
    except (ValueError, IndexError):
        return False


def _copy(value: Any) -> Any:
    return value.copy() if isinstance(value, np.ndarray) else value


def _as_engine_fits(dx: Array, shape: tuple[int, ...]) -> Array:
    """What the engine makes of a rule's gradient for an argument of this shape."""
    try:
        return fit(dx, Tensor(np.zeros(shape)))
    except ValueError:
        return dx


def _equal(a: Array, b: Array) -> bool:
    return np.array_equal(a, b, equal_nan=a.dtype.kind == "f")


# Reading what was given -------------------------------------------------------------------------------------


def _signature(fn: Callable[..., Any]) -> inspect.Signature:
    return inspect.signature(getattr(fn, "forward", fn))  # a layer's arguments are those of its forward


def bind(fn: Callable[..., Any], inputs: Any) -> tuple[dict[str, Any], set[str]]:
    """The arguments by name, floating ones in float64, and the names of those that were passed."""
    try:
        signature = _signature(fn)
    except ValueError:
        raise TypeError(
            "explain_gradient: the arguments of fn have no names that Python could tell. Wrap it: "
            "lambda x: fn(x)"
        ) from None
    if any(p.kind is p.VAR_POSITIONAL for p in signature.parameters.values()):
        raise TypeError(
            "explain_gradient: fn takes any number of arguments, which have no names for a rule to ask for. "
            "Wrap it: lambda a, b: fn(a, b)"
        )
    try:
        if isinstance(inputs, Mapping):
            bound = signature.bind(**inputs)
        else:
            bound = signature.bind(*(inputs if isinstance(inputs, (tuple, list)) else (inputs,)))
    except TypeError as error:
        _refuse_by_place(signature, inputs)
        raise TypeError(
            f"explain_gradient: fn takes {', '.join(signature.parameters)}, and the inputs differ: {error}."
            " Several inputs are a tuple or a list; a list that is one input is ([1.0, 2.0],), or a tensor"
        ) from None
    free = set(bound.arguments)
    bound.apply_defaults()
    return {name: _plain(value) for name, value in bound.arguments.items()}, free


def _refuse_by_place(signature: inspect.Signature, inputs: Any) -> None:
    """Raise if inputs came by their places, and fn takes some by name alone."""
    parameters = signature.parameters.values()
    alone = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
    required = any(p.kind is p.KEYWORD_ONLY and p.default is p.empty for p in parameters)
    by_place = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    count = len(inputs) if isinstance(inputs, (tuple, list)) else 1
    if isinstance(inputs, Mapping) or not alone or not (required or count > len(by_place)):
        return
    named = ", ".join(f'"{name}": {name.upper()}' for name in [*by_place, *alone])
    raise TypeError(
        f"explain_gradient: fn takes {' and '.join(alone)} by name alone (behind the * in it), and "
        f"the inputs came without names. Give them by name, as a dict: {{{named}}}"
    ) from None


def _plain(value: Any) -> Any:
    """An array for a tensor or a list of floating numbers; floating arrays in float64."""
    value = place.to_host(value._data) if isinstance(value, Tensor) else value
    if isinstance(value, list):
        array = np.asarray(value)
        # A list of integers may be dims or classes: it stays a list.
        value = array if array.dtype.kind == "f" and array.size else value
    if isinstance(value, np.generic):
        return value.item()
    return value.astype(np.float64) if draws.is_float(value) else value


def differentiable(value: Any) -> bool:
    """Whether there can be a gradient of it: a floating array, or a number."""
    return draws.is_float(value) or (isinstance(value, (int, float)) and not isinstance(value, bool))


def _needs(rule: Callable[..., Any], names: list[str]) -> list[str]:
    """What the rule asks for after dy."""
    parameters = list(inspect.signature(rule).parameters.values())
    known = {*names, *(f"{name}_shape" for name in names), "y", "y_shape", "needed"}
    told = f"dy, the upstream gradient, then any of y, {', '.join(names)} and their _shape"
    if not parameters or parameters[0].name != "dy":
        raise TypeError(f"explain_gradient: the rule takes {told}; this one does not begin with dy")
    if "dy" in names:
        raise TypeError(
            "explain_gradient: in a rule, dy is the upstream gradient; fn has an argument of that name. "
            "Rename it."
        )
    needs = []
    for parameter in parameters[1:]:
        if parameter.name == "y" in names:
            raise TypeError(
                "explain_gradient: in a rule, y is the output; fn has an argument of that name. Rename it."
            )
        if parameter.name in known:
            needs.append(parameter.name)
        elif parameter.default is parameter.empty:
            raise TypeError(f"explain_gradient: the rule takes {told}; it has no {parameter.name!r} to give")
    return needs


def _is_by_name_alone(rule: Callable[..., Any], name: str) -> bool:
    return inspect.signature(rule).parameters[name].kind is inspect.Parameter.KEYWORD_ONLY


def formula_of(fn: Callable[..., Any]) -> Callable[..., Any] | None:
    """The formula of an operation: run on tensors it is made of other operations, without its own rules."""
    return fn.formula if isinstance(fn, Op) else None
