"""Answers as people write them: right ones in other styles than the solution's, wrong ones that look well.

`tools/mutants.py` changes a solution in one place; most of these wrong ones are further away from it.
"""

from collections.abc import Iterator

import pytest

from minigrad.course import exercises
from minigrad.course.grading import grade
from minigrad.course.grading.process import Child

EVERY = {exercise.name: exercise for exercise in exercises.every()}


@pytest.fixture(scope="module")
def child() -> Iterator[Child]:
    with Child() as one:
        yield one


def is_right(name: str, body: str, child: Child) -> bool:
    source = f"import numpy as np\n\n\ndef {name}({', '.join(EVERY[name].takes)}):\n{body}"
    verdict = grade(EVERY[name], source, seed=0, child=child)
    assert verdict.state in ("right", "wrong"), verdict.message
    return verdict.right


RIGHT = {
    "an array of counts in place of a list": ("uses", """
    return np.bincount([number for one in parents for number in one], minlength=len(parents))
"""),
    "an array of yes and no": ("needs_gradient", """
    needs = np.zeros(len(parents), bool)
    for k, those in enumerate(parents):
        needs[k] = k in learned or any(needs[p] for p in those)
    return needs
"""),
    "a tuple in place of a list": ("needs_gradient", """
    seen = set(learned)
    for k, those in enumerate(parents):
        if seen & set(those):
            seen.add(k)
    return tuple(k in seen for k in range(len(parents)))
"""),
    "NumPy's yes": ("can_be_read", """
    words = sorted(words)
    return np.all([not after.startswith(before) for before, after in zip(words, words[1:])])
"""),
    "yes and no for 1 and 0": ("one_hot", "    return labels[:, None] == np.arange(classes)\n"),
    "a place as NumPy tells it": ("most_confused", """
    table = np.zeros((classes, classes), int)
    np.add.at(table, (labels, said), 1)
    np.fill_diagonal(table, 0)
    return np.unravel_index(table.argmax(), table.shape) if table.any() else None
"""),
    "solved as a system of equations": ("walk_back", """
    slopes = np.zeros((len(parents), len(parents)))
    for k, those in enumerate(parents):
        for parent, slope in those:
            slopes[k, parent] += slope
    return np.linalg.inv(np.eye(len(parents)) - slopes)[-1]
"""),
    "einsum": ("matmul_rule", """
    return np.einsum("nm,km->nk", dy, b), np.einsum("nk,nm->km", a, dy)
"""),
    "a list of two in place of a tuple": ("matmul_rule", "    return [np.inner(dy, b), (dy.T @ a).T]\n"),
    "by the inverse function": ("tanh_rule", "    return dy / np.cosh(np.arctanh(y)) ** 2\n"),
    "in place, on copies": ("adam_step", """
    m, v = m.copy(), v.copy()
    m *= beta1
    m += (1 - beta1) * g
    v *= beta2
    v += (1 - beta2) * np.square(g)
    return x - alpha * m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps), m, v
"""),
    "in place, on what a method copied": ("softmax", """
    z = z.astype(np.float64)
    z -= z.max()
    np.exp(z, out=z)
    z /= z.sum()
    return z
"""),
    "math in place of NumPy": ("log_sum_exp", """
    import math

    most = max(z)
    return most + math.log(math.fsum(math.exp(one - most) for one in z))
"""),
    "a loop over the examples": ("cross_entropy", """
    total = 0.0
    for row, label in zip(z, labels):
        total += np.logaddexp.reduce(row) - row[label]
    return total / len(labels)
"""),
    "a whole Jacobian": ("softmax_rule", """
    out = np.empty_like(y)
    for i in range(len(y)):
        out[i] = (np.diag(y[i]) - np.outer(y[i], y[i])) @ dy[i]
    return out
"""),
    "warnings turned off": ("divergence", """
    with np.errstate(all="ignore"):
        return np.where(p > 0, p * np.log2(p / q), 0).sum()
"""),
    "a view that repeats numbers": ("global_mean_rule", """
    return np.broadcast_to((dy / np.prod(x.shape[2:]))[..., None, None], x.shape)
"""),
    "a list of images": ("mirror_some", """
    return [image[:, :, ::-1] if chance < p else image for image, chance in zip(x, r)]
"""),
    "windows and a tensor product": ("convolve", """
    from numpy.lib.stride_tricks import sliding_window_view

    windows = sliding_window_view(x, w.shape[2:], (1, 2))[:, ::stride, ::stride]
    return np.tensordot(w, windows, ([1, 2, 3], [0, 3, 4])) + b.reshape(-1, 1, 1)
"""),
    "each way by itself": ("batch_norm_rule", """
    centred = x - x.mean(0)
    std = np.sqrt((centred**2).mean(0) + eps)
    dxhat = dy * gamma
    dvar = (dxhat * centred).sum(0) * -0.5 * std**-3
    dmean = (-dxhat / std).sum(0) + dvar * (-2 * centred).mean(0)
    dx = dxhat / std + dvar * 2 * centred / len(x) + dmean / len(x)
    return dx, (dy * centred / std).sum(0), dy.sum(0)
"""),
}  # fmt: skip


