"""Rules as learners write them on paper: small whole numbers, sizes and exponents written as numbers."""

import numpy as np
import pytest

import minigrad as mg
import minigrad.nn.functional as F

X4 = mg.tensor([0.5, 1.0, -2.0, 3.0])
T4 = mg.tensor([1.0, 0.0, 0.5, -1.0])
ROWS = mg.tensor([[1.0, 2.0, 0.0, -1.0], [0.5, 1.5, -1.0, 2.0], [3.0, -2.0, 1.0, 0.0]])
OTHERS = mg.tensor([[0.0, 1.0, 2.0, 0.5], [1.0, -1.0, 0.5, 0.0], [2.0, 0.0, -1.0, 1.0]])


def mse(x, t):
    return ((x - t) ** 2).mean()


def explained(fn, inputs, rule, **options):
    diagnosis = mg.explain_gradient(fn, inputs, rule, **options)
    return diagnosis, " ".join(str(diagnosis).split())


# N as a number ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fn, inputs, rule",
    [
        (mse, (X4, T4), lambda dy, x, t: dy * (x - t) * 2 / 4),
        (F.mse_loss, (X4, T4), lambda dy, input, target: dy * (input - target) / 2),
        (lambda x: (x**2).mean(), X4, lambda dy, x: dy * x * 2 / 4),
        (lambda x: x.mean(), X4, lambda dy, x: dy * np.ones_like(x) / 4),
        (lambda x: x.sum() / 4, X4, lambda dy, x: dy * np.ones_like(x) / x.size),
        (lambda x: x.sum() / 4, X4, lambda dy, x: dy * np.ones_like(x) / 4),
        (lambda x, y: ((x - y) ** 2).sum(1).mean(), None, lambda dy, a, b: dy * 2 * (a - b) / 3),
        (lambda x: x.mean(), mg.tensor([[1.0, 2.0, 3.0, 4.0]]), lambda dy, x: dy * np.ones((1, 4)) / 4),
        (lambda a, b: a * b, (2.0, 3.0), lambda dy: dy * 3),
        (lambda x, n: x**n, (X4, 3.0), lambda dy, x: dy * 3 * x**2),
    ],
)
def test_a_size_or_number_written_as_a_number_is_right(fn, inputs, rule):
    if inputs is None:
        fn, inputs = (lambda a, b: ((a - b) ** 2).sum(1).mean()), (ROWS, OTHERS)
    diagnosis, text = explained(fn, inputs, rule)
    assert diagnosis, text
    assert diagnosis.slip is None


def test_it_is_told_for_which_size_it_holds():
    _, text = explained(mse, (X4, T4), lambda dy, x, t: dy * (x - t) * 2 / 4)
    assert (
        "it holds for this size; at another size, say x of shape (6,), it gives 1.5 times the right gradient"
        in text
    )
    assert "if 4 is your N, write x.size" in text
    _, text = explained(mse, (X4, T4), lambda dy, x, t: dy * (x - t) * 2 / x.size)
    assert "it holds for" not in text
    _, text = explained(lambda a, b: a * b, (2.0, 3.0), lambda dy: dy * 3)
    assert "it holds for b = 3; at another, say b = " in text


@pytest.mark.parametrize(
    "rule, slip, words",
    [
        (lambda dy, x, t: -dy * (x - t) * 2 / 4, "sign", "the sign is wrong"),
        (lambda dy, x, t: dy * (t - x) * 2 / 4, "sign", "the sign is wrong"),
        (lambda dy, x, t: dy * (x - t) / 4, "factor", "the factor 2, the exponent, is missing"),
        (lambda dy, x, t: (x - t) * 2 / 4, "upstream_ignored", "dy is ignored"),
        (lambda dy, x, t: dy * (x - t) * 2, "mean", "the 1/N of the mean is missing"),
        (lambda dy, x, t: dy * 2 / 4 * np.ones_like(x), "factor", "the factor (x - t) is missing"),
        (lambda dy, x, t: dy * x * 2 / 4, "accumulation|chain|other_formula", ""),
        (lambda dy, x, t: dy * np.sign(x - t) / 4, "other_formula", "the gradient of"),
    ],
)
@pytest.mark.parametrize("fn", [mse, F.mse_loss])
def test_a_slip_beside_a_size_written_as_a_number_is_named(fn, rule, slip, words):
    if fn is F.mse_loss:
        fn = lambda x, t: F.mse_loss(x, t)  # noqa: E731 (with the names of the rule)
    diagnosis, text = explained(fn, (X4, T4), rule)
    assert diagnosis.slip in slip.split("|"), text
    assert words in text or fn is not mse
    assert "besides" not in text


