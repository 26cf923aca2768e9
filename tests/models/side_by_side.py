"""A network of models/ trained here and on PyTorch: the same file, the same weights, the same images."""

import importlib
import warnings
from contextlib import nullcontext
from typing import Any

import numpy as np

import minigrad as mg
from minigrad import nn, optim, train
from minigrad.data import FashionMNIST

OPTIMISERS = {"Adam": {"lr": 0.001}, "SGD": {"lr": 0.01, "momentum": 0.9}}
NETWORKS = {  # the file, and the shape of an image
    "wide_mlp": ("mlp", (1, 28, 28)),
    "deep_mlp": ("mlp", (1, 28, 28)),
    "cifar_mlp": ("mlp", (3, 32, 32)),
    "small_cnn": ("cnn", (1, 28, 28)),
    "fashion_cnn": ("cnn", (1, 28, 28)),
    "cifar_cnn": ("cnn", (3, 32, 32)),
    "fashion_row_norm": ("cnn", (1, 28, 28)),
    "fashion_channel_norm": ("cnn", (1, 28, 28)),
    "cifar_row_norm": ("cnn", (3, 32, 32)),
    "cifar_channel_norm": ("cnn", (3, 32, 32)),
    "cifar100_row_norm": ("cnn", (3, 32, 32)),
    "cifar100_channel_norm": ("cnn", (3, 32, 32)),
}


class SideBySide:
    """Two networks with the same weights, and batches of clothes; without dropout, which draws for itself.

    ``seed``: of the weights. ``smooth``: with tanh for ReLU and means for maxima, which have no kinks.
    """

    def __init__(
        self, name: str, dtype: str, steps: int, batch_size: int, seed: int = 0, smooth: bool = False
    ) -> None:
        import torch

        from benchmarks.frameworks import torch_models

        self.name, self.dtype, self.torch = name, dtype, torch
        file, image = NETWORKS[name]
        mg.manual_seed(seed)
        self.ours: nn.Module = getattr(importlib.import_module(f"models.{file}"), name)()
        self.theirs = getattr(torch_models.models(file), name)()
        state = self.ours.state_dict()
        self.theirs.load_state_dict({key: torch.tensor(value.numpy()) for key, value in state.items()})
        for model, layers in ((self.ours, nn), (self.theirs, torch.nn)):
            for layer in model.modules():
                if type(layer).__name__ == "Dropout":
                    layer.p = 0.0
            if smooth:
                _smooth(model, layers)
            if dtype == "float64":
                model.double()
        self.batches = self._batches(image, steps, batch_size)

    def _batches(self, image: tuple[int, ...], steps: int, size: int) -> list[tuple[Any, Any]]:
        clothes = FashionMNIST(train=True, sample="only")
        x = clothes.data.numpy()[: steps * size, None].astype(self.dtype) / 255
        y = clothes.targets.numpy()[: steps * size].astype(np.int64)
        margin = (image[1] - 28) // 2
        x = np.pad(x, ((0, 0), (0, 0), (margin, margin), (margin, margin)))
        colours = np.linspace(1, 0.5, image[0], dtype=self.dtype)[:, None, None]
        return [(x[i : i + size] * colours, y[i : i + size]) for i in range(0, steps * size, size)]

    def outputs(self) -> tuple[Any, Any]:
        """The scores of both for the first batch, in evaluation mode."""
        x, _ = self.batches[0]
        self.theirs.eval()
        with mg.no_grad(), self.torch.no_grad():
            ours = self.ours.eval()(mg.tensor(x)).numpy()
            return ours, self.theirs(self.torch.tensor(x)).numpy()

    def our_curve(self, optimiser: str, plain: bool = False) -> Any:
        """The loss of every batch, as ``fit`` takes the steps; ``plain`` with plain sums in convolutions."""
        losses: list[float] = []
        criterion = nn.CrossEntropyLoss()

        def loss(output: mg.Tensor, target: mg.Tensor) -> mg.Tensor:
            value = criterion(output, target)
            losses.append(value.item())
            return value

        before = mg.get_float32_conv_precision()
        mg.set_float32_conv_precision("highest" if plain else before)
        try:
            train.fit(
                self.ours,
                [(mg.tensor(x), mg.tensor(y)) for x, y in self.batches],
                loss,
                getattr(optim, optimiser)(self.ours.parameters(), **OPTIMISERS[optimiser]),
                1,
                progress=False,
            )
        finally:
            mg.set_float32_conv_precision(before)
        return np.array(losses)

    def their_curve(self, optimiser: str, plain: bool = False) -> Any:
        """The same in PyTorch; ``plain`` without its oneDNN kernels, which sum in another order."""
        torch, losses = self.torch, []
        optimizer = getattr(torch.optim, optimiser)(self.theirs.parameters(), **OPTIMISERS[optimiser])
        self.theirs.train()
        kernels = torch.backends.mkldnn.flags(enabled=False, allow_tf32=None) if plain else nullcontext()
        with warnings.catch_warnings(), kernels:
            warnings.filterwarnings("ignore", "Using padding='same' with even kernel", UserWarning)
            for x, y in self.batches:
                output = self.theirs(torch.tensor(x))
                loss = torch.nn.functional.cross_entropy(output, torch.tensor(y))
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
        return np.array(losses)


def _smooth(model: Any, layers: Any) -> None:
    for place, layer in enumerate(model):
        if type(layer).__name__ == "ReLU":
            model[place] = layers.Tanh()
        elif type(layer).__name__ == "MaxPool2d":
            model[place] = layers.AvgPool2d(2)
