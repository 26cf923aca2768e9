"""How many digits products of float32 have, as a program sets it."""

import pytest

import minigrad as mg
from minigrad.kernels import precision


@pytest.mark.parametrize("what", ["matmul", "conv"])
def test_it_is_as_set_until_it_is_set_anew(what, monkeypatch):
    monkeypatch.setattr(precision, what, "highest")  # and is put back
    get, put = (getattr(mg, f"{verb}_float32_{what}_precision") for verb in ("get", "set"))
    for value in ("medium", "high", "highest"):
        put(value)
        assert get() == value
    with pytest.raises(ValueError, match=rf"set_float32_{what}_precision: expected 'highest'.*got 'low'"):
        put("low")
    assert get() == "highest"
