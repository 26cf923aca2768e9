"""Reductions beside PyTorch: over all, one and several axes, kept or not; numbers and empty tensors, too."""

import numpy as np
import pytest

from tests.compat.samples import DTYPES, draw

SHAPES = [(), (3,), (2, 3), (2, 3, 4), (0,), (2, 0, 3)]
FLOATING = ("float32", "float64")
OVER_MANY = {
    "sum": DTYPES,
    "mean": FLOATING,
    "amax": DTYPES,
    "amin": DTYPES,
    "var": FLOATING,
    "std": FLOATING,
    "logsumexp": DTYPES,
    "norm": FLOATING,
    "any": ("float32", "int64", "bool"),
    "all": ("float32", "int64", "bool"),
}
OVER_ONE = {"prod": DTYPES, "argmax": DTYPES[:-1], "argmin": DTYPES[:-1]}
ORDERED = ("amax", "amin", "max", "min", "argmax", "argmin")


def chosen_from_nothing(name, shape, dim):
    axes = range(len(shape)) if dim is None else dim if isinstance(dim, tuple) else (dim,)
    return name in ORDERED and any(shape[axis] == 0 for axis in axes)


@pytest.mark.parametrize("name", [*OVER_MANY, *OVER_ONE])
def test_all_elements(beside, name):
    for dtype in (OVER_MANY | OVER_ONE)[name]:
        for shape in SHAPES:
            if name == "logsumexp" or chosen_from_nothing(name, shape, None):
                continue
            if name in ("var", "std") and np.prod(shape) <= 1:
                continue  # in test_spread_of_nothing
            if name == "mean" and 0 in shape:
                continue  # 0 / 0
            x, what = draw(shape, dtype), f"{name} of {dtype} {shape}"
            beside(lambda L, F, x: getattr(L, name)(x), x, what=what)
            beside(lambda L, F, x: getattr(x, name)(), x, what=f"method {what}")


@pytest.mark.parametrize("name", [*OVER_MANY, *OVER_ONE])
def test_over_axes(beside, name):
    for dtype in (OVER_MANY | OVER_ONE)[name]:
        for shape in SHAPES:
            axes = [0, -1, len(shape) - 1] if shape else [0, -1]
            if name in OVER_MANY and len(shape) > 1:
                axes += [(0, 1), (-1, 0)]
            for dim in axes:
                reduced = [shape[d] for d in (dim if isinstance(dim, tuple) else (dim,))] if shape else [1]
                if chosen_from_nothing(name, shape, dim) if shape else False:
                    continue
                if name in ("var", "std") and (np.prod(reduced) <= 1 or 0 in shape):
                    continue
                if name == "mean" and 0 in reduced:
                    continue
                x, what = draw(shape, dtype), f"{name} of {dtype} {shape} over {dim}"
                if name != "norm":  # its second argument is p
                    beside(lambda L, F, x, d: getattr(L, name)(x, d), x, dim, what=what)
                beside(lambda L, F, x, d: getattr(x, name)(dim=d), x, dim, what=what)
                for keep in (False, True):
                    beside(
                        lambda L, F, x, d, k: getattr(L, name)(input=x, dim=d, keepdim=k),
                        x,
                        dim,
                        keep,
                        what=f"{what} keepdim={keep}",
                    )


@pytest.mark.parametrize("name", OVER_MANY)
def test_dimensions_in_a_list_and_from_numpy(beside, name):
    for dim in ([0, 2], (), np.int64(1), [-1]):
        if isinstance(dim, tuple) and name in ("var", "std", "logsumexp", "any", "all"):
            continue  # PyTorch itself is not of one mind about these
        if isinstance(dim, np.integer) and name == "norm":
            continue  # nor about this
        beside(lambda L, F, x, d: getattr(x, name)(dim=d), draw((2, 3, 4)), dim, what=f"{name} {dim}")


