"""nn.functional beside PyTorch's: activations, normalisation, embedding, attention."""

import math

import numpy as np
import pytest

from tests.compat.samples import draw

SHAPES = [(), (0,), (5,), (2, 3), (2, 3, 4)]
EDGES = [0.0, -0.0, 1.0, -1.0, 20.0, -20.0, 21.0, 1000.0, -1000.0, 1e-8, -1e-8, 5.5, -5.5, 3.0, -3.0]
ACTIVATIONS = [
    ("relu", {}),
    ("leaky_relu", {}),
    ("leaky_relu", {"negative_slope": 0.2}),
    ("elu", {}),
    ("elu", {"alpha": 0.5}),
    ("gelu", {}),
    ("gelu", {"approximate": "none"}),
    ("gelu", {"approximate": "tanh"}),
    ("silu", {}),
    ("softplus", {}),
    ("softplus", {"beta": 2.0}),
    ("softplus", {"beta": 0.5, "threshold": 3}),
    ("hardtanh", {}),
    ("hardtanh", {"min_val": -0.5, "max_val": 2.0}),
    ("sigmoid", {}),
    ("tanh", {}),
]


@pytest.mark.parametrize(("name", "options"), ACTIVATIONS, ids=str)
def test_activations(beside, name, options):
    for dtype in ("float32", "float64"):
        for shape in SHAPES:
            beside(
                lambda L, F, x: getattr(F, name)(x, **options), draw(shape, dtype), what=f"{dtype} {shape}"
            )
            beside(lambda L, F, x: getattr(F, name)(input=x, **options), draw(shape, dtype))
        beside(lambda L, F, x: getattr(F, name)(x, **options), np.array(EDGES, dtype), what=f"{dtype} edges")


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "elu", "hardtanh", "silu"])
def test_inplace(beside, name):
    def run(L, F, x):
        y = x * 2
        z = getattr(F, name)(y, inplace=True)
        assert z is y
        return y * 3

    beside(run, draw((2, 3)))
    beside(lambda L, F, x: getattr(F, name)(x, inplace=False), draw((2, 3)))


def test_prelu(beside):
    for shape in ((), (3,), (2, 3), (2, 3, 4), (2, 3, 2, 2), (0, 3)):
        beside(lambda L, F, x, w: F.prelu(x, w), draw(shape), np.array([0.3]), what=str(shape))
        if len(shape) > 1:
            beside(lambda L, F, x, w: F.prelu(input=x, weight=w), draw(shape), draw((3,)), what=str(shape))
        beside(lambda L, F, x: L.nn.PReLU(init=0.1).double()(x), draw(shape), what=str(shape))
    for shape, slopes in (((3,), 3), ((2, 3), 2), ((), 3)):
        beside.refused(
            lambda L, F, x, w: F.prelu(x, w), draw(shape), draw((slopes,)), words=[f"({slopes},)", str(shape)]
        )


def test_positional_options(beside):
    x = draw((5,))
    beside(lambda L, F, x: [F.leaky_relu(x, 0.3), F.elu(x, 0.3), F.softplus(x, 0.3, 1.0)], x)
    beside(lambda L, F, x: [F.hardtanh(x, -0.3, 0.4), F.relu(x, False), F.silu(x, False)], x)


def test_refused_options(beside):
    x = draw((5,))
    beside.refused(lambda L, F, x: F.gelu(x, approximate="erf"), x, words=["gelu", "approximate", "erf"])
    beside.refused(lambda L, F, x: F.hardtanh(x, 1.0, -1.0), x, words=["hardtanh", "min_val"])
    beside.refused(lambda L, F, x: F.dropout(x, 1.5), x, words=["dropout", "1.5"])


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax(beside, name):
    for dtype in ("float32", "float64"):
        for shape in [(), (5,), (2, 3), (2, 3, 4), (0, 3)]:
            for dim in (0, -1) if 0 not in shape else (-1,):
                x, what = draw(shape, dtype), f"{dtype} {shape} {dim}"
                beside(lambda L, F, x, d: getattr(F, name)(x, dim=d), x, dim, what=what)
                beside(lambda L, F, x, d: getattr(L, name)(x, d), x, dim, what=what)
                beside(lambda L, F, x, d: getattr(x, name)(dim=d), x, dim, what=what)
    rows = np.array([[1.0, -np.inf, 2.0], [1e30, -1e30, 0.0], [1000.0, 1000.0, -1000.0]])
    beside(lambda L, F, x: getattr(F, name)(x, 1), rows, grad=False)
    for dtype in ("int64", "float32"):
        x = draw((2, 3), dtype)
        beside(lambda L, F, x: getattr(F, name)(x, 1, dtype=L.float64), x)
        beside(lambda L, F, x: getattr(x, name)(-1, dtype=L.float64), x)
    beside.refused(lambda L, F, x: getattr(F, name)(x, 3), draw((2, 3)), words=[name, "3", "(2, 3)"])


# Normalisation ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("shape", "normalized"),
    [((2, 3), (3,)), ((2, 3, 4), (3, 4)), ((2, 3), [3]), ((3,), (3,)), ((0, 3), (3,))],
)
def test_layer_norm(beside, shape, normalized, dtype):
    x, w, b = draw(shape, dtype), draw(tuple(normalized), dtype, 1), draw(tuple(normalized), dtype, 2)
    beside(lambda L, F, x: F.layer_norm(x, normalized), x, rtol=1e-4)
    beside(lambda L, F, x, w: F.layer_norm(x, normalized, w), x, w, rtol=1e-4)
    beside(lambda L, F, x, w, b: F.layer_norm(x, normalized, w, b, 1e-3), x, w, b, rtol=1e-4)
    beside(
        lambda L, F, x, w, b: F.layer_norm(input=x, normalized_shape=normalized, weight=w, bias=b, eps=1e-3),
        x,
        w,
        b,
        rtol=1e-4,
    )


