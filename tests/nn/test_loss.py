import math

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.nn import functional as F

pytestmark = pytest.mark.usefixtures("device")

LOSSES = [
    nn.CrossEntropyLoss, nn.NLLLoss, nn.MSELoss, nn.L1Loss, nn.SmoothL1Loss, nn.KLDivLoss, nn.BCELoss,
    nn.BCEWithLogitsLoss,
]  # fmt: skip

LOGITS = [[1.0, 2.0, 0.5], [0.0, -1.0, 3.0]]
TARGETS = [1, 2]


def float64(values):
    return mg.tensor(values, dtype=mg.float64)


def minus_log_softmax(row, k):
    return math.log(sum(math.exp(v) for v in row)) - row[k]


def test_cross_entropy_by_hand():
    each = [minus_log_softmax(row, k) for row, k in zip(LOGITS, TARGETS, strict=True)]
    logits, targets = float64(LOGITS), mg.tensor(TARGETS)
    assert nn.CrossEntropyLoss()(logits, targets).item() == pytest.approx(sum(each) / 2)
    assert nn.CrossEntropyLoss(reduction="sum")(logits, targets).item() == pytest.approx(sum(each))
    np.testing.assert_allclose(nn.CrossEntropyLoss(reduction="none")(logits, targets).cpu().numpy(), each)


def test_cross_entropy_options_reach_the_function():
    logits, targets = float64(LOGITS), mg.tensor(TARGETS)
    each = [minus_log_softmax(row, k) for row, k in zip(LOGITS, TARGETS, strict=True)]
    weighted = nn.CrossEntropyLoss(float64([1.0, 2.0, 5.0]))(logits, targets).item()
    assert weighted == pytest.approx((2 * each[0] + 5 * each[1]) / 7)  # the mean is weighted, too
    assert nn.CrossEntropyLoss(ignore_index=2)(logits, targets).item() == pytest.approx(each[0])
    uniform = [sum(minus_log_softmax(row, k) for k in range(3)) / 3 for row in LOGITS]
    smooth = nn.CrossEntropyLoss(label_smoothing=0.3)(logits, targets).item()
    assert smooth == pytest.approx(sum(0.7 * e + 0.3 * u for e, u in zip(each, uniform, strict=True)) / 2)


def test_nll_by_hand():
    log_p = float64([[-1.0, -2.0], [-0.5, -3.0], [-4.0, -0.1]])
    targets = mg.tensor([0, 1, 1])
    assert nn.NLLLoss()(log_p, targets).item() == pytest.approx((1 + 3 + 0.1) / 3)
    assert nn.NLLLoss(float64([3.0, 1.0]))(log_p, targets).item() == pytest.approx((3 + 3 + 0.1) / 5)
    assert nn.NLLLoss(ignore_index=1, reduction="sum")(log_p, targets).item() == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("loss", "each"),
    [
        (nn.MSELoss, [0.25, 0.0, 9.0]),
        (nn.L1Loss, [0.5, 0.0, 3.0]),
        (nn.SmoothL1Loss, [0.125, 0.0, 2.5]),
        (lambda **options: nn.SmoothL1Loss(beta=2.0, **options), [0.0625, 0.0, 2.0]),
    ],
)
def test_distances_by_hand(loss, each):
    input, target = float64([1.0, 2.0, -1.0]), float64([1.5, 2.0, 2.0])
    assert loss()(input, target).item() == pytest.approx(sum(each) / 3)
    assert loss(reduction="sum")(input, target).item() == pytest.approx(sum(each))
    np.testing.assert_allclose(loss(reduction="none")(input, target).cpu().numpy(), each)


def test_kl_div_by_hand():
    p, q = np.array([[0.5, 0.5], [0.9, 0.1]]), np.array([[0.25, 0.75], [0.5, 0.5]])
    total = (p * np.log(p / q)).sum()
    log_q = float64(np.log(q))
    assert nn.KLDivLoss(reduction="batchmean")(log_q, float64(p)).item() == pytest.approx(total / 2)
    assert nn.KLDivLoss(reduction="sum", log_target=True)(log_q, float64(np.log(p))).item() == pytest.approx(
        total
    )


def test_kl_div_mean_counts_elements():
    p, q = np.array([[0.5, 0.5], [0.9, 0.1]]), np.array([[0.25, 0.75], [0.5, 0.5]])
    loss = nn.KLDivLoss(reduction="none")(float64(np.log(q)), float64(p))
    np.testing.assert_allclose(loss.cpu().numpy(), p * np.log(p / q))


