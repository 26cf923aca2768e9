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

Formulas see arrays. Rules see arrays, too, or, when the backward pass is itself to be differentiated,
Tensors: then the same lines are recorded, and there is a derivative of every order without a second set of
rules.
"""

import inspect
from collections.abc import Callable, Sequence
from operator import itemgetter
from types import MethodType
from typing import Any, NamedTuple, TypeAlias, overload

import numpy as np

from minigrad.engine import graph, views
from minigrad.engine.anomaly import check_forward
from minigrad.engine.explain import explain
from minigrad.engine.graph import Node, Plan, Step
from minigrad.engine.modes import state
from minigrad.engine.promotion import to_common, to_floating
from minigrad.engine.source import learner_line

Array: TypeAlias = Any
"""A NumPy or CuPy array; in a rule under create_graph, a Tensor."""

OPS: "dict[str, Op]" = {}
"""Every operation there is, by name. A test walks it: each operation with a rule has its gradient checked."""

_MISSING = inspect.Parameter.empty
_PROMOTIONS = {None: None, "common": to_common, "floating": to_floating}
_ALIASES = {"axis": "dim", "keepdims": "keepdim"}  # NumPy's names, which PyTorch accepts as well


def raw(value: Any) -> Any:
    """The array of a value that a rule was given, for a decision that is itself not differentiated."""
    return value._data if isinstance(value, graph.Tensor) else value


class Rule(NamedTuple):
    """The gradient of one argument, or of several that share work, and the names of what it needs."""

    arguments: tuple[str, ...]
    function: Callable[..., Any]
    needs: tuple[str, ...]


class Op:
    """A differentiable operation. Called with arrays it is its formula; with a Tensor among them it is
    recorded.
    """

    def __init__(self, formula: Callable[..., Any], promote: str | None = None, view: bool = False) -> None:
        self.name = formula.__name__
        self.formula = formula
        self.view = view
        self.rules: list[Rule] = []
        self._plans: dict[Any, Plan] = {}
        self._promote = _PROMOTIONS[promote]
        parameters = list(inspect.signature(formula).parameters.values())
        self.variadic = parameters[0].kind is inspect.Parameter.VAR_POSITIONAL
        self.parameters = [p.name for p in parameters]
        self._defaults = tuple(p.default for p in parameters)
        keywords = [p.name for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY]
        self._positional = len(parameters) - len(keywords)
        self._required = sum(default is _MISSING for default in self._defaults)
        self._arity = -1 if self.variadic else len(parameters)
        self._apply = _with_keywords(formula, keywords) if keywords else formula
        self.__doc__ = formula.__doc__
        self.__name__ = self.name
        self.__module__ = formula.__module__
        self.__signature__ = inspect.signature(formula)
        OPS[self.name] = self

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
            self.rules.append(Rule(arguments, function, tuple(needs)))
            return function

        return declare

    def __call__(self, *args: Any, **options: Any) -> Any:
        if options or len(args) != self._arity:
            args = self._bind(args, options)
        operands: list[Any] = []
        edges: list[Any] = []
        tensors = False
        traced, bit = 0, 1  # which arguments need gradients, a bit for each
        for value in args:
            if isinstance(value, graph.Tensor):
                tensors = True
                operands.append(value._data)
                if value._requires_grad:
                    traced |= bit
                    edges.append(value._node or value)
                else:
                    edges.append(None)
            else:
                operands.append(value)
                edges.append(None)
            bit <<= 1
        try:
            if self._promote is not None:
                operands = self._promote(operands)  # type: ignore[assignment]
            y = self._apply(*operands)
        except (ValueError, IndexError, TypeError) as error:
            raise explain(self.name, operands, error) from None
        if not tensors:
            return y
        if isinstance(y, np.generic):
            y = np.asarray(y)  # NumPy turns 0-dimensional results into scalars
        node = None
        if traced and state.recording and self.rules:
            plan = self._plans.get(bit | traced)
            if plan is None:
                plan = self._plans[bit | traced] = self._plan(edges)
            if plan.steps:
                values = (*operands, y)
                node = Node(self, plan, edges, plan.save(values), y.shape, y.dtype)
        if state.anomaly:
            check_forward(self.name, args, y)
            if node is not None:
                node.line = learner_line()
        result = graph.Tensor._wrap(y, node)
        if self.view and state.recording and y.base is not None:
            views.register(args[0], result, self, args[1:])
        return result

    def _bind(self, args: tuple[Any, ...], options: dict[str, Any]) -> tuple[Any, ...]:
        """All arguments in the formula's order, defaults filled in."""
        if self.variadic:
            rest = self.parameters[1:]
        else:
            if not options and self._required <= len(args) <= self._positional:
                return args + self._defaults[len(args) :]
            if len(args) > self._positional:
                raise TypeError(
                    f"{self.name} takes at most {self._positional} positional arguments, got {len(args)}"
                )
            rest = self.parameters[len(args) :]
        given = {
            _ALIASES.get(name, name) if name not in self.parameters else name: v
            for name, v in options.items()
        }
        defaults = self._defaults[len(self.parameters) - len(rest) :]
        bound = args + tuple(given.pop(name, default) for name, default in zip(rest, defaults, strict=True))
        missing = [name for name, value in zip(rest, bound[len(args) :], strict=True) if value is _MISSING]
        if missing:
            raise TypeError(f"{self.name}{self.__signature__} misses its argument {missing[0]!r}")
        if given:
            raise TypeError(f"{self.name}{self.__signature__} has no free argument {next(iter(given))!r}")
        return bound

    def _plan(self, edges: Sequence[Any]) -> Plan:
        """What to save and which rules to run when the arguments that have an edge need gradients."""
        count = (
            len(edges) - len(self.parameters) + 1 if self.variadic else 1
        )  # positions of the first parameter
        first_after = {name: i + count - 1 for i, name in enumerate(self.parameters)}
        places = {name: (i,) for name, i in first_after.items()} | {self.parameters[0]: tuple(range(count))}

        saved: list[tuple[int, bool]] = []  # (position of the value, whether its shape alone)
        steps = []
        for rule in self.rules:
            served = [i for name in rule.arguments for i in places[name]]
            if all(edges[i] is None for i in served):
                continue
            picks: list[Callable[[tuple[Any, ...]], Any]] = []
            for need in rule.needs:
                if need == "needed":
                    needed = tuple(edges[i] is not None for i in served)
                    picks.append(lambda values, needed=needed: needed)
                    continue
                name = need.removesuffix("_shape") if need not in (*self.parameters, "y") else need
                slots = []
                for i in (-1,) if name == "y" else places[name]:
                    source = (i, name != need)
                    if source not in saved:
                        saved.append(source)
                    slots.append(saved.index(source))
                several = self.variadic and name == self.parameters[0]
                picks.append(_all_of(slots) if several else itemgetter(slots[0]))
            joint = len(rule.arguments) > 1 or self.variadic
            steps.append(Step(tuple(served) if joint else served[0], rule.function, _pick(picks)))

        rules_for = {name for rule in self.rules for name in rule.arguments}
        arrays = {-1} | {i for name in rules_for for i in places[name]}
        return Plan(
            save=_saver(saved),
            origins=tuple(None if shape else i for i, shape in saved),
            steps=tuple(steps),
            holds_arrays=any(not shape and i in arrays for i, shape in saved),
        )