def test_layer_norm_refuses(beside):
    x = draw((2, 3))
    beside.refused(lambda L, F, x: F.layer_norm(x, (2,)), x, words=["layer_norm", "(2, 3)", "(2,)"])
    beside.refused(lambda L, F, x: F.layer_norm(x, ()), x, words=["layer_norm", "()"])
    beside.refused(lambda L, F, x: F.layer_norm(x, (3,), L.ones(2).double()), x, words=["weight", "(2,)"])
    beside.refused(lambda L, F, x: F.layer_norm(x, (3,)), draw((2, 3), "int64"), words=["int64"])


@pytest.mark.parametrize("p", [1, 2, 3.0, 0.5, math.inf])
def test_normalize(beside, p):
    for shape, dims in (((2, 3), (0, 1, -1, (0, 1))), ((2, 3, 4), (0, 1, 2)), ((3,), (0, -1))):
        for dim in dims:
            beside(lambda L, F, x, d: F.normalize(x, p=p, dim=d), draw(shape), dim, what=f"{shape} {dim}")
    beside(lambda L, F, x: F.normalize(x), draw((2, 3)))
    beside(lambda L, F, x: F.normalize(input=x, p=2.0, dim=1, eps=1e-2), draw((2, 3)) * 1e-3)
    beside(lambda L, F, x: F.normalize(x, p), np.zeros((2, 3)))


# Embedding, dropout -----------------------------------------------------------------------------------------


def test_embedding(beside):
    table = draw((3, 4))
    beside(lambda L, F, w: F.embedding(L.tensor([[0, 2], [1, 1]]), w), table)
    beside(lambda L, F, w: F.embedding(input=L.tensor([[0, 2], [1, 1]]), weight=w, padding_idx=-1), table)
    beside(lambda L, F, w: F.embedding(L.tensor([1, 1, 0]), w, 1), table)
    beside(lambda L, F, w: F.embedding(L.tensor(1), w), table)
    beside(lambda L, F, w: F.embedding(L.zeros((0, 2), dtype=L.int64), w), table)
    beside(lambda L, F, w: F.embedding(L.tensor([2], dtype=L.int32), w), table)
    beside.refused(lambda L, F, w: F.embedding(L.tensor([3]), w), table, words=["0 to 2", "3"])
    beside.refused(lambda L, F, w: F.embedding(L.tensor([-1]), w), table, words=["-1"])
    beside.refused(lambda L, F, w: F.embedding(L.tensor([1.0]), w), table, words=["float32", ".long()"])


def test_dropout_of_all_and_nothing(beside):
    x = draw((2, 3))
    for p in (0, 1, 0.0, 1.0):
        beside(lambda L, F, x, p: F.dropout(x, p), x, p)
        beside(lambda L, F, x, p: F.dropout(input=x, p=p, training=False, inplace=False), x, p)
    beside(lambda L, F, x: F.dropout(x * 1, 1.0, True, True) * 2, x)


# Attention --------------------------------------------------------------------------------------------------

MASKS = {
    "none": lambda L, q, k: None,
    "bool": lambda L, q, k: L.tensor(np.tril(np.ones((q, k), bool))),
    "numbers": lambda L, q, k: L.tensor(draw((q, k), "float64", 9)),
    "a row of False": lambda L, q, k: L.tensor(np.arange(q)[:, None] * np.ones(k) > 0),
    "a row of -inf": lambda L, q, k: L.tensor(np.where(np.arange(q)[:, None] * np.ones(k) > 0, 0.5, -np.inf)),
}


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize(
    ("q", "k", "v"),
    [
        ((2, 3, 4), (2, 5, 4), (2, 5, 6)),
        ((2, 2, 3, 4), (2, 2, 3, 4), (2, 2, 3, 4)),
        ((3, 4), (5, 4), (5, 4)),
        ((2, 3, 4), (5, 4), (5, 4)),
    ],
)
def test_attention(beside, q, k, v, mask):
    def run(L, F, x, y, z, options):
        return F.scaled_dot_product_attention(x, y, z, MASKS[mask](L, q[-2], k[-2]), **options)

    inputs = draw(q, seed=1), draw(k, seed=2), draw(v, seed=3)
    for options in (
        {},
        {"scale": 0.3},
        {"dropout_p": 0.0},
        *([{"is_causal": True}] if mask == "none" else []),
    ):
        beside(run, *inputs, options, what=str(options))


@pytest.mark.parametrize("batch", [(2,), ()], ids=["a batch", "one"])
def test_attention_with_shared_heads(beside, batch):
    beside(
        lambda L, F, q, k, v: F.scaled_dot_product_attention(query=q, key=k, value=v, enable_gqa=True),
        draw((*batch, 4, 3, 5), seed=1),
        draw((*batch, 2, 6, 5), seed=2),
        draw((*batch, 2, 6, 5), seed=3),
    )


def test_attention_refuses(beside):
    q, k, v = draw((2, 3, 4)), draw((2, 5, 4)), draw((2, 5, 6))

    def both(L, F, q, k, v):
        return F.scaled_dot_product_attention(q, k, v, L.ones(3, 5).double(), is_causal=True)

    def narrow_keys(L, F, q, k, v):
        return F.scaled_dot_product_attention(q, k[..., :3], v)

    beside.refused(both, q, k, v, words=["attn_mask", "is_causal"])
    beside.refused(narrow_keys, q, k, v, words=["(2, 5, 3)"])
