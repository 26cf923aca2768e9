"""The conditional networks: the class decides, and PyTorch computes the same."""

import numpy as np
import pytest

import minigrad as mg
from models import conditional_dcgan
from tests.models.conftest import numbers


def test_shapes_and_numbers(library):
    file, lib = library.models("conditional_dcgan"), library.lib
    labels = lib.tensor([3, 9])
    images = file.generator28()(lib.zeros(2, 90), labels)
    assert tuple(images.shape) == (2, 1, 28, 28)
    assert tuple(file.discriminator28()(images, labels).shape) == (2, 1)
    # 50 numbers more of noise, 6,272 products each, and ten vectors of 50
    assert numbers(file.generator28()) == 696_961 + 50 * 6_272 + 10 * 50
    assert numbers(file.discriminator28()) == 138_689 + 10 * 6_272
    assert numbers(file.generator64()) == 3_494_787 + 50 * 8_192 + 10 * 50
    assert numbers(file.discriminator64()) == 2_765_633 + 10 * 8_192


def test_the_score_is_the_plain_one_and_the_product_with_the_class():
    mg.manual_seed(0)
    network = conditional_dcgan.discriminator28(classes=3).eval()
    x = mg.randn(3, 1, 28, 28)
    features, state = network.features(x).detach().numpy(), network.state_dict()
    w, b = state["score.weight"].numpy(), state["score.bias"].numpy()
    classes = state["embedding.weight"].numpy()
    scores = network(x, mg.tensor([2, 0, 2])).detach().numpy()
    for i, label in enumerate([2, 0, 2]):
        assert scores[i, 0] == pytest.approx(features[i] @ (w[0] + classes[label]) + b[0], abs=1e-5)


def test_the_noise_is_louder_than_the_class_at_first(library):
    """Of 90 numbers uniform in (-1, 1) the mean square length is 30, of 50 from N(0, 0.25) it is 3.1."""
    library.lib.manual_seed(0)
    vectors = library.models("conditional_dcgan").generator28(classes=100).embedding.weight.detach().numpy()
    assert (vectors**2).sum(1).mean() == pytest.approx(50 / 16, rel=0.1)


def test_another_class_is_another_image():
    generator = conditional_dcgan.generator28().eval()
    z = mg.randn(1, 90)
    boots, bags = (generator(z, mg.tensor([label])).detach().numpy() for label in (9, 8))
    assert np.abs(boots - bags).max() > 1e-4


def test_torch_gives_the_same():
    torch = pytest.importorskip("torch")
    from benchmarks.frameworks import torch_models

    mg.manual_seed(0)
    theirs = torch_models.models("conditional_dcgan")
    for builder, shape in (("generator28", (4, 90)), ("discriminator28", (4, 1, 28, 28))):
        ours, other = getattr(conditional_dcgan, builder)(), getattr(theirs, builder)()
        other.load_state_dict({key: torch.tensor(value.numpy()) for key, value in ours.state_dict().items()})
        x, labels = mg.rand(*shape), mg.tensor([0, 9, 3, 3])
        expected = other(torch.tensor(x.numpy()), torch.tensor(labels.numpy())).detach().numpy()
        assert np.abs(ours(x, labels).detach().numpy() - expected).max() < 1e-5