@pytest.mark.parametrize("name", ["sum", "mean", "prod"])
def test_positional_and_numpy_names(beside, name):
    x = draw((2, 3))
    beside(lambda L, F, x: getattr(x, name)(1, True), x)
    beside(lambda L, F, x: getattr(L, name)(x, 1, True), x)
    beside(lambda L, F, x: getattr(x, name)(axis=1, keepdims=True), x)


@pytest.mark.parametrize("name", ["sum", "prod", "cumsum"])
def test_dtype_of_the_result(beside, name):
    """bool and integers are added up in int64; dtype= says otherwise."""
    for a in DTYPES:
        beside(lambda L, F, x: getattr(L, name)(x, 0), draw((2, 3), a), what=a)
        for b in DTYPES[:-1]:
            x = draw((2, 3), a)
            if b == "uint8" and a.startswith("float"):
                x = np.abs(x)  # what a negative one is in uint8, C leaves open, and a card answers otherwise
            beside(
                lambda L, F, x, b: getattr(L, name)(x, 1, dtype=getattr(L, b)),
                x,
                b,
                grad=False,
                what=f"{a} {b}",
            )
    beside(lambda L, F, x: getattr(L, name)(x, 0, dtype=L.float64) * 2, draw((2, 3), "float32"))


def test_mean_needs_a_floating_dtype(beside):
    for dtype in ("int64", "uint8", "bool"):
        beside.refused(lambda L, F, x: x.mean(), draw((3,), dtype), words=["mean", dtype, ".float()"])
        beside(lambda L, F, x: x.mean(dtype=L.float32), draw((3,), dtype))
    beside.refused(lambda L, F, x: x.mean(dtype=L.int64), draw((3,)), words=["int64"])
    for refused in (lambda L, F, x: x.var(), lambda L, F, x: x.std(1), lambda L, F, x: x.norm()):
        beside.refused(refused, draw((2, 3), "int64"), words=["int64", ".float()"])


@pytest.mark.parametrize("name", ["max", "min"])
def test_max_and_min(beside, name):
    for dtype in DTYPES:
        for shape in SHAPES:
            x = draw(shape, dtype)
            what = f"{name} of {dtype} {shape}"
            if 0 not in shape:
                beside(lambda L, F, x: getattr(L, name)(x), x, what=what)
            for dim in (0, -1) if 0 not in shape else (2,) if len(shape) == 3 else ():
                beside(
                    lambda L, F, x, d: [getattr(x, name)(d).values, getattr(x, name)(d).indices],
                    x,
                    dim,
                    what=what,
                )
                beside(lambda L, F, x, d: tuple(getattr(L, name)(x, d, True)), x, dim, what=what)
                beside(
                    lambda L, F, x, d: tuple(getattr(L, name)(input=x, dim=d, keepdim=True)),
                    x,
                    dim,
                    what=what,
                )
    beside(lambda L, F, x, y: getattr(L, name)(x, y), draw((2, 3)), draw((3,), seed=1))
    beside(lambda L, F, x, y: getattr(x, name)(y), draw((2, 3)), draw((3,), seed=1))
    beside(lambda L, F, x, y: getattr(L, name)(x, other=y), draw((2, 3)), draw((3,), seed=1))
    beside(lambda L, F, x, y: getattr(x, name)(other=y), draw((2, 3)), draw((3,), seed=1))
    beside.refused(lambda L, F, x: getattr(x, name)(0, other=x), draw((2, 3)), words=[name, "both"])

    def unpacked(L, F, x):
        values, indices = getattr(x, name)(1)
        return values, indices

    beside(unpacked, draw((2, 3)))
    beside.refused(lambda L, F, x: getattr(x, name)((0, 1)), draw((2, 3)), words=["(0, 1)", f"a{name}"])
    beside.refused(lambda L, F, x: getattr(x, name)(0.5), draw((2, 3)), words=["0.5"])


