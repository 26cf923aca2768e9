"""Formulas mean what they mean in ordinary notation, and nothing else gets in."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.course.formula import FUNCTIONS, Formula

VALUES = {
    "x": np.array(0.7),
    "y": np.array(-1.3),
    "W": np.array([[0.65, 1.19], [0.69, -0.92]]),
    "v": np.array([0.2, 0.7]),
}


def value(text: str) -> mg.Tensor:
    return Formula(text).evaluate({name: mg.tensor(array) for name, array in VALUES.items()})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x + y * x", 0.7 - 1.3 * 0.7),
        ("(x + y) * x", -0.6 * 0.7),
        ("-x ** 2", -0.49),
        ("x / y - 1", -0.7 / 1.3 - 1),
        ("2 ** x", 2**0.7),
        ("1 / 3", 1 / 3),
        ("(-1) ** 0.5", np.nan),  # not a complex number
        ("+x", 0.7),
        ("exp(x) + log(x)", np.exp(0.7) + np.log(0.7)),
        ("exp(2)", np.exp(2)),
        ("log2(8)", 3),
        ("W @ v", [0.963, -0.506]),
        ("v @ W.T", [0.963, -0.506]),
        ("W[0]", [0.65, 1.19]),
        ("W[-1, 0]", 0.69),
        ("W[:, 1]", [1.19, -0.92]),
        ("v[0:1]", [0.2]),
        ("sum(W)", 1.61),
        ("sum(W, dim=0)", [1.34, 0.27]),
        ("mean(W, dim=-1)", [0.92, -0.115]),
        ("max(v)", 0.7),
        ("min(W, dim=1)", [0.65, -0.92]),
        ("maximum(x, y)", 0.7),
        ("softmax(v, dim=0)", np.exp([0.2, 0.7]) / np.exp([0.2, 0.7]).sum()),
        ("sigmoid(y) + tanh(x)", 1 / (1 + np.exp(1.3)) + np.tanh(0.7)),
        ("relu(y)", 0),
        ("conv2d(W, W)", [[0.65**2 + 1.19**2 + 0.69**2 + 0.92**2]]),
        ("conv2d(W, W[0:1, 0:1], stride=2, padding=1, dilation=3)", [[0, 0], [0, -0.598]]),
        ("conv_transpose2d(W[0:1, 0:1], W, stride=2, padding=0, dilation=1)", 0.65 * VALUES["W"]),
        ("max_pool2d(W, kernel_size=2)", [[1.19]]),
        ("max_pool2d(W, kernel_size=1, stride=2)", [[0.65]]),
        ("sqrt(x) * sin(x) * cos(x) * abs(y)", np.sqrt(0.7) * np.sin(0.7) * np.cos(0.7) * 1.3),
    ],
)
def test_values(text: str, expected: object) -> None:
    with np.errstate(invalid="ignore"):
        computed = value(text)
    assert computed.dtype == np.float64
    np.testing.assert_allclose(computed.numpy(), expected, rtol=1e-12)


def test_every_function_can_be_called() -> None:
    for name in FUNCTIONS:
        arguments = {
            "conv2d": "W, W",
            "conv_transpose2d": "W, W",
            "max_pool2d": "W, kernel_size=2",
            "maximum": "x, y",
            "minimum": "x, y",
            "softmax": "v, dim=0",
        }
        assert value(f"{name}({arguments.get(name, 'x')})").dtype == np.float64


def test_names_in_the_order_of_use() -> None:
    assert Formula("b * exp(a) + b - c").names == ("b", "a", "c")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "does not say how"),
        ("2x", "2 \\* x, not 2x"),
        ("x +", "cannot be read"),
        ("x ^ 2", r"has the sign \^, .* \+ - \* / \*\* and @\. Write x \*\* 2\."),
        ("x·2", r"has the sign ·, .*Write x\*2\."),
        ("2 × x", r"has the sign ×, .*Write 2 \* x\."),
        ("2 ⋅ x ÷ y", r"has the sign ⋅, .*Write 2 \* x / y\."),
        ("x − 2", r"has the sign −, .*Write x - 2\."),
        ("–x", r"has the sign –, .*Write -x\."),
        ("x² · y³", r"Write x\*\*2 \* y\*\*3\."),
        ("W^T @ v", r"Write W\.T @ v\."),
        ("Wᵀ @ v", r"Write W\.T @ v\."),
        ("2,5 * x", r"commas stand between.*decimal comma is written as a point: 2\.5 \* x\."),
        ("x * -0,5", r"decimal comma is written as a point: x \* -0\.5\."),
        ("exp(2,5 * x)", r"exp takes 1 value, here are 2\. A decimal comma .* point: exp\(2\.5 \* x\)\."),
        ("maximum(x, 2,5)", r"maximum takes 2 values, here are 3\. .* point: maximum\(x, 2\.5\)\."),
        ("maximum(x)", r"maximum takes 2 values, here is 1\."),
        ("max(0, x)", r"max takes 1 value, here are 2\. Of two values it is maximum\(x, y\)\."),
        (
            "softmax(v, 0)",
            r"softmax takes 1 value, here are 2\. .*only option is dim, as in softmax\(x, dim=0",
        ),
        ("x, y", r"commas stand between the arguments of a function"),
        ("lambda * 2", r"lambda is a word of Python, .*choose another name, such as lambda_\."),
        ("x * in", r"in is a word of Python"),
        ("log x", r"function its brackets"),
        ("z = x + y", "no equals sign"),
        ("x == y", "more than a formula"),
        ("exp", "write exp\\(...\\)"),
        ("exq(x)", "Did you mean exp"),
        ("ln(x)", r"'ln' is no function of formulas\. Write log\(x\), which is the natural one\. There are"),
        ("log10(x)", r"Write log\(x\) / log\(10\)\."),
        ("lg(x)", r"Write log\(x\) / log\(10\) or log2\(x\)\."),
        ("sqr(x)", r"Write x \*\* 2\."),
        ("pow(x, 2)", r"Write x \*\* 2\."),
        ("ReLU(x)", r"Write relu\(x\)\."),
        ("Exp(x)", r"Write exp\(x\)\."),
        ("sigma(x)", r"Write sigmoid\(x\)\."),
        ("σ(x)", r"Write sigmoid\(x\)\."),
        ("tan(x)", r"Write sin\(x\) / cos\(x\)\."),
        ("matmul(W, x)", r"Write W @ x\."),
        ("transpose(W)", r"Write W\.T\."),
        ("norm(x)", r"Write sqrt\(sum\(x \*\* 2\)\)\."),
        ("np.exp(x)", r"without 'np\.': exp\(x\)\."),
        ("math.pi * x", r"'math\.pi' .*Write the number, 3\.14159265\."),
        ("x.sum()", r"before its brackets: sum\(x\)\."),
        ("√x", r"has the sign √, .*Write sqrt\(x\)\."),
        ("2 * √(x + y)", r"has the sign √"),
        ("softmax(v)", r"softmax needs dim, .* add up to 1: softmax\(x, dim=0\) of a vector"),
        ("softmax(W @ v)", "softmax needs dim"),
        ("max_pool2d(W)", r"max_pool2d needs kernel_size, .*max_pool2d\(x, kernel_size=2\)"),
        ("log(x, 2)", r"log takes 1 value, here are 2\. Of base 2 it is log2\(x\)"),
        ("sum(x, axis=0)", r"the only option is dim, as in sum\(x, dim=0\)"),
        ("eval(x)", "is no function"),
        ("exp()", "of what"),
        ("exp(x, base=2)", r"exp: it has no options: exp\(x\)\."),
        ("exp(x, dim=0)", r"exp: it has no options: exp\(x\)\."),
        ("maximum(x, y, dim=0)", r"maximum: it has no options: maximum\(x, y\)\."),
        ("sum(x, dim=y)", "whole number"),
        ("sum(x, stride=2)", "only option is dim"),
        ("conv2d(W, W, dim=0)", r"options are stride, padding and dilation, as in conv2d\(x, w, stride=2\)"),
        ("conv2d(W, W, stride=1.5)", "whole number"),
        (
            "max_pool2d(W, size=2)",
            r"options are kernel_size, stride and padding, as in max_pool2d\(x, kernel",
        ),
        ("sum(x, dim=True)", "whole number"),
        ("sum(x, dim=1.5)", "whole number"),
        ("x[y]", "whole number"),
        ("x[::2]", "whole number"),
        ("x // y", "more than a formula"),
        ("x and y", "more than a formula"),
        ("x if y else x", "more than a formula"),
        ("[x, y]", "more than a formula"),
        ("'x'", "more than a formula"),
        ("True", "more than a formula"),
        ("1j", "more than a formula"),
        ("lambda: x", "more than a formula"),
        ("x.__class__", "more than a formula"),
        ("x.numpy()", "more than a formula|is no function"),
        ("x.T.data", "more than a formula"),
        ("x(y + 1)", "product needs its star"),
        ("__import__('os').system('true')", "more than a formula"),
        ("__import__('os')", "is no function"),
        ("exp(*x)", "more than a formula"),
        ("sum(x, **y)", "only option is dim"),
        ("f'{x}'", "more than a formula"),
        ("x; y", "cannot be read"),
        ("[x for x in y]", "more than a formula"),
        ("{x}", "more than a formula"),
        ("await x", "more than a formula|cannot be read"),
        ("(" * 500 + "x" + ")" * 500, "cannot be read"),
        ("x\0", "cannot be read"),
    ],
)
def test_what_is_no_formula_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Formula(text)


def test_large_powers_of_numbers_end_at_once() -> None:
    with np.errstate(over="ignore"):
        assert value("9 ** 9 ** 9").item() == np.inf


@pytest.mark.parametrize(
    "text", ["conv2d(v, W)", "conv2d(W, v)", "conv_transpose2d(W, x)", "max_pool2d(v, kernel_size=1)"]
)
def test_convolution_and_pooling_are_of_matrices(text: str) -> None:
    with pytest.raises(ValueError, match="are matrices"):
        value(text)