def test_binary_cross_entropy_by_hand():
    p, t = [0.9, 0.2, 0.5], [1.0, 0.0, 1.0]
    each = [-math.log(0.9), -math.log(0.8), -math.log(0.5)]
    assert nn.BCELoss()(float64(p), float64(t)).item() == pytest.approx(sum(each) / 3)
    weighted = nn.BCELoss(float64([1.0, 2.0, 3.0]), reduction="none")(float64(p), float64(t))
    np.testing.assert_allclose(weighted.cpu().numpy(), np.array(each) * [1, 2, 3])
    logits = float64(np.log(np.array(p) / (1 - np.array(p))))
    assert nn.BCEWithLogitsLoss(reduction="sum")(logits, float64(t)).item() == pytest.approx(sum(each))
    positive = nn.BCEWithLogitsLoss(pos_weight=float64([4.0, 4.0, 4.0]), reduction="none")(logits, float64(t))
    np.testing.assert_allclose(positive.cpu().numpy(), np.array(each) * [4, 1, 4])
    both = nn.BCEWithLogitsLoss(float64([1.0, 2.0, 3.0]), reduction="none")(logits, float64(t))
    np.testing.assert_allclose(both.cpu().numpy(), np.array(each) * [1, 2, 3])


def test_logits_far_out_stay_finite():
    loss = nn.BCEWithLogitsLoss(reduction="none")(float64([1000.0, -1000.0]), float64([0.0, 1.0]))
    np.testing.assert_allclose(loss.cpu().numpy(), [1000.0, 1000.0])


def test_weights_are_state_and_move_with_the_loss():
    loss = nn.CrossEntropyLoss(mg.ones(3))
    assert list(loss.state_dict()) == ["weight"]
    assert list(loss.parameters()) == []
    assert loss.double().weight.dtype == np.float64
    assert list(nn.CrossEntropyLoss().state_dict()) == []
    assert list(nn.BCEWithLogitsLoss(pos_weight=mg.ones(3)).state_dict()) == ["pos_weight"]


@pytest.mark.parametrize("loss", LOSSES)
def test_repr_and_refusals(loss):
    assert repr(loss()) == f"{loss.__name__}()"
    with pytest.raises(ValueError, match=r"reduction must be one of .*got 'average'"):
        loss(reduction="average")
    with pytest.raises(NotImplementedError, match="size_average=False"):
        loss(size_average=False)
    with pytest.raises(NotImplementedError, match="reduce=True"):
        loss(reduce=True)


def test_more_refusals():
    with pytest.raises(ValueError, match="label_smoothing"):
        nn.CrossEntropyLoss(label_smoothing=1.5)
    with pytest.raises(ValueError, match="beta"):
        nn.SmoothL1Loss(beta=-1.0)
    with pytest.raises(ValueError, match="reduction"):
        nn.MSELoss(reduction="batchmean")
    with pytest.raises(TypeError, match="buffer 'weight' must be a Tensor"):
        nn.CrossEntropyLoss([1.0, 2.0])


@pytest.mark.parametrize(
    "call",
    [
        lambda: nn.MSELoss()(mg.ones(2), mg.ones(2, 1)),
        lambda: nn.functional.l1_loss(mg.ones(2), mg.ones(2, 1)),
        lambda: nn.Dropout2d()(mg.ones(2, 3, 4)),
        lambda: nn.functional.dropout2d(mg.ones(2, 3, 4)),
    ],
)
def test_a_warning_points_at_the_line_of_the_program(call):
    """Python shows a warning once for each line: one in the library would be shown once for all programs."""
    with pytest.warns(UserWarning, match=r"(will be broadcast|is taken for)") as caught:
        call()
    assert [warning.filename for warning in caught] == [__file__]


@pytest.mark.parametrize("target", [0.0, 1.0, 0.5])
def test_the_gradient_by_the_target_of_a_certain_probability(target):
    """The logarithms of 0 are -100: the slopes are 100 and -100, and half of it for a mean of two."""
    t = mg.full((2,), target, requires_grad=True)
    F.binary_cross_entropy(mg.tensor([0.0, 1.0]), t).backward()
    assert t.grad.tolist() == [50.0, -50.0]


FUNCTIONS = {
    "mse_loss": lambda x, **o: F.mse_loss(x, x, **o),
    "l1_loss": lambda x, **o: F.l1_loss(x, x, **o),
    "smooth_l1_loss": lambda x, **o: F.smooth_l1_loss(x, x, **o),
    "kl_div": lambda x, **o: F.kl_div(x, x, **o),
    "binary_cross_entropy": lambda x, **o: F.binary_cross_entropy(x, x, **o),
    "binary_cross_entropy_with_logits": lambda x, **o: F.binary_cross_entropy_with_logits(x, x, **o),
    "cross_entropy": lambda x, **o: F.cross_entropy(x, mg.tensor([0, 1]), **o),
    "nll_loss": lambda x, **o: F.nll_loss(x, mg.tensor([0, 1]), **o),
}


@pytest.mark.parametrize("option", ["size_average", "reduce"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_options_of_old_are_refused_by_name(name, option):
    with pytest.raises(NotImplementedError, match=rf"^{name}: {option}=False"):
        FUNCTIONS[name](mg.full((2, 2), 0.5), **{option: False})


def test_an_ignore_index_is_a_whole_number():
    for name in ("cross_entropy", "nll_loss"):
        with pytest.raises(TypeError, match=rf"^{name}: ignore_index .* got 1\.5"):
            getattr(F, name)(mg.zeros(2, 2), mg.tensor([0, 1]), ignore_index=1.5)
