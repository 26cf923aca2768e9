"""The networks of the reports learn as they do in PyTorch: the same loss, step for step.

The comparison is in float64. In float32 rounding grows from step to step: Adam makes steps of nearly one size
out of gradients that are nearly 0, whichever sign they got, and batch norm over few images divides by small
deviations. After 100 steps PyTorch's own losses in float32 are hundredths away from those in float64. Where
neither is in play, float32 and its fast kernels are compared, too.
"""

import importlib

import numpy as np
import pytest

import minigrad as mg
from minigrad.data import load_fashion_mnist

CASES = [
    ("mlp", "wide_mlp", 1, "Adam", 64),
    ("cnn", "small_cnn", 1, "Adam", 64),
    ("cnn", "fashion_row_norm", 1, "Adam", 64),
    ("cnn", "cifar_row_norm", 3, "Adam", 64),
    ("mlp", "cifar_mlp", 3, "SGD", 32),
    ("cnn", "cifar_cnn", 3, "SGD", 32),
    ("cnn", "small_cnn", 1, "SGD", 32),
]
STEPS, BATCH = 100, 10


def images(depth: int) -> tuple[np.ndarray, np.ndarray]:
    """Clothes; where three colours and 32 x 32 pixels are asked for, tinted, with a border."""
    grey, labels = load_fashion_mnist(sample="only")
    x = grey[: STEPS * BATCH // 4, None].astype(np.float32) / 255
    if depth == 3:
        tint = np.random.default_rng(0).random((len(x), 3, 1, 1), np.float32)
        x = np.pad(x, [(0, 0), (0, 0), (2, 2), (2, 2)]) * tint
    return x, labels[: len(x)]


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
@pytest.mark.parametrize(("file", "builder", "depth", "method", "bits"), CASES)
def test_a_hundred_steps(file: str, builder: str, depth: int, method: str, bits: int) -> None:
    torch = pytest.importorskip("torch")
    from benchmarks.frameworks import torch_models

    mg.manual_seed(0)
    ours = getattr(importlib.import_module(f"models.{file}"), builder)()
    theirs = getattr(torch_models.models(file), builder)()
    theirs.load_state_dict({key: torch.tensor(value.numpy()) for key, value in ours.state_dict().items()})
    for model in (ours, theirs):
        if bits == 64:
            model.double()
        for layer in model.modules():
            if type(layer).__name__ == "Dropout":
                layer.p = 0.0
    x, labels = images(depth)
    x = x.astype(f"float{bits}")
    options = {"lr": 0.001} if method == "Adam" else {"lr": 0.005}

    def curve(lib: object, model: object, tensor: object) -> np.ndarray:
        optimizer = getattr(lib.optim, method)(model.parameters(), **options)
        losses = []
        for step in range(STEPS):
            rows = slice(step * BATCH % len(x), step * BATCH % len(x) + BATCH)
            loss = lib.nn.functional.cross_entropy(model(tensor(x[rows])), tensor(labels[rows]))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return np.array(losses)

    mine, yours = curve(mg, ours, mg.tensor), curve(torch, theirs, torch.tensor)
    assert np.abs(mine - yours).max() < 1e-3
    assert mine[-10:].mean() < mine[:10].mean()  # and it learns
