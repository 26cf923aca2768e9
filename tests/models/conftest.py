"""The networks of models/ on both libraries: on PyTorch, where it is installed, the same files run."""

import importlib
from types import ModuleType, SimpleNamespace

import pytest

import minigrad
from minigrad import nn


@pytest.fixture(params=["minigrad", "torch"])
def library(request: pytest.FixtureRequest) -> SimpleNamespace:
    """`lib`, `nn` and `models`, which gives the module of a file in models/."""
    if request.param == "minigrad":
        return SimpleNamespace(
            lib=minigrad, nn=nn, models=lambda file: importlib.import_module(f"models.{file}")
        )
    torch = pytest.importorskip("torch")
    from benchmarks.frameworks import torch_models

    return SimpleNamespace(lib=torch, nn=torch_models.nn, models=torch_models.models)


class OnBoth:
    """Builds a network with the same state on minigrad and on PyTorch, and runs both on the same input."""

    def __init__(self, torch: ModuleType) -> None:
        self.torch = torch

    def outputs(self, file: str, builder: str, shape: tuple[int, ...], train: bool) -> tuple[object, object]:
        from benchmarks.frameworks import torch_models

        minigrad.manual_seed(0)
        ours = getattr(importlib.import_module(f"models.{file}"), builder)()
        theirs = getattr(torch_models.models(file), builder)()
        state = {key: self.torch.tensor(value.numpy()) for key, value in ours.state_dict().items()}
        theirs.load_state_dict(state)
        for model in (ours, theirs):
            model.train(train)
            for layer in model.modules():
                if type(layer).__name__ == "Dropout":
                    layer.p = 0.0
        x = minigrad.rand(*shape)
        return ours(x).detach().numpy(), theirs(self.torch.tensor(x.numpy())).detach().numpy()


@pytest.fixture
def on_both() -> OnBoth:
    return OnBoth(pytest.importorskip("torch"))


def numbers(model: object, state: bool = False) -> int:
    """How many parameters a model has; with `state`, its running means and variances too."""
    if not state:
        return sum(p.numel() for p in model.parameters())
    return sum(v.numel() for k, v in model.state_dict().items() if not k.endswith("num_batches_tracked"))


def by_layer(model: object) -> list[int]:
    """The numbers of every layer that has any, running means and variances included, as Keras counts them."""
    return [count for layer in model if (count := numbers(layer, state=True))]