def test_the_rows_as_a_number():
    def loss(a, b):
        return ((a - b) ** 2).sum(1).mean()

    assert explained(loss, (ROWS, OTHERS), lambda dy, a, b: -dy * 2 * (a - b) / 3)[0].slip == "sign"
    assert explained(loss, (ROWS, OTHERS), lambda dy, a, b: dy * (a - b) / 3)[0].slip == "factor"
    diagnosis, text = explained(loss, (ROWS, OTHERS), lambda dy, a, b: dy * 2 * (a - b) / 12)
    assert diagnosis.slip in ("mean", "factor"), text


def test_what_one_element_hides_is_told_and_what_a_number_says_is_not():
    one = mg.tensor([[2.0, 1.0, 3.0]])  # one row: N = 1
    diagnosis, text = explained(lambda x: x.sum(1).mean(), one, lambda dy, x: dy * np.ones_like(x))
    assert diagnosis.slip == "mean"
    assert "at your inputs the slip does not show: it needs another size, say x of shape (3, " in text
    diagnosis, text = explained(mse, ([2.0], [0.5]), lambda dy, x, t: dy * 2 * (x - t))
    assert diagnosis.slip == "mean", text
    assert explained(mse, ([2.0], [0.5]), lambda dy, x, t: dy * 2 * (x - t) / x.size)[0]


# Losses that look alike -------------------------------------------------------------------------------------


def test_smooth_l1_with_the_rule_of_l1():
    rule = lambda dy, input, target: dy * np.sign(input - target) / input.size  # noqa: E731
    diagnosis, text = explained(F.smooth_l1_loss, (X4, T4), rule)
    assert diagnosis.slip == "other_formula"
    assert "the gradient of another function, l1_loss" in text
    assert "(reduction" not in text


def test_smooth_l1_of_small_numbers_needs_large_ones():
    x, t = [0.5, 0.25, -0.3], [0.1, 0.0, 0.2]
    rule = lambda dy, input, target: dy * (input - target)  # noqa: E731
    diagnosis, text = explained(
        lambda input, target: F.smooth_l1_loss(input, target, reduction="sum"), (x, t), rule
    )
    assert not diagnosis
    assert "at your inputs the slip does not show: it needs other numbers, say input = " in text
    assert "another size" not in text


def test_a_gradient_by_the_logit():
    p, t = [0.2, 0.9, 0.5], [0.0, 1.0, 1.0]
    rule = lambda dy, input, target: dy * (input - target) / input.size  # noqa: E731
    for words in (rule, lambda dy, input, target: dy * (input - target) / 3):
        diagnosis, text = explained(F.binary_cross_entropy, (p, t), words)
        assert diagnosis.slip == "chain", text
        assert "it is the gradient by the logit, before the sigmoid" in text
        assert "1 / (p (1 - p))" in text
    diagnosis, text = explained(
        lambda p, t: -(t * mg.log(p) + (1 - t) * mg.log(1 - p)).sum(), (p, t), lambda dy, p, t: dy * (p - t)
    )
    assert "by the logit" in text
    rows, hot = [[0.2, 0.5, 0.3], [0.6, 0.1, 0.3]], [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]
    diagnosis, text = explained(
        lambda p, t: -(t * mg.log(p)).sum(1).mean(), (rows, hot), lambda dy, p, t: dy * (p - t) / 2
    )
    assert diagnosis.slip == "chain", text
    assert "it is the gradient by the scores, before the softmax" in text


