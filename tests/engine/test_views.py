"""Which tensors share memory: what the engine must know, so that a write through one reaches the others."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import minigrad as mg
from minigrad.engine.modes import state
from tests.ops.cases import CASES, Draw


def leaf(values, dtype=np.float64):
    return mg.tensor(np.asarray(values, dtype), requires_grad=True)


@pytest.fixture
def sharing():
    """The names of the operations that run in the test and return memory that they should not."""
    found = set()

    def look(node, operands):
        *given, y = operands
        for value in given[1:] if node.op.view else given:  # a view is one of its first argument
            if isinstance(value, np.ndarray) and np.shares_memory(y, value):
                found.add(node.op.name)

    state.witness = look
    yield found
    state.witness = None


def test_no_operation_but_a_view_returns_the_memory_of_an_argument(sharing):
    # It would not be registered as a view, and a write through it would leave the argument's history as it is.
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
            function, inputs = case.draw(Draw(data))
            function(*([inputs] if isinstance(inputs, mg.Tensor) else inputs))

        run()
    assert sharing == set()


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
