"""Tensors as text."""

import numpy as np
import pytest

import minigrad as mg


@pytest.fixture
def options():
    """set_printoptions, undone afterwards."""
    yield mg.set_printoptions
    mg.set_printoptions(profile="default")


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: mg.tensor(1.0), "tensor(1.)"),
        (lambda: mg.tensor(3.14159), "tensor(3.1416)"),
        (lambda: mg.tensor(7), "tensor(7)"),
        (lambda: mg.tensor(True), "tensor(True)"),
        (lambda: mg.tensor([1.0, 2.0, 30.0]), "tensor([ 1.,  2., 30.])"),
        (lambda: mg.tensor([-1.5, 22.25]), "tensor([-1.5000, 22.2500])"),
        (lambda: mg.tensor([1, -20, 3]), "tensor([  1, -20,   3])"),
        (lambda: mg.tensor([True, False]), "tensor([ True, False])"),
        (lambda: mg.tensor([[1.0, 2.0], [3.0, 4.0]]), "tensor([[1., 2.],\n        [3., 4.]])"),
        (lambda: mg.tensor([1e-5, 1.0]), "tensor([1.0000e-05, 1.0000e+00])"),
        (lambda: mg.tensor([float("nan"), 1.5]), "tensor([   nan, 1.5000])"),
        (lambda: mg.tensor([float("inf"), -float("inf")]), "tensor([ inf, -inf])"),
        (lambda: mg.tensor([]), "tensor([])"),
        (lambda: mg.zeros(0, 3), "tensor([], size=(0, 3))"),
        (lambda: mg.zeros(0, dtype=mg.int64), "tensor([], dtype=minigrad.int64)"),
        (lambda: mg.tensor([1.0], dtype=mg.float64), "tensor([1.], dtype=minigrad.float64)"),
        (lambda: mg.tensor([1], dtype=mg.uint8), "tensor([1], dtype=minigrad.uint8)"),
        (lambda: mg.tensor([1.0], requires_grad=True), "tensor([1.], requires_grad=True)"),
        (lambda: mg.tensor([1.0], requires_grad=True) * 2, "tensor([2.], grad_fn=<mul>)"),
        (lambda: mg.tensor([1.0], requires_grad=True).detach(), "tensor([1.])"),
        (lambda: mg.tensor([1.0, 2.0])[1], "tensor(2.)"),
        (lambda: mg.ones(2, 3).T, "tensor([[1., 1.],\n        [1., 1.],\n        [1., 1.]])"),
    ],
)
def test_text(make, text):
    assert repr(make()) == text
    assert str(make()) == text


def test_of_a_large_tensor_the_edges():
    assert repr(mg.arange(1001)) == "tensor([   0,    1,    2, ...,  998,  999, 1000])"
    text = repr(mg.zeros(100, 100))
    assert text.count("\n") == 6
    assert "..." in text


def test_the_edges_alone_decide_how_numbers_are_written():
    x = mg.ones(2000)
    x[1000] = 1e-9
    assert repr(x) == "tensor([1., 1., 1., ..., 1., 1., 1.])"


def test_long_rows_are_broken():
    lines = repr(mg.arange(60)).split("\n")
    assert len(lines) > 1
    assert all(len(line) <= 80 for line in lines)
    assert all(line.startswith(" " * 8) for line in lines[1:])


def test_the_default_dtype_goes_unsaid():
    mg.set_default_dtype(mg.float64)
    try:
        assert repr(mg.tensor([1.0])) == "tensor([1.])"
        assert repr(mg.tensor([1.0], dtype=mg.float32)) == "tensor([1.], dtype=minigrad.float32)"
    finally:
        mg.set_default_dtype(mg.float32)


def test_a_parameter_says_so():
    from minigrad import nn

    assert "tensor([1., 2.], requires_grad=True)" in repr(nn.Parameter(mg.tensor([1.0, 2.0])))


def test_options(options):
    x = mg.tensor([1.23456789, 1000.0])
    options(precision=2)
    assert repr(x) == "tensor([   1.23, 1000.00])"
    options(sci_mode=True)
    assert repr(x) == "tensor([1.23e+00, 1.00e+03])"
    options(profile="default", sci_mode=False)
    assert repr(mg.tensor([1e-5, 1.0])) == "tensor([0.0000, 1.0000])"
    options(profile="default", threshold=4, edgeitems=1)
    assert repr(mg.arange(6)) == "tensor([0, ..., 5])"
    options(profile="full")
    assert "..." not in repr(mg.arange(2000))
    options(profile="default", linewidth=30)
    assert max(map(len, repr(mg.arange(30)).split("\n"))) <= 30
    with pytest.raises(ValueError, match=r"profile.*tiny"):
        options(profile="tiny")


# In other text ----------------------------------------------------------------------------------------------


def test_format_of_one_number():
    loss = mg.tensor(0.123456, requires_grad=True) * 2
    assert f"{loss:.3f}" == "0.247"
    assert f"{mg.tensor([[12.5]]):8.2e}" == "1.25e+01"
    assert f"{mg.tensor(7):03d}" == "007"
    assert f"{mg.tensor(0.5)}" == "tensor(0.5000)"


def test_format_of_several_numbers_is_refused():
    with pytest.raises(TypeError, match=r"\(2,\)"):
        f"{mg.tensor([1.0, 2.0]):.2f}"


def test_printing_changes_nothing():
    x = mg.tensor([1.0, np.nan], requires_grad=True)
    repr(x * 2)
    assert x.grad is None
    assert np.array_equal(x.detach().numpy(), [1.0, np.nan], equal_nan=True)
