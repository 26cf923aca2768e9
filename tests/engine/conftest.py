"""What the tests of the engine share."""

import pytest

from minigrad.engine.op import OPS


@pytest.fixture
def own_operations():
    """Operations that the test defines are gone afterwards: other tests walk the list of all there are."""
    before = dict(OPS)
    yield
    OPS.clear()
    OPS.update(before)
