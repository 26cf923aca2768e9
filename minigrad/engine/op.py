"""Operations: a formula on arrays, and right under it a rule for each argument that has a gradient.

    @op
    def mul(input, other):
        return input * other

    @mul.grad("input")
    def _(dy, other):
        return dy * other

    @mul.grad("other")
    def _(dy, input):
        return dy * input

A rule's first parameter is ``dy``, the gradient of the loss by the output. After it the rule names what it
needs: an argument of the formula, ``y`` for the output, or ``input_shape`` for the shape of ``input`` alone.
The engine saves exactly what the rules that will run have named, so a sum keeps no array alive and a sigmoid
keeps only its output. A rule changes nothing and returns its gradient, which may still have the shape of
``dy``: the engine sums what broadcasting stretched.

Parameters have PyTorch's names, which are arguments by name, too; in an equation x is the first of them, here
``input``.

What is composed of operations, `gelu` say, is a plain function; `of_tensors` gives it their manners.

Formulas see arrays. Rules see arrays, too, or, when the backward pass is itself to be differentiated,
Tensors: then the same lines are recorded, and there is a derivative of every order without a second set of
rules.
"""

import functools
import inspect
from collections.abc import Callable
from types import MethodType
from typing import Any, ParamSpec, TypeAlias, TypeVar, overload

import numpy as np

from minigrad.devices import CPU, place
from minigrad.devices.place import ARRAYS
from minigrad.engine import graph, views, writes
from minigrad.engine.anomaly import check_forward
from minigrad.engine.arguments import not_a_tensor, renamed
from minigrad.engine.explain import explain
from minigrad.engine.graph import Node, is_tensor, raw
from minigrad.engine.modes import state
from minigrad.engine.plan import Plan, Rule, make_plan
from minigrad.engine.promotion import to_common, to_floating
from minigrad.engine.source import learner_line

__all__ = ["OPS", "Array", "Op", "is_tensor", "of_tensors", "op", "raw"]

P = ParamSpec("P")
R = TypeVar("R")

Array: TypeAlias = Any
"""A NumPy or CuPy array; in a rule under create_graph, a Tensor."""

OPS: "dict[str, Op]" = {}
"""Every operation there is, by name. A test walks it: each operation with a rule has its gradient checked."""

_MISSING = inspect.Parameter.empty
_PROMOTIONS = {None: None, "common": to_common, "floating": to_floating}


