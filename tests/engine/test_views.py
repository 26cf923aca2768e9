"""Which tensors share memory: what the engine must know, so that a write through one reaches the others."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import minigrad as mg
from minigrad.engine.modes import state
from tests.ops.cases import CASES

pytestmark = pytest.mark.usefixtures("device")


def leaf(values, dtype=np.float64):
    return mg.tensor(np.asarray(values, dtype), requires_grad=True)


HANDED_OVER = {("max_pool2d", "found")}
"""Arguments made for one call, whose memory becomes its result: nobody else has them."""


@pytest.fixture
def sharing():
    """The names of the operations that run in the test and return memory that they should not."""
    found = set()

    def look(node, operands):
        *given, y = operands
        names = [None] * len(given) if node.op.variadic else node.op.parameters
        for name, value in list(zip(names, given, strict=True))[node.op.view :]:  # a view is one of its first
            if (node.op.name, name) in HANDED_OVER:
                continue
            if type(value) is type(y) and np.may_share_memory(y, value):
                found.add(node.op.name)

    state.witness = look
    yield found
    state.witness = None


def test_no_operation_but_a_view_returns_the_memory_of_an_argument(sharing):
    # It would not be registered as a view, and a write through it would leave the argument's history.
    for case in CASES.values():

        @settings(
            max_examples=10,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        )
        @given(st.data(), st.just(case))
        def run(data, case):
            call = case.call(data)
            call.function(*call.inputs)

        run()
    assert sharing == set()


def test_what_is_handed_over_is_nobody_elses():
    x = leaf(np.arange(16.0).reshape(1, 1, 4, 4))
    first, second = (mg.nn.functional.max_pool2d(x, 2) for _ in range(2))
    first.mul_(10.0)
    assert second.tolist() == [[[[5.0, 7.0], [13.0, 15.0]]]]
    first.sum().backward()
    assert x.grad.sum().item() == 40.0 and x.grad[0, 0, 3, 3].item() == 10.0


def test_sharing_would_be_seen(sharing, own_operations):
    @mg.op
    def same(x):
        return x

    @same.grad("x")
    def _(dy):
        return dy

    same(leaf([1.0]))
    assert sharing == {"same"}


@pytest.mark.parametrize("equation", ["ij->ji", "ij->ij", "...j->j...", "ij"])
def test_a_write_through_einsum_of_one_operand(equation):
    # As in PyTorch: what einsum only turns is a view, so the write is one into b.
    a = leaf(np.ones((2, 3)))
    b = a * 2
    y = mg.einsum(equation, b)
    y.mul_(10.0)
    b.sum().backward()
    assert b.tolist() == [[20.0] * 3] * 2
    assert a.grad.tolist() == [[20.0] * 3] * 2


# Views made under no_grad -----------------------------------------------------------------------------------

CUTS = {
    "row": lambda b: b[0],
    "of a view": lambda b: b[1:].reshape(-1),
    "transpose": lambda b: b.T,
}


@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)
def test_a_recorded_write_through_a_view_made_under_no_grad(cut):
    # Its base would not learn of the write: b.sum() would have the gradient of b as it was. PyTorch raises.
    a, w = leaf(np.ones((2, 3))), leaf(3.0)
    b = a * 2
    with mg.no_grad():
        v = cut(b)
    with pytest.raises(RuntimeError, match=r"mul_: .* made under no_grad.*clone\(\)"):
        v.mul_(w)
    with pytest.raises(RuntimeError, match="made under no_grad"):
        v[0].mul_(w)  # a view of it, made outside
    with pytest.raises(RuntimeError, match="made under no_grad"):
        v[0] = w
    assert b.tolist() == [[2.0] * 3] * 2


def test_writes_through_a_view_made_under_no_grad_that_are_not_recorded():
    b = leaf(np.ones(2)) * 1
    with mg.no_grad():
        v = b[0]
        v.mul_(5.0)
    v.add_(1.0)  # nothing here requires a gradient
    assert b.tolist() == [6.0, 1.0]


def test_a_result_under_no_grad_is_not_a_view():
    with mg.no_grad():
        y = leaf([1.0, 2.0]) * 3
    w = leaf(2.0)
    y.mul_(w)
    y.sum().backward()
    assert w.grad.item() == 9.0


# Long chains ------------------------------------------------------------------------------------------------


def test_a_chain_of_100_000_views(device):
    x = leaf(np.arange(4.0))
    y = b = x * 1
    for _ in range(50_000 if device.type == "cpu" else 5_000):  # arrays elsewhere are slow to call
        y = y.reshape(2, 2).reshape(4)
    y.mul_(3.0)
    (b * y).sum().backward()  # (3 x)^2
    assert b.tolist() == [0.0, 3.0, 6.0, 9.0]
    assert x.grad.tolist() == [0.0, 18.0, 36.0, 54.0]
