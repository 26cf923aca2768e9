from collections import OrderedDict

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn

pytestmark = pytest.mark.usefixtures("device")


def net():
    return nn.Sequential(OrderedDict(hidden=nn.Linear(2, 3), act=nn.ReLU(), out=nn.Linear(3, 1)))


def test_keys_are_dotted_names_in_order():
    assert list(net().state_dict()) == ["hidden.weight", "hidden.bias", "out.weight", "out.bias"]
    assert list(net().out.state_dict(prefix="head.")) == ["head.weight", "head.bias"]


def test_values_share_memory_and_have_no_history():
    model = net()
    values = model.state_dict()
    values["out.bias"]._data[0] = 7.0
    assert model.out.bias.item() == 7.0
    assert not any(value.requires_grad for value in values.values())
    kept = model.state_dict(keep_vars=True)
    assert kept["out.bias"] is model.out.bias


def test_destination_is_added_to():
    target = {"step": 3}
    assert net().state_dict(destination=target) is target
    assert list(target) == ["step", "hidden.weight", "hidden.bias", "out.weight", "out.bias"]


def test_loading_copies_into_the_same_memory():
    source, model = net(), net()
    memory = [p._data for p in model.parameters()]
    result = model.load_state_dict(source.state_dict())
    for parameter, block, other in zip(model.parameters(), memory, source.parameters(), strict=True):
        assert parameter._data is block
        assert not np.may_share_memory(block, other._data)
        np.testing.assert_array_equal(parameter.detach().cpu().numpy(), other.detach().cpu().numpy())
    assert result == ([], [])
    assert result.missing_keys == [] and result.unexpected_keys == []
    assert repr(result) == "<All keys matched successfully>"


def test_arrays_are_taken_and_cast():
    model = nn.Linear(2, 1)
    model.load_state_dict({"weight": np.array([[1.0, 2.0]], dtype=np.float64), "bias": mg.tensor([3])})
    assert model.weight.dtype == np.float32
    assert model.weight.tolist() == [[1.0, 2.0]]
    assert model.bias.tolist() == [3.0]


def test_one_error_lists_every_missing_unexpected_and_misshaped_key_and_copies_nothing():
    model = net()
    before = {name: value.cpu().numpy().copy() for name, value in model.state_dict().items()}
    given = {
        "hidden.weight": mg.zeros(5, 2),
        "hidden.bias": mg.zeros(3),
        "out.weight": mg.zeros(3),
        "extra": mg.zeros(1),
        "more.weight": mg.zeros(1),
    }
    with pytest.raises(RuntimeError) as caught:
        model.load_state_dict(given)
    text = str(caught.value)
    assert 'Missing key(s) in state_dict: "out.bias"' in text
    assert 'Unexpected key(s) in state_dict: "extra", "more.weight"' in text
    assert "size mismatch for hidden.weight: the state_dict has shape (5, 2), the model (3, 2)" in text
    assert "size mismatch for out.weight: the state_dict has shape (3,), the model (1, 3)" in text
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value.cpu().numpy(), before[name])


def test_not_strict_loads_what_both_have_and_returns_the_rest():
    model = net()
    result = model.load_state_dict({"out.bias": mg.tensor([4.0]), "extra": mg.zeros(1)}, strict=False)
    assert result.missing_keys == ["hidden.weight", "hidden.bias", "out.weight"]
    assert result.unexpected_keys == ["extra"]
    assert "hidden.bias" in repr(result)
    assert model.out.bias.item() == 4.0


def test_a_wrong_shape_is_an_error_even_when_not_strict():
    with pytest.raises(RuntimeError, match=r"(?s)size mismatch for out.bias.*sizes that it was saved with"):
        net().load_state_dict({**net().state_dict(), "out.bias": mg.zeros(2)}, strict=False)
    with pytest.raises(RuntimeError, match=r"size mismatch for bias: the state_dict has shape \(\)"):
        nn.Linear(1, 1).load_state_dict({"weight": mg.zeros(1, 1), "bias": mg.tensor(1.0)})


