"""SRGAN: a generator that enlarges images, and a discriminator that tells them from large ones."""

from typing import Any, Self

from minigrad.creation import ones_like, zeros_like
from minigrad.nn import Module
from minigrad.nn.functional import avg_pool2d, mse_loss
from minigrad.nn.functional import binary_cross_entropy_with_logits as cross_entropy
from minigrad.tensor import Tensor
from minigrad.train.gan import Turns, frozen


class SRGAN(Module):
    """Enlarging as a game between two networks, for `fit_gan`.

        discriminator:  min  1/2 (H(D(y), 1) + H(D(G(x)), 0))
        generator:      min  |f(G(x)) - f(y)|^2 + pixels |G(x) - y|^2 + adversarial H(D(G(x)), 1)

    y are images (N, C, H, W) within (-1, 1), x the same with each scale x scale pixels made their mean, f the
    features of a classifier of images like these: what counts is less that pixels are right than that the
    same things are seen. H is the binary cross-entropy. Squares are means over all numbers.

    Args:
        generator: x (N, C, H / scale, W / scale) -> images (N, C, H, W).
        discriminator: images -> scores (N, 1), logits.
        features: images -> features of any shape: the first layers of a trained classifier,
            ``classifier[:8]``. It is frozen and stays in eval mode: these layers themselves, so a classifier
            that is to learn on needs a copy to be given here (``copy.deepcopy``).
        scale: how much larger images are made.
        pixels, adversarial: weights of the losses. With ``adversarial=0`` the generator learns alone, which
            it does first, as a rule.

    Other than in the paper: the loss of pixels stays beside that of features, which replaces it there; the
    features are not scaled down (there by 12.75); they come from a classifier of one's own and not from VGG;
    with ``adversarial=0`` features count, too, where the paper's first training has pixels alone; and small
    images are means of pixels, not bicubic.

    Ledig et al. 2017, "Photo-realistic single image super-resolution using a generative adversarial network";
    Johnson, Alahi and Fei-Fei 2016, "Perceptual losses for real-time style transfer and super-resolution".
    """

    def __init__(
        self,
        generator: Module,
        discriminator: Module,
        features: Module,
        scale: int = 2,
        pixels: float = 1.0,
        adversarial: float = 1e-3,
    ) -> None:
        super().__init__()
        self.generator = generator
        self.discriminator = discriminator
        self.features = features.requires_grad_(False).eval()
        self.scale = scale
        self.pixels = pixels
        self.adversarial = adversarial

    def train(self, mode: bool = True) -> Self:
        """Set training mode of both networks; the classifier's batch norm and dropout stay at rest."""
        super().train(mode)
        self.features.eval()
        return self

    def small(self, images: Tensor) -> Tensor:
        """The images that are to be enlarged again: each scale x scale pixels made their mean."""
        height, width = images.shape[2:]
        if height % self.scale or width % self.scale:
            raise ValueError(
                f"SRGAN: images of {height}x{width} cannot be made {self.scale} times smaller. Crop them to "
                f"multiples of {self.scale}."
            )
        result: Tensor = avg_pool2d(images, self.scale)
        return result

    def turns(self, images: Tensor, labels: Any = None) -> Turns:
        """Yield the discriminator's loss as ``d_loss``, unless adversarial is 0, and then the generator's as
        ``g_loss``. Labels are not looked at.
        """
        made = self.generator(self.small(images))
        if self.adversarial:
            real, fake = self.discriminator(images), self.discriminator(made.detach())
            yield "d_loss", (cross_entropy(real, ones_like(real)) + cross_entropy(fake, zeros_like(fake))) / 2
        loss = mse_loss(self.features(made), self.features(images).detach())
        if self.pixels:
            loss = loss + self.pixels * mse_loss(made, images)
        with frozen(self.discriminator):
            if self.adversarial:
                scores = self.discriminator(made)
                loss = loss + self.adversarial * cross_entropy(scores, ones_like(scores))
            yield "g_loss", loss
