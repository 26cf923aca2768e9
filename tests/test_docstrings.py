"""Whoever asks `help` is answered: what is public says what it is, and a function of the mathematics its
shapes and its errors.

A kernel's words stand in kernels/reference alone; the other backends do the same under the same name.
"""

import ast
import importlib
import inspect
import pkgutil
import re

import pytest

import minigrad as mg
from minigrad import nn
from minigrad.nn import functional as F

SAID_ELSEWHERE = ("minigrad.kernels.numba_cpu", "minigrad.kernels.cupy_gpu", "minigrad.devices.cuda_place")

# What is computed element by element: y has the shape of x, and nothing is to be said.
ELEMENTWISE = {
    *("elu", "gelu", "hardtanh", "leaky_relu", "relu", "sigmoid", "silu", "softplus", "tanh"),
    *("ELU", "GELU", "Hardtanh", "LeakyReLU", "ReLU", "Sigmoid", "SiLU", "Softplus", "Tanh"),
}
# What holds layers, and what is no function of a tensor.
HOLDERS = {"Identity", "Module", "ModuleDict", "ModuleList", "Parameter", "ParameterList", "Sequential"}
NUMBERS = {"same_padding"}
LAYERS = {name: value for name, value in vars(nn).items() if inspect.isclass(value)}
FUNCTIONS = {name for name in vars(F) if not name.startswith("_")}


MODULES = [
    module.name
    for module in pkgutil.walk_packages(mg.__path__, "minigrad.")
    if not module.name.startswith(SAID_ELSEWHERE) and not module.name.endswith("__main__")
]


def public(owner, module):
    """The names and values of what is defined in the module, functions and classes, and of their members."""
    for name, value in vars(owner).items():
        value = value.fget if isinstance(value, property) else value
        defined = inspect.isclass(value) or inspect.isfunction(value) or isinstance(value, mg.engine.op.Op)
        if name.startswith("_") or not defined or value.__module__ != module.__name__:
            continue
        yield f"{module.__name__}.{getattr(value, '__qualname__', name)}", getattr(owner, name)
        if inspect.isclass(value):
            yield from public(value, module)


@pytest.mark.parametrize("name", MODULES)
def test_what_is_public_says_what_it_is(name):
    """A method that a base class explains need not explain itself again."""
    module = pytest.importorskip(name) if name.startswith("minigrad.viz") else importlib.import_module(name)
    silent = [path for path, value in public(module, module) if not inspect.getdoc(value)]
    assert not silent


@pytest.mark.parametrize("name", sorted(FUNCTIONS - ELEMENTWISE - NUMBERS))
def test_a_function_tells_its_shapes(name):
    text = inspect.getdoc(getattr(F, name))
    assert "hape" in text or "(N" in text or "(..." in text, text


@pytest.mark.parametrize("name", sorted({*LAYERS} - ELEMENTWISE - HOLDERS))
def test_a_layer_tells_its_shapes(name):
    text = inspect.getdoc(LAYERS[name])
    assert "hape" in text or "(N" in text or "(..." in text or "(*" in text, text


FILES = [
    name
    for name in MODULES
    if name.startswith(("minigrad.ops.", "minigrad.optim.", "minigrad.nn."))
    and not name.rsplit(".", 1)[1].startswith("_")
]


@pytest.mark.parametrize("name", FILES)
def test_what_raises_says_so(name):
    """Of the public functions, and of the classes when they are made: those that raise themselves."""
    module = importlib.import_module(name)
    offered = {
        id(value)
        for owner in (mg, mg.Tensor, nn, F, nn.init, mg.optim, mg.optim.lr_scheduler)
        for value in vars(owner).values()
    }
    silent = []
    for node in ast.parse(inspect.getsource(module)).body:
        if (
            isinstance(node, (ast.FunctionDef, ast.ClassDef))
            and not node.name.startswith("_")
            and id(getattr(module, node.name, None)) in offered
        ):
            made = [m for m in getattr(node, "body", []) if getattr(m, "name", "") == "__init__"]
            body = node if isinstance(node, ast.FunctionDef) else (made or [ast.Pass()])[0]
            text = ast.get_docstring(node) or ""
            if any(isinstance(part, ast.Raise) for part in ast.walk(body)) and not re.search(
                "[Rr]aise|Errors:", text
            ):
                silent.append(node.name)
    assert not silent