@pytest.mark.parametrize("name", ORDERED)
def test_nothing_to_choose_from(beside, name):
    words = ["nothing", "(0, 3)"]
    beside.refused(lambda L, F, x: getattr(x, name)(0), draw((0, 3)), words=words)
    beside.refused(lambda L, F, x: getattr(x, name)(dim=0, keepdim=True), draw((0, 3), "int64"), words=words)


def test_ties_share_the_gradient_of_amax(beside):
    x = np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])
    beside(lambda L, F, x: [x.amax(1), x.amin((0, 1))], x)
    beside(lambda L, F, x: x.max(), x)
    beside(lambda L, F, x: x.min(), x)


@pytest.mark.parametrize("name", ["var", "std"])
def test_correction(beside, name):
    for kwargs in (
        {"unbiased": False},
        {"unbiased": True},
        {"correction": 0},
        {"correction": 2},
        {"dim": 1, "unbiased": False},
        {"dim": 1, "correction": 0, "keepdim": True},
        {"dim": (0, 1), "correction": 0},
        {"dim": [0], "unbiased": True, "keepdim": True},
    ):
        beside(lambda L, F, x, k: getattr(L, name)(x, **k), draw((3, 4)), kwargs, what=str(kwargs))
        beside(lambda L, F, x, k: getattr(x, name)(**k), draw((3, 4)), kwargs, what=str(kwargs))
    x = draw((3, 4))
    beside(lambda L, F, x: getattr(L, name)(x, False), x)
    beside(lambda L, F, x: getattr(L, name)(x, 1, False), x)
    beside(lambda L, F, x: getattr(L, name)(x, 1, False, True), x)
    beside(lambda L, F, x: getattr(L, name)(x, 0, correction=0), x)


def test_std_at_a_spread_of_zero_has_no_gradient(beside):
    beside(lambda L, F, x: x.std(), np.array([2.0, 2.0, 2.0]))


@pytest.mark.parametrize("p", [1, 2, 3, 0.5, float("inf"), -float("inf"), "fro"])
def test_norms(beside, p):
    x = draw((3, 4))
    for dim in (0, 1, -1, (0, 1)):
        beside(lambda L, F, x, d: L.norm(x, p, d), x, dim, what=str(dim))
        beside(lambda L, F, x, d: x.norm(p=p, dim=d, keepdim=True), x, dim, what=str(dim))
    beside(lambda L, F, x: x.norm(p), x)
    zeros = np.zeros((2, 3))
    zeros[0, 1] = 2
    beside(lambda L, F, x: x.norm(p, 1), zeros)


@pytest.mark.parametrize("p", [-0.5, -1, -2])
def test_a_norm_of_negative_degree_is_0_where_an_element_is(beside, p):
    x = np.array([[0.0, 2.0, 3.0], [0.0, 0.0, -3.0], [1.0, -2.0, 3.0], [0.0, 0.0, 0.0]])
    beside(lambda L, F, x: x.norm(p, 1), x)
    beside(lambda L, F, x: x.norm(p), x)


def test_the_norm_0_counts(beside):
    beside(lambda L, F, x: x.norm(0, 1), np.array([[1.0, 0.0, -2.0], [0.0, 0.0, 0.0]]), grad=False)


@pytest.mark.parametrize("dtype", FLOATING)
@pytest.mark.parametrize("name", ["logsumexp", "amax", "amin", "argmax", "argmin", "cumsum", "sum", "mean"])
def test_extreme_numbers(beside, name, dtype):
    rows = [[1000.0, 1000.0, -1000.0], [1.0, -np.inf, 0.0], [1e30, -1e30, 1e3], [1.0, np.nan, 3.0]]
    grad = name == "logsumexp"
    for row in rows if name not in ("amax", "amin") else rows[:-1]:
        beside(lambda L, F, x: getattr(L, name)(x, -1), np.array(row, dtype), grad=grad, what=str(row))


