"""What the tests of the optimisers share."""

import contextlib

import numpy as np
import pytest

from minigrad import optim
from minigrad.kernels import backend
from minigrad.tensor import Tensor

SHAPES = [(4, 3), (3,), (), (2, 1, 2)]
STEPS = 50


@pytest.fixture(params=["reference", "numba"])
def kernels(request):
    """Run the test with the plain kernels and with the compiled ones."""
    if request.param == "numba":
        pytest.importorskip("numba")
    with backend(request.param):
        yield request.param


@pytest.fixture
def path(kernels):
    """path(make, gradients): where an optimiser takes one float64 number from 1.0, after each gradient."""

    def walk(make, gradients):
        p = Tensor(np.array([1.0]), requires_grad=True)
        optimizer = make([p])
        seen = []
        for g in gradients:
            p.grad = Tensor(np.array([g]))
            optimizer.step()
            seen.append(p.item())
        return seen

    return walk


def draw_gradients(seed, dtype):
    """One gradient for each of SHAPES and each step; in every seventh step, the first parameter has none."""
    rng = np.random.default_rng(seed)
    return [
        [
            None if i == 0 and step % 7 == 3 else rng.normal(size=shape).astype(dtype)
            for i, shape in enumerate(SHAPES)
        ]
        for step in range(STEPS)
    ]


@pytest.fixture
def same_as_torch(kernels):
    """same_as_torch(name, tolerance, dtype, **options): 50 steps beside PyTorch's optimiser of that name.

    The parameters are compared after every step, the options and all state at the end. Then PyTorch's state
    is loaded into a fresh optimiser, and both go on together.
    """
    torch = pytest.importorskip("torch")

    def compare(name, tolerance=1e-10, dtype=np.float64, **options):
        start = [np.random.default_rng(7).normal(size=shape).astype(dtype) for shape in SHAPES]
        ours = [Tensor(a.copy(), requires_grad=True) for a in start]
        theirs = [torch.tensor(a, requires_grad=True) for a in start]
        # Two groups: the last two parameters with a rate of their own.
        our_optimizer, their_optimizer = (
            make([{"params": ps[:2]}, {"params": ps[2:], "lr": 0.005}], **options)
            for make, ps in ((getattr(optim, name), ours), (getattr(torch.optim, name), theirs))
        )

        def walk(optimizer, gradients):
            for grads in gradients:
                for p, q, g in zip(ours, theirs, grads, strict=True):
                    p.grad = None if g is None else Tensor(g.copy())
                    q.grad = None if g is None else torch.tensor(g)
                optimizer.step()
                their_optimizer.step()
                for p, q in zip(ours, theirs, strict=True):
                    np.testing.assert_allclose(p.detach().numpy(), q.detach().numpy(), rtol=0, atol=tolerance)

        walk(our_optimizer, draw_gradients(0, dtype))
        our_state, their_state = our_optimizer.state_dict(), their_optimizer.state_dict()
        assert our_state["param_groups"] == their_state["param_groups"]
        assert our_state["state"].keys() == their_state["state"].keys()
        for i, values in their_state["state"].items():
            assert our_state["state"][i].keys() == values.keys()
            for key, value in values.items():
                mine = our_state["state"][i][key].numpy()
                assert str(mine.dtype) == str(value.dtype).removeprefix("torch.")
                np.testing.assert_allclose(mine, value.numpy(), rtol=tolerance, atol=tolerance)

        their_state["state"] = {
            i: {key: Tensor(value.numpy().copy()) for key, value in values.items()}
            for i, values in their_state["state"].items()
        }
        again = getattr(optim, name)([{"params": ours[:2]}, {"params": ours[2:]}], lr=0.7)
        again.load_state_dict(their_state)
        walk(again, draw_gradients(1, dtype)[:5])

    with contextlib.ExitStack() as stack:
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        stack.callback(torch.set_num_threads, threads)
        yield compare