class Op:
    """A differentiable operation. Called with arrays it is its formula; with a Tensor among them it is
    recorded.

    It may have three names. The object's in Python is its formula's: ``variance``, ``matrix_product``.
    ``name`` is that in graphs and pictures: "matmul", where it is not the formula's. ``called`` is what
    messages call it, for it is what a learner wrote: "var", where that is a function around it.
    """

    def __init__(
        self,
        formula: Callable[..., Any],
        promote: str | None = None,
        view: bool = False,
        name: str | None = None,
        called: str | None = None,
    ) -> None:
        # A callable object has no name; code run by exec() may belong to no module.
        self.name = name or str(getattr(formula, "__name__", type(formula).__name__))
        self.called = called or self.name
        self.formula = formula
        self.view = view
        self.rules: list[Rule] = []
        self.explanation: Callable[..., str | None] | None = None
        self._plans: dict[Any, Plan] = {}
        self._recipes: dict[Any, list[tuple[str | None, Any]]] = {}
        self._promote = _PROMOTIONS[promote]
        self.__module__ = getattr(formula, "__module__", None) or ""
        self.ours = self.__module__.startswith("minigrad.")  # or else a learner's
        parameters = list(inspect.signature(formula).parameters.values())
        if not parameters or any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters):
            raise TypeError(
                f"{self.called}: an operation's arguments are named in its formula, and one at least is a "
                f"tensor; got {self.called}{inspect.signature(formula)}"
            )
        self.variadic = parameters[0].kind is inspect.Parameter.VAR_POSITIONAL
        self.parameters = [p.name for p in parameters]
        self._defaults = tuple(p.default for p in parameters)
        keywords = [p.name for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY]
        self._positional = len(parameters) - len(keywords)
        self._required = sum(default is _MISSING for default in self._defaults)
        self._arity = -1 if self.variadic or keywords else len(parameters)
        self._apply = _with_keywords(formula, keywords) if keywords else formula
        self.__doc__ = formula.__doc__
        self.__name__ = self.name
        self.__signature__ = inspect.signature(formula)
        listed = OPS.get(self.name)
        if self.ours and listed is not None and listed.__module__ != self.__module__:
            raise ValueError(f"two operations named {self.name!r}: in {listed.__module__}, {self.__module__}")
        if self.ours or listed is None or not listed.ours:
            OPS[self.name] = self  # a learner's sigmoid does not take the place of minigrad's in the list

    def __repr__(self) -> str:
        return f"<operation {self.name}{self.__signature__}>"

    def __get__(self, tensor: Any, owner: type | None = None) -> Any:
        """An operation in a class body is a method, as a function is."""
        return self if tensor is None else MethodType(self, tensor)

    def grad(self, *arguments: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Declare the rule for an argument, or one joint rule for several that share work.

        A joint rule returns a tuple, and may name ``needed``, a tuple that says which of its gradients are
        wanted.
        """

        def declare(function: Callable[..., Any]) -> Callable[..., Any]:
            first, *needs = inspect.signature(function).parameters
            known = {*self.parameters, *(f"{name}_shape" for name in self.parameters), "y", "needed"}
            unknown = [name for name in (*arguments, *needs) if name not in known]
            if first != "dy" or unknown:
                raise TypeError(
                    f"a rule of {self.name} takes dy, then any of y, {', '.join(self.parameters)} and their "
                    f"_shape; this one is for {arguments} and takes ({', '.join((first, *needs))})"
                )
            for name in arguments:
                if any(name in rule.arguments for rule in self.rules):
                    raise TypeError(
                        f"{self.name} has a rule for {name!r} already. To change it, make the operation "
                        "anew: run its formula with @op again, then the rules."
                    )
            rule = function if self.ours else _with_own_results(function)
            self.rules.append(Rule(arguments, rule, tuple(needs)))
            self._plans.clear()
            return function

        return declare

    def explains(self, function: Callable[..., str | None]) -> Callable[..., str | None]:
        """Declare what to say when the formula fails, given its operands; None leaves it to the engine."""
        self.explanation = function
        return function

    def __call__(self, *args: Any, **options: Any) -> Any:
        if options or len(args) != self._arity:
            args = self._bind(args, options)
        Tensor = graph.Tensor
        operands: Any = []
        edges: list[Any] = []
        traced, bit = 0, 1  # which arguments need gradients, a bit for each; in the end bit tells how many
        tensors = False
        for value in args:
            edge = None
            if isinstance(value, Tensor):
                tensors = True
                if value._requires_grad:
                    traced |= bit
                    edge = value._node or value
                value = value._data
            operands.append(value)
            edges.append(edge)
            bit <<= 1
        try:
            if self._promote is not None:
                operands = self._promote(operands)
            y = self._apply(*operands)
        except (ValueError, IndexError, TypeError, AttributeError, OverflowError) as error:
            # Beside a GPU's tensors NumPy's fail with a TypeError. Those of no dimension go there and do not.
            moved = _numbers_moved(args) if tensors and isinstance(error, TypeError) else None
            if moved is not None:
                return self(*moved)
            raise explain(self, operands, error) from (None if self.ours else error)
        except RuntimeWarning:  # of an infinity or a NaN: see this package's __init__.py
            if not self.ours:
                raise
            with np.errstate(all="ignore"):
                operands = operands if self._promote is None else self._promote(operands)
                y = self._apply(*operands)
        if not tensors:
            if not any(hasattr(value, "dtype") for value in args):
                raise not_a_tensor(self.called, args[0]) or TypeError(f"{self.called}: expected a tensor")
            return y
        if type(y) not in ARRAYS:
            y = self._array(y)
        node = None
        if traced and state.recording:
            plan = self._plans.get(bit | traced)  # bit is above all of traced: no two calls share a key
            if plan is None:
                wanted = [edge is not None for edge in edges]
                plan = make_plan(self.rules, self.parameters, self.variadic, wanted)
                self._plans[bit | traced] = plan
            if plan.steps and y.dtype.kind == "f":
                operands.append(y)
                node = Node(self, plan, edges, plan.save(operands), y.shape, y.dtype)
                if state.witness is not None:
                    state.witness(node, operands)
        if state.anomaly:
            check_forward(self.called, args, y)
            if node is not None:
                node.line = learner_line()
        result = Tensor._wrap(y, node)
        if self.view and writes.owner(y) is writes.owner(operands[0]):
            views.register(args[0], result, self, args[1:], state.recording)
        return result

    def _array(self, y: Any) -> Any:
        """What the formula returned, if it is no array as it stands, as one."""
        if isinstance(y, np.generic) or place.is_array(y):
            return np.asarray(y)  # NumPy turns 0-dimensional results into scalars
        fix = ""
        if y is None:
            fix = " Did it forget to return its result?"
        elif isinstance(y, (tuple, list)):
            fix = " Of several results make an operation each, or one array: np.stack."
        raise TypeError(f"{self.called}: the formula returned {type(y).__name__}; expected one array.{fix}")

    def _bind(self, args: tuple[Any, ...], options: dict[str, Any]) -> tuple[Any, ...]:
        """All arguments in the formula's order, defaults filled in.

        A call with options leaves a recipe for the next one that is written alike: for each parameter that is
        not given by its place, the name that the option had, or None and the default.
        """
        if not options and not self.variadic and self._required <= len(args) <= self._positional:
            return args + self._defaults[len(args) :]
        filled = 1 if self.variadic else len(args)
        written = (filled, *options)
        recipe = self._recipes.get(written)
        if recipe is None:
            bound = self._bound(args, filled, options)
            names = dict(zip(renamed(self.name, self.parameters, options), options, strict=True))
            rest = list(zip(self.parameters, self._defaults, strict=True))[filled:]
            self._recipes[written] = [(names.get(parameter), default) for parameter, default in rest]
            return bound
        return args + tuple([default if name is None else options[name] for name, default in recipe])

    def _bound(self, args: tuple[Any, ...], filled: int, options: dict[str, Any]) -> tuple[Any, ...]:
        """What `_bind` returns, worked out and checked; the first ``filled`` parameters have ``args``."""
        if len(args) > self._positional and not self.variadic:
            raise TypeError(
                f"{self.name} takes at most {self._positional} positional arguments, got {len(args)}"
            )
        rest, defaults = self.parameters[filled:], self._defaults[filled:]
        given = dict(renamed(self.name, self.parameters, options))
        bound = args + tuple(given.pop(name, default) for name, default in zip(rest, defaults, strict=True))
        missing = [name for name, value in zip(rest, bound[len(args) :], strict=True) if value is _MISSING]
        if missing:
            raise TypeError(f"{self.name}({', '.join(self.parameters)}) misses its argument {missing[0]!r}")
        for name in given:
            if name in self.parameters:
                raise TypeError(
                    f"{self.name}: the argument {name!r} is given twice, by its place and by name"
                )
            raise TypeError(f"{self.name}({', '.join(self.parameters)}) has no free argument {name!r}")
        return bound


def _numbers_moved(args: tuple[Any, ...]) -> list[Any] | None:
    """The arguments with CPU tensors of no dimension on the others' device, if that brings all together:
    beside tensors of a GPU they count as numbers, as in PyTorch.
    """
    there = {where for _, where in place.arrays(map(raw, args))}
    if len(there) != 2 or CPU not in there:
        return None
    (where,) = there - {CPU}
    moved = list(args)
    for i, value in enumerate(args):
        array = raw(value)
        if type(array) is np.ndarray and not array.ndim:
            moved[i] = place.put(value, where) if value is array else value.to(where)
    return None if place.apart(map(raw, moved)) else moved


def _with_own_results(rule: Callable[..., Any]) -> Callable[..., Any]:
    """A learner's rule, with a copy of what it returns where that is a value it was given.

    Gradients are accumulated in place. One that is the array of a weight would change the weight.
    """

    def own(gradient: Any, given: tuple[Any, ...]) -> Any:
        for value in given:
            if gradient is value:
                return gradient.clone() if is_tensor(gradient) else np.copy(gradient)
            if type(value) is tuple:  # all the arguments of a variadic formula
                gradient = own(gradient, value)
        return gradient

    @functools.wraps(rule)
    def run(dy: Any, *values: Any) -> Any:
        result = rule(dy, *values)
        if isinstance(result, (tuple, list)):
            return [own(gradient, values) for gradient in result]
        return own(result, values)

    return run


def _with_keywords(formula: Callable[..., Any], keywords: list[str]) -> Callable[..., Any]:
    """The formula with its keyword-only arguments taken from the end of the positional ones."""
    count = len(keywords)

    def apply(*values: Any) -> Any:
        return formula(*values[:-count], **dict(zip(keywords, values[-count:], strict=True)))

    return apply


@overload
def op(formula: Callable[..., Any], /) -> Op: ...
@overload
def op(
    *, promote: str | None = None, view: bool = False, name: str | None = None, called: str | None = None
) -> Callable[[Callable[..., Any]], Op]: ...
def op(
    formula: Any = None,
    /,
    *,
    promote: str | None = None,
    view: bool = False,
    name: str | None = None,
    called: str | None = None,
) -> Any:
    """Make an operation of a formula.

    ``promote="common"`` casts the operands to their common dtype first, ``"floating"`` integers to floating,
    too. ``view=True`` says that the output may share the memory of the first argument. ``name`` is what
    graphs and messages call it, if not the formula's name; ``called`` is what a learner knows it by, if that
    is another function.
    """
    if formula is None:
        return lambda formula: Op(formula, promote, view, name, called)
    return Op(formula)


def of_tensors(function: Callable[P, R]) -> Callable[P, R]:
    """Have a function of tensors take NumPy's names for its options, and say so when it is given no tensor.

    What goes well is not checked beforehand, and costs little more than the call.
    """
    name, parameters = function.__name__, frozenset(inspect.signature(function).parameters)

    @functools.wraps(function)
    def call(*args: P.args, **options: P.kwargs) -> R:
        try:
            return function(*args, **(renamed(name, parameters, options) if options else options))
        except AttributeError as error:
            mistake = not_a_tensor(name, error.obj)
            if mistake is None:
                raise
        raise mistake

    return call