def _all_of(slots: list[int]) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    return lambda values: tuple(values[i] for i in slots)


def _pick(picks: list[Callable[[tuple[Any, ...]], Any]]) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    """From the saved values, what one rule asked for. Rules asking for none or one are the usual case."""
    if not picks:
        return lambda values: ()
    if len(picks) == 1:
        (only,) = picks
        return lambda values: (only(values),)
    return lambda values: tuple([pick(values) for pick in picks])


def _saver(sources: list[tuple[int, bool]]) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    """From an operation's arguments and output, what its rules asked for."""
    if not sources:
        return lambda values: ()
    if any(shape for _, shape in sources):
        return lambda values: tuple([np.shape(values[i]) if shape else values[i] for i, shape in sources])
    if len(sources) == 1:
        ((only, _),) = sources
        return lambda values: (values[only],)
    return itemgetter(*(i for i, _ in sources))


def _with_keywords(formula: Callable[..., Any], keywords: list[str]) -> Callable[..., Any]:
    """The formula with its keyword-only arguments taken from the end of the positional ones."""
    count = len(keywords)

    def apply(*values: Any) -> Any:
        return formula(*values[:-count], **dict(zip(keywords, values[-count:], strict=True)))

    return apply


@overload
def op(formula: Callable[..., Any], /) -> Op: ...
@overload
def op(*, promote: str | None = None, view: bool = False) -> Callable[[Callable[..., Any]], Op]: ...
def op(formula: Any = None, /, *, promote: str | None = None, view: bool = False) -> Any:
    """Make an operation of a formula.

    ``promote="common"`` casts the operands to their common dtype first, ``"floating"`` integers to floating,
    too. ``view=True`` says that the output may share the memory of the first argument.
    """
    if formula is None:
        return lambda formula: Op(formula, promote, view)
    return Op(formula)
