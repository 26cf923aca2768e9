"""What can be known without a network: the colours of two photographs, and scikit-learn on top."""

from collections.abc import Callable
from typing import Any

import numpy as np

from models.lookbook.colour import garment_colour, lab

Learner = Callable[[Any, Any, Any, int], Any]
"""(what to learn from (N, D), its answers (N,), what to judge (M, D), a seed) -> how harmonious that is, from
0 to 1, (M,)."""

LEVELS = 4  # of each of red, green and blue in a histogram


def histograms(images: Any) -> Any:
    """How much of a photograph has which colour: the square roots of the shares of 4 x 4 x 4 colours.

    The roots make distances between histograms Hellinger's, in which a rare colour counts, too. Shapes:
    images (N, H, W, 3) of bytes; the result (N, 64).
    """
    found = np.empty((len(images), LEVELS**3))
    for i, image in enumerate(images):
        bins = (image.reshape(-1, 3) // (256 // LEVELS)).astype(np.intp)
        places = (bins[:, 0] * LEVELS + bins[:, 1]) * LEVELS + bins[:, 2]
        found[i] = np.sqrt(np.bincount(places, minlength=LEVELS**3) / len(places))
    return found


def colours(images: Any) -> Any:
    """The colour that most of each garment has, in CIELAB. Shapes: images (N, H, W, 3) of bytes; (N, 3)."""
    return np.stack([lab(garment_colour(image)) for image in images])


def support_vectors(x: Any, y: Any, judged: Any, seed: int) -> Any:
    """A support vector machine with Gaussian kernels: what looks like harmonious outfits is called one."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    machine = make_pipeline(StandardScaler(), SVC(C=10.0, random_state=seed)).fit(x, y)
    return 1 / (1 + np.exp(-machine.decision_function(judged)))
