"""A DCGAN that paints what it is asked for: both networks are told the class, by embeddings.

z (N, noise) and labels (N) -> images (N, C, H, W); images and labels -> scores (N, 1). The generator gets
the class's vector beside the noise. The discriminator adds to its score how well the image's features agree
with the class's vector, their inner product: it asks whether this is a real image, and whether it is a boot.

Mirza and Osindero 2014, "Conditional generative adversarial nets"; Miyato and Koyama 2018, "cGANs with
projection discriminator".
"""

from minigrad import Tensor, cat, nn
from models import dcgan


class ConditionalGenerator(nn.Module):
    """images = layers(z and embedding[label] side by side)

    The classes' vectors begin as N(0, 0.25), quieter than the noise: where they were N(0, 1), the class alone
    came to decide, and every shirt was the same shirt.
    """

    def __init__(self, layers: nn.Sequential, classes: int, width: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(classes, width)
        nn.init.normal_(self.embedding.weight, 0.0, 0.25)
        self.layers = layers

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        return self.layers(cat([z, self.embedding(labels)], 1))


class ConditionalDiscriminator(nn.Module):
    """score = w h + b + embedding[label] h, with h = features(images)"""

    def __init__(self, layers: nn.Sequential, classes: int) -> None:
        super().__init__()
        self.features, self.score = layers[:-1], layers[-1]
        self.embedding = nn.Embedding(classes, self.score.in_features)
        nn.init.normal_(self.embedding.weight, 0.0, 0.02)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        h = self.features(x)  # (N, features)
        return self.score(h) + (self.embedding(labels) * h).sum(1, keepdim=True)


def generator28(classes: int = 10, noise: int = 90, width: int = 50) -> ConditionalGenerator:
    """28x28, one colour; a vector of 50 numbers for each class: 1,011,061 parameters for ten."""
    return ConditionalGenerator(dcgan.generator28(noise + width), classes, width)


def discriminator28(classes: int = 10) -> ConditionalDiscriminator:
    """28x28, one colour: 201,409 parameters for ten classes."""
    return ConditionalDiscriminator(dcgan.discriminator28(), classes)


def generator64(classes: int = 10, noise: int = 90, width: int = 50) -> ConditionalGenerator:
    """64x64 in colour: 3,904,887 parameters for ten classes."""
    return ConditionalGenerator(dcgan.generator64(noise + width), classes, width)


def discriminator64(classes: int = 10) -> ConditionalDiscriminator:
    """64x64 in colour: 2,847,553 parameters for ten classes."""
    return ConditionalDiscriminator(dcgan.discriminator64(), classes)
