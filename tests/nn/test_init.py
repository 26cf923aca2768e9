import math

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.nn import init

pytestmark = pytest.mark.usefixtures("device")


@pytest.fixture(autouse=True)
def seed():
    mg.manual_seed(7)


def filled(fill, shape, *args, **options):
    """The values of a float64 tensor of ``shape`` after ``fill``."""
    tensor = mg.full(shape, float("nan"), dtype=mg.float64)
    assert fill(tensor, *args, **options) is tensor
    return tensor.cpu().numpy()


def assert_variance(values, expected, kurtosis):
    """The sample variance, within 5 standard errors: sqrt((kurtosis - 1) / n) of it."""
    error = expected * math.sqrt((kurtosis - 1) / values.size)
    assert abs((values**2).mean() - expected) < 5 * error


def assert_uniform(values, bound):
    assert np.abs(values).max() <= bound
    assert np.abs(values).max() > bound * (1 - 20 / values.size)  # e^-20 that all stay farther inside
    assert abs(values.mean()) < 5 * bound / math.sqrt(3 * values.size)
    assert_variance(values, bound**2 / 3, 1.8)


def assert_normal(values, std):
    assert abs(values.mean()) < 5 * std / math.sqrt(values.size)
    assert_variance(values, std**2, 3)
    inside = (np.abs(values) < std).mean()
    assert abs(inside - 0.6827) < 5 * math.sqrt(0.6827 * 0.3173 / values.size)


