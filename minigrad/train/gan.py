"""GAN: a generator that makes images of noise and a discriminator that tells them from real ones, at odds."""

from collections.abc import Generator as Generating
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from minigrad.autograd import grad
from minigrad.creation import ones_like, rand, randn, zeros_like
from minigrad.nn import Module
from minigrad.nn.functional import binary_cross_entropy_with_logits as cross_entropy
from minigrad.ops.join import cat
from minigrad.random import Generator
from minigrad.tensor import Tensor
from minigrad.train.evaluate import evaluating

Turns = Generating[tuple[str, Tensor], None, None]
"""What `GAN.turns` yields: names and losses."""


class GAN(Module):
    """Two networks that learn from each other, in turns.

        discriminator:  min  1/2 (H(D(x + e), s) + H(D(G(z)), 0)) + penalty / 2 |dD/dx|^2
        generator:      min  H(D(G(z)), 1)

    x are real images, z noise, D's scores logits and H the binary cross-entropy; the label s of each real
    image is not 1 but random within (1 - smoothing, 1), so that the discriminator is never quite sure; and
    normal noise e is added to real images, of a deviation that is random within (0, instance_noise) for every
    batch, so that it does not judge by pixels. (So does the program of the fashion lookbook; in the paper,
    noise is added to generated images, too.)

    Args:
        generator: z (N, noise) -> images (N, C, H, W).
        discriminator: images -> scores (N, 1).
        noise: how many numbers an image is made of, uniform in (-1, 1).
        smoothing, instance_noise: see above; 0 for none.
        penalty: weight of the gradient penalty, which keeps scores from changing fast near real images: see
            `gradient_penalty`. 0 for none, which is faster.
        conditional: whether both networks are also given the images' classes: generator(z, labels),
            discriminator(images, labels).

    Raises:
        ValueError: an option is out of its range; or later, ``labels`` are missing or not asked for.
        TypeError, in training: images that are no floating numbers.

    Goodfellow et al. 2014, "Generative adversarial nets"; Salimans et al. 2016, "Improved techniques for
    training GANs" (labels); Sønderby et al. 2017, "Amortised MAP inference for image super-resolution"
    (instance noise); Mescheder, Geiger and Nowozin 2018, "Which training methods for GANs do actually
    converge?" (penalty).
    """

    def __init__(
        self,
        generator: Module,
        discriminator: Module,
        noise: int = 90,
        *,
        smoothing: float = 0.1,
        instance_noise: float = 0.1,
        penalty: float = 0.0,
        conditional: bool = False,
    ) -> None:
        super().__init__()
        options = {"smoothing": smoothing, "instance_noise": instance_noise, "penalty": penalty}
        for name, value in options.items():
            if not value >= 0:
                raise ValueError(f"GAN: {name} must be at least 0, got {value!r}")
        if not smoothing < 1:
            raise ValueError(
                f"GAN: smoothing must be below 1, so that real images count as real; got {smoothing!r}"
            )
        if not isinstance(noise, int) or noise < 1:
            raise ValueError(f"GAN: noise is how many numbers an image is made of, at least 1; got {noise!r}")
        self.generator = generator
        self.discriminator = discriminator
        self.noise = noise
        self.smoothing = smoothing
        self.instance_noise = instance_noise
        self.penalty = penalty
        self.conditional = conditional

    def noise_for(self, count: int, generator: Generator | None = None) -> Tensor:
        """Noise for so many images, (count, noise), uniform in (-1, 1)."""
        weight = next(self.generator.parameters())
        u = rand(count, self.noise, generator=generator, dtype=weight.dtype, device=weight.device)
        return 2 * u - 1

    def sample(self, count: int, labels: Tensor | None = None, batch_size: int = 250) -> Tensor:
        """New images (count, C, H, W): of the given classes, if the networks are conditional.

        They are made ``batch_size`` at a time, for the maps of a thousand large ones would fill the memory.
        """
        if labels is not None and not self.conditional:
            raise ValueError(
                "GAN: labels were given, and these networks are not told the class. Leave labels out, or "
                "make conditional networks and train.GAN(..., conditional=True)."
            )
        inputs = self.noise_for(count), *self._given(labels, count)
        with evaluating(self.generator):
            parts = [
                self._made(*(each[start : start + batch_size] for each in inputs))
                for start in range(0, max(count, 1), batch_size)
            ]
        images: Tensor = cat(parts)
        return images

    def turns(self, images: Tensor, labels: Tensor | None = None) -> Turns:
        """Yield the discriminator's loss as ``d_loss`` and, once it has taken its step, the generator's as
        ``g_loss``. Whoever takes the steps is `fit_gan`.

        The generated images of both turns are the same, made once. In its own turn the generator gets no
        gradients, and in the generator's turn the discriminator's weights get none.
        """
        if not images.is_floating_point():
            raise TypeError(
                f"GAN: expected images of floating numbers, within (-1, 1) as the generator's are; got "
                f"{images.dtype}. transforms.ToTensor() and Normalize((0.5,), (0.5,)) make them so."
            )
        given = self._given(labels, len(images))
        fakes = self._made(self.noise_for(len(images)), *given)
        d_loss = self._d_loss(images, fakes.detach(), given)
        if self.penalty:
            d_loss = d_loss + self.penalty / 2 * gradient_penalty(self.discriminator, images, *given)
        yield "d_loss", d_loss
        with frozen(self.discriminator):
            scores = self.discriminator(fakes, *given)
            yield "g_loss", cross_entropy(scores, ones_like(scores))

    def _made(self, z: Tensor, *given: Tensor) -> Tensor:
        """What the generator makes of noise."""
        try:
            images: Tensor = self.generator(z, *given)
        except Exception as error:
            error.add_note(
                f"GAN: raised in the generator, which was given noise of {self.noise} numbers. One that "
                "takes another count needs it here, too: train.GAN(generator, discriminator, noise=...)."
            )
            raise
        return images

    def _d_loss(self, images: Tensor, fakes: Tensor, given: tuple[Tensor, ...]) -> Tensor:
        """How badly the discriminator tells images from fakes: half the sum of two cross-entropies."""
        like: Any = {"dtype": images.dtype, "device": images.device}
        real = images
        if self.instance_noise:
            deviation = self.instance_noise * rand(1, **like)
            real = images + deviation * randn(images.shape, **like)
        scores = self.discriminator(real, *given)
        truth = 1 - self.smoothing * rand(scores.shape, **like)
        made = self.discriminator(fakes, *given)
        both: Tensor = cross_entropy(scores, truth) + cross_entropy(made, zeros_like(made))
        return both / 2

    def _given(self, labels: Tensor | None, count: int) -> tuple[Tensor, ...]:
        """What the networks get beside their first argument."""
        if not self.conditional:
            return ()
        if labels is None or len(labels) != count:
            raise ValueError(
                f"GAN: conditional networks need the class of each of {count} images, got "
                f"{'none' if labels is None else len(labels)}. Give labels, a tensor of class numbers (N,)."
            )
        return (labels.to(next(self.generator.parameters()).device),)


