"""Gradient clipping, by hand and as PyTorch's."""

import math

import numpy as np
import pytest

from minigrad.nn.utils import clip_grad_norm_, clip_grad_value_
from minigrad.tensor import Tensor

pytestmark = pytest.mark.usefixtures("device")


def parameters(*gradients, dtype=np.float64):
    """A parameter for each gradient; None for one without."""
    ps = []
    for g in gradients:
        p = Tensor(np.zeros(np.shape(g) if g is not None else (2,), dtype), requires_grad=True)
        p.grad = None if g is None else Tensor(np.array(g, dtype))
        ps.append(p)
    return ps


def gradients(ps):
    return [None if p.grad is None else p.grad.tolist() for p in ps]


def test_norm_by_hand():
    ps = parameters([3.0, 0.0], None, [[4.0]])  # the norm of (3, 0, 4) is 5
    norm = clip_grad_norm_(ps, max_norm=1.0)
    assert norm.item() == 5
    assert norm.shape == ()
    assert not norm.requires_grad
    assert gradients(ps) == [pytest.approx([0.6, 0], abs=1e-6), None, [pytest.approx([0.8], abs=1e-6)]]


@pytest.mark.parametrize(
    ("norm_type", "expected"), [(1, 7), (math.inf, 4), ("inf", 4), (-math.inf, 3), (3, 91 ** (1 / 3)), (0, 2)]
)
def test_other_norms_by_hand(norm_type, expected):
    ps = parameters([3.0], [4.0])
    assert clip_grad_norm_(ps, 1.0, norm_type).item() == pytest.approx(expected)
    assert gradients(ps)[0] == pytest.approx([3 / expected], rel=1e-5)


def test_gradients_within_the_bound_are_left_to_the_last_bit():
    ps = parameters([0.3, 0.1], [0.2])
    clip_grad_norm_(ps, max_norm=1.0)
    assert gradients(ps) == [[0.3, 0.1], [0.2]]


def test_the_gradient_is_changed_in_place_for_whoever_holds_it():
    (p,) = parameters([3.0, 4.0])
    held = p.grad
    clip_grad_norm_(p, 1.0)
    assert held.tolist() == pytest.approx([0.6, 0.8], abs=1e-6)


def test_the_bound_is_kept_by_a_millionth():
    (p,) = parameters([3.0, 4.0])  # the factor is 5 / (5 + 1e-6), not 1
    clip_grad_norm_(p, 5.0)
    assert p.grad.tolist() == pytest.approx([15 / 5.000001, 20 / 5.000001], abs=1e-12)


@pytest.mark.parametrize("clip", [clip_grad_norm_, clip_grad_value_])
def test_a_graph_that_saved_the_old_gradient_is_stale(clip):
    (p,) = parameters([3.0, 4.0])
    x = Tensor(np.ones(2), requires_grad=True)
    y = (x * p.grad).sum()
    clip(p, 1.0)
    with pytest.raises(RuntimeError, match="overwritten in place"):
        y.backward()


def test_two_parameters_that_are_added_are_not_clipped_twice():
    # The engine may hand one array to both arguments of +.
    a, b = (Tensor(np.ones(2), requires_grad=True) for _ in range(2))
    ((a + b) * Tensor(np.array([3.0, 4.0]))).sum().backward()
    norm = clip_grad_norm_([a, b], 1.0)
    assert norm.item() == pytest.approx(math.sqrt(50))
    for p in (a, b):
        assert p.grad.tolist() == pytest.approx([3 / math.sqrt(50), 4 / math.sqrt(50)], abs=1e-6)


def test_a_nan_goes_through_or_is_an_error():
    ps = parameters([math.nan, 1.0], [2.0])
    with pytest.raises(RuntimeError, match="the gradients have the norm nan"):
        clip_grad_norm_(ps, 1.0, error_if_nonfinite=True)
    assert gradients(ps)[1] == [2.0]
    assert math.isnan(clip_grad_norm_(ps, 1.0).item())
    assert math.isnan(gradients(ps)[1][0])


def test_an_infinity_is_an_error_or_makes_the_rest_zero():
    ps = parameters([math.inf], [2.0])
    with pytest.raises(RuntimeError, match="the gradients have the norm inf"):
        clip_grad_norm_(ps, 1.0, math.inf, error_if_nonfinite=True)
    assert clip_grad_norm_(ps, 1.0).item() == math.inf
    assert gradients(ps)[1] == [0.0]


