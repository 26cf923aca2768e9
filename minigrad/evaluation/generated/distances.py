"""Two sets of points beside each other: as clouds (Fréchet), as regions (precision, recall), by their spread.

Points are features, arrays (N, D). Every measure depends on N: compare figures of as many points.
"""

import numpy as np

from minigrad.evaluation.measured import Array


def frechet_distance(real: Array, made: Array) -> float:
    """How far two clouds of points are apart, taken for normal distributions.

        |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2))

    with the means m (D) and covariances C (D, D). Shapes: real (N, D), made (M, D). Few points, in comparison
    with D, make it larger than it is, so N and M are to be told with it.

    Of the root only the trace is needed. With C = R^T R, R the triangle of the centred points, it is the sum
    of the singular values of R1 R2^T; so there is no root of a matrix, and no complex number to cut off.

    Raises ValueError for fewer than two points or another D.

    Dowson and Landau 1982, "The Fréchet distance between multivariate normal distributions"; Heusel et al.
    2017, "GANs trained by a two time-scale update rule converge to a local Nash equilibrium".
    """
    real, made = checked("frechet_distance", real, made)
    apart = real.mean(axis=0) - made.mean(axis=0)
    r1, r2 = _root(real), _root(made)
    crossed = np.linalg.svd(r1 @ r2.T, compute_uv=False).sum()
    return float(max(0.0, apart @ apart + (r1 * r1).sum() + (r2 * r2).sum() - 2 * crossed))


def precision_and_recall(real: Array, made: Array, k: int = 3) -> tuple[float, float]:
    """Precision: the share of made points that lie where real ones lie. Recall: the share of real points that
    lie where made ones lie. What is painted badly costs precision, what is never painted costs recall.

    Where points lie: within the balls around each of them that reach to its k-th nearest neighbour.

    Shapes: real (N, D), made (M, D), both of more than k points; else ValueError.

    Kynkäänniemi et al. 2019, "Improved precision and recall metric for assessing generative models".
    """
    real, made = checked("precision_and_recall", real, made, at_least=k + 1)
    return _share_inside(made, real, k), _share_inside(real, made, k)


def mean_distance(points: Array) -> float:
    """How far apart two different points are on average: small for a generator that repeats itself."""
    from scipy.spatial.distance import pdist

    points, _ = checked("mean_distance", points, points)
    return float(pdist(points).mean())


def variety(scores: Array) -> float:
    """Between how many classes images are spread: exp(H) of the shares that the classes have, 1 to classes.

    Shapes: scores (N, classes); an image is of the class with the highest one. 10 of 10 classes: each as
    often as the others; 1: always the same.
    """
    p = np.bincount(scores.argmax(axis=1)) / len(scores)
    p = p[p > 0]
    return float(np.exp(-(p * np.log(p)).sum()))


def _root(points: Array) -> Array:
    """The triangle R, at most (D, D), with R^T R the covariance of the points."""
    centred = (points - points.mean(axis=0)) / np.sqrt(len(points) - 1)
    return np.asarray(np.linalg.qr(centred, mode="r"))


def _share_inside(points: Array, region: Array, k: int) -> float:
    """The share of points within the balls around the points of ``region``."""
    from scipy.spatial.distance import cdist
    from sklearn.neighbors import NearestNeighbors

    radii = NearestNeighbors(n_neighbors=k).fit(region).kneighbors()[0][:, -1]  # without the point itself
    inside = 0
    for start in range(0, len(points), 500):  # at most 500 rows of distances at once
        inside += int((cdist(points[start : start + 500], region) <= radii).any(axis=1).sum())
    return inside / len(points)


def checked(owner: str, real: Array, made: Array, at_least: int = 2) -> tuple[Array, Array]:
    """Both as float64, checked."""
    pair = [np.asarray(points, np.float64) for points in (real, made)]
    if any(x.ndim != 2 or len(x) < at_least for x in pair) or pair[0].shape[1] != pair[1].shape[1]:
        raise ValueError(
            f"{owner}: expected points (N, D) and (M, D), {at_least} at least of each, got shapes "
            f"{pair[0].shape} and {pair[1].shape}."
        )
    if not all(np.isfinite(x).all() for x in pair):
        raise ValueError(f"{owner}: some features are not finite. Has the generator diverged?")
    return pair[0], pair[1]