# What else stands on paper ----------------------------------------------------------------------------------

SQUARE = mg.tensor([[1.0, 2.0], [3.0, 4.0]])
LEFT = mg.tensor([[1.0, 2.0], [3.0, 4.0], [0.0, -1.0]])
RIGHT = mg.tensor([[1.0, 0.0, 2.0, 1.0], [2.0, 1.0, -1.0, 0.0]])
SCORES = mg.tensor([[1.0, 2.0, 0.0], [3.0, -1.0, 1.0]])
LABELS = mg.tensor([2, 0])
HOT = np.array([[0, 0, 1], [1, 0, 0]])


def probabilities(x):
    return np.exp(x) / np.exp(x).sum(1, keepdims=True)


def network(x, w1, w2, t):
    return ((mg.tanh(x @ w1) @ w2 - t) ** 2).mean()


def network_rule(dy, x, w1, w2, t, slope=lambda h: 1 - h**2):
    h = np.tanh(x @ w1)
    dz = dy * 2 * (h @ w2 - t) / 4
    return x.T @ (dz @ w2.T * slope(h))


NETWORK = (
    mg.tensor([[1.0, 2.0], [0.0, 1.0], [-1.0, 1.0], [2.0, 0.0]]),
    mg.tensor([[1.0, 0.0, -1.0], [2.0, 1.0, 0.0]]),
    mg.tensor([[1.0], [2.0], [-1.0]]),
    mg.tensor([[1.0], [0.0], [2.0], [1.0]]),
)


@pytest.mark.parametrize(
    "fn, inputs, rule",
    [
        (mg.relu, X4, lambda dy, input: np.array([d if v > 0 else 0.0 for d, v in zip(dy, input)])),  # noqa: B905
        (mg.relu, X4, lambda dy, input: [d * (v > 0) for d, v in zip(dy, input)]),  # noqa: B905
        (mg.exp, X4, lambda dy, input: (dy * np.exp(input)).astype(np.float32)),
        (mg.exp, X4, lambda dy, input: (dy * np.exp(input)).astype(np.float16)),
        (
            lambda x: mg.softmax(x, 0),
            X4,
            lambda dy, y: np.array(
                [sum(dy[i] * y[i] * ((i == j) - y[j]) for i in range(4)) for j in range(4)]
            ),
        ),
        (F.cross_entropy, (SCORES, LABELS), lambda dy, input: dy * (probabilities(input) - HOT) / 2),
        (lambda x: x.std(), X4, lambda dy, x, y: dy * (x - x.mean()) / (3 * y)),
        (lambda a, b: a / (a + b), (1.0, 3.0), lambda dy, a: dy * 3 / (a + 3) ** 2),
        (network, NETWORK[1], None),
    ],
)
def test_right_rules_as_on_paper(fn, inputs, rule):
    if rule is None:
        inputs, rule = NETWORK, lambda dy, x, w1, w2, t: network_rule(dy, x, w1, w2, t)
    diagnosis, text = explained(fn, inputs, rule, wrt="w1" if fn is network else None)
    assert diagnosis, text
    assert "kink" not in text


def last_example(dy, x, w):
    dw = np.zeros(w.shape)
    for i in range(len(x)):
        dw = np.outer(x[i], dy[i])  # +=
    return dw


