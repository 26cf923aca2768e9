"""The losses of enlarging by hand, what is frozen, and that it learns to enlarge."""

import math

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn, optim, train
from models import srgan


class Repeat(nn.Module):
    """Each pixel made 2 x 2, times a weight."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(mg.ones(1))

    def forward(self, x):
        return self.weight * nn.functional.interpolate(x, scale_factor=2)


class Score(nn.Module):
    def __init__(self, value):
        super().__init__()
        self.value = nn.Parameter(mg.tensor([value]))

    def forward(self, x):
        return self.value * mg.ones(len(x), 1)


class Double(nn.Module):
    """Features: the image itself, twice as strong."""

    def forward(self, x):
        return 2 * x


def test_the_losses_by_hand():
    """Pixels 0 and 1 in turn have the mean 1/2: the mean square is 1/4, that of features 1."""
    game = train.SRGAN(Repeat(), Score(2.0), Double(), pixels=3.0, adversarial=0.1)
    board = mg.tensor((np.indices((4, 4)).sum(0) % 2).astype(np.float32)[None, None])
    losses = {name: loss.item() for name, loss in game.turns(board)}
    real, made = math.log(1 + math.exp(-2)), math.log(1 + math.exp(2))
    assert losses == {
        "d_loss": pytest.approx((real + made) / 2),
        "g_loss": pytest.approx(4 / 4 + 3 / 4 + 0.1 * real),
    }


def test_without_the_adversary_the_generator_learns_alone():
    game = train.SRGAN(Repeat(), Score(2.0), Double(), pixels=0.0, adversarial=0.0)
    assert [name for name, _ in game.turns(mg.rand(1, 1, 4, 4))] == ["g_loss"]


def test_the_classifier_stays_as_it_is_and_at_rest():
    features = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout(0.5))
    before = {key: value.clone() for key, value in features.state_dict().items()}
    game = train.SRGAN(srgan.Enlarger(2, 4, 1), srgan.discriminator(2), features)
    batches = [2 * mg.rand(4, 3, 16, 16) - 1]
    train.fit_gan(game, batches, optim.Adam(game.parameters(), lr=0.01), 2, progress=False)
    assert game.generator.training and not features[2].training
    assert all((value == before[key]).all() for key, value in features.state_dict().items())
    assert all(p.requires_grad for p in game.discriminator.parameters())


def test_it_learns_to_enlarge_better_than_repeating_pixels():
    """Slopes of every direction: a repeated pixel makes stairs of them."""
    mg.manual_seed(0)
    rng = np.random.default_rng(0)
    rows, columns = np.indices((8, 8)) / 8 - 0.5
    a, b = rng.uniform(-1, 1, (2, 64, 1, 1))
    slopes = mg.tensor(np.repeat((a * rows + b * columns)[:, None], 3, 1).astype(np.float32))
    generator = srgan.Enlarger(2, 8, 1)
    game = train.SRGAN(generator, srgan.discriminator(2), nn.Identity(), pixels=1.0, adversarial=1e-4)
    optimizer = optim.Adam(game.parameters(), lr=0.01)
    train.fit_gan(game, [slopes[:32]] * 60, optimizer, 1, progress=False)
    generator.eval()
    with mg.no_grad():
        small, large = game.small(slopes[32:]), slopes[32:]
        stairs = nn.functional.interpolate(small, scale_factor=2)
        learnt = ((generator(small) - large) ** 2).mean().item()
    assert learnt < 0.5 * ((stairs - large) ** 2).mean().item()


def test_sides_that_are_no_multiples_are_refused():
    game = train.SRGAN(Repeat(), Score(0.0), Double(), scale=4)
    with pytest.raises(ValueError, match="6x8 cannot be made 4 times smaller"):
        game.small(mg.zeros(1, 1, 6, 8))
