"""The two losses by hand, PyTorch's training of the same networks, and what gets gradients when."""

import math

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn, optim, train
from minigrad.train.gan import frozen, gradient_penalty

SHAPE = (1, 8, 8)


def networks(lib=mg):
    """Small ones with all that a DCGAN has: transposed and strided convolutions, batch norm, leaky ReLU."""
    n = lib.nn
    generator = n.Sequential(
        n.Linear(6, 4 * 4 * 4, bias=False),
        n.Unflatten(1, (4, 4, 4)),
        n.BatchNorm2d(4),
        n.ReLU(),
        n.ConvTranspose2d(4, 1, 4, stride=2, padding=1),
        n.Tanh(),
    )
    discriminator = n.Sequential(
        n.Conv2d(1, 4, 4, stride=2, padding=1),
        n.BatchNorm2d(4),
        n.LeakyReLU(0.2),
        n.Flatten(),
        n.Linear(64, 1),
    )
    return generator, discriminator


class Constant(nn.Module):
    """A discriminator whose scores are one number, and a generator that gives one image."""

    def __init__(self, value):
        super().__init__()
        self.value = nn.Parameter(mg.tensor([value]))

    def forward(self, x):
        return self.value * mg.ones(len(x), 1)


def test_the_losses_by_hand():
    """Scores of 2 for all images: H(2, 1) = ln(1 + e^-2), H(2, 0) = ln(1 + e^2)."""
    gan = train.GAN(Constant(0.5), Constant(2.0), smoothing=0, instance_noise=0)
    losses = {name: loss.item() for name, loss in gan.turns(mg.rand(3, 1))}
    real, made = math.log(1 + math.exp(-2)), math.log(1 + math.exp(2))
    assert losses == {"d_loss": pytest.approx((real + made) / 2), "g_loss": pytest.approx(real)}


def test_smoothed_labels_lie_between_09_and_1():
    """H(x, s) = ln(1 + e^x) - s x is linear in s: with scores of 2 the loss tells the mean label."""
    gan = train.GAN(Constant(0.5), Constant(2.0), smoothing=0.1, instance_noise=0)
    both = math.log(1 + math.exp(2))
    _, loss = next(iter(gan.turns(mg.rand(20000, 1))))
    assert (2 * both - 2 * loss.item()) / 2 == pytest.approx(0.95, abs=0.002)


def test_noise_is_added_to_real_images_alone():
    seen = []

    class Watching(Constant):
        def forward(self, x):
            seen.append(x.detach().numpy())
            return super().forward(x)

    mg.manual_seed(0)
    gan = train.GAN(Constant(0.5), Watching(2.0), instance_noise=0.1)
    deviations = []
    for _ in range(50):
        next(iter(gan.turns(mg.zeros(400, 1))))
        real, made = seen[-2:]
        deviations.append(real.std())
        assert (made == 0.5).all()
    assert 0 < min(deviations) < 0.02 and 0.08 < max(deviations) < 0.11  # uniform up to 0.1


def test_in_its_turn_a_network_alone_gets_gradients():
    gan = train.GAN(*networks(), noise=6)
    turns = gan.turns(mg.rand(4, *SHAPE))
    name, loss = next(turns)
    loss.backward()
    assert name == "d_loss"
    assert all(p.grad is None for p in gan.generator.parameters())
    assert all(p.grad is not None for p in gan.discriminator.parameters())
    gan.zero_grad()
    name, loss = next(turns)
    loss.backward()
    assert name == "g_loss"
    assert all(p.grad is not None for p in gan.generator.parameters())
    assert all(p.grad is None for p in gan.discriminator.parameters())
    assert not list(turns)
    assert all(p.requires_grad for p in gan.parameters())


def test_what_was_frozen_before_stays_frozen():
    layer = nn.Linear(2, 2)
    layer.weight.requires_grad_(False)
    with frozen(layer):
        assert not layer.bias.requires_grad
    assert layer.bias.requires_grad and not layer.weight.requires_grad


@pytest.mark.parametrize("penalty", [0.0, 2.0])
def test_torch_trains_to_the_same_losses_and_weights(penalty):
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    mg.manual_seed(0)
    gan = train.GAN(*networks(), noise=6, penalty=penalty).double()
    theirs = networks(torch)
    for ours, model in zip((gan.generator, gan.discriminator), theirs, strict=True):
        model.load_state_dict({k: torch.tensor(v.numpy()) for k, v in ours.state_dict().items()})
        model.double()
    generator, discriminator = theirs
    adams = [torch.optim.Adam(model.parameters(), lr=0.01, betas=(0.3, 0.999)) for model in theirs]
    images = [mg.rand(5, *SHAPE, dtype=mg.float64) for _ in range(4)]
    losses = []
    mg.manual_seed(1)  # in the order in which a GAN draws: noise, deviation, instance noise, labels
    for batch in images:
        n = len(batch)
        x = torch.tensor(batch.numpy())
        z = torch.tensor(mg.rand(n, 6, dtype=mg.float64).numpy()) * 2 - 1
        deviation = 0.1 * torch.tensor(mg.rand(1, dtype=mg.float64).numpy())
        instance = torch.tensor(mg.randn(batch.shape, dtype=mg.float64).numpy())
        truth = 1 - 0.1 * torch.tensor(mg.rand(n, 1, dtype=mg.float64).numpy())
        bce = functional.binary_cross_entropy_with_logits
        fakes = generator(z)
        real, made = discriminator(x + deviation * instance), discriminator(fakes.detach())
        d_loss = (bce(real, truth) + bce(made, torch.zeros_like(made))) / 2
        if penalty:
            x.requires_grad_()
            (slope,) = torch.autograd.grad(discriminator(x).sum(), x, create_graph=True)
            d_loss = d_loss + penalty / 2 * slope.square().sum((1, 2, 3)).mean()
        adams[1].zero_grad()
        d_loss.backward()
        adams[1].step()
        scores = discriminator(fakes)
        g_loss = bce(scores, torch.ones_like(scores))
        adams[0].zero_grad()
        g_loss.backward()
        adams[0].step()
        losses.append((d_loss.item(), g_loss.item()))

    mg.manual_seed(1)
    optimizer = optim.Adam(gan.parameters(), lr=0.01, betas=(0.3, 0.999))
    history = train.fit_gan(gan, images, optimizer, 1, progress=False)
    expected = np.mean(losses, axis=0)
    assert history["d_loss"][0] == pytest.approx(expected[0], rel=1e-9)
    assert history["g_loss"][0] == pytest.approx(expected[1], rel=1e-9)
    for ours, model in zip((gan.generator, gan.discriminator), theirs, strict=True):
        state = ours.state_dict()
        for key, value in model.state_dict().items():
            np.testing.assert_allclose(state[key].numpy(), value.numpy(), rtol=1e-7, atol=1e-10, err_msg=key)