def test_a_checkpoint_is_not_a_state_dict():
    with pytest.raises(RuntimeError, match=r"weights are train\.load_checkpoint\(path\)\.model"):
        net().load_state_dict({"minigrad checkpoint": 1, "model": net().state_dict()})


def test_a_prefix_that_explains_everything_is_named():
    model = net()
    wrapped = {f"module.{name}": value for name, value in model.state_dict().items()}
    with pytest.raises(RuntimeError, match=r'Strip the prefix "module\."'):
        model.load_state_dict(wrapped)
    with pytest.raises(RuntimeError, match=r'Add the prefix "module\."'):
        nn.ModuleDict({"module": model}).load_state_dict(model.state_dict())


def test_the_file_of_another_network_is_told_as_such():
    other = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)).state_dict()
    with pytest.raises(RuntimeError, match=r"None of its 7 names is one of the model's 4: .*another network"):
        net().load_state_dict(other)


def test_keys_that_are_no_names_are_told():
    with pytest.raises(TypeError, match="load_state_dict: expected names for keys, got the int 1"):
        net().load_state_dict({1: mg.zeros(2)})


@pytest.mark.parametrize("value", ["text", 3, None, [1.0], np.array(["a"]), np.array([1j])])
def test_values_that_are_no_arrays_of_numbers_are_named(value):
    with pytest.raises(RuntimeError, match=r'"bias": expected a tensor or an array of real numbers, got'):
        nn.Linear(1, 1).load_state_dict({"weight": mg.zeros(1, 1), "bias": value})


def test_refusals():
    with pytest.raises(TypeError, match="mapping"):
        net().load_state_dict([1, 2])
    with pytest.raises(NotImplementedError, match="assign"):
        net().load_state_dict(net().state_dict(), assign=True)


def test_shared_parameters_have_both_names_and_load():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    model[1].weight = model[0].weight
    assert list(model.state_dict()) == ["0.weight", "0.bias", "1.weight", "1.bias"]
    other = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    other[1].weight = other[0].weight
    other.load_state_dict(model.state_dict())
    assert other[0].weight is other[1].weight
    np.testing.assert_array_equal(
        other[0].weight.detach().cpu().numpy(), model[0].weight.detach().cpu().numpy()
    )


def test_buffers_are_loaded_and_hidden_ones_are_not_asked_for():
    model = nn.Module()
    model.register_buffer("mean", mg.zeros(2))
    model.register_buffer("cache", mg.zeros(2), persistent=False)
    model.load_state_dict({"mean": mg.ones(2)})
    assert model.mean.tolist() == [1.0, 1.0]
    with pytest.raises(RuntimeError, match=r'Unexpected.*"cache"'):
        model.load_state_dict({"mean": mg.ones(2), "cache": mg.ones(2)})


def test_backward_after_loading_over_a_saved_value_says_so():
    model = nn.Linear(2, 1, bias=False)
    x = mg.ones(1, 2, requires_grad=True)
    y = model(x).sum()
    model.load_state_dict({"weight": mg.zeros(1, 2)})
    with pytest.raises(RuntimeError, match=r"overwritten in place since, at\n.*test_state.py"):
        y.backward()


def test_batch_norms_count_is_not_missed_in_a_file_that_is_older_than_it():
    """As in PyTorch, whose files have it since 0.4.1: the layer's own count stays."""
    layer = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    layer[1].num_batches_tracked.add_(7)
    state = {name: value.clone() for name, value in layer.state_dict().items() if "num_batches" not in name}
    assert repr(layer.load_state_dict(state)) == "<All keys matched successfully>"
    assert layer[1].num_batches_tracked.item() == 7
    del state["1.running_var"]
    with pytest.raises(RuntimeError, match=r'Missing key\(s\) in state_dict: "1.running_var"\n'):
        layer.load_state_dict(state)
