"""A stand-in for CuPy and two cards."""

import sys

import pytest

from tests.kernels.cupy_gpu.card import Card


@pytest.fixture
def card(monkeypatch):
    """What ``import cupy`` gives."""
    card = Card(numbers=(0, 1))
    monkeypatch.setitem(sys.modules, "cupy", card)
    return card
