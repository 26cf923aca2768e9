"""Grad-CAM: where in an image a network has found what speaks for an answer."""

from typing import Any

import numpy as np

from minigrad.autograd import grad
from minigrad.evaluation.measured import Array
from minigrad.nn import Module
from minigrad.tensor import Tensor
from minigrad.train.evaluate import where


def grad_cam(model: Module, layer: Module, images: Any, answer: int) -> Array:
    """How much each place of a layer's maps speaks for an answer, brought to (0, 1) in each image.

        weight of a map = mean over its places of d score / d map
        heat            = relu(sum over maps of weight * map), over its largest value

    The backward pass goes from the score to the maps and no further, frozen or not.

    Args:
        model: a classifier; used in evaluation, and left in the mode that it was in.
        layer: a module of it whose output is maps (N, C, H, W): the last convolutions.
        images: (N, C, H, W), as the model takes them.
        answer: the number of the class.

    Returns:
        (N, H, W), of the size of the maps; all 0 where nothing speaks for it.

    Raises:
        ValueError: the layer is not used once, or its output is no maps.

    Selvaraju and others 2016, "Grad-CAM: visual explanations from deep networks".
    """
    seen: list[Tensor] = []

    def begin_here(module: Module, inputs: Any, output: Tensor) -> Tensor:
        maps = output.detach().requires_grad_(True)
        seen.append(maps)
        return maps

    training = {module: module.training for module in model.modules()}
    handle = layer.register_forward_hook(begin_here)
    try:
        model.eval()
        x = images if isinstance(images, Tensor) else Tensor(np.ascontiguousarray(images))
        scores = model(x.to(where(model)))
        if len(seen) != 1 or seen[0].ndim != 4:
            raise ValueError(
                f"grad_cam: expected a layer that is used once and gives maps (N, C, H, W); the "
                f"{type(layer).__name__} was used {len(seen)} times"
                f"{f' and gave shape {tuple(seen[0].shape)}' if seen else ''}."
            )
        (gradient,) = grad(scores[:, answer].sum(), seen)  # the parameters' own are left alone
    finally:
        handle.remove()
        for module, mode in training.items():
            module.training = mode
    maps, slopes = seen[0].detach().cpu().numpy(), gradient.cpu().numpy()
    heat = np.maximum((slopes.mean((2, 3), keepdims=True) * maps).sum(1), 0)
    most = heat.max((1, 2), keepdims=True)
    result: Array = heat / np.where(most > 0, most, 1)
    return result