@pytest.mark.parametrize(
    "fn, inputs, rule, wrt, slip, words",
    [
        (lambda x: 3 * x + 1, X4, lambda dy: dy * 4, None, "factor", "yours is 4/3 times what is right"),
        (lambda a, b: a / b, (X4, T4 + 3), lambda dy, b: dy / b, "b", "wrong_argument", "gradient of 'a'"),
        (mg.tanh, X4, lambda dy, y: dy * (1 - y), None, "misremembered", "1 - y in place of 1 - y ** 2"),
        (
            mg.exp,
            X4,
            lambda dy, input: dy * input * np.exp(input - 1),
            None,
            "misremembered",
            "x * exp(x - 1) in place of exp(x)",
        ),
        (
            lambda x: mg.softmax(x, 1),
            SCORES,
            lambda dy, y: y * (dy - (dy * y).sum(1)),
            None,
            "wrong_axis",
            "keepdims=True is missing",
        ),
        (
            lambda x: mg.softmax(x, 1),
            SQUARE,
            lambda dy, y: y * (dy - (dy * y).sum(1)),
            None,
            "wrong_axis",
            "keepdims=True is missing",
        ),
        (
            lambda x: x.sum(1),
            SQUARE,
            lambda dy, x: np.ones_like(x) * dy,
            None,
            "wrong_axis",
            "keepdims=True is missing",
        ),
        (
            lambda x, w, b: x @ w + b,
            (LEFT, RIGHT, mg.tensor([1.0, 0.0, 0.0, 1.0])),
            lambda dy: np.sum(dy),
            "b",
            "shape",
            "np.sum without an axis adds up everything",
        ),
        (
            lambda w, v: w @ v,
            (SQUARE, mg.tensor([1.0, 2.0])),
            lambda dy, v: np.outer(v, dy),
            "w",
            "transposed_product",
            "np.outer(dy, v) is right",
        ),
        (
            lambda x: x.mean(1),
            SCORES,
            lambda dy, x: np.ones_like(x) * dy[:, None] / 6,
            None,
            "mean",
            "divided by 6, not by N = 3",
        ),
        (
            F.cross_entropy,
            (SCORES, LABELS),
            lambda dy, input: dy * (probabilities(input) - HOT) / 6,
            None,
            "mean",
            "divided by 6, not by N = 2",
        ),
        (
            F.cross_entropy,
            (SCORES, LABELS),
            lambda dy, input: -dy * HOT / probabilities(input) / 2,
            None,
            "chain",
            "by the probabilities, after the softmax",
        ),
        (
            network,
            NETWORK,
            lambda dy, x, w1, w2, t: network_rule(dy, x, w1, w2, t, lambda h: 1 - h),
            "w1",
            "misremembered",
            "1 - y in place of 1 - y ** 2",
        ),
        (
            network,
            NETWORK,
            lambda dy, x, w1, w2, t: -network_rule(dy, x, w1, w2, t),
            "w1",
            "sign",
            "the sign is wrong",
        ),
        (
            mse,
            ([1.0, 3.0], [0.0, 1.0]),
            lambda dy, x, t: -2 * dy * (x - t),
            None,
            "mean",
            "and the sign is wrong",
        ),
        (mse, ([1.0, 3.0], [0.0, 1.0]), lambda dy, x, t: -dy * (x - t), None, "sign", "the sign is wrong."),
        (
            lambda x: x**-2,
            X4,
            lambda dy, x: -2 * dy / x,
            None,
            "factor",
            "the exponent goes up by 1, not down",
        ),
        (lambda x, w: x @ w, (LEFT, RIGHT), last_example, "w", "accumulation", "only the last of all terms"),
        (
            F.cross_entropy,
            (SCORES, LABELS),
            lambda dy, input: dy * (probabilities(input) - 1) / 2,
            None,
            "misremembered",
            "p - 1 for every class",
        ),
        (lambda x: x * x, 3.0, lambda dy: dy * 6, None, "only_here", "numbers copied from these inputs"),
        (
            mg.relu,
            X4,
            lambda dy: dy * np.array([1, 1, 0, 1]),
            None,
            "only_here",
            "numbers copied from these inputs",
        ),
    ],
)
def test_slips_as_on_paper(fn, inputs, rule, wrt, slip, words):
    diagnosis, text = explained(fn, inputs, rule, wrt=wrt)
    assert diagnosis.slip == slip, text
    assert words in text


def test_a_sign_where_n_is_one_is_a_sign():
    diagnosis, text = explained(lambda x: x.var(), ([1.0, 3.0],), lambda dy, x: -dy * 2 * (x - x.mean()))
    assert diagnosis.slip == "sign", text
    assert "besides" not in text
