"""Names that tensors do not have: what is said instead, and that a question for them is answered with no."""

import pytest

import minigrad as mg


@pytest.mark.parametrize(
    ("name", "instead"),
    [("astype", "x.to("), ("copy", "x.clone()"), ("append", "mg.cat("), ("zero_grad", "x.grad = None")],
)
def test_a_name_of_others_says_what_is_meant(name, instead):
    for owner in (mg.ones(2), mg.Tensor):
        assert not hasattr(owner, name)
    with pytest.raises(AttributeError) as raised:
        getattr(mg.ones(2), name)
    text = str(raised.value)
    assert f"'Tensor' object has no attribute '{name}'" in text and instead in text