def test_half_precision_does_not_overflow_on_the_way():
    ps = parameters([300.0, 300.0, 300.0], dtype=np.float16)  # 300 ** 2 is more than float16 holds
    norm = clip_grad_norm_(ps, 1.0)
    assert norm.dtype == np.float16
    assert norm.item() == 519.5  # 300 sqrt(3) = 519.6, to the nearest in float16
    assert gradients(ps) == [pytest.approx([3**-0.5] * 3, rel=1e-3)]


def test_the_norm_has_the_widest_dtype_of_the_gradients():
    ps = parameters([3.0], dtype=np.float16) + parameters([4.0], dtype=np.float32)
    assert clip_grad_norm_(ps, 10.0).dtype == np.float32


@pytest.mark.parametrize(
    ("values", "norm_type", "norm", "after"),
    [
        ([math.inf, 1.0], 2.0, math.inf, [math.nan, 0.0]),
        ([3e38, 3e38], 2.0, math.inf, [0.0, 0.0]),  # more than float32 holds, here and in PyTorch
        ([0.0, 2.0], -1.0, 0.0, [0.0, 2.0]),  # 1 / (1 / 0 + 1 / 2)
        ([3.0, 6.0], -1.0, 2.0, [1.5, 3.0]),  # 1 / (1 / 3 + 1 / 6)
        ([], 2.0, 0.0, []),
    ],
)
def test_the_norm_tells_and_no_warning_does(values, norm_type, norm, after):
    (p,) = parameters(values, dtype=np.float32)
    x = Tensor(np.ones(len(values), np.float32), requires_grad=True)
    y = (x * p.grad).sum()
    assert clip_grad_norm_(p, 1.0, norm_type).item() == pytest.approx(norm)
    assert p.grad.tolist() == pytest.approx(after, nan_ok=True)
    if values != after:
        with pytest.raises(RuntimeError, match="overwritten in place"):
            y.backward()


def test_without_gradients_the_norm_is_zero():
    assert clip_grad_norm_(parameters(None, None), 1.0).item() == 0
    clip_grad_value_(parameters(None), 1.0)


def test_an_empty_generator_is_warned_of():
    with pytest.warns(UserWarning, match="the generator of parameters is empty"):
        clip_grad_norm_((p for p in []), 1.0)


def test_value_by_hand():
    ps = parameters([3.0, -0.5], [[-4.0]])
    assert clip_grad_value_(ps, 2) is None
    assert gradients(ps) == [[2.0, -0.5], [[-2.0]]]


def test_a_single_tensor_is_taken():
    (p,) = parameters([3.0, 4.0])
    clip_grad_value_(p, 1.0)
    assert p.grad.tolist() == [1.0, 1.0]


def test_foreach_is_refused_by_name():
    for clip in (clip_grad_norm_, clip_grad_value_):
        with pytest.raises(NotImplementedError, match=f"{clip.__name__}: foreach=True is not supported"):
            clip(parameters([1.0]), 1.0, foreach=True)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("norm_type", [2.0, 1.0, 3.5, math.inf, 0.0])
@pytest.mark.parametrize("max_norm", [0.1, 100.0])
def test_norm_as_pytorch(dtype, norm_type, max_norm):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(2)
    drawn = [rng.normal(size=shape).astype(dtype) for shape in ((3, 4), (5,), ())]
    ours, theirs = parameters(*drawn, dtype=dtype), [torch.tensor(g, requires_grad=True) for g in drawn]
    for q, g in zip(theirs, drawn, strict=True):
        q.grad = torch.tensor(g)
    norm = clip_grad_norm_(ours, max_norm, norm_type)
    expected = torch.nn.utils.clip_grad_norm_(theirs, max_norm, norm_type)
    tolerance = 1e-6 if dtype == np.float32 else 1e-14
    assert norm.dtype == dtype
    assert norm.item() == pytest.approx(expected.item(), rel=tolerance)
    for p, q in zip(ours, theirs, strict=True):
        assert p.grad.dtype == dtype
        np.testing.assert_allclose(p.grad.cpu().numpy(), q.grad.cpu().numpy(), rtol=tolerance)
