"""What a network looked at: heat over photographs, for the answer that it gave to each."""

from typing import Any

import numpy as np
from PIL import Image

import minigrad as mg
from minigrad import nn, train
from minigrad.evaluation import grad_cam
from models.outfits.heads import fit_head, one_layer
from models.outfits.trunks import Trunk

COLD, HOT = (11, 74, 138), (194, 65, 12)


def last_maps(trunk: Trunk) -> nn.Module:
    """The layer whose output is the last maps, before their places are brought together."""
    if trunk.name == "resnet18":
        return trunk.model.get_submodule("layer4")
    if trunk.name == "efficientnet_b0":
        return trunk.model.get_submodule("features")
    layers = list(trunk.model.children())
    flat = next(i for i, layer in enumerate(layers) if isinstance(layer, nn.Flatten))
    return layers[flat - 1]


def put_head(trunk: Trunk, features: Any, labels: Any, seed: int) -> None:
    """Train a head on the features of all photographs, and make it the network's last layer.

    A head learns from features of mean m and deviation d brought to 0 and 1; w (x - m) / d + b is the layer
    with the weights w / d and the bias b - w m / d. Shapes: features (N, D), labels (N,).
    """
    mean, deviation = features.mean(0), features.std(0) + 1e-6
    mg.manual_seed(seed)
    head = one_layer(features.shape[1])
    fit_head(head, ((features - mean) / deviation).astype(np.float32), labels, seed)
    weight, bias = (parameter.detach().numpy() for parameter in head.parameters())
    last = trunk.model.get_submodule(train.replace_head(trunk.model, 2))
    state = {"weight": weight / deviation, "bias": bias - (weight / deviation) @ mean}
    last.load_state_dict(state)


def looked_at(trunk: Trunk, images: Any) -> tuple[Any, Any]:
    """(answers, pictures): what the network says of each photograph, and the photograph with heat over what
    speaks for it. Shapes: images (N, S, S, 3), bytes; answers (N,), pictures (N, S, S, 3), bytes.
    """
    x = trunk.scaled.batch(images)
    with mg.no_grad():
        answers = trunk.model.eval()(x).numpy().argmax(1)
    pictures = [
        over(image, grad_cam(trunk.model, last_maps(trunk), x[i : i + 1], int(answer))[0])
        for i, (image, answer) in enumerate(zip(images, answers, strict=True))
    ]
    return answers, np.stack(pictures)


def over(image: Any, heat: Any) -> Any:
    """A photograph in grey, cold where nothing was found, hot where most was. Shapes: (S, S, 3), (h, w)."""
    side = image.shape[1], image.shape[0]
    large = np.asarray(
        Image.fromarray(np.float32(heat)).resize(side, Image.Resampling.BICUBIC), np.float64
    ).clip(0, 1)[..., None]
    grey = image.mean(2, keepdims=True)
    tint = (1 - large) * np.array(COLD) + large * np.array(HOT)
    return (0.55 * grey + 0.45 * tint).round().clip(0, 255).astype(np.uint8)