@contextmanager
def frozen(network: Module) -> Iterator[None]:
    """Inside, a network's parameters get no gradients; then those that did do so again."""
    learning = [parameter for parameter in network.parameters() if parameter.requires_grad]
    for parameter in learning:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in learning:
            parameter.requires_grad_(True)


def gradient_penalty(discriminator: Module, images: Tensor, *given: Tensor, norm: float = 0.0) -> Tensor:
    """How fast scores change around the images: the mean over them of (|dD/dx| - norm)^2.

    The gradient of this, which training takes, is a second derivative. On real images with norm 0 it is the
    penalty R1 of Mescheder et al. 2018; on points between real and generated images with norm 1, that of
    Gulrajani et al. 2017, "Improved training of Wasserstein GANs".

    Both are meant for a discriminator without batch norm, where the score of an image depends on no other
    image. With batch norm the slope also has what an image changes in the scores of the others, which is
    little; and this pass updates its running statistics once more.

    Shapes: images (N, ...), what else is ``given`` to the discriminator, scores (N, 1); the result ().
    """
    x = images.detach().requires_grad_()
    (slope,) = grad(discriminator(x, *given).sum(), x, create_graph=True)
    away: Tensor = (slope * slope).reshape(len(x), -1).sum(1)
    if norm:
        away = ((away + 1e-12).sqrt() - norm) ** 2  # 1e-12: where nothing changes, a root has no slope
    result: Tensor = away.mean()
    return result
