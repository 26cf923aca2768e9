"""Random programs of views, writes and reads, beside PyTorch and beside finite differences."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.autograd import gradcheck

VIEWS = [
    lambda t, n: t.select(n % t.ndim, n % t.shape[n % t.ndim]),
    lambda t, n: t[n % t.shape[0] :],
    lambda t, n: t.transpose(0, -1),
    lambda t, n: t[..., ::2],
    lambda t, n: t.unsqueeze(n % t.ndim),
    lambda t, n: t[None, ..., -1],
]

WRITES = [
    lambda m, t, w, n: t.mul_(1.5),
    lambda m, t, w, n: t.add_(w.mean()),
    lambda m, t, w, n: t.mul_(w[n % 4]),
    lambda m, t, w, n: t.sin_(),
    lambda m, t, w, n: t.copy_(w[n % 4] * 2),
    lambda m, t, w, n: t.zero_() if n % 3 == 0 else t.sub_(0.25),
    lambda m, t, w, n: t.__setitem__(0, w.sum()),
    lambda m, t, w, n: t.__setitem__(t.detach() > 0.8, 0.3),
    lambda m, t, w, n: t.__setitem__((..., slice(0, 1)), w[1]),
]


def run(m, x, w, seed):
    """The outputs of program ``seed`` in minigrad or torch. What it does depends on seed and shapes alone."""
    rng = np.random.default_rng(seed)
    pool = [x * 1, m.zeros(3, 4, dtype=m.float64)]
    outputs = []
    for _ in range(rng.integers(3, 12)):
        t = pool[rng.integers(len(pool))]
        kind = rng.choice(["view", "view", "write", "write", "write", "read", "new"])
        which, n = (int(i) for i in rng.integers(0, 1000, 2))
        if kind == "read":
            outputs.append(m.sin(t) * 0.5 if which % 2 else t * 2.0)
        elif kind == "new":
            pool.append(t.exp() if which % 2 else t.clone())
        elif kind == "view" and t.ndim:
            pool.append(VIEWS[which % len(VIEWS)](t, n))
        elif kind == "write" and t.ndim:
            WRITES[which % len(WRITES)](m, t, w, n)
    return outputs + pool


def numbers(seed):
    rng = np.random.default_rng(1000 + seed)
    return rng.uniform(0.5, 1.5, (3, 4)), rng.uniform(0.5, 1.5, 4)


def gradients(m, seed):
    """The outputs, and the gradients of a weighted sum of them: None where backward refuses a lost value."""
    x, w = (m.tensor(a, requires_grad=True) for a in numbers(seed))
    outputs = run(m, x, w, seed)
    values = [y.detach().numpy().copy() for y in outputs]
    loss = sum((y.sum() * (i + 1) for i, y in enumerate(outputs)), (x * 0).sum() + (w * 0).sum())
    try:
        loss.backward()
    except RuntimeError as error:
        assert "inplace" in str(error) or "in place" in str(error)
        return values, None
    return values, (x.grad.numpy(), w.grad.numpy())


@pytest.mark.parametrize("start", range(0, 400, 100))
def test_random_programs_beside_pytorch(start):
    torch = pytest.importorskip("torch")
    compared = 0
    for seed in range(start, start + 100):
        try:
            values, theirs = gradients(torch, seed)
        except RuntimeError as error:
            # PyTorch refuses a write through a view that is older than its base's history. We do not.
            assert "a leaf Variable that requires grad" in str(error), seed
            continue
        ours_values, ours = gradients(mg, seed)
        for a, b in zip(ours_values, values, strict=True):
            np.testing.assert_allclose(a, b, err_msg=f"values, seed {seed}")
        if theirs is not None:  # where PyTorch computes, so do we
            assert ours is not None, seed
            compared += 1
            for a, b in zip(ours, theirs, strict=True):
                np.testing.assert_allclose(a, b, atol=1e-12, err_msg=f"gradients, seed {seed}")
    assert compared > 60


def test_random_programs_beside_finite_differences():
    checked = 0
    for seed in range(1000, 1060):
        if gradients(mg, seed)[1] is None:
            continue
        x, w = (mg.tensor(a, requires_grad=True) for a in numbers(seed))
        assert gradcheck(lambda x, w, seed=seed: run(mg, x, w, seed), [x, w]), seed
        checked += 1
    assert checked > 30
