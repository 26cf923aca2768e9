"""Losses beside PyTorch's: every reduction, weights, ignored classes, smoothing, extremes."""

import itertools

import numpy as np
import pytest

from tests.compat.samples import draw

REDUCTIONS = ("mean", "sum", "none")
REGRESSION = ("mse_loss", "l1_loss", "smooth_l1_loss")


@pytest.mark.parametrize("name", REGRESSION)
def test_regression(beside, name):
    for reduction in REDUCTIONS:
        for shape in ((2, 3), (), (0,)):
            if reduction == "mean" and shape == (0,):
                continue
            x, y = draw(shape), draw(shape, seed=1)
            beside(
                lambda L, F, x, y, r: getattr(F, name)(x, y, reduction=r), x, y, reduction, what=str(shape)
            )
    x, y = draw((3,)), draw((3,), seed=1)
    beside(lambda L, F, x, y: getattr(F, name)(input=x, target=y, reduction="sum"), x, y)
    beside.refused(
        lambda L, F, x, y: getattr(F, name)(x, y, reduction="avg"), x, y, words=["reduction", "avg"]
    )


@pytest.mark.usefixtures("of_today")
@pytest.mark.parametrize("name", REGRESSION)
def test_regression_of_two_dtypes(beside, name):
    for reduction in REDUCTIONS:
        for other in ("float64", "int64"):
            beside(
                lambda L, F, x, y, r: getattr(F, name)(x, y, reduction=r),
                draw((2, 3), "float32"),
                draw((2, 3), other, seed=1),
                reduction,
                what=f"{reduction} {other}",
            )


@pytest.mark.parametrize("name", REGRESSION)
def test_different_shapes_warn(beside, name):
    with pytest.warns(UserWarning, match=r"size"):
        getattr(beside.torch.nn.functional, name)(beside.torch.ones(2, 1), beside.torch.ones(2))

    def run(L, F, x, y):
        with pytest.warns(UserWarning, match=r"\(2, 1\).*\(2,\)|size"):
            return getattr(F, name)(x, y)

    beside(run, draw((2, 1)), draw((2,), seed=1))


def test_smooth_l1_beta(beside):
    x, y = np.array([0.0, 0.5, 1.0, 2.0, -3.0]), np.zeros(5)
    for beta in (0, 0.5, 1, 2.0):
        beside(lambda L, F, x, y, b: F.smooth_l1_loss(x, y, reduction="none", beta=b), x, y, beta)
    beside.refused(lambda L, F, x, y: F.smooth_l1_loss(x, y, beta=-1), x, y, words=["beta", "-1"])


def test_mse_weight(beside):
    x, y, w = draw((2, 3)), draw((2, 3), seed=1), np.abs(draw((2, 3), seed=2))
    for reduction in REDUCTIONS:
        beside(lambda L, F, x, y, w, r: F.mse_loss(x, y, weight=w, reduction=r), x, y, w, reduction)


# Classification ---------------------------------------------------------------------------------------------

SCORES = [(4, 3), (4, 3, 5), (4, 3, 2, 2), (3,)]


def classes_for(shape, highest=2):
    batch = shape[:1] + shape[2:] if len(shape) > 1 else ()
    return np.random.default_rng(0).integers(0, highest + 1, batch).tolist()


def tensor_or_none(L, weight):
    return None if weight is None else L.tensor(weight, dtype=L.float64)


WEIGHTS = (None, (0.2, 1.0, 3.0))


@pytest.mark.parametrize("weight", WEIGHTS)
@pytest.mark.parametrize("shape", SCORES)
def test_class_numbers(beside, shape, weight):
    target = classes_for(shape)
    some = [-100, *target[1:]] if shape == (4, 3) else target  # one to be ignored

    def run(L, F, x, t, options):
        return F.cross_entropy(x, L.tensor(t), weight=tensor_or_none(L, weight), **options)

    for reduction, smoothing, ignored in itertools.product(REDUCTIONS, (0.0, 0.1, 1.0), (-100, 1)):
        if target == ignored and reduction == "mean":
            continue  # nothing counts: 0 / 0
        options = {"reduction": reduction, "label_smoothing": smoothing, "ignore_index": ignored}
        beside(run, draw(shape), target, options, what=str(options))
        if ignored == -100:
            beside(run, draw(shape), some, options, what=f"{options}, some ignored")


