"""A classifier of three classes, worked by hand: six samples, four right."""

import numpy as np
import pytest

from minigrad.evaluation import Evaluation

CLASSES = ["cat", "dog", "fox"]
P = np.array(
    [
        [0.7, 0.2, 0.1],  # cat, right
        [0.3, 0.6, 0.1],  # cat, called dog
        [0.1, 0.8, 0.1],  # dog, right
        [0.2, 0.5, 0.3],  # dog, right
        [0.95, 0.02, 0.03],  # dog, called cat
        [0.1, 0.2, 0.7],  # fox, right
    ]
)
TARGETS = np.array([0, 0, 1, 1, 1, 2])
IMAGES = np.arange(6 * 4 * 4, dtype=np.uint8).reshape(6, 4, 4)


@pytest.fixture
def small() -> Evaluation:
    return Evaluation(np.log(P), TARGETS, CLASSES)


@pytest.fixture(scope="session")
def many() -> tuple[np.ndarray, np.ndarray]:
    """Logits of 500 samples of five classes, and what they are: a middling classifier."""
    rng = np.random.default_rng(0)
    targets = rng.integers(5, size=500)
    return rng.normal(size=(500, 5)) + 1.5 * np.eye(5)[targets], targets


@pytest.fixture
def counted() -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Targets, predictions, classes: two cats, one of them taken for a dog; three dogs, all found; one fox,
    taken for a dog."""
    return np.array([0, 0, 1, 1, 1, 2]), np.array([0, 1, 1, 1, 1, 1]), CLASSES
