"""Settings of the kernels' tests."""

import pytest

from minigrad.kernels import precision


@pytest.fixture(autouse=True)
def digits_of_float32(request, monkeypatch):
    """Convolutions for a card keep all digits of float32, where a test does not say otherwise; numba's are as
    they are used, with Winograd's.
    """
    call = getattr(request.node, "callspec", None)
    backend = call and call.params.get("backend")
    monkeypatch.setattr(precision, "conv", "high" if backend and backend.name == "numba_cpu" else "highest")