@pytest.mark.parametrize("style", RIGHT)
def test_a_right_answer_in_another_style_is_right(style: str, child: Child) -> None:
    assert is_right(*RIGHT[style], child)


WRONG = {
    "a power of a negative number loses its sign": ("power_rule", """
    return dy * abs(n) * np.abs(x) ** (n - 1)
"""),
    "axes of length 1 are lost": ("fit", """
    return dy.sum(axis=tuple(range(dy.ndim - len(shape))))
"""),
    "an upstream of ones": ("matmul_rule", "    return dy @ b.T, a.T @ np.ones_like(dy)\n"),
    "large scores are cut off": ("softmax", """
    e = np.exp(np.clip(z, -700, 700))
    return e / e.sum()
"""),
    "a small number keeps log from infinity": ("cross_entropy", """
    p = np.exp(z - z.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    return -np.log(p[np.arange(len(z)), labels] + 1e-12).mean()
"""),
    "the largest of all scores, not of each row": ("cross_entropy_rule", """
    p = np.exp(z - z.max())
    p /= p.sum(axis=1, keepdims=True)
    p[np.arange(len(z)), labels] -= 1
    return dy * p / len(z)
"""),
    "a mean over all numbers": ("cross_entropy_rule", """
    p = np.exp(z - z.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    p[np.arange(len(z)), labels] -= 1
    return dy * p / z.size
"""),
    "impossible outcomes are only unlikely": ("entropy", "    return -(p * np.log2(p + 1e-6)).sum()\n"),
    "corrected means are kept": ("adam_step", """
    m = (beta1 * m + (1 - beta1) * g) / (1 - beta1**t)
    v = (beta2 * v + (1 - beta2) * g**2) / (1 - beta2**t)
    return x - alpha * m / (np.sqrt(v) + eps), m, v
"""),
    "steps are counted from 0": ("adam_step", """
    m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
    mhat, vhat = m / (1 - beta1 ** (t + 1)), v / (1 - beta2 ** (t + 1))
    return x - alpha * mhat / (np.sqrt(vhat) + eps), m, v
"""),
    "one rate for all numbers": ("adam_step", """
    m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * (g * g).mean()
    return x - alpha * m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps), m, v
"""),
    "another library's eps": ("clip_gradients", """
    length = np.sqrt(sum((g**2).sum() for g in gradients))
    return [g * most / (length + 1e-6) if length > most else g for g in gradients]
"""),
    "the variance is held still": ("batch_norm_rule", """
    s = np.sqrt(x.var(0) + eps)
    xhat = (x - x.mean(0)) / s
    dxhat = dy * gamma
    return (dxhat - dxhat.mean(0)) / s, (dy * xhat).sum(0), dy.sum(0)
"""),
    "the variance of a sample": ("batch_norm_rule", """
    s = np.sqrt(x.var(0) + eps)
    xhat = (x - x.mean(0)) / s
    dxhat = dy * gamma
    dx = dxhat - dxhat.mean(0) - xhat * (dxhat * xhat).sum(0) / (len(x) - 1)
    return dx / s, (dy * xhat).sum(0), dy.sum(0)
"""),
    "the stride of one side": ("convolve", """
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], (1, 2))[:, ::stride]
    return np.einsum("cijkl,ockl->oij", windows, w) + b[:, None, None]
"""),
    "windows go down the columns first": ("im2col", """
    windows = np.lib.stride_tricks.sliding_window_view(x, (KH, KW), (1, 2))[:, ::stride, ::stride]
    return windows.transpose(0, 3, 4, 2, 1).reshape(len(x) * KH * KW, -1)
"""),
    "a tie is a loss": ("auc", """
    order = scores.argsort()
    ranks = np.empty(len(order))
    ranks[order] = np.arange(1, len(order) + 1)
    n = yes.sum()
    return (ranks[yes].sum() - n * (n + 1) / 2) / (n * (len(order) - n))
"""),
    "each pair counts once": ("precision_recall", """
    table = np.zeros((classes, classes))
    table[labels, said] += 1
    return np.diag(table) / np.maximum(table.sum(0), 1), np.diag(table) / np.maximum(table.sum(1), 1)
"""),
    "patience is not renewed": ("early_stopping", """
    best = waited = 0
    for epoch in range(1, len(losses)):
        if losses[epoch] < losses[best] - min_delta:
            best = epoch
        else:
            waited += 1
            if waited == patience:
                return epoch, best
    return len(losses) - 1, best
"""),
    "any lower loss is the best": ("early_stopping", """
    best = waited = 0
    for epoch in range(1, len(losses)):
        waited = 0 if losses[epoch] < losses[best] - min_delta else waited + 1
        best = epoch if losses[epoch] < losses[best] else best
        if waited == patience:
            return epoch, best
    return len(losses) - 1, best
"""),
    "a number that is sure is in no bin": ("calibration_error", """
    which = (sure * bins).astype(int)
    error = 0.0
    for b in range(bins):
        if (which == b).any():
            error += (which == b).mean() * abs(sure[which == b].mean() - right[which == b].mean())
    return error
"""),
}  # fmt: skip


@pytest.mark.parametrize("slip", WRONG)
def test_a_wrong_answer_that_looks_well_is_wrong(slip: str, child: Child) -> None:
    assert not is_right(*WRONG[slip], child)
