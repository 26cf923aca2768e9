"""nn.functional against SciPy, NumPy and numbers worked by hand."""

import math

import numpy as np
import pytest
from scipy import special, stats

import minigrad as mg
import minigrad.nn.functional as F
from minigrad.errors import ShapeError

pytestmark = pytest.mark.usefixtures("device")

X = np.array([[-3.0, -1.0, -0.1], [0.0, 0.5, 4.0]])


def close(tensor, expected, rtol=1e-12):
    np.testing.assert_allclose(tensor.detach().cpu().numpy(), expected, rtol=rtol, atol=1e-14)


# Activations ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (F.relu, [[0, 0, 0], [0, 0.5, 4]]),
        (lambda x: F.leaky_relu(x, 0.1), [[-0.3, -0.1, -0.01], [0, 0.5, 4]]),
        (lambda x: F.elu(x, 2.0), np.where(X > 0, X, 2 * np.expm1(X))),
        (F.gelu, X * stats.norm.cdf(X)),
        (F.silu, X * special.expit(X)),
        (F.sigmoid, special.expit(X)),
        (F.tanh, np.tanh(X)),
        (F.softplus, np.logaddexp(0, X)),
        (lambda x: F.softplus(x, beta=2), np.logaddexp(0, 2 * X) / 2),
        (lambda x: F.softplus(x, threshold=3), np.where(X > 3, X, np.logaddexp(0, X))),
        (F.hardtanh, np.clip(X, -1, 1)),
        (lambda x: F.hardtanh(x, -0.5, 2), np.clip(X, -0.5, 2)),
        (lambda x: F.softmax(x, 1), special.softmax(X, 1)),
        (lambda x: F.softmax(x, 0), special.softmax(X, 0)),
        (lambda x: F.log_softmax(x, -1), special.log_softmax(X, -1)),
    ],
)
def test_activations(function, expected):
    close(function(mg.tensor(X)), expected)
    y = function(mg.tensor(X, dtype=mg.float32))
    assert y.dtype == mg.float32
    # On a GPU erf is off by up to 2e-7, and gelu of -3 is -3 times what is left of 1 beside it.
    np.testing.assert_allclose(y.cpu().numpy(), expected, rtol=1e-5, atol=3e-7 if y.is_cuda else 1e-14)
    assert type(function(X)) is np.ndarray  # arrays in, arrays out


def test_gelu_by_tanh_is_near():
    x = np.linspace(-5, 5, 101)
    exact, near = F.gelu(mg.tensor(x)).cpu().numpy(), F.gelu(mg.tensor(x), approximate="tanh").cpu().numpy()
    assert 1e-5 < np.abs(exact - near).max() < 1e-3
    assert near[60] == pytest.approx(0.5 * (1 + math.tanh(math.sqrt(2 / math.pi) * (1 + 0.044715))))  # x = 1


@pytest.mark.parametrize("name", ["softplus", "silu", "gelu", "elu", "leaky_relu", "sigmoid", "tanh"])
def test_integers_become_the_default_dtype(name):
    assert getattr(F, name)(mg.tensor([-2, 0, 2])).dtype == mg.float32


def test_hardtanh_of_integers_gives_integers():
    y = F.hardtanh(mg.tensor([-3, -1, 0, 3]), -1.7, 2.2)
    assert (y.dtype, y.tolist()) == (mg.int64, [-1, -1, 0, 2])


@pytest.mark.parametrize("name", ["gelu", "silu", "softplus", "sigmoid", "elu"])
def test_a_number_alone_is_as_precise_as_many(name):
    """NumPy turns 0-dimensional arrays into scalars on the way; float64 must stay float64."""
    x = mg.tensor(-0.3, dtype=mg.float64)
    assert getattr(F, name)(x).item() == pytest.approx(getattr(F, name)(x.reshape(1)).item(), rel=1e-15)


