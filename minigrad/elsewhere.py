"""Names that tensors and the package do not have and that people try, out of habit with others."""

from importlib import import_module
from typing import Any, NoReturn

INSTEAD = {
    "array": "mg.tensor(...) makes a tensor of numbers.",
    "asarray": "mg.as_tensor(...) makes a tensor of it.",
    "backends": "There are no switches: what is fastest here is chosen, and the same on each run.",
    "compile": "There is no compiler: call the model as it is.",
    "concatenate": "It is mg.cat([x, y]).",
    "expand_dims": "It is x.unsqueeze(dim).",
    "FloatTensor": "mg.tensor(...) makes a tensor of floating numbers, such as [1.0, 2.0].",
    "grad": "It is mg.autograd.grad(loss, x), or loss.backward() and then x.grad.",
    "jit": "There is no compiler: call the model as it is.",
    "LongTensor": "mg.tensor(...) makes a tensor of whole numbers, such as [1, 2].",
    "power": "It is x ** y, or mg.pow(x, y).",
    "Variable": "It is a tensor: mg.tensor(..., requires_grad=True).",
}
"""What is meant by a name that ``minigrad`` does not have."""

RECURRENT = "minigrad has no recurrent layers."
ATTENTION = "minigrad has no layers of attention."
PARALLEL = "Several ranks train one network by mg.distributed.DistributedDataParallel(network)."
LAYERS = {
    "DataParallel": PARALLEL,
    "Dense": "It is nn.Linear(in_features, out_features).",
    "GRU": RECURRENT,
    "LSTM": RECURRENT,
    "MultiheadAttention": ATTENTION,
    "RNN": RECURRENT,
    "SyncBatchNorm": "It is mg.distributed.SyncBatchNorm, batch norm over several ranks.",
    "Transformer": ATTENTION,
    "parallel": PARALLEL,
}
"""What is to be known of a layer that ``minigrad.nn`` does not have."""

MODULES = ("nn", "nn.functional", "optim", "data", "train", "viz", "weights")
"""Where a name is looked for that is not in ``minigrad`` itself."""


def unknown(module: str, name: str, instead: str) -> AttributeError:
    """The error for a name that a module does not have. ``instead`` says what is meant, or is empty."""
    return AttributeError(f"module '{module}' has no attribute {name!r}{instead and f'. {instead}'}")


def found(name: str) -> str:
    """What is meant by a name that ``minigrad`` does not have; empty if nothing is known of it."""
    if name in INSTEAD or name.startswith("_"):
        return INSTEAD.get(name, "")
    for module in MODULES:
        value = getattr(import_module(f"minigrad.{module}"), name, None)
        if callable(value) and value.__module__.startswith("minigrad."):  # and not what it imports itself
            return f"It is in minigrad.{module}: from minigrad.{module} import {name}"
    return ""


class Elsewhere:
    """A name that is not there: asking for it raises AttributeError, which says what is meant.

    (A ``__getattr__`` of Tensor would do, too, and make every attribute of every tensor slower to reach.)
    """

    def __init__(self, instead: str) -> None:
        self._instead = instead

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, tensor: Any, owner: type) -> NoReturn:
        raise AttributeError(
            f"'{owner.__name__}' object has no attribute '{self._name}'. {self._instead}",
            name=self._name,
            obj=tensor,
        )