def test_constants():
    assert filled(init.constant_, (2, 2), 0.3).tolist() == [[0.3, 0.3], [0.3, 0.3]]
    assert filled(init.ones_, (2,)).tolist() == [1.0, 1.0]
    assert filled(init.zeros_, (2,)).tolist() == [0.0, 0.0]
    assert filled(init.eye_, (2, 3)).tolist() == [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    assert filled(init.constant_, (), 2.0).tolist() == 2.0


def test_uniform():
    values = filled(init.uniform_, (100, 200))
    assert values.min() >= 0 and values.max() < 1
    assert_uniform(filled(init.uniform_, (100, 200), -0.3, 0.3), 0.3)
    shifted = filled(init.uniform_, (100, 200), a=2.0, b=4.0)
    assert_uniform(shifted - 3.0, 1.0)


def test_normal():
    assert_normal(filled(init.normal_, (100, 200)), 1.0)
    assert_normal(filled(init.normal_, (100, 200), 3.0, 0.5) - 3.0, 0.5)


FANS = [((300, 100), 100, 300), ((40, 30, 3, 5), 450, 600), ((50, 60, 4), 240, 200)]


@pytest.mark.parametrize(("shape", "fan_in", "fan_out"), FANS)
def test_xavier(shape, fan_in, fan_out):
    std = 1.7 * math.sqrt(2 / (fan_in + fan_out))
    assert_uniform(filled(init.xavier_uniform_, shape, gain=1.7), math.sqrt(3) * std)
    assert_normal(filled(init.xavier_normal_, shape, gain=1.7), std)


@pytest.mark.parametrize(("shape", "fan_in", "fan_out"), FANS)
@pytest.mark.parametrize(
    ("options", "gain"),
    [
        ({}, math.sqrt(2)),  # leaky_relu of slope 0 is relu
        ({"nonlinearity": "relu"}, math.sqrt(2)),
        ({"a": 0.5}, math.sqrt(2 / 1.25)),
        ({"a": math.sqrt(5)}, math.sqrt(1 / 3)),
        ({"mode": "fan_out", "nonlinearity": "tanh"}, 5 / 3),
        ({"mode": "fan_out", "nonlinearity": "linear"}, 1),
    ],
)
def test_kaiming(shape, fan_in, fan_out, options, gain):
    std = gain / math.sqrt(fan_out if options.get("mode") == "fan_out" else fan_in)
    assert_uniform(filled(init.kaiming_uniform_, shape, **options), math.sqrt(3) * std)
    assert_normal(filled(init.kaiming_normal_, shape, **options), std)


@pytest.mark.parametrize(
    ("name", "param", "gain"),
    [
        ("linear", None, 1), ("conv2d", None, 1), ("conv_transpose3d", None, 1), ("sigmoid", None, 1),
        ("tanh", None, 5 / 3), ("relu", None, math.sqrt(2)), ("selu", None, 0.75),
        ("leaky_relu", None, math.sqrt(2 / 1.0001)), ("leaky_relu", 0.2, math.sqrt(2 / 1.04)),
        ("leaky_relu", 0, math.sqrt(2)),
    ],
)  # fmt: skip
def test_gains(name, param, gain):
    assert init.calculate_gain(name, param) == pytest.approx(gain, rel=1e-15)


@pytest.mark.parametrize(
    ("mean", "std", "a", "b"), [(0, 1, -2, 2), (0.5, 2, 0, 1.5), (0, 1, 1, 3), (0, 1, -9, -1)]
)
def test_truncated_normal_follows_the_conditional_distribution(mean, std, a, b):
    stats = pytest.importorskip("scipy.stats")
    values = filled(init.trunc_normal_, (20, 1000), mean, std, a, b)
    assert values.min() >= a and values.max() <= b
    expected = stats.truncnorm((a - mean) / std, (b - mean) / std, loc=mean, scale=std)
    assert stats.kstest(values.ravel(), expected.cdf).pvalue > 1e-4


@pytest.mark.parametrize("a", [8.0, -9.0])
def test_truncated_normal_far_in_a_tail(a):
    with pytest.warns(UserWarning, match="more than 2 standard deviations"):
        values = filled(init.trunc_normal_, (1000,), 0.0, 1.0, a, a + 1)
    assert values.min() >= a and values.max() <= a + 1
    assert len(np.unique(values)) > 990
    # so far out the density falls like exp(-8 x): most lies at the end nearer to the mean
    assert abs(abs(values).mean() - 8.12) < 0.03


def test_truncated_normal_without_bounds_is_normal():
    assert_normal(filled(init.trunc_normal_, (100, 200), a=-math.inf, b=math.inf), 1.0)


@pytest.mark.parametrize("shape", [(5, 5), (3, 7), (7, 3), (4, 3, 2), (2, 3, 2)])
def test_orthogonal(shape):
    values = filled(init.orthogonal_, shape, gain=2.0).reshape(shape[0], -1)
    rows, columns = values.shape
    product = values @ values.T if rows <= columns else values.T @ values
    np.testing.assert_allclose(product, 4 * np.eye(min(rows, columns)), atol=1e-12)


def test_orthogonal_has_no_preferred_direction():
    # QR alone would make the diagonal's signs all alike; over many draws the entries must average to nothing
    diagonal = np.array([np.diagonal(filled(init.orthogonal_, (3, 3))) for _ in range(400)])
    assert np.abs(diagonal.mean(axis=0)).max() < 5 * math.sqrt(1 / 3 / 400)


@pytest.mark.parametrize(
    "fill",
    [init.uniform_, init.normal_, init.trunc_normal_, init.xavier_uniform_, init.xavier_normal_,
     init.kaiming_uniform_, init.kaiming_normal_, init.orthogonal_],
)  # fmt: skip
def test_seed_and_generator(fill):
    mg.manual_seed(11)
    first, second = filled(fill, (3, 4)), filled(fill, (3, 4))
    mg.manual_seed(11)
    np.testing.assert_array_equal(filled(fill, (3, 4)), first)
    assert not np.array_equal(first, second)
    generators = [mg.Generator(mg.get_default_device()).manual_seed(5) for _ in range(2)]
    mine = filled(fill, (3, 4), generator=generators[0])
    mg.manual_seed(99)
    np.testing.assert_array_equal(filled(fill, (3, 4), generator=generators[1]), mine)


def test_parameters_are_filled_without_being_recorded():
    parameter = nn.Parameter(mg.zeros(3, 3))
    memory = parameter._data
    for fill in (init.normal_, init.ones_, init.kaiming_uniform_, init.orthogonal_):
        fill(parameter)
        assert parameter.is_leaf and parameter.requires_grad and parameter._data is memory
    assert parameter.detach().cpu().numpy().any()


def test_views_are_filled_in_place():
    table = mg.zeros(3, 2)
    init.ones_(table[1])
    assert table.tolist() == [[0, 0], [1, 1], [0, 0]]


def test_a_backward_that_needs_what_was_filled_over_says_so():
    w = mg.ones(2, 2, requires_grad=True)
    x = mg.ones(2, 2, requires_grad=True)
    y = (x * w).sum()
    init.zeros_(w)
    with pytest.raises(RuntimeError, match=r"overwritten in place since, at\n.*init\.zeros_\(w\)"):
        y.backward()


def test_empty_tensors_stay_empty():
    for fill in (
        init.kaiming_uniform_,
        init.kaiming_normal_,
        init.orthogonal_,
        init.normal_,
        init.trunc_normal_,
    ):
        assert filled(fill, (3, 0)).shape == (3, 0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: init.eye_(mg.zeros(2)), r"expected a matrix, got the shape \(2,\)"),
        (lambda: init.xavier_uniform_(mg.zeros(2)), r"xavier_uniform_.*2 or more axes.*\(2,\)"),
        (lambda: init.kaiming_normal_(mg.zeros(2)), r"kaiming_normal_.*2 or more axes"),
        (lambda: init.orthogonal_(mg.zeros(2)), r"2 or more axes"),
        (lambda: init.kaiming_uniform_(mg.zeros(2, 2), mode="fan"), r'"fan_in" or "fan_out", got \'fan\''),
        (lambda: init.kaiming_uniform_(mg.zeros(2, 2), nonlinearity="swish"), "no gain is known for .swish"),
        (lambda: init.calculate_gain("leaky_relu", "x"), "must be a number, got 'x'"),
        (lambda: init.normal_(mg.zeros(2), std=-1.0), "std must not be negative"),
        (lambda: init.uniform_(mg.zeros(2), 1.0, 0.0), "a=1.0 and b=0.0"),
        (lambda: init.trunc_normal_(mg.zeros(2), a=1.0, b=1.0), "a below b"),
    ],
)  # fmt: skip
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("dtype", [mg.float32, mg.float64])
def test_one_seed_gives_the_numbers_of_the_tensors_own_methods(dtype):
    for fill, own in (
        (lambda t: init.uniform_(t, -2.0, 3.0), lambda t: t.uniform_(-2.0, 3.0)),
        (lambda t: init.normal_(t, 1.0, 2.0), lambda t: t.normal_(1.0, 2.0)),
    ):
        mg.manual_seed(4)
        filled = fill(nn.Parameter(mg.empty(2, 3, dtype=dtype)))
        mg.manual_seed(4)
        assert filled.tolist() == own(mg.empty(2, 3, dtype=dtype)).tolist()
        assert filled.is_leaf and filled.requires_grad
