"""PyTorch as the reference, where it is installed: the same lines run on minigrad and on PyTorch."""

import numpy as np
import pytest

import minigrad as mg
import minigrad.nn.functional as mF


def name_of(dtype):
    """ "float32" of minigrad.float32 and of torch.float32."""
    return str(dtype).removeprefix("torch.")


def flat(results):
    """The tensors and numbers in nested tuples and lists, in order."""
    if isinstance(results, (tuple, list)):
        return [leaf for result in results for leaf in flat(result)]
    return [results]


class Beside:
    """Runs a function on both libraries and compares what comes out.

    The function takes the library, its nn.functional and the inputs: arrays become tensors, the rest stays.
    """

    def __init__(self, torch):
        self.torch = torch
        self.libraries = ((mg, mF), (torch, torch.nn.functional))

    def tensors(self, library, inputs, grad=True):
        made = []
        for x in inputs:
            if isinstance(x, np.ndarray):
                x = library.tensor(x)
                if grad and x.is_floating_point():
                    x.requires_grad_()
            made.append(x)
        return made

    def __call__(self, function, *inputs, rtol=None, grad=True, what=""):
        """Values, dtypes, shapes and requires_grad agree; so do the gradients for a random upstream."""
        (ours, y), (theirs, z) = (
            (tensors, flat(function(library, F, *tensors)))
            for library, F in self.libraries
            for tensors in [self.tensors(library, inputs, grad)]
        )
        assert len(y) == len(z), what
        involved = [str(getattr(x, "dtype", "")) for x in (*inputs, *y)]
        rtol = rtol or (2e-5 if "float32" in involved else 1e-10)
        rng = np.random.default_rng(len(inputs))
        roots = []
        for a, b in zip(y, z, strict=True):
            if not isinstance(b, self.torch.Tensor):
                assert a == b, what
                continue
            assert isinstance(a, mg.Tensor), f"{what}: {type(a)}"
            self.same(a, b, rtol, what)
            assert a.requires_grad == b.requires_grad, what
            if b.requires_grad:
                upstream = np.asarray(rng.normal(size=tuple(b.shape)), name_of(b.dtype))
                roots.append((a, b, mg.tensor(upstream), self.torch.tensor(upstream)))
        if not roots:
            return
        a, b, da, db = (list(column) for column in zip(*roots, strict=True))
        mg.autograd.backward(a, da)
        self.torch.autograd.backward(b, db)
        for i, (s, t) in enumerate(zip(ours, theirs, strict=True)):
            if isinstance(t, self.torch.Tensor) and t.grad is not None:
                assert s.grad is not None, f"{what}: no gradient of argument {i}"
                self.same(s.grad, t.grad, rtol, f"{what}: gradient of argument {i}")

    def same(self, a, b, rtol=1e-10, what=""):
        """Two tensors, one of each library, have the same numbers, dtype and shape."""
        assert (a.shape, str(a.dtype)) == (tuple(b.shape), name_of(b.dtype)), what
        np.testing.assert_allclose(
            a.detach().cpu().numpy(), b.detach().numpy(), rtol=rtol, atol=rtol, err_msg=what
        )

    def refused(self, function, *inputs, words=(), what=""):
        """Both raise, minigrad what code written for PyTorch catches, with these words in the text."""
        (library, F), (torch, tF) = self.libraries
        try:
            function(torch, tF, *self.tensors(torch, inputs))
        except Exception as error:  # noqa: BLE001 (which one it is, is the question)
            kind = type(error)
        else:
            raise AssertionError(f"{what}: PyTorch accepts this")
        with pytest.raises(kind) as raised:
            function(library, F, *self.tensors(library, inputs))
        for word in words:
            assert word in str(raised.value), f"{what}: {word!r} is not in {raised.value}"


@pytest.fixture
def of_today():
    """For what PyTorch says otherwise since 2.13: its signatures, and the errors it raises."""
    torch = pytest.importorskip("torch")
    if tuple(map(int, torch.__version__.split(".")[:2])) < (2, 13):
        pytest.skip(f"PyTorch {torch.__version__} does it otherwise")


@pytest.fixture
def beside(device):
    """beside(function, *arrays): the function gives the same on minigrad and PyTorch, gradients included."""
    torch = pytest.importorskip("torch")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield Beside(torch)
    torch.set_num_threads(threads)