def test_the_gradient_of_the_penalty_by_differences():
    """Of a discriminator with all layers of a DCGAN's, along a random direction of its weights."""
    _, discriminator = networks()
    discriminator.double()
    x = mg.randn(3, *SHAPE, dtype=mg.float64)
    for norm in (0.0, 1.0):
        discriminator.zero_grad()
        gradient_penalty(discriminator, x, norm=norm).backward()
        weights = [p for p in discriminator.parameters() if p.grad is not None]
        aside = [mg.randn(p.shape, dtype=mg.float64) for p in weights]
        expected = sum((p.grad * a).sum().item() for p, a in zip(weights, aside, strict=True))
        start, h, values = [p.detach().clone() for p in weights], 1e-6, []
        for step in (h, -h):
            for p, s, a in zip(weights, start, aside, strict=True):
                p.detach().copy_(s + step * a)
            values.append(gradient_penalty(discriminator, x, norm=norm).item())
        for p, s in zip(weights, start, strict=True):
            p.detach().copy_(s)
        assert (values[0] - values[1]) / (2 * h) == pytest.approx(expected, rel=1e-5)


def test_the_penalty_of_a_plane_by_hand():
    """D(x) = 3 x1 + 4 x2 has the slope 5 everywhere."""
    plane = nn.Linear(2, 1)
    plane.load_state_dict({"weight": mg.tensor([[3.0, 4.0]]), "bias": mg.tensor([0.5])})
    assert gradient_penalty(plane, mg.randn(7, 2)).item() == pytest.approx(25)
    assert gradient_penalty(plane, mg.randn(7, 2), norm=1).item() == pytest.approx(16)


def test_samples_leave_the_networks_as_they_are():
    gan = train.GAN(*networks(), noise=6)
    before = {key: value.clone() for key, value in gan.state_dict().items()}
    images = gan.sample(5)
    assert images.shape == (5, *SHAPE) and not images.requires_grad
    assert gan.generator.training
    assert all((value == before[key]).all() for key, value in gan.state_dict().items())


def test_noise_is_uniform_within_1():
    z = train.GAN(*networks()).noise_for(1000).numpy()
    assert z.shape == (1000, 90)
    assert -1 <= z.min() < -0.99 and 0.99 < z.max() < 1
    assert z.var() == pytest.approx(1 / 3, abs=0.01)


def test_conditional_networks_need_the_classes():
    gan = train.GAN(*networks(), noise=6, conditional=True)
    with pytest.raises(ValueError, match="class of each of 4 images, got none"):
        gan.sample(4)


@pytest.mark.parametrize("option", ["smoothing", "instance_noise", "penalty"])
def test_an_option_below_0_is_refused(option):
    with pytest.raises(ValueError, match=option):
        train.GAN(*networks(), **{option: -0.1})


@pytest.mark.parametrize("noise", [0, -3, 1.5])
def test_noise_of_no_numbers_is_refused(noise):
    with pytest.raises(ValueError, match="noise is how many numbers an image is made of, at least 1"):
        train.GAN(*networks(), noise=noise)


def test_labels_for_networks_that_are_not_told_them_are_refused():
    gan = train.GAN(*networks(), noise=6)
    with pytest.raises(ValueError, match=r"labels were given.*conditional=True"):
        gan.sample(2, mg.tensor([0, 1]))


def test_images_of_bytes_are_refused_with_what_makes_numbers_of_them():
    gan = train.GAN(*networks(), noise=6)
    with pytest.raises(TypeError, match=r"got .*uint8.*ToTensor\(\) and Normalize"):
        next(gan.turns(mg.zeros(2, *SHAPE, dtype=mg.uint8)))


def test_a_generator_of_other_noise_is_told_where_to_say_so():
    gan = train.GAN(*networks())  # the generator takes 6 numbers
    with pytest.raises(ValueError) as caught:
        gan.sample(2)
    assert "given noise of 90 numbers" in "".join(caught.value.__notes__)


def test_many_samples_are_made_a_few_at_a_time():
    sizes = []

    class Counting(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(mg.ones(1))

        def forward(self, z, labels):
            sizes.append(len(z))
            return self.weight * z + labels.float().reshape(-1, 1)

    gan = train.GAN(Counting(), nn.Linear(3, 1), noise=3, conditional=True)
    labels = mg.arange(7)
    mg.manual_seed(5)
    images = gan.sample(7, labels, batch_size=3)
    mg.manual_seed(5)
    assert sizes == [3, 3, 1]
    assert np.array_equal(images.numpy(), (gan.noise_for(7) + labels.float().reshape(-1, 1)).numpy())
