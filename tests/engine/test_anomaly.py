"""detect_anomaly: who made the first NaN or infinity, from what, and on which line of the learner's."""

import inspect

import numpy as np
import pytest

import minigrad as mg
import minigrad.nn.functional as F
from minigrad.autograd import AnomalyError, detect_anomaly, grad

# NumPy warns of the same events; here it is minigrad that is to speak.
pytestmark = [
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),
    pytest.mark.usefixtures("device"),
]


def leaf(values, dtype=np.float64):
    return mg.tensor(np.asarray(values, dtype), requires_grad=True)


def next_line():
    return inspect.currentframe().f_back.f_lineno + 1


def test_forward_names_operation_place_operands_and_line():
    x = leaf([1.0, 0.0, 4.0])
    with detect_anomaly(), pytest.raises(AnomalyError) as caught:
        at = next_line()
        y = mg.log(x)  # the culprit
        (y * 2).sum()
    text = str(caught.value)
    assert text.startswith(
        "log made -inf at index (1,) (1 of 3 numbers are not finite) in the forward pass, at"
    )
    assert f"{__file__}:{at}: y = mg.log(x)  # the culprit" in text
    assert "shape (3,): [1. 0. 4.]" in text


@pytest.mark.parametrize(
    "operation, f",
    [
        ("div", lambda x: x / 0),
        ("log", lambda x: mg.log(-x)),
        ("sqrt", lambda x: mg.sqrt(x - 10)),
        ("exp", lambda x: mg.exp(x * 1e6)),
        ("pow", lambda x: (x - x) ** -1.0),
        ("matmul", lambda x: (x * 1e200).reshape(1, 2) @ (x * 1e200).reshape(2, 1)),
        ("sum", lambda x: (x * 0.8e308).sum()),
        ("mul", lambda x: x.clone().mul_(1e308).mul_(10)),
    ],
)
def test_the_first_culprit_is_named(operation, f):
    x = leaf([1.0, 2.0])
    with detect_anomaly(), pytest.raises(AnomalyError, match=rf"^{operation} made (-?inf|nan)"):
        mg.tanh(f(x)).sum().backward()


def test_it_is_named_as_the_learner_called_it():
    with detect_anomaly(), pytest.raises(AnomalyError, match=r"^layer_norm made nan"):
        F.layer_norm(mg.zeros(1, 3), (3,), eps=0.0)


def test_without_the_mode_nothing_is_said():
    x = leaf([1.0, 0.0])
    y = mg.log(x)
    y.sum().backward()
    assert y.tolist() == [0.0, -np.inf]


def test_backward_names_operation_operands_and_the_line_of_the_forward_call():
    # sqrt is finite at 0, its derivative is not.
    x = leaf([4.0, 0.0])
    with detect_anomaly():
        at = next_line()
        y = mg.sqrt(x)
        loss = (y * 3).sum()
        with pytest.raises(AnomalyError) as caught:
            loss.backward()
    text = str(caught.value)
    assert text.startswith("the gradient of sqrt made inf at index (1,) (1 of 2 numbers are not finite)")
    assert "backward pass" in text
    assert f"{__file__}:{at}: y = mg.sqrt(x)" in text
    assert "[3. 3.]" in text  # the upstream gradient
    assert "[2. 0.]" in text  # what was saved: the output


def test_backward_alone_under_the_mode_says_how_to_learn_the_line():
    x = leaf([0.0])
    loss = mg.sqrt(x).sum()
    with detect_anomaly(), pytest.raises(AnomalyError, match=r"gradient of sqrt.*Run the forward pass under"):
        loss.backward()


def test_grad_and_second_derivatives_are_watched():
    # x ** 1.5 has a finite derivative at 0, its second derivative is infinite.
    x = leaf([0.0])
    (g,) = grad((x**1.5).sum(), x, create_graph=True)
    assert g.item() == 0.0
    with detect_anomaly(), pytest.raises(AnomalyError, match="the gradient of pow made inf"):
        grad(g.sum(), x)


def test_a_nan_given_is_not_the_operations_fault():
    x = leaf([1.0, np.nan])
    with detect_anomaly():
        y = mg.exp(x * 2).sum()
        y.backward()
    assert np.isnan(y.item())


def test_infinity_put_in_on_purpose_accuses_nobody():
    # The mask of attention: scores of -inf become weights of 0.
    scores = leaf([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]])
    mask = mg.tensor([[False, True, False], [False, False, True]])
    with detect_anomaly():
        weights = F.softmax(scores.masked_fill(mask, -np.inf), -1)
        (weights * weights).sum().backward()
        q = mg.rand(2, 3, 4, requires_grad=True)
        F.scaled_dot_product_attention(q, q, q, is_causal=True).sum().backward()
        F.scaled_dot_product_attention(q, q, q, attn_mask=mg.tensor([True, False, True])).sum().backward()
        mg.full((2,), np.inf)
        mg.tensor([np.nan])
        h = scores * 1
        h[0, 0] = np.inf
        h.fill_(np.nan)
    assert np.isfinite(scores.grad.cpu().numpy()).all()