@pytest.mark.parametrize("weight", WEIGHTS)
@pytest.mark.parametrize("shape", SCORES)
def test_nll_loss(beside, shape, weight):
    target = classes_for(shape, highest=1)

    def by_place(L, F, x, ignored, reduction):
        return F.nll_loss(x, L.tensor(target), tensor_or_none(L, weight), None, ignored, None, reduction)

    def by_name(L, F, x, ignored, reduction):
        return F.nll_loss(
            input=x,
            target=L.tensor(target),
            weight=tensor_or_none(L, weight),
            ignore_index=ignored,
            reduction=reduction,
        )

    for reduction, ignored in itertools.product(REDUCTIONS, (-100, 2)):
        beside(by_place, draw(shape), ignored, reduction)
        beside(by_name, draw(shape), ignored, reduction)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("shape", [*SCORES, (0, 3)])
def test_probabilities(beside, shape, reduction):
    if reduction == "mean" and shape == (0, 3):
        return  # 0 / 0
    target = np.abs(draw(shape, seed=1))
    for smoothing in (0.0, 0.1):
        for weight in (None, np.array([0.2, 1.0, 3.0])):  # by these, too, there is a gradient
            beside(
                lambda L, F, x, t, w, s: F.cross_entropy(x, t, w, reduction=reduction, label_smoothing=s),
                draw(shape),
                target,
                weight,
                smoothing,
                what=f"{smoothing} {weight}",
            )


def test_positional_arguments(beside):
    beside(
        lambda L, F, x: F.cross_entropy(x, L.tensor([0, 2]), None, None, -100, None, "sum", 0.1), draw((2, 3))
    )
    beside(lambda L, F, x: F.cross_entropy(x, L.tensor([0, 2])), draw((2, 3), "float32"))
    beside(lambda L, F, x: F.cross_entropy(input=x, target=L.tensor([0, 2])), draw((2, 3)))


def test_sure_and_wrong(beside):
    """Scores of +-1000 give finite losses and gradients."""
    x = np.array([[1000.0, -1000.0, 0.0], [-1000.0, 1000.0, 0.0]])
    beside(lambda L, F, x: F.cross_entropy(x, L.tensor([0, 0]), reduction="none"), x)
    beside(lambda L, F, x: F.cross_entropy(x, L.tensor([1, 2]), label_smoothing=0.1), x)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda L, F, x: F.cross_entropy(x, L.tensor([0, 3])), ["0 to 2", "3"]),
        (lambda L, F, x: F.cross_entropy(x, L.tensor([0, -1])), ["0 to 2", "-1"]),
        (lambda L, F, x: F.cross_entropy(x, L.tensor([[1, 0, 0], [0, 1, 0]])), ["(2,)", "(2, 3)", "argmax"]),
        (lambda L, F, x: F.cross_entropy(x, L.tensor([[1], [0]])), ["(2,)", "(2, 1)", "squeeze(1)"]),
        (lambda L, F, x: F.cross_entropy(x, L.tensor([0.0, 1.0])), ["float32", ".long()"]),
        (lambda L, F, x: F.cross_entropy(x, L.tensor([True, False])), ["bool", ".long()"]),
        (lambda L, F, x: F.cross_entropy(x, L.tensor([0, 1, 2])), ["(2,)", "(3,)"]),
        (lambda L, F, x: F.cross_entropy(x, L.zeros(2, 4)), ["float32"]),
        (lambda L, F, x: F.cross_entropy(x, L.tensor([0, 1]), reduction="avg"), ["reduction", "avg"]),
        (
            lambda L, F, x: F.cross_entropy(x, L.tensor([0, 1]), label_smoothing=1.5),
            ["label_smoothing", "1.5"],
        ),
        (lambda L, F, x: F.cross_entropy(x, L.tensor([0, 1]), weight=L.ones(2).double()), ["(3,)", "(2,)"]),
        (lambda L, F, x: F.cross_entropy(x, x.detach(), ignore_index=1), ["ignore_index"]),
        (lambda L, F, x: F.cross_entropy(x.long(), L.tensor([0, 1])), ["int64", "exchanged"]),
        (lambda L, F, x: F.cross_entropy(L.tensor([0, 1]), x), ["int64", "exchanged"]),
        (lambda L, F, x: F.cross_entropy(x.sum(), L.tensor(0)), ["(N, C"]),
        (lambda L, F, x: F.nll_loss(x, L.tensor([0.0, 1.0])), ["nll_loss", "float32"]),
        (lambda L, F, x: F.nll_loss(x, L.tensor([0, 7])), ["nll_loss", "7"]),
        (lambda L, F, x: F.nll_loss(x, L.tensor([0, 1]), x.sum(0)).sum().backward(), ["weights"]),
    ],
)
def test_refused_targets(beside, call, words):
    beside.refused(call, draw((2, 3)), words=words)


