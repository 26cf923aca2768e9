"""Names that tensors and the package do not have: what is said instead; asked whether they are there: no."""

import operator
import re

import pytest

import minigrad as mg
from minigrad import elsewhere


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


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("array", "mg.tensor("),
        ("backends", "no switches"),
        ("DataLoader", "from minigrad.data import DataLoader"),
        ("cross_entropy", "from minigrad.nn.functional import cross_entropy"),
        ("load_pretrained", "from minigrad.weights import load_pretrained"),
    ],
)
def test_a_name_that_the_package_lacks_says_what_is_meant(name, instead):
    with pytest.raises(AttributeError) as raised:
        getattr(mg, name)
    text = str(raised.value)
    assert text.startswith(f"module 'minigrad' has no attribute '{name}'. ") and instead in text


def test_what_is_said_in_place_of_a_name_is_there():
    for name, instead in {**elsewhere.INSTEAD, **elsewhere.LAYERS}.items():
        assert not hasattr(mg, name) and not hasattr(mg.nn, name)
        for meant in re.findall(r"(?<=\b)(?:mg|nn)\.[\w.]+", instead):
            owner, *path = meant.split(".")
            operator.attrgetter(".".join(path))({"mg": mg, "nn": mg.nn}[owner])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("LSTM", "no recurrent layers"),
        ("SyncBatchNorm", "It is mg.distributed.SyncBatchNorm"),
        ("DataParallel", "mg.distributed.DistributedDataParallel"),
        ("parallel", "mg.distributed.DistributedDataParallel"),
    ],
)
def test_of_a_layer_that_is_not_there_it_is_said(name, said):
    with pytest.raises(AttributeError, match=rf"nn' has no attribute '{name}'\. .*{re.escape(said)}"):
        getattr(mg.nn, name)


def test_of_a_name_that_nobody_knows_nothing_is_made_up():
    for module in (mg, mg.nn):
        with pytest.raises(AttributeError, match=rf"^module '{module.__name__}' has no attribute 'zzz'$"):
            module.zzz  # noqa: B018
    with pytest.raises(AttributeError, match=r"has no attribute 'np'$"):
        mg.np  # noqa: B018  (nn.functional imports it: that is not its own)
