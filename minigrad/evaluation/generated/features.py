"""What a classifier sees in images: the numbers that enter its last layer."""

from typing import Any, NamedTuple

import numpy as np

from minigrad.evaluation.measured import Array
from minigrad.nn import Linear, Module
from minigrad.tensor import Tensor
from minigrad.train.evaluate import evaluating, where


class Features(NamedTuple):
    """Of N images: what is seen in them, (N, D), and the scores of their classes, (N, classes)."""

    values: Array
    scores: Array


def features(model: Module, images: Any, layer: Module | None = None, batch_size: int = 250) -> Features:
    """What ``model`` sees in images: the input of its last linear layer, and its scores.

    Args:
        model: a classifier, best one that was trained on images like these; it is used in eval mode.
        images: a tensor or an array (N, C, H, W) as the model takes them: a generator's images lie in
            (-1, 1), and so should those that the classifier learnt from.
        layer: the layer whose input is taken instead.
        batch_size: how many images are looked at together.

    Raises:
        ValueError: there are no images, no linear layer, or the layer is not used once.
    """
    if layer is None:
        linear = [module for module in model.modules() if isinstance(module, Linear)]
        if not linear:
            raise ValueError(
                f"features: {type(model).__name__} has no linear layer whose input could be taken. Name one "
                "of its layers: layer=model[-1]."
            )
        layer = linear[-1]
    if not len(images):
        raise ValueError("features: there are no images to look at.")
    there, values, scores = where(model), [], []
    seen: list[Tensor] = []
    handle = layer.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    try:
        with evaluating(model):
            for start in range(0, len(images), batch_size):
                part = images[start : start + batch_size]
                seen.clear()
                x = part if isinstance(part, Tensor) else Tensor(np.ascontiguousarray(part))
                scores.append(model(x.to(there)).cpu().numpy())
                if len(seen) != 1:
                    raise ValueError(
                        f"features: the layer, a {type(layer).__name__}, is used {len(seen)} times, not "
                        "once. Name another one."
                    )
                values.append(seen[0].reshape(len(part), -1).cpu().numpy().astype(np.float64))
    finally:
        handle.remove()
    return Features(np.concatenate(values), np.concatenate(scores))
