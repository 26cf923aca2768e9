"""Transfer: a network that has learnt one thing learns another. What is frozen, what is new, how fast each
part learns.

    freeze(model, "*", unless="fc.*")                  all but the head keeps what it has learnt
    replace_head(model, 2)                             a new last layer, for two classes
    Adam(parameter_groups(model, {"fc.*": 1e-3, "layer4.*": 1e-5}))
"""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from minigrad.nn import BatchNorm, Linear, Module, Parameter

Patterns = str | tuple[str, ...] | list[str]
"""Of dotted names, as a shell has them: "layer1.*", "*.bn?.*"; one or several."""


def freeze(model: Module, patterns: Patterns = "*", *, unless: Patterns = ()) -> list[str]:
    """Let the parameters of those names keep their values: they get no gradients, and what lies before the
    first layer that learns costs no gradient work at all.

    Batch norm whose parameters are all frozen stays in evaluation, whatever ``model.train()`` says; so does
    one without parameters if the name of its ``running_mean`` fits: its running statistics are a part of what
    was learnt. In training mode it would take those of the batch, so that what a frozen network sees in a
    photograph depends on the photographs beside it, and its running statistics would move away. (PyTorch
    leaves this to the user: ``requires_grad_(False)`` does not do it.)

    Args:
        model: the network.
        patterns: of the names of its parameters, as ``named_parameters`` has them.
        unless: of those that are left as they are all the same.

    Returns:
        The names that are frozen now.

    Raises:
        ValueError: a pattern fits no name.
    """
    left = set(_matching(model, unless))
    names = [name for name in _matching(model, patterns) if name not in left]
    for name in names:
        model.get_parameter(name).requires_grad_(False)
    for statistic, layer in _norms(model):
        if _rests(layer, _fits(statistic, patterns) and not _fits(statistic, unless)):
            layer.frozen = True
            layer.eval()
    return names


def unfreeze(model: Module, patterns: Patterns = "*") -> list[str]:
    """Let the parameters of those names learn again, and batch norm that has one of them with them.

    Returns the names. Raises ValueError if a pattern fits no name.
    """
    names = _matching(model, patterns)
    for name in names:
        model.get_parameter(name).requires_grad_(True)
    for statistic, layer in _norms(model):
        if not _rests(layer, not _fits(statistic, patterns)):
            layer.frozen = False
            layer.train(model.training)
    return names


def head_of(model: Module) -> str:
    """The dotted name of the last linear layer, which names the classes: "fc" of a ResNet.

    Raises ValueError if there is none.
    """
    names = [name for name, module in model.named_modules() if isinstance(module, Linear)]
    if not names:
        raise ValueError(f"head_of: {type(model).__name__} has no linear layer that could be its head.")
    return names[-1]


def replace_head(model: Module, num_classes: int, *, name: str | None = None) -> str:
    """Put a new linear layer in the place of the last one, with weights drawn anew, for other classes.

    Args:
        model: the network, changed in place.
        num_classes: outputs of the new layer. Everything that enters the old one enters the new one.
        name: of the layer; by default ``head_of`` finds it.

    Returns:
        The layer's dotted name.

    Raises:
        ValueError: there is no linear layer. TypeError: the layer of that name is no linear one.
    """
    name = head_of(model) if name is None else name
    old = model.get_submodule(name)
    if not isinstance(old, Linear):
        raise TypeError(f"replace_head: {name!r} is a {type(old).__name__}; expected a Linear layer.")
    new = Linear(
        old.in_features,
        num_classes,
        bias=old.bias is not None,
        device=old.weight.device,
        dtype=old.weight.dtype,
    )
    model.set_submodule(name, new.train(model.training))
    return name


def parameter_groups(model: Module, rates: Mapping[str, float], **options: Any) -> list[dict[str, Any]]:
    """Parameters that learn, in groups with a learning rate each, for an optimiser.

    Args:
        model: the network. Frozen parameters are in no group.
        rates: learning rates by pattern of names; the first pattern that fits a name has it.
        options: others that all groups are to have, such as ``weight_decay=0.01``.

    Returns:
        A group for each pattern, with "params" and "lr"; patterns whose parameters are all frozen have none.

    Raises:
        ValueError: a parameter that learns fits no pattern, or a pattern fits no name.

    Howard and Ruder 2018, "Universal language model fine-tuning": early layers, which know what all pictures
    have, should move less than late ones.
    """
    for pattern in rates:
        _matching(model, pattern)
    groups: dict[str, list[Parameter]] = {pattern: [] for pattern in rates}
    left: list[str] = []
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            fitting = [pattern for pattern in rates if fnmatchcase(name, pattern)]
            if fitting:
                groups[fitting[0]].append(parameter)
            else:
                left.append(name)
    if left:
        raise ValueError(
            f"parameter_groups: no pattern of {', '.join(map(repr, rates))} fits {left[0]!r}"
            f"{f' and {len(left) - 1} more' if len(left) > 1 else ''}, which would not learn. Freeze what "
            'should not, or add a pattern: {"*": rate} takes the rest.'
        )
    return [
        {"params": parameters, "lr": rates[pattern], **options}
        for pattern, parameters in groups.items()
        if parameters
    ]


def _matching(model: Module, patterns: Patterns) -> list[str]:
    """The names of parameters that fit one of the patterns, in order."""
    names = [name for name, _ in model.named_parameters()]
    for pattern in _several(patterns):
        if not any(fnmatchcase(name, pattern) for name in names):
            some = ", ".join(names[:3])
            raise ValueError(
                f"no parameter of {type(model).__name__} has a name like {pattern!r}; they are called {some}"
                f"{', ...' if len(names) > 3 else ''}. "
                f"A whole layer is {pattern.rstrip('.*')!r} with '.*' after."
            )
    return [name for name in names if _fits(name, patterns)]


def _fits(name: str, patterns: Patterns) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in _several(patterns))


def _several(patterns: Patterns) -> tuple[str, ...]:
    return (patterns,) if isinstance(patterns, str) else tuple(patterns)


def _norms(model: Module) -> Iterator[tuple[str, BatchNorm]]:
    """The batch norm layers, each after the name of its running mean."""
    for name, module in model.named_modules():
        if isinstance(module, BatchNorm):
            yield f"{name}.running_mean" if name else "running_mean", module


def _rests(layer: BatchNorm, without: bool) -> bool:
    """Whether no parameter of the layer learns; ``without`` is the answer for one that has none."""
    own = list(layer.parameters())
    return not any(parameter.requires_grad for parameter in own) if own else without