def test_infinity_put_in_on_purpose_excuses_no_nan():
    # Where everything is masked, softmax is 0 / 0.
    scores = leaf([[1.0, -np.inf], [-np.inf, -np.inf]])
    with detect_anomaly(), pytest.raises(AnomalyError, match=r"^softmax made nan at index \(1, 0\) \(2 of 4"):
        F.softmax(scores, -1)
    x = leaf([0.0, 1.0])
    with detect_anomaly(), pytest.raises(AnomalyError, match=r"^mul made nan at index"):
        x * mg.tensor([np.inf, np.inf])
    y = x * mg.tensor([np.inf, 1.0])
    with detect_anomaly(), pytest.raises(AnomalyError, match=r"^the gradient of mul made nan at index"):
        y.backward(mg.tensor([0.0, 1.0]))


# What the engine itself adds up -----------------------------------------------------------------------------

LARGE = np.array([2e38], np.float32)  # twice that is infinite in float32


def test_a_sum_over_paths_is_watched():
    x = leaf([0.1], np.float32)
    with detect_anomaly():
        large = mg.tensor(LARGE)
        at = next_line()
        y = x * large
        y = y + x * large
        with pytest.raises(AnomalyError) as caught:
            y.backward()
    text = str(caught.value)
    assert text.startswith("adding up the gradients that arrive over several paths made inf at index (0,)")
    assert f"{__file__}:{at}: y = x * large" in text
    assert text.count("[2.e+38]") == 2


@pytest.mark.parametrize(
    "shape, other",
    [
        ((1,), np.full(2, 2e38, np.float32)),
        ((), np.full((2, 1), 2e38, np.float32)),
        ((1,), np.array([1e300])),
    ],
)
def test_fitting_a_gradient_to_the_argument_is_watched(shape, other):
    x = leaf(np.zeros(shape), np.float32)
    with detect_anomaly():
        y = (x * mg.tensor(other)).sum()
        with pytest.raises(AnomalyError, match=r"^fitting the gradient of mul to its argument.* made inf"):
            y.backward()


def test_adding_to_grad_is_watched():
    x = leaf([1.0], np.float32)
    (x * mg.tensor(LARGE)).backward()
    with detect_anomaly(), pytest.raises(AnomalyError, match=r"^adding to the grad of a leaf made inf"):
        (x * mg.tensor(LARGE)).backward()
    assert x.grad.tolist() == LARGE.tolist()


def test_integers_and_questions_are_no_matter():
    with detect_anomaly():
        assert (mg.tensor([1, 2]) // 2).tolist() == [0, 1]
        assert mg.isinf(mg.tensor([np.inf])).item()
        assert mg.cat([mg.ones(2), mg.zeros(1)]).tolist() == [1, 1, 0]


def test_a_healthy_network_passes():
    x, w = leaf(np.ones((4, 3))), leaf(np.full((2, 3), 0.1))
    with detect_anomaly():
        F.cross_entropy(F.linear(x, w), mg.tensor([0, 1, 1, 0])).backward()
    assert w.grad is not None


def test_the_mode_ends_with_its_block():
    with detect_anomaly():
        pass
    assert mg.log(leaf([0.0])).item() == -np.inf


def test_operands_that_are_no_tensors_are_shown_as_python_writes_them():
    with detect_anomaly(), pytest.raises(AnomalyError, match=r"(?s)shape \(1,\): \[-1\.\].*\n    0\.5$"):
        leaf([-1.0]) ** 0.5


def test_large_operands_are_shortened():
    with detect_anomaly(), pytest.raises(AnomalyError) as caught:
        mg.log(leaf(np.arange(100_000.0)))
    assert len(str(caught.value)) < 1000
    assert "shape (100000,)" in str(caught.value)


def test_the_rows_of_an_operand_stand_below_each_other():
    with detect_anomaly(), pytest.raises(AnomalyError) as caught:
        mg.log(-mg.ones(3, 2))
    lines = str(caught.value).splitlines()
    first = next(number for number, line in enumerate(lines) if "shape (3, 2)" in line)
    assert [line.strip() for line in lines[first + 1 : first + 3]] == ["[-1. -1.]", "[-1. -1.]]"]
    assert all(line.startswith(" " * 7 + "[") for line in lines[first + 1 : first + 3])


def test_an_infinity_beside_a_nan_that_was_given_accuses_nobody():
    with detect_anomaly():
        assert (1 / mg.tensor([float("nan"), 0.0])).tolist()[1] == float("inf")