def test_softmax_of_shifted_scores_is_the_same():
    x = mg.tensor(X)
    close(F.softmax(x + 1000, 1), F.softmax(x, 1).cpu().numpy(), rtol=1e-9)
    assert F.softmax(x, 1).sum(1).tolist() == pytest.approx([1, 1])
    close(F.log_softmax(x - 1e6, 1).exp().sum(1), [1, 1], rtol=1e-9)


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "elu", "hardtanh", "silu"])
def test_inplace_writes_into_the_input(name):
    x = mg.tensor(X)
    expected = getattr(F, name)(x).tolist()
    assert getattr(F, name)(x, inplace=True) is x
    assert x.tolist() == expected


@pytest.mark.parametrize("name", ["relu", "silu"])
def test_inplace_takes_no_memory_where_nothing_is_recorded(name):
    """The array stays the one that it was, and so do views of it; who saved its values is told."""
    x = mg.tensor(np.linspace(-2, 2, 50_000, dtype=np.float32))
    expected, view, memory = getattr(F, name)(x).tolist(), x[10:20], x._data
    assert getattr(F, name)(x, inplace=True) is x
    assert x.tolist() == expected and view.tolist() == expected[10:20] and x._data is memory

    w = mg.tensor([0.5, -1.0], requires_grad=True)
    x = mg.tensor([3.0, 4.0])
    y = w * x  # saves x
    getattr(F, name)(x, inplace=True)
    with pytest.raises(RuntimeError, match=r"mul saved a value of shape .* overwritten in place"):
        y.sum().backward()
    with mg.no_grad():
        getattr(F, name)(w, inplace=True)  # a parameter may be written so
    assert w.requires_grad and w[1].item() == pytest.approx(-0.26894142 if name == "silu" else 0.0)


def test_inplace_of_what_cannot_be_written_is_an_error():
    with pytest.raises(RuntimeError, match="relu_: this tensor's memory cannot be written"):
        F.relu(mg.ones(1).expand(3), inplace=True)


def test_inplace_dropout():
    x = mg.ones(100)
    y = F.dropout(x, 0.5, inplace=True)
    assert y is x
    assert set(x.tolist()) == {0.0, 2.0}


# Layers -----------------------------------------------------------------------------------------------------


def test_linear():
    x, w, b = (
        mg.tensor([[1.0, 2.0]]),
        mg.tensor([[3.0, 4.0], [5.0, 6.0], [0.0, 1.0]]),
        mg.tensor([0.5, 0.0, -1.0]),
    )
    assert F.linear(x, w).tolist() == [[11.0, 17.0, 2.0]]
    assert F.linear(x, w, b).tolist() == [[11.5, 17.0, 1.0]]
    assert F.linear(x[0], w, b).tolist() == [11.5, 17.0, 1.0]
    assert F.linear(mg.zeros(0, 2), w, b).shape == (0, 3)
    assert F.linear(mg.zeros(4, 5, 2), w, b).shape == (4, 5, 3)


def test_linear_of_no_rows_has_gradients_of_zero():
    w, b = mg.ones(3, 2, requires_grad=True), mg.ones(3, requires_grad=True)
    F.linear(mg.zeros(0, 2), w, b).sum().backward()
    assert w.grad.tolist() == [[0.0, 0.0]] * 3
    assert b.grad.tolist() == [0.0] * 3


def test_embedding():
    table = mg.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], requires_grad=True)
    y = F.embedding(mg.tensor([[2, 0], [0, 0]]), table, padding_idx=2)
    assert y.tolist() == [[[5.0, 6.0], [1.0, 2.0]], [[1.0, 2.0], [1.0, 2.0]]]
    y.sum().backward()
    assert table.grad.tolist() == [[3.0, 3.0], [0.0, 0.0], [0.0, 0.0]]
    with pytest.raises(ValueError, match=r"padding_idx 3.*3 rows"):
        F.embedding(mg.tensor([0]), table, padding_idx=3)


def test_one_hot():
    assert F.one_hot(mg.tensor([1, 0])).tolist() == [[0, 1], [1, 0]]
    y = F.one_hot(mg.tensor([[2]]), num_classes=4)
    assert y.tolist() == [[[0, 0, 1, 0]]]
    assert y.dtype == mg.int64


