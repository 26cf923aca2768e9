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

What is composed of operations, `gelu` say, is a plain function; `of_tensors` gives it their manners. That,
`raw` and `is_tensor` are taken from here by whoever writes operations.

Formulas see arrays. Rules see arrays, too, or, when the backward pass is itself to be differentiated,
Tensors: then the same lines are recorded, and there is a derivative of every order without a second set of
rules.
"""

import functools
import inspect
from collections.abc import Callable
from types import MethodType
from typing import Any, Concatenate, Generic, ParamSpec, overload

import numpy as np

from minigrad.callsite import learner_line
from minigrad.devices.place import ARRAYS, is_array
from minigrad.engine import graph, views, writes
from minigrad.engine.anomaly import check_forward
from minigrad.engine.arguments import Array, Signature, Tensor, not_a_tensor, numbers_moved, of_tensors
from minigrad.engine.explain import explain
from minigrad.engine.graph import Node, is_tensor, raw
from minigrad.engine.modes import state
from minigrad.engine.plan import Plan, Rule, make_plan
from minigrad.engine.promotion import to_common, to_floating
from minigrad.engine.silence import in_silence

__all__ = ["OPS", "Array", "Op", "Tensor", "is_tensor", "of_tensors", "op", "raw"]

P = ParamSpec("P")
Q = ParamSpec("Q")

OPS: "dict[str, Op[...]]" = {}
"""Every operation there is, by name. A test walks it: each operation with a rule has its gradient checked."""

_PROMOTIONS = {None: None, "common": to_common, "floating": to_floating}


class Op(Generic[P]):
    """A differentiable operation. Called with arrays it is its formula; with a Tensor among them it is
    recorded. A type checker knows the second alone: the formula's parameters, and a Tensor.

    ``name`` is what graphs, pictures and messages call it, for it is what a learner wrote: "var", where a
    function of that name checks its options and then calls the operation ``variance``.
    """

    def __init__(
        self,
        formula: Callable[P, Array],
        promote: str | None = None,
        view: bool = False,
        name: str | None = None,
    ) -> None:
        # A callable object has no name; code run by exec() may belong to no module.
        self.name = name or str(getattr(formula, "__name__", type(formula).__name__))
        self.formula = formula
        self.view = view
        self.rules: list[Rule] = []
        self.explanation: Callable[..., str | None] | None = None
        self._plans: dict[int, Plan] = {}
        self._promote = _PROMOTIONS[promote]
        self._signature = signature = Signature(self.name, formula)
        self.parameters, self.variadic = signature.names, signature.variadic
        self._arity, self._bind, self._apply = signature.arity, signature.bind, signature.by_place(formula)
        self.__module__ = getattr(formula, "__module__", None) or ""
        self.ours = self.__module__.startswith("minigrad.")  # or else a learner's
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

    @property
    def builtin(self) -> str:
        """The name if it is minigrad's, to look it up by; "" of a learner's, who may call theirs the same."""
        return self.name if self.ours else ""

    @overload
    def __get__(self, tensor: None, owner: type | None = None) -> "Op[P]": ...
    @overload
    def __get__(
        self: "Op[Concatenate[Any, Q]]", tensor: object, owner: type | None = None
    ) -> Callable[Q, Tensor]: ...
    def __get__(self, tensor: Any, owner: type | None = None) -> Any:
        """An operation in a class body is a method, as a function is."""
        return self if tensor is None else MethodType(self, tensor)

    def grad(
        self, *arguments: str, in_place: Callable[..., None] | None = None
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Declare the rule for an argument, or one joint rule for several that share work.

        A joint rule returns a tuple, and may name ``needed``, a tuple that says which of its gradients are
        wanted. ``in_place``, of a rule for one argument, is called like the rule, and writes the gradient
        over dy: backward takes it where nobody else has that array.
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
            if in_place is not None and (len(arguments) > 1 or self.variadic):
                raise TypeError(
                    f"{self.name}: in_place= is for a rule that returns one gradient; this one is for "
                    f"several tensors, {', '.join(arguments)}"
                )
            for name in arguments:
                if any(name in rule.arguments for rule in self.rules):
                    raise TypeError(
                        f"{self.name} has a rule for {name!r} already. To change it, make the operation "
                        "anew: run its formula with @op again, then the rules."
                    )
            rule = function if self.ours else _with_own_results(function)
            self.rules.append(Rule(arguments, rule, tuple(needs), in_place))
            self._plans.clear()
            return function

        return declare

    def explains(self, function: Callable[..., str | None]) -> Callable[..., str | None]:
        """Declare what to say when the formula fails, given its operands; None leaves it to the engine."""
        self.explanation = function
        return function

    def __call__(self, *args: P.args, **options: P.kwargs) -> Tensor:
        if options or len(args) != self._arity:
            args = self._bind(args, options)  # type: ignore[assignment]  # P.args is no plain tuple
        Tensor = graph.Tensor
        operands: Any = []
        edges: list[Any] = []
        traced, bit = 0, 1  # which arguments need gradients, a bit for each
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
        except (ValueError, IndexError, TypeError, AttributeError, OverflowError, RuntimeWarning) as error:
            return self._otherwise(args, operands, error)
        if not tensors:
            if not any(hasattr(value, "dtype") for value in args):
                raise not_a_tensor(self.name, args[0]) or TypeError(f"{self.name}: expected a tensor")
            return y
        if type(y) not in ARRAYS:
            y = self._array(y)
        node = None
        if traced and state.recording:
            needs = traced | bit  # one bit above all says how many arguments there are
            plan = self._plans.get(needs)
            if plan is None:
                wanted = [edge is not None for edge in edges]
                plan = self._plans[needs] = make_plan(self.rules, self.parameters, self.variadic, wanted)
            if plan.steps and y.dtype.kind == "f":
                operands.append(y)
                node = Node(self, plan, edges, plan.save(operands), y.shape, y.dtype)
                if state.witness is not None:
                    node = state.witness(node, operands) or node
        if state.anomaly:
            check_forward(self.name, args, y)
            if node is not None:
                node.line = learner_line()
        result = Tensor._wrap(y, node)
        if self.view and writes.owner(y) is writes.owner(operands[0]):
            views.register(args[0], result, self, args[1:], state.recording)
        return result

    def _otherwise(self, args: tuple[Any, ...], operands: Any, error: Exception) -> Any:
        """What a call returns whose formula failed, or the error to raise, in the learner's terms."""
        again = self._signature.by_place(self)
        if isinstance(error, RuntimeWarning):
            return in_silence(error, self.ours, again, *args)
        if isinstance(error, TypeError) and any(map(is_tensor, args)):
            # Beside a GPU's tensors NumPy's fail. Those of no dimension go there and do not.
            moved = numbers_moved(args)
            if moved is not None:
                return again(*moved)
        raise explain(self, operands, error) from (None if self.ours else error)

    def _array(self, y: Any) -> Any:
        """What the formula returned, if it is no array as it stands, as one."""
        if isinstance(y, np.generic) or is_array(y):
            return np.asarray(y)  # NumPy turns 0-dimensional results into scalars
        fix = ""
        if y is None:
            fix = " Did it forget to return its result?"
        elif isinstance(y, (tuple, list)):
            fix = " Of several results make an operation each, or one array: np.stack."
        raise TypeError(f"{self.name}: the formula returned {type(y).__name__}; expected one array.{fix}")


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


@overload
def op(formula: Callable[P, Array], /) -> Op[P]: ...
@overload
def op(
    *, promote: str | None = None, view: bool = False, name: str | None = None
) -> Callable[[Callable[P, Array]], Op[P]]: ...
def op(
    formula: Any = None, /, *, promote: str | None = None, view: bool = False, name: str | None = None
) -> Any:
    """Make an operation of a formula.

    ``promote="common"`` casts the operands to their common dtype first, ``"floating"`` integers to floating,
    too. ``view=True`` says that the output may share the memory of the first argument. ``name`` is what
    a learner knows it by, if that is a function around the formula.
    """
    if formula is None:
        return lambda formula: Op(formula, promote, view, name)
    return Op(formula)
