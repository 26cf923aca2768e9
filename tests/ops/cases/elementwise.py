"""Cases of minigrad/ops/arithmetic.py, elementwise.py and convert.py."""

import numpy as np

import minigrad as mg
import tests.foreign  # noqa: F401 (makes the device known)
from minigrad.engine.op import raw
from tests.ops.cases.table import case


@case("neg", "positive", "square", "exp", "expm1", "sin", "cos", "tanh", "sigmoid", "erf", "clone")
def _(d, name):
    return getattr(mg, name), d.tensor(d.shape())


@case("log", "log2", "sqrt", "rsqrt")
def _(d, name):
    return getattr(mg, name), d.tensor(d.shape(), 0.3, 3.0)


@case("log1p")
def _(d):
    return mg.log1p, d.tensor(d.shape(), -0.6, 2.0), lambda x: np.log(1 + x)


@case("reciprocal")
def _(d):
    return mg.reciprocal, d.apart_from_zero(d.shape()), lambda x: 1 / x


@case("abs", "sign", "floor", "ceil", kinks=True)
def _(d, name):
    return getattr(mg, name), d.with_kinks(d.shape(), 0.0, 1.0)


@case("round", kinks=True)
def _(d):
    decimals = d.integer(0, 1)
    return lambda x: mg.round(x, decimals=decimals), d.with_kinks(d.shape(), 0.5, -1.5)


# Two or three operands --------------------------------------------------------------------------------------


@case("add", "sub")
def _(d, name):
    a, b = d.shapes(2)
    alpha = d.pick(1, 2, -0.5)
    sign = 1 if name == "add" else -1
    return (
        lambda x, z: getattr(mg, name)(x, z, alpha=alpha),
        [d.tensor(a), d.tensor(b)],
        lambda x, z: x + sign * alpha * z,
    )


@case("mul")
def _(d):
    a, b = d.shapes(2)
    return mg.mul, [d.tensor(a), d.tensor(b)], lambda x, z: x * z


@case("div")
def _(d):
    a, b = d.shapes(2)
    return mg.div, [d.tensor(a), d.apart_from_zero(b)], lambda x, z: x / z


@case("div, rounded", "floor_divide", "remainder", kinks=True)
def _(d, name):
    # On the grid of halves x is often a multiple of z: a jump.
    a, b = d.shapes(2)
    apart = d.apart_from_zero(b).detach().cpu().numpy()
    z = np.where(d.flag(), d.random.choice([-1.5, -1.0, 0.5, 1.0], b), apart)
    mode = d.pick("floor", "trunc")
    f = (lambda x, z: mg.div(x, z, rounding_mode=mode)) if "div," in name else getattr(mg, name)
    return f, [d.with_ties(a), mg.tensor(z, requires_grad=True)]


@case("operators")
def _(d):
    a, b = d.shapes(2)
    number = d.pick(2, -1.5)
    f = d.pick(
        lambda x, z: x + z,
        lambda x, z: x - z,
        lambda x, z: x * z,
        lambda x, z: x / z,
        lambda x, z: x**number * z,
        lambda x, z: number + x * z,
        lambda x, z: number - x * z,
        lambda x, z: number * x * z,
        lambda x, z: number / x * z,
        lambda x, z: 2**x * z,
        lambda x, z: -x * +z,
        lambda x, z: np.asarray(1.5) * x + z * np.float64(2),
        lambda x, z: raw(mg.ones(3, dtype=mg.float64)) * x.sum() - z.sum(),
    )
    return f, [d.tensor(a, 0.5, 2.0), d.apart_from_zero(b)]


@case("pow")
def _(d):
    a, b = d.shapes(2)
    return mg.pow, [d.tensor(a, 0.3, 2.0), d.tensor(b)]


@case("pow, to a number")
def _(d):
    exponent = d.pick(0, 1, 2, 3, -1, -2, 0.0, 2.0, 0.5, -1.5, 1.7)
    shape = d.shape()
    if exponent in (0, 1, 2, 3):  # defined and smooth at 0 as well
        x = mg.tensor(d.random.integers(-2, 3, shape) / 2.0, requires_grad=True)
    else:
        x = d.apart_from_zero(shape) if exponent == int(exponent) else d.tensor(shape, 0.3, 2.0)
    return lambda x: mg.pow(x, exponent), x


