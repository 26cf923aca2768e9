"""What learns: layers on top of what a frozen network sees, in one photograph or in both of an outfit."""

from typing import Any

import numpy as np

import minigrad as mg
from minigrad import Tensor, nn, optim
from models.outfits.views import drawn, themselves

EPOCHS, BATCH, RATE, DECAY = 40, 16, 2e-3, 1e-3


class TwoTowers(nn.Module):
    """Both halves go through one tower, and the scores come of how what comes out agrees.

        u = relu(W top + b), v = relu(W bottom + b), scores = MLP([u, v, u v, |u - v|])

    What a tower learns of tops it knows of bottoms; and products and differences are what one photograph
    cannot have. Shapes: x (N, 2 D), the top's features and the bottom's; scores (N, 2).
    """

    def __init__(self, features: int, width: int = 24) -> None:
        super().__init__()
        self.features = features
        self.tower = nn.Sequential(nn.Dropout(0.2), nn.Linear(features, width), nn.ReLU())
        self.joint = nn.Sequential(nn.Linear(4 * width, 32), nn.ReLU(), nn.Linear(32, 2))

    def forward(self, x: Tensor) -> Tensor:
        u, v = self.tower(x[:, : self.features]), self.tower(x[:, self.features :])
        return self.joint(mg.cat([u, v, u * v, (u - v).abs()], 1))


def one_layer(features: int) -> nn.Module:
    """The head of a classifier: a score for each answer."""
    return nn.Linear(features, 2)


def hidden_layer(features: int) -> nn.Module:
    """A head that can also learn what no plane divides."""
    return nn.Sequential(nn.Dropout(0.2), nn.Linear(features, 48), nn.ReLU(), nn.Linear(48, 2))


def two_towers(features: int) -> nn.Module:
    """For the features of both halves, side by side."""
    return TwoTowers(features // 2)


def fit_head(
    head: nn.Module,
    x: Any,
    y: Any,
    seed: int,
    *,
    epochs: int = EPOCHS,
    batch: int = BATCH,
    rate: float = RATE,
    decay: float = DECAY,
) -> None:
    """Train a head by Adam on features (N, D), or of views (N, V, D), and answers (N,)."""
    rng = np.random.default_rng(seed)
    adam = optim.Adam(head.parameters(), lr=rate, weight_decay=decay)
    head.train()
    for _ in range(epochs):
        order = rng.permutation(len(y))
        for start in range(0, len(y), batch):
            rows = order[start : start + batch]
            loss = nn.functional.cross_entropy(head(mg.tensor(drawn(x, rows, rng))), mg.tensor(y[rows]))
            adam.zero_grad()
            loss.backward()
            adam.step()


def probabilities(head: nn.Module, x: Any) -> Any:
    """How probable "harmonious" is, (N,). Shapes: x (N, D), or of views (N, V, D)."""
    head.eval()
    with mg.no_grad():
        return nn.functional.softmax(head(mg.tensor(themselves(x))), 1).numpy()[:, 1]


class Head:
    """A ``baselines.Learner`` whose machine is a head: features are brought to mean 0 and deviation 1 first.

    Args:
        build: makes the head for that many features.
        options: of ``fit_head``.
    """

    def __init__(self, build: Any, **options: Any) -> None:
        self.build = build
        self.options = options

    def __call__(self, x: Any, y: Any, judged: Any, seed: int) -> Any:
        axes = tuple(range(x.ndim - 1))
        mean, deviation = x.mean(axes), x.std(axes) + 1e-6
        mg.manual_seed(seed)
        head = self.build(x.shape[-1])
        fit_head(head, ((x - mean) / deviation).astype(np.float32), y, seed, **self.options)
        return probabilities(head, ((judged - mean) / deviation).astype(np.float32))
