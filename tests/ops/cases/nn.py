"""Cases of nn.functional: activations, losses, dropout, embedding, attention, layer_norm."""

import numpy as np

import minigrad as mg
import minigrad.nn.functional as F
from minigrad.ops.flat import flat_in
from tests.ops.cases.table import case

# Activations ------------------------------------------------------------------------------------------------


@case("relu", "F.relu", "F.relu, in place", kinks=True)
def _(d, name):
    f = {"relu": mg.relu, "F.relu": F.relu}.get(name, lambda x: F.relu(x * 1, inplace=True))
    return f, d.with_kinks(d.shape(), 0.0)


@case("relu, what its slope is chosen by")
def _(d):
    shape = d.shape()
    return lambda x, z: flat_in(x * 1, z), (d.tensor(shape), d.tensor(shape))


@case("F.leaky_relu", "F.elu", kinks=True)
def _(d, name):
    slope = d.pick(0.01, 0.5, 1.0, 2)
    return lambda x: getattr(F, name[2:])(x, slope), d.with_kinks(d.shape(), 0.0)


@case("F.prelu", kinks=True)
def _(d):
    shape = d.shape(longest=4)
    channels = shape[1] if len(shape) > 1 else 1
    slopes = d.tensor(d.pick((), (1,), (channels,)), 0.1, 0.9)
    return F.prelu, [d.with_kinks(shape, 0.0), slopes]


@case("F.hardtanh", kinks=True)
def _(d):
    low, high = d.pick((-1.0, 1.0), (-0.5, 1.5))
    return lambda x: F.hardtanh(x, low, high), d.with_kinks(d.shape(), low, high)


@case("F.silu", "F.tanh", "F.sigmoid")
def _(d, name):
    return getattr(F, name[2:]), d.tensor(d.shape(), -4, 4)


@case("F.gelu")
def _(d):
    approximate = d.pick("none", "tanh")
    return lambda x: F.gelu(x, approximate=approximate), d.tensor(d.shape(), -4, 4)


@case("F.softplus")
def _(d):
    beta, threshold = d.pick((1, 20), (2.5, 20), (0.5, 0.7), (3.0, 1.0), (-1.5, 20))
    return lambda x: F.softplus(x, beta, threshold), d.tensor(d.shape())


@case("softmax", "log_softmax", "F.softmax", "F.log_softmax")
def _(d, name):
    f = getattr(F, name[2:]) if name.startswith("F.") else getattr(mg, name)
    shape = d.shape(side=1)
    dim, dtype = d.dim(len(shape)), d.pick(None, mg.float64)
    return lambda x: f(x, dim, dtype=dtype), d.tensor(shape)


@case("F.softmax, with -inf")
def _(d):
    mask = mg.tensor([[False, True, False], [False, False, True]])
    return lambda x: F.softmax(x.masked_fill(mask, -np.inf), -1), d.tensor((2, 3))


@case("F.dropout")
def _(d):
    p, seed, training = d.pick(0.0, 0.2, 0.9, 1.0), d.integer(0, 1000), d.integer(0, 4) > 0

    def f(x):
        mg.manual_seed(seed)
        return F.dropout(x, p, training) * 2

    return f, d.tensor(d.shape())


# Layers -----------------------------------------------------------------------------------------------------


@case("F.layer_norm")
def _(d):
    shape = d.shape(1, 3, side=2)
    normalized = shape[len(shape) - d.integer(1, len(shape)) :]
    eps = d.pick(1e-5, 0.1)
    tensors = [d.tensor(shape), d.tensor(normalized), d.tensor(normalized)][: d.integer(1, 3)]
    return lambda x, w=None, b=None: F.layer_norm(x, normalized, w, b, eps), tensors


@case("F.normalize")
def _(d):
    shape = d.shape(1, 3, side=1)
    p, dim, eps = d.pick(2.0, 3.0), d.dim(len(shape)), d.pick(1e-12, 0.5)
    x = mg.tensor(d.apart_from_zero(shape).detach().cpu().numpy(), requires_grad=True)
    return lambda x: F.normalize(x, p, dim, eps), x


@case("F.embedding")
def _(d):
    rows, width = d.integer(1, 4), d.integer(0, 3)
    index = d.integers(d.shape(high=2), 0, rows)
    if d.flag():
        return lambda w: F.embedding(index, w), d.tensor((rows, width))
    # The row of the padding has no gradient though the output shows it: here it is a constant row.
    padding = d.integer(-rows, rows - 1)
    constant = mg.arange(rows).unsqueeze(1) == padding % rows
    return lambda w: F.embedding(index, mg.where(constant, 1.5, w), padding), d.tensor((rows, width))


@case("F.scaled_dot_product_attention")
def _(d):
    front = d.pick((), (2,), (2, 1), (1, 2))
    length, keys, e, ev = d.integer(1, 3), d.integer(1, 3), d.integer(1, 2), d.integer(1, 2)
    tensors = [d.tensor((*front, length, e)), d.tensor((*front, keys, e)), d.tensor((*front, keys, ev))]
    scale = d.pick(None, 0.7)
    kind = d.pick("none", "causal", "bool", "float", "float with a gradient")
    if kind == "causal":
        return lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True, scale=scale), tensors
    mask = None
    if kind == "bool":
        mask = d.random.random((length, keys)) < 0.6
        mask[:, 0] = True  # a query that may look at nothing has no answer
        mask = mg.tensor(mask)
    elif kind == "float":
        mask = d.tensor((length, keys), requires_grad=False)
    elif kind == "float with a gradient":
        tensors.append(d.tensor((length, keys)))
    return lambda q, k, v, m=mask: F.scaled_dot_product_attention(q, k, v, m, scale=scale), tensors


