"""Networks that have learnt something else: what they see in photographs is what heads learn from.

ResNet18 and EfficientNet-B0 know a thousand kinds of things (ImageNet); their weights are fetched from the
publisher, or read from a folder. "own" needs no network connection: a small CNN that learns here and now to
name the kinds of garments. None of them was ever asked about colours.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import minigrad as mg
from minigrad import nn, optim, train
from minigrad.data import DataLoader, TensorDataset
from minigrad.data.transforms import Compose, Normalize, ToTensor
from minigrad.errors import DataError
from minigrad.evaluation import kept_features
from minigrad.weights import PRETRAINED, load_pretrained
from models.cnn import garment_cnn
from models.efficientnet import efficientnet_b0
from models.outfits.wardrobe import Wardrobe
from models.resnet import resnet18

NAMES = ("own", "resnet18", "efficientnet_b0")
SIDE, OWN_SIDE = 224, 32  # of the photographs that they look at
OWN_EPOCHS = 8
ENDINGS = (".safetensors", ".pth")


class Trunk(NamedTuple):
    """A network whose last layer is left out.

    Attributes:
        name: one of ``NAMES``. model: the network, in evaluation. side: of the photographs that it takes.
        scaled: makes its input of bytes.
    """

    name: str
    model: nn.Module
    side: int
    scaled: Compose

    def features(self, images: Any, folder: Path, tell: Any = None) -> Any:
        """What enters its last layer, (N, D); kept in the folder. Shapes: images (N, side, side, 3)."""
        return kept_features(self.model, images, folder, self.scaled.batch, tell=tell)


def pretrained(name: str, weights: Path | None = None, padding: str = "symmetric") -> Trunk:
    """ResNet18 or EfficientNet-B0 with ImageNet's weights.

    Args:
        weights: a folder with resnet18.safetensors or .pth; None fetches the publisher's.
        padding: of EfficientNet-B0: "same" for weights that were trained in TensorFlow.

    Raises DataError if the folder has no such file.
    """
    model = resnet18() if name == "resnet18" else efficientnet_b0(padding=padding)
    model.load_state_dict(load_pretrained(name if weights is None else _file(weights, name)))
    known = PRETRAINED[name]
    scaled = Compose([ToTensor(), Normalize(known.mean, known.std)])
    return Trunk(name, model.eval(), SIDE, scaled)


def _file(folder: Path, name: str) -> Path:
    for ending in ENDINGS:
        if (folder / f"{name}{ending}").is_file():
            return folder / f"{name}{ending}"
    raise DataError(f"{folder}: there is no {name}.safetensors or {name}.pth.")


def own(wardrobe: Wardrobe, images: Any, seed: int = 0) -> Trunk:
    """A small CNN that has learnt to tell the kinds of these garments apart.

    Shapes: images (N, 32, 32, 3), bytes, in the order of the wardrobe.
    """
    kinds = sorted({garment.kind for garment in wardrobe.garments})
    targets = np.array([kinds.index(garment.kind) for garment in wardrobe.garments])
    scaled = Compose([ToTensor(), Normalize([0.5] * 3, [0.5] * 3)])
    mg.manual_seed(seed)
    model = garment_cnn(3, OWN_SIDE, max(2, len(kinds)), (16, 32))
    loader = DataLoader(TensorDataset(scaled.batch(images), mg.tensor(targets)), 32, shuffle=True)
    train.fit(
        model,
        loader,
        nn.CrossEntropyLoss(),
        optim.Adam(model.parameters(), lr=2e-3),
        OWN_EPOCHS,
        progress=False,
    )
    return Trunk("own", model.eval(), OWN_SIDE, scaled)


def norms(model: nn.Module) -> list[nn.BatchNorm2d]:
    """Its batch norm layers."""
    return [layer for layer in model.modules() if isinstance(layer, nn.BatchNorm2d)]


def is_folded(model: nn.Module) -> bool:
    """Whether batch norm was folded into the convolutions: its statistics are mean 0 and variance 1."""
    return all(
        not layer.running_mean.cpu().numpy().any()
        and np.allclose(layer.running_var.cpu().numpy(), 1, atol=1e-3)
        for layer in norms(model)
    )


def unfold(model: nn.Module, batches: Sequence[Any]) -> None:
    """Give batch norm statistics again, where it was folded into the convolutions: those of these images.

    A layer that is folded does y = x + b. With the mean m and variance v of x over the images,

        y = sqrt(v) (x - m) / sqrt(v) + (b + m)

    is the same function in evaluation, and in training it does what batch norm does: sets the mean and the
    variance of the batch in the place of m and v. (Folded, it would set them in the place of 0 and 1, and
    every map would get a wrong scale.) The images that the weights were learnt from have other statistics;
    these come as near as images at hand can.
    """
    sums = {id(layer): np.zeros((3, layer.num_features)) for layer in norms(model)}

    def measure(layer: nn.Module, inputs: Any) -> None:
        x = inputs[0].detach().cpu().numpy().astype(np.float64)
        sums[id(layer)] += np.stack(
            [np.full(x.shape[1], x[:, 0].size), x.sum((0, 2, 3)), (x**2).sum((0, 2, 3))]
        )

    handles = [layer.register_forward_pre_hook(measure) for layer in norms(model)]
    model.eval()
    with mg.no_grad():
        for batch in batches:
            model(batch)
    for handle in handles:
        handle.remove()
    for layer in norms(model):
        count, total, squares = sums[id(layer)]
        mean = total / count
        variance = squares / count - mean**2
        old = np.sqrt(layer.running_var.cpu().numpy() + layer.eps)
        scale = layer.weight.detach().cpu().numpy() / old
        shift = layer.bias.detach().cpu().numpy() - scale * layer.running_mean.cpu().numpy()
        state = {
            "weight": scale * np.sqrt(variance + layer.eps),
            "bias": shift + scale * mean,
            "running_mean": mean,
            "running_var": variance,
        }
        layer.load_state_dict(state, strict=False)