def test_logsumexp_of_nothing_is_minus_infinity(beside):
    beside(lambda L, F, x: x.logsumexp(1), np.full((2, 3), -np.inf), grad=False)
    beside(lambda L, F, x: x.logsumexp(1), np.zeros((2, 0)), grad=False)


def test_prod_with_zeros(beside):
    for zeros in (0, 1, 2):
        x = draw((2, 4))
        x[0, :zeros] = 0
        beside(lambda L, F, x: [x.prod(), x.prod(1), x.prod(0, keepdim=True)], x, what=str(zeros))


def test_cumsum(beside):
    for shape in SHAPES:
        for dim in (0, -1):
            beside(lambda L, F, x, d: L.cumsum(x, d), draw(shape), dim, what=f"{shape} {dim}")
            beside(lambda L, F, x, d: x.cumsum(dim=d), draw(shape), dim, what=f"{shape} {dim}")


@pytest.mark.parametrize("descending", [False, True])
def test_order(beside, descending):
    for dtype in ("float64", "float32", "int64", "uint8"):
        for shape in ((), (5,), (4, 6), (0,)):
            x, what = draw(shape, dtype), f"{dtype} {shape}"
            beside(
                lambda L, F, x: L.argsort(x, dim=-1, descending=descending, stable=True),
                x,
                what=what,
                grad=False,
            )
            beside(lambda L, F, x: tuple(L.sort(x, dim=0, descending=descending, stable=True)), x, what=what)
    x = np.array([3.0, 1.0, 2.0])
    beside(lambda L, F, x: [x.sort(0, descending).values, x.sort(-1, descending)[1]], x)


def test_topk(beside):
    x = draw((4, 3))
    for k in (0, 1, 3):
        for largest in (True, False):
            beside(lambda L, F, x, k, most: tuple(x.topk(k, -1, most)), x, k, largest)
            beside(
                lambda L, F, x, k, most: tuple(L.topk(x, k, dim=0, largest=most, sorted=True)), x, k, largest
            )
    beside(lambda L, F, x: tuple(x.topk(1)), draw(()))
    beside.refused(lambda L, F, x: x.topk(4), x, words=["topk", "3", "4"])


@pytest.mark.parametrize("name", [*OVER_MANY, *OVER_ONE, "max", "min", "cumsum", "sort", "argsort", "topk"])
def test_dimension_out_of_range(beside, name):
    take = {"topk": lambda x, dim: x.topk(1, dim)}.get(name, lambda x, dim: getattr(x, name)(dim=dim))
    for dim in (2, -3):
        beside.refused(
            lambda L, F, x, d: take(x, d), draw((2, 3)), dim, words=["2", "1"], what=f"{name} {dim}"
        )
    beside.refused(lambda L, F, x: take(x, 1), draw(()), words=["out of range", "1"], what=name)


@pytest.mark.parametrize(
    "name", ["sum", "mean", "amax", "amin", "logsumexp", "var", "std", "any", "all", "norm"]
)
def test_the_dimensions_of_one_number(beside, name):
    """One number counts as a vector of one: its only dimension is 0, or -1."""
    take = {"norm": lambda x, dim: x.norm(2, dim)}.get(name, lambda x, dim: getattr(x, name)(dim))
    if name in ("var", "std"):  # one number has no unbiased one
        take = lambda x, dim: getattr(x, name)(dim, correction=0)  # noqa: E731
    for dim in ((0,), (-1,), [-1], 0, -1):
        beside(lambda L, F, x, d: take(x, d), draw(()), dim, what=f"{name} {dim}")
    for dim in ((1,), (-2,)):
        words = [f"{dim[0]} is out of range", "-1 to 0"]
        beside.refused(lambda L, F, x, d: take(x, d), draw(()), dim, words=words, what=f"{name} {dim}")
    for dim in ((0, 0), (0, -1)):
        beside.refused(lambda L, F, x, d: take(x, d), draw(()), dim, words=["twice"], what=f"{name} {dim}")