@case("F.scaled_dot_product_attention, grouped heads and dropout")
def _(d):
    def f(q, k, v):
        mg.manual_seed(5)
        return F.scaled_dot_product_attention(q, k, v, dropout_p=0.3, enable_gqa=True)

    return f, [d.tensor((1, 4, 2, 2)), d.tensor((1, 2, 3, 2)), d.tensor((1, 2, 3, 1))]


# Losses -----------------------------------------------------------------------------------------------------


def reduction(d, *more):
    return d.pick("mean", "sum", "none", *more)


@case("F.mse_loss")
def _(d):
    shape, how = d.shape(side=1), reduction(d)
    tensors = [d.tensor(shape) for _ in range(d.integer(2, 3))]
    if len(tensors) == 3:  # weights
        tensors[2] = d.tensor(shape, 0.3, 2.0, requires_grad=d.flag())
    return lambda x, t, w=None: F.mse_loss(x, t, reduction=how, weight=w), tensors


@case("F.l1_loss", "F.smooth_l1_loss", kinks=True)
def _(d, name):
    shape, how, beta = d.shape(side=1), reduction(d), d.pick(1.0, 0.5, 0)
    options = {"beta": beta} if "smooth" in name else {}
    return lambda x, t: getattr(F, name[2:])(x, t, reduction=how, **options), [
        d.with_ties(shape),
        d.with_ties(shape),
    ]


def classes(d, least=2):
    """Scores (N, C, ...) or (C), and class numbers for them. Of one class cross_entropy warns."""
    count = d.integer(least, 4)
    shape = d.pick((count,), (1, count), (3, count), (2, count, 3), (2, count, 1, 2))
    return shape, count, d.integers((*shape[:1], *shape[2:]) if len(shape) > 1 else (), 0, count)


def ignoring(d, target, count):
    """An ignore_index that some of the targets have, though never all of them."""
    ignored = d.pick(-100, 0, count - 1, -1)
    values = target.cpu().numpy().copy()
    if ignored < 0 and values.size > 1:
        values.reshape(-1)[:: d.integer(2, 3)] = ignored
    if (values == ignored).all():
        return -100, target
    return ignored, mg.tensor(values)


@case("F.nll_loss", "F.cross_entropy")
def _(d, name):
    shape, count, target = classes(d, least=1 if name == "F.nll_loss" else 2)
    ignored, target = ignoring(d, target, count)
    weight = d.pick(None, d.tensor((count,), 0.3, 2.0, requires_grad=False))
    how = reduction(d)
    if name == "F.nll_loss":
        return lambda x: F.nll_loss(x, target, weight, ignore_index=ignored, reduction=how), d.tensor(shape)
    smoothing = d.pick(0.0, 0.1, 1.0)
    return (
        lambda x: F.cross_entropy(
            x, target, weight, ignore_index=ignored, reduction=how, label_smoothing=smoothing
        ),
        d.tensor(shape),
    )


@case("F.cross_entropy, of probabilities")
def _(d):
    shape, count, _ = classes(d)
    weight = d.pick(None, d.tensor((count,), 0.3, 2.0, requires_grad=False))
    how, smoothing = reduction(d), d.pick(0.0, 0.1)
    return (
        lambda x, t: F.cross_entropy(x, t, weight, reduction=how, label_smoothing=smoothing),
        [d.tensor(shape), d.tensor(shape, 0.0, 1.0)],
    )


@case("F.kl_div")
def _(d):
    shape, log_target, how = d.shape(1, side=1), d.flag(), reduction(d, "batchmean")
    target = d.tensor(shape) if log_target else d.tensor(shape, 0.1, 1.0)
    return lambda x, t: F.kl_div(x, t, reduction=how, log_target=log_target), [d.tensor(shape), target]


@case("F.kl_div, targets of 0")
def _(d):
    target = mg.tensor([[0.0, 0.4, 0.6], [1.0, 0.0, 0.0]], dtype=mg.float64)
    return lambda x: F.kl_div(x, target, reduction="none"), d.tensor((2, 3))


@case("F.binary_cross_entropy", "F.binary_cross_entropy_with_logits")
def _(d, name):
    shape, how = d.shape(side=1), reduction(d)
    logits = name.endswith("logits")
    tensors = [d.tensor(shape, -3, 3) if logits else d.tensor(shape, 0.1, 0.9), d.tensor(shape, 0.1, 0.9)]
    extra = d.pick("", "weight", "pos_weight") if logits else d.pick("", "weight")
    if extra:
        tensors.append(d.tensor(shape[-1:], 0.3, 2.0))
    return lambda x, t, w=None: getattr(F, name[2:])(
        x, t, reduction=how, **({extra: w} if extra else {})
    ), tensors