def test_layer_norm():
    x = mg.tensor([[1.0, 2.0, 3.0], [0.0, 0.0, 9.0]], dtype=mg.float64)
    y = F.layer_norm(x, (3,), eps=0)
    close(y, [[-math.sqrt(1.5), 0, math.sqrt(1.5)], [-math.sqrt(0.5), -math.sqrt(0.5), math.sqrt(2)]])
    close(y.mean(1), [0, 0])
    close(y.var(1, correction=0), [1, 1])
    w, b = mg.tensor([1.0, 2.0, 3.0]), mg.tensor([0.0, 10.0, 0.0])
    close(F.layer_norm(x, [3], w, b, 0), y.cpu().numpy() * [1, 2, 3] + [0, 10, 0])
    constant = F.layer_norm(mg.ones(2, 3), (3,))  # eps keeps it from 0 / 0
    assert constant.tolist() == [[0.0] * 3] * 2


def test_normalize():
    close(F.normalize(mg.tensor([[3.0, 4.0], [0.0, 2.0]])), [[0.6, 0.8], [0, 1]], rtol=1e-6)
    close(F.normalize(mg.tensor([[3.0, -1.0]]), p=1), [[0.75, -0.25]])
    close(F.normalize(mg.tensor([3.0, 4.0]), dim=0), [0.6, 0.8], rtol=1e-6)
    assert F.normalize(mg.zeros(1, 2)).tolist() == [[0.0, 0.0]]


def test_pad():
    x = mg.tensor([[1.0, 2.0]])
    assert F.pad(x, (1, 2)).tolist() == [[0.0, 1.0, 2.0, 0.0, 0.0]]
    assert F.pad(x, (0, 0, 1, 0), value=9.0).tolist() == [[9.0, 9.0], [1.0, 2.0]]
    assert F.pad(x, (-1, 0)).tolist() == [[2.0]]


# Attention --------------------------------------------------------------------------------------------------


def attention(q, k, v, allowed):
    """One query at a time, one key at a time."""
    rows = []
    for i, query in enumerate(q):
        keys = [j for j in range(len(k)) if allowed(i, j)]
        weights = np.exp([query @ k[j] / math.sqrt(len(query)) for j in keys])
        rows.append(
            sum((w * v[j] for w, j in zip(weights / weights.sum(), keys, strict=True)), np.zeros(v.shape[1]))
        )
    return rows


@pytest.mark.parametrize("kind", ["all", "causal", "mask", "scores"])
def test_attention(kind):
    rng = np.random.default_rng(0)
    q, k, v = rng.normal(size=(4, 3)), rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
    mask = rng.random((4, 5)) < 0.6
    mask[:, 0] = True
    options, allowed = {
        "all": ({}, lambda i, j: True),
        "causal": ({"is_causal": True}, lambda i, j: j <= i),
        "mask": ({"attn_mask": mg.tensor(mask)}, lambda i, j: mask[i, j]),
        "scores": ({"attn_mask": mg.tensor(np.where(mask, 0.0, -np.inf))}, lambda i, j: mask[i, j]),
    }[kind]
    y = F.scaled_dot_product_attention(mg.tensor(q), mg.tensor(k), mg.tensor(v), **options)
    close(y, attention(q, k, v, allowed))


def test_a_query_that_may_look_at_nothing_sees_zero():
    x = mg.ones(1, 2, 3, requires_grad=True)
    y = F.scaled_dot_product_attention(x, x, x, mg.tensor([[False, False], [True, True]]))
    assert y[0].tolist() == [[0.0] * 3, [1.0] * 3]
    y.sum().backward()
    assert x.grad.isfinite().all()


SHARED = {"2 of 4": (4, 2, 2), "1 of 4, of values": (4, 2, 1), "all": (3, 3, 3)}


@pytest.mark.parametrize("heads", SHARED.values(), ids=SHARED)
def test_heads_of_attention_share_keys_as_pytorchs(heads):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    q, k, v = (rng.normal(size=(2, h, n, d)) for h, n, d in zip(heads, (4, 6, 6), (5, 5, 7), strict=True))
    ours = F.scaled_dot_product_attention(mg.tensor(q), mg.tensor(k), mg.tensor(v), enable_gqa=True)
    theirs = torch.nn.functional.scaled_dot_product_attention(
        *map(torch.from_numpy, (q, k, v)), enable_gqa=True
    )
    close(ours, theirs.numpy())