@pytest.mark.parametrize(
    "function",
    [
        lambda m, F, x: (x.sum(axis=1, keepdims=True), m.mean(x, axis=0)),
        lambda m, F, x: (x.max(axis=1, keepdims=True)[0], m.min(x, axis=0)[0], x.std(axis=1)),
        lambda m, F, x: (x.var(axis=0, keepdims=True), m.norm(x, dim=1, keepdim=True)),
        lambda m, F, x: (m.cat([x, x], axis=1), m.stack([x, x], axis=2)),
        lambda m, F, x: (x.unsqueeze(axis=1), x.unsqueeze(1).squeeze(axis=1)),
        lambda m, F, x: (x.sort(axis=0)[0], x.topk(2, axis=1)[0], *x.chunk(2, axis=1)),
    ],
)
def test_the_names_axis_and_keepdims_do_as_well(beside, function):
    beside(function, np.random.default_rng(5).normal(size=(3, 4)))


def test_a_product_of_many_with_a_zero(beside):
    """Nor does it take a table of all pairs: that would be 20 GB here."""
    x = np.random.default_rng(6).uniform(0.999, 1.001, 50_001)
    x[7] = 0
    beside(lambda L, F, x: x.prod(), x)
    for zeros in ((0,), (2,), (1, 2), (0, 2)):
        rows = np.random.default_rng(7).uniform(0.5, 2, (2, 3))
        rows[1, list(zeros)] = 0
        beside(lambda L, F, x: x.prod(1), rows)
        beside(lambda L, F, x: x.prod(0), rows)

        def second(L, F, x):
            dx = L.autograd.grad((x.prod(1) ** 2 + x.prod(1)).sum(), x, create_graph=True)[0]
            return L.autograd.grad((dx**2).sum(), x)[0]

        beside(second, rows)


FLOAT16 = {
    "sum": lambda L, F, x: ((0 * x + 3)[:1000].sum(0), x.sum(), L.sum(x.float(), 0, dtype=L.float16)),
    "mean": lambda L, F, x: ((0 * x + 3)[:1000].mean(0), L.mean(x.float(), 0, dtype=L.float16)),
    "mean of many": lambda L, F, x: L.cat([x.reshape(-1)] * 12).mean(),  # 72,000, which is no float16
    "cumsum": lambda L, F, x: x.cumsum(0),
    "softmax": lambda L, F, x: 1000 * L.cat([0 * x.reshape(-1)] * 12).softmax(0),
    "log_softmax": lambda L, F, x: x.log_softmax(0),
    "var": lambda L, F, x: (50 * x).var(0),
    "std": lambda L, F, x: (50 * x).std(0),
    "norm": lambda L, F, x: ((20 * x).norm(2, 0), x.norm(1, 0)),
    "normalize": lambda L, F, x: F.normalize(100 * x, dim=0),
    "mse_loss": lambda L, F, x: F.mse_loss(50 * x, -10 * x),
    "binary_cross_entropy_with_logits": lambda L, F, x: F.binary_cross_entropy_with_logits(100 * x, x / 4),
    "avg_pool2d": lambda L, F, x: F.avg_pool2d((2000 * x).reshape(1, 3, 40, 50), 10),
    "adaptive_avg_pool2d": lambda L, F, x: F.adaptive_avg_pool2d((2000 * x).reshape(1, 3, 40, 50), 1),
}


@pytest.mark.parametrize("name", FLOAT16)
def test_sums_larger_than_a_float16(beside, name):
    """float16 holds no integer above 2,048 exactly and nothing above 65,504."""
    x = np.asarray(np.random.default_rng(0).uniform(0, 4, (2000, 3)), "float16")
    beside(FLOAT16[name], x, rtol=2e-3, what=name)