@case("pow, to a constant tensor")
def _(d):
    exponent = mg.tensor(d.random.integers(0, 4, shape := d.shape()).astype(float))
    return lambda x: x**exponent, mg.tensor(d.random.integers(-2, 3, shape) / 2.0, requires_grad=True)


@case("pow, of a number")
def _(d):
    base = d.pick(2, 0.5, 1)
    return lambda e: mg.pow(base, e), d.tensor(d.shape())


@case("pow, exponents at 0")
def _(d):
    exponent = mg.tensor(d.random.choice([0.0, 1.0, 2.0], shape := d.shape()), requires_grad=True)
    return mg.pow, [d.tensor(shape, 0.3, 2.0), exponent]


@case("maximum", "minimum", kinks=True)
def _(d, name):
    a, b = d.shapes(2)
    return getattr(mg, name), [d.with_ties(a), d.with_ties(b)]


@case("clamp", kinks=True)
def _(d):
    low, high = d.pick((-0.5, 1.0), (None, 1), (0, None), (1.0, -0.5))
    return lambda x: mg.clamp(x, low, high), d.with_ties(d.shape())


@case("clamp, between tensors", kinks=True)
def _(d):
    a, b, c = d.shapes(3)
    x, low = d.with_ties(a), mg.tensor(-abs(d.with_ties(b).detach().cpu().numpy()), requires_grad=True)
    # Above every low: between equal bounds nothing moves, and yet PyTorch gives x a gradient there.
    high = mg.tensor(abs(d.with_ties(c).detach().cpu().numpy()) + 0.5, requires_grad=True)
    f = d.pick(
        lambda x, low, high: mg.clamp(x, low, high),
        lambda x, low, high: mg.clamp(x, min=low) * high,
        lambda x, low, high: mg.clamp(x, max=high) * low,
        lambda x, low, high: mg.clamp(x, -0.3, high) * low,
    )
    return f, [x, low, high]


@case("where")
def _(d):
    a, b, c = d.shapes(3)
    condition, number = d.mask(a), d.pick(0, 2.5)
    f = d.pick(
        lambda x, z: mg.where(condition, x, z),
        lambda x, z: mg.where(condition, x, number) + z,
        lambda x, z: mg.where(condition, number, z) + x,
        lambda x, z: x.where(condition, z),
    )
    return f, [d.tensor(b), d.tensor(c)]


@case("Tensor.where")
def _(d):
    a, b, c = d.shapes(3)
    condition = d.mask(a)
    return lambda x, z: x.where(condition, z), [d.tensor(b), d.tensor(c)]


@case("masked_fill")
def _(d):
    a, b = d.shapes(2)
    mask, number = d.mask(b), d.pick(0, -1.5)
    if d.flag():
        return lambda x, z: mg.masked_fill(x, mask, z), [d.tensor(a), d.tensor(())]
    return lambda x: x.masked_fill(mask, number), d.tensor(a)


# Dtypes -----------------------------------------------------------------------------------------------------


@case("Tensor.to", "Tensor.float", "Tensor.double", "Tensor.type", "Tensor.type_as", eps=0.125)
def _(d, name):
    # Eighths are exact in float32, and the function is linear, so a long step makes no error.
    x = mg.tensor(d.random.integers(-16, 17, d.shape()) / 8.0, requires_grad=True)
    f = {
        "Tensor.to": lambda x: x.to(mg.float32).to(dtype=mg.float64) * 2,
        "Tensor.float": lambda x: x.float() * 2,
        "Tensor.double": lambda x: x.float().double() * 2,
        "Tensor.type": lambda x: x.type(mg.float32) * 2.0,
        "Tensor.type_as": lambda x: x.float().type_as(x) * 3.0,
    }[name]
    return f, x


@case("Tensor.half", eps=1.0, rtol=5e-3, atol=5e-3)  # the gradient comes back rounded to float16, too
def _(d):
    x = mg.tensor(d.random.integers(-16, 17, d.shape()) / 8.0, requires_grad=True)
    return lambda x: x.half().double() * 2, x


# Devices ----------------------------------------------------------------------------------------------------


@case("Tensor.to, another device", "Tensor.cpu")
def _(d, name):
    away = (lambda x: x.cpu()) if name == "Tensor.cpu" else (lambda x: x.to("foreign"))
    return d.pick(away, lambda x: away(x * 2) ** 2, lambda x: away(x).to(x) * x), d.tensor(d.shape())