@pytest.mark.parametrize("heads", [(1, 3, 3), (4, 3, 3), (4, 2, 3), (4, 4, 3), (4, 0, 4)])
def test_heads_that_cannot_be_shared_are_named(heads):
    q, k, v = (mg.zeros(2, h, n, 5) for h, n in zip(heads, (4, 6, 6), strict=True))
    with pytest.raises(ShapeError, match=rf"enable_gqa.*\(2, {heads[0]}, 4, 5\), \(2, {heads[1]}, 6, 5\)"):
        F.scaled_dot_product_attention(q, k, v, enable_gqa=True)
    with pytest.raises(ShapeError, match=r"enable_gqa.*three axes"):
        F.scaled_dot_product_attention(mg.zeros(4, 5), k, v, enable_gqa=True)


# Losses -----------------------------------------------------------------------------------------------------


def test_regression():
    x, t = mg.tensor([1.0, 2.0, 5.0]), mg.tensor([1.5, 2.0, 2.0])
    assert F.mse_loss(x, t).item() == pytest.approx((0.25 + 9) / 3)
    assert F.mse_loss(x, t, reduction="sum").item() == pytest.approx(9.25)
    assert F.mse_loss(x, t, reduction="none").tolist() == [0.25, 0.0, 9.0]
    assert F.l1_loss(x, t).item() == pytest.approx(3.5 / 3)
    assert F.smooth_l1_loss(x, t, reduction="none").tolist() == [0.125, 0.0, 2.5]
    assert F.smooth_l1_loss(x, t, reduction="none", beta=0.25).tolist() == [0.375, 0.0, 2.875]
    assert F.mse_loss(x, t, weight=mg.tensor([1.0, 1.0, 2.0])).item() == pytest.approx(18.25 / 4)


P = np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]])


def test_cross_entropy_by_hand():
    scores = mg.tensor(np.log(P) + 5)  # a shift changes nothing
    t = mg.tensor([0, 1])
    assert F.cross_entropy(scores, t).item() == pytest.approx(-(math.log(0.7) + math.log(0.3)) / 2)
    assert F.cross_entropy(scores, t, reduction="sum").item() == pytest.approx(-math.log(0.21))
    close(F.cross_entropy(scores, t, reduction="none"), -np.log([0.7, 0.3]))
    weight = mg.tensor([1.0, 3.0, 9.0], dtype=mg.float64)
    weighted = -(math.log(0.7) + 3 * math.log(0.3)) / 4
    assert F.cross_entropy(scores, t, weight=weight).item() == pytest.approx(weighted)
    assert F.cross_entropy(scores, mg.tensor([0, -100])).item() == pytest.approx(-math.log(0.7))
    assert F.cross_entropy(scores, t, ignore_index=0).item() == pytest.approx(-math.log(0.3))
    smoothed = 0.9 * -np.log([0.7, 0.3]) - 0.1 * np.log(P).mean(1)
    close(F.cross_entropy(scores, t, label_smoothing=0.1, reduction="none"), smoothed)
    close(F.nll_loss(mg.tensor(np.log(P)), t), -math.log(0.21) / 2)


def test_cross_entropy_of_probabilities():
    scores, q = mg.tensor(np.log(P)), np.array([[0.5, 0.5, 0.0], [0.2, 0.2, 0.6]])
    close(F.cross_entropy(scores, mg.tensor(q)), -(q * np.log(P)).sum(1).mean())
    one_hot = F.one_hot(mg.tensor([0, 1]), 3).double()
    close(F.cross_entropy(scores, one_hot), F.cross_entropy(scores, mg.tensor([0, 1])).cpu().numpy())


def test_cross_entropy_of_images():
    """Classes along axis 1, whatever follows."""
    rng = np.random.default_rng(0)
    x, t = rng.normal(size=(2, 3, 4, 5)), rng.integers(0, 3, (2, 4, 5))
    expected = -np.take_along_axis(special.log_softmax(x, 1), t[:, None], 1)[:, 0]
    close(F.cross_entropy(mg.tensor(x), mg.tensor(t), reduction="none"), expected)
    close(F.cross_entropy(mg.tensor(x), mg.tensor(t)), expected.mean())


