"""Spectral normalisation: a layer's weight, as a matrix, that stretches nothing by more than 1."""

from typing import Any, TypeVar

from minigrad.creation import randn
from minigrad.engine.modes import no_grad
from minigrad.nn.conv import ConvTranspose1d, ConvTranspose2d
from minigrad.nn.module import Module
from minigrad.nn.parameter import Parameter
from minigrad.tensor import Tensor

__all__ = ["remove_spectral_norm", "spectral_norm"]

M = TypeVar("M", bound=Module)

FIRST_ROUNDS = 15


def spectral_norm(
    module: M,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
) -> M:
    """Divide a layer's weight by its largest singular value, before each ``forward``.

        v = W^T u / |W^T u|,   u = W v / |W v|,   sigma = u^T W v,   weight = W / sigma

    W is the weight as a matrix, (out, the rest); a convolution, whose kernels overlap, may still stretch an
    image by more than 1. 15 rounds of this power iteration find u and v at first; one per forward pass in
    training follows W closely, as a step changes it little. For gradients they count as constants.
    The parameter becomes ``weight_orig``, u and v the buffers ``weight_u`` and ``weight_v``, as in PyTorch,
    which does without the first rounds.

    Args:
        module: the layer, which is changed and returned. name: of its parameter.
        n_power_iterations: rounds before each forward pass in training mode; in eval mode there is none.
        eps: the smallest norm that is divided by.
        dim: the axis of outputs: 0, or 1 for transposed convolutions.

    Raises:
        ValueError: n_power_iterations is below 1, or the layer has no such parameter. RuntimeError: the
        parameter is normalised already.

    Miyato et al. 2018, "Spectral normalization for generative adversarial networks".
    """
    if n_power_iterations < 1:
        raise ValueError(f"spectral_norm: n_power_iterations must be at least 1, got {n_power_iterations!r}")
    if _hook(module, name) is not None:
        raise RuntimeError(f"spectral_norm: '{name}' of {type(module).__name__} is normalised already.")
    weight = module._parameters.get(name)
    if weight is None:
        there = ", ".join(key for key, value in module._parameters.items() if value is not None) or "none"
        raise ValueError(
            f"spectral_norm: {type(module).__name__} has no parameter '{name}'; it has {there}. Of a "
            "network, each layer is normalised by itself: model.apply(...), or spectral_norm(nn.Conv2d(...))."
        )
    if dim is None:
        dim = 1 if isinstance(module, ConvTranspose1d | ConvTranspose2d) else 0
    norm = SpectralNorm(name, n_power_iterations, dim, eps)
    rows, columns = norm.matrix(weight.detach()).shape
    like: Any = {"dtype": weight.dtype, "device": weight.device}
    delattr(module, name)
    module.register_parameter(f"{name}_orig", weight)
    setattr(module, name, weight.detach())  # in the place of a parameter a tensor: what forward looks at
    u, v = norm.unit(randn(rows, **like)), norm.unit(randn(columns, **like))
    u, v = norm.nearer(norm.matrix(weight), u, v, FIRST_ROUNDS)
    module.register_buffer(f"{name}_u", u)
    module.register_buffer(f"{name}_v", v)
    module.register_forward_pre_hook(norm)
    return module


def remove_spectral_norm(module: M, name: str = "weight") -> M:
    """Make the weight as it is now, divided, a plain parameter again. ValueError: it is not normalised."""
    norm = _hook(module, name)
    if norm is None:
        raise ValueError(f"remove_spectral_norm: '{name}' of {type(module).__name__} is not normalised.")
    with no_grad():
        weight = norm.divided(module, iterate=False)
    for end in ("", "_u", "_v", "_orig"):
        delattr(module, name + end)
    module.register_parameter(name, Parameter(weight.detach()))
    hooks = module._forward_pre_hooks
    del hooks[next(key for key, hooked in hooks.items() if hooked.function is norm)]
    return module


class SpectralNorm:
    """The hook before ``forward`` that sets the divided weight."""

    def __init__(self, name: str, n_power_iterations: int, dim: int, eps: float) -> None:
        self.name = name
        self.n_power_iterations = n_power_iterations
        self.dim = dim
        self.eps = eps

    def __call__(self, module: Module, inputs: Any) -> None:
        setattr(module, self.name, self.divided(module, iterate=module.training))

    def divided(self, module: Module, iterate: bool) -> Tensor:
        """W / sigma, once u and v have been brought nearer to W's singular vectors if ``iterate``."""
        weight: Tensor = getattr(module, f"{self.name}_orig")
        kept = [getattr(module, f"{self.name}_u"), getattr(module, f"{self.name}_v")]
        w = self.matrix(weight)
        u, v = (vector.clone() for vector in kept)  # a graph that has them outlives the next round
        if iterate:
            u, v = self.nearer(w, u, v, self.n_power_iterations)
            for place, vector in zip(kept, (u, v), strict=True):
                place.copy_(vector)
        sigma = u @ (w @ v)
        result: Tensor = weight / sigma
        return result

    def nearer(self, w: Tensor, u: Tensor, v: Tensor, rounds: int) -> tuple[Tensor, Tensor]:
        """u and v after so many rounds of the power iteration, without history."""
        with no_grad():
            for _ in range(rounds):
                v = self.unit(w.T @ u)
                u = self.unit(w @ v)
        return u, v

    def matrix(self, weight: Tensor) -> Tensor:
        """(out, the rest)."""
        if self.dim:
            weight = weight.permute(self.dim, *(axis for axis in range(weight.ndim) if axis != self.dim))
        return weight.reshape(weight.shape[0], -1)

    def unit(self, vector: Tensor) -> Tensor:
        """The vector made as long as 1."""
        length = (vector * vector).sum().sqrt()
        result: Tensor = vector / length.clamp(min=self.eps)
        return result


def _hook(module: Module, name: str) -> SpectralNorm | None:
    for hooked in module._forward_pre_hooks.values():
        if isinstance(hooked.function, SpectralNorm) and hooked.function.name == name:
            return hooked.function
    return None