def test_a_class_to_ignore_may_be_any_number(beside):
    beside(lambda L, F, x: F.cross_entropy(x, L.tensor([0, 255]), ignore_index=255), draw((2, 3)))


# Distributions, yes or no -----------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides")  # PyTorch's advice to use batchmean
@pytest.mark.parametrize("log_target", [False, True])
@pytest.mark.parametrize("reduction", [*REDUCTIONS, "batchmean"])
def test_kl_div(beside, reduction, log_target):
    for shape in ((3, 4), (5,), (2, 3, 4), ()):
        p = np.abs(draw(shape, seed=1))
        x, y = -np.abs(draw(shape)), np.asarray(np.log(p) if log_target else p)
        beside(
            lambda L, F, x, y: F.kl_div(input=x, target=y, reduction=reduction, log_target=log_target),
            np.asarray(x),
            y,
            what=str(shape),
        )


def test_kl_div_of_a_class_that_never_comes(beside):
    x, y = -np.abs(draw((3,))), np.array([0.0, 0.4, 0.6])
    beside(lambda L, F, x: F.kl_div(x, L.tensor(y), reduction="sum"), x)
    negative = np.array([0.0, -0.4, 0.6])  # has no logarithm
    beside(lambda L, F, x: F.kl_div(x, L.tensor(negative), reduction="none"), x)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("shape", [(3, 4), ()])
def test_binary(beside, shape, reduction):
    rng = np.random.default_rng(0)
    p, t, w = (np.asarray(rng.random(shape) * 0.98 + 0.01) for _ in range(3))
    x = draw(shape)
    beside(lambda L, F, p, t, r: F.binary_cross_entropy(p, t, reduction=r), p, t, reduction)
    beside(
        lambda L, F, p, t, w, r: F.binary_cross_entropy(p, t, weight=w.detach(), reduction=r),
        p,
        t,
        w,
        reduction,
    )
    beside(lambda L, F, x, t, r: F.binary_cross_entropy_with_logits(x, t, reduction=r), x, t, reduction)
    beside(
        lambda L, F, x, t, w, r: F.binary_cross_entropy_with_logits(
            input=x, target=t, weight=w.detach(), pos_weight=w.detach() + 1, reduction=r
        ),
        x,
        t,
        w,
        reduction,
    )


def test_binary_at_the_edges(beside):
    p, t = np.array([0.0, 1.0, 0.0, 1.0, 0.5]), np.array([0.0, 1.0, 1.0, 0.0, 1.0])
    beside(lambda L, F, p: F.binary_cross_entropy(p, L.tensor(t), reduction="none"), p, rtol=1e-6)
    x = np.array([1000.0, -1000.0, 1000.0, -1000.0, 0.0])
    beside(lambda L, F, x: F.binary_cross_entropy_with_logits(x, L.tensor(t), reduction="none"), x)
    beside(
        lambda L, F, x, t: F.binary_cross_entropy_with_logits(
            x, t, pos_weight=L.tensor([1.0, 2.0, 3.0]).double()
        ),
        draw((2, 3)),
        np.abs(draw((2, 3), seed=1)) / 3,
    )


def test_binary_refuses(beside):
    for name in ("binary_cross_entropy", "binary_cross_entropy_with_logits"):
        beside.refused(
            lambda L, F, x, t, n: getattr(F, n)(x, t),
            np.array([[0.5]]),
            np.ones(1),
            name,
            words=["(1, 1)", "(1,)"],
        )
    beside.refused(
        lambda L, F, x, t: F.binary_cross_entropy(x, t), np.array([1.5]), np.ones(1), words=["1.5", "logits"]
    )


def test_the_second_derivative_of_binary_cross_entropy(beside):
    def slopes(L, F, x, target):
        dx = L.autograd.grad(F.binary_cross_entropy(x, target, reduction="sum"), x, create_graph=True)[0]
        return L.autograd.grad(dx.sum(), x)[0]

    beside(slopes, np.array([0.0, 1.0, 0.3, 0.5, 0.9]), np.array([0.0, 1.0, 1.0, 0.5, 0.2]), rtol=1e-9)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name", ["l1_loss", "mse_loss"])
def test_weights_of_elements(beside, name, reduction):
    x, target = np.random.default_rng(3).normal(size=(2, 4, 3))
    weight = np.random.default_rng(4).uniform(size=(4, 3))

    def loss(L, F, x, target, weight):
        return getattr(F, name)(x, target, weight=weight.detach(), reduction=reduction)

    beside(loss, x, target, weight)