def test_the_gradient_of_cross_entropy_is_p_minus_one_hot():
    x = mg.tensor(np.log(P), requires_grad=True)
    F.cross_entropy(x, mg.tensor([0, 1]), reduction="sum").backward()
    close(x.grad, P - [[1, 0, 0], [0, 1, 0]])


@pytest.mark.parametrize("shape", [(1,), (3, 1), (2, 1, 3)])
def test_of_one_class_the_loss_and_its_gradient_are_zero(shape):
    x = mg.tensor(np.linspace(-2, 2, math.prod(shape)).reshape(shape), requires_grad=True)
    target = mg.zeros((*shape[:1], *shape[2:]) if len(shape) > 1 else ()).long()
    with pytest.warns(UserWarning, match="one class"):
        loss = F.cross_entropy(x, target, mg.tensor([0.7], dtype=mg.float64), label_smoothing=0.1)
    loss.backward()
    assert (loss.item(), x.grad.abs().sum().item()) == (0.0, 0.0)


def test_kl_div():
    q = np.array([[0.5, 0.5, 0.0], [0.2, 0.2, 0.6]])
    expected = special.rel_entr(q, P).sum()
    assert F.kl_div(mg.tensor(np.log(P)), mg.tensor(q), reduction="sum").item() == pytest.approx(expected)
    assert F.kl_div(mg.tensor(np.log(P)), mg.tensor(q), reduction="batchmean").item() == pytest.approx(
        expected / 2
    )
    assert F.kl_div(mg.tensor(np.log(P)), mg.tensor(q)).item() == pytest.approx(expected / 6)
    logs = mg.tensor(np.log(P[::-1].copy()))
    expected = special.rel_entr(P[::-1], P).sum()
    assert F.kl_div(mg.tensor(np.log(P)), logs, reduction="sum", log_target=True).item() == pytest.approx(
        expected
    )


def test_binary_cross_entropy():
    p, t = mg.tensor([0.9, 0.2, 0.5]), mg.tensor([1.0, 0.0, 0.5])
    expected = [-math.log(0.9), -math.log(0.8), math.log(2)]
    close(F.binary_cross_entropy(p, t, reduction="none"), expected, rtol=1e-6)
    scores = mg.tensor(special.logit([0.9, 0.2, 0.5]))
    close(F.binary_cross_entropy_with_logits(scores, t, reduction="none"), expected, rtol=1e-6)
    close(
        F.binary_cross_entropy_with_logits(scores, t, pos_weight=mg.tensor(3.0), reduction="none"),
        [3 * expected[0], expected[1], 2 * math.log(2)],
        rtol=1e-6,
    )
    sure = F.binary_cross_entropy(mg.tensor([0.0, 1.0]), mg.tensor([1.0, 0.0]), reduction="none")
    assert sure.tolist() == [100.0, 100.0]  # each logarithm is at least -100


def test_logits_far_out():
    x = mg.tensor([1000.0, -1000.0], requires_grad=True)
    loss = F.binary_cross_entropy_with_logits(x, mg.tensor([0.0, 1.0]), reduction="sum")
    loss.backward()
    assert loss.item() == 2000
    assert x.grad.tolist() == [1.0, -1.0]


def test_logits_that_are_nearly_certain_keep_their_digits():
    """ln(1 + e^-20) and 1 / (1 + e^20), by the series e^-20 - e^-40 / 2 and e^-20 - e^-40."""
    x = mg.tensor([20.0, -20.0], requires_grad=True)
    loss = F.binary_cross_entropy_with_logits(x, mg.tensor([1.0, 0.0]), reduction="none")
    loss.sum().backward()
    close(loss, [2.0611536e-9] * 2, rtol=1e-6)
    close(x.grad, [-2.0611536e-9, 2.0611536e-9], rtol=1e-6)


def test_one_number_as_padding_is_told_to_become_pairs():
    with pytest.raises(TypeError, match=r"pad: expected \(before, after\) for each axis.*\(1,\) \* 4"):
        F.pad(mg.zeros(2, 2), 1)
