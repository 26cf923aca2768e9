import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.errors import ShapeError

pytestmark = pytest.mark.usefixtures("device")


def test_layer_norm_by_hand():
    layer = nn.LayerNorm(4, eps=0.0)
    y = layer(mg.tensor([[1.0, 2.0, 3.0, 4.0], [0.0, 0.0, 0.0, 8.0]]))
    # mean 2.5, variance 1.25; mean 2, variance 12
    expected = [np.array([-1.5, -0.5, 0.5, 1.5]) / np.sqrt(1.25), np.array([-2, -2, -2, 6]) / np.sqrt(12)]
    np.testing.assert_allclose(y.detach().cpu().numpy(), expected, rtol=1e-6)


def test_weight_and_bias_act_on_each_element():
    layer = nn.LayerNorm((2, 3), dtype=mg.float64)
    rng = np.random.default_rng(0)
    weight, bias, x = rng.normal(size=(2, 3)), rng.normal(size=(2, 3)), rng.normal(size=(5, 2, 3))
    layer.load_state_dict({"weight": weight, "bias": bias})
    mean, variance = x.mean(axis=(1, 2), keepdims=True), x.var(axis=(1, 2), keepdims=True)
    expected = (x - mean) / np.sqrt(variance + 1e-5) * weight + bias
    np.testing.assert_allclose(layer(mg.tensor(x)).detach().cpu().numpy(), expected, rtol=1e-12, atol=1e-14)


def test_options():
    assert list(nn.LayerNorm(3).state_dict()) == ["weight", "bias"]
    assert nn.LayerNorm(3).weight.tolist() == [1.0] * 3 and nn.LayerNorm(3).bias.tolist() == [0.0] * 3
    assert list(nn.LayerNorm(3, bias=False).state_dict()) == ["weight"]
    plain = nn.LayerNorm([2, 3], elementwise_affine=False)
    assert plain.weight is None and plain.bias is None and list(plain.parameters()) == []
    np.testing.assert_allclose(plain(mg.ones(1, 2, 3)).cpu().numpy(), np.zeros((1, 2, 3)))
    assert repr(plain) == "LayerNorm((2, 3), eps=1e-05, elementwise_affine=False, bias=False)"
    with pytest.raises(NotImplementedError, match="LayerNorm: device="):
        nn.LayerNorm(3, device="mps:0")


def test_a_shape_that_does_not_fit():
    with pytest.raises(ShapeError):
        nn.LayerNorm(3)(mg.zeros(2, 4))


# By channels ------------------------------------------------------------------------------------------------


def test_batch_norm_by_hand():
    layer = nn.BatchNorm1d(2, eps=0.0 + 1e-12, momentum=0.5)
    y = layer(mg.tensor([[1.0, 0.0], [2.0, 0.0], [3.0, 0.0], [4.0, 8.0]]))
    # Column means 2.5 and 2, variances 5/4 and 12; unbiased 5/3 and 16.
    expected = np.column_stack(
        [np.array([-1.5, -0.5, 0.5, 1.5]) / np.sqrt(1.25), np.array([-2, -2, -2, 6]) / np.sqrt(12)]
    )
    np.testing.assert_allclose(y.detach().cpu().numpy(), expected, rtol=1e-6)
    np.testing.assert_allclose(
        layer.running_mean.cpu().numpy(), [1.25, 1.0]
    )  # half of 0 and half of the batch's
    np.testing.assert_allclose(layer.running_var.cpu().numpy(), [(1 + 5 / 3) / 2, (1 + 16) / 2], rtol=1e-6)
    assert layer.num_batches_tracked.item() == 1
    layer.eval()
    np.testing.assert_allclose(
        layer(mg.tensor([[1.25, 1.0 + 8.5**0.5]])).detach().cpu().numpy(), [[0, 1]], atol=1e-6
    )
    assert layer.num_batches_tracked.item() == 1


def test_momentum_none_is_the_average_of_all_batches():
    layer = nn.BatchNorm1d(1, momentum=None)
    for batch in ([1.0, 3.0], [2.0, 6.0], [0.0, 0.0]):
        layer(mg.tensor(batch).reshape(-1, 1))
    assert layer.running_mean.item() == pytest.approx((2 + 4 + 0) / 3)
    assert layer.running_var.item() == pytest.approx((2 + 8 + 0) / 3)


def test_rows_of_images_have_a_weight_for_each_row():
    """Keras's BatchNormalization(axis=1) of 28 x 28 images: 4 x 28 = 112 numbers, of which 56 are trained."""
    layer = nn.BatchNorm(28, axis=2)
    state = layer.state_dict()
    del state["num_batches_tracked"]
    assert sum(value.numel() for value in state.values()) == 112
    assert sum(p.numel() for p in layer.parameters()) == 56
    x = np.random.default_rng(0).normal(size=(5, 3, 28, 28)).astype(np.float32)
    y = layer(mg.tensor(x)).detach().cpu().numpy()
    np.testing.assert_allclose(y.mean((0, 1, 3)), np.zeros(28), atol=1e-5)
    np.testing.assert_allclose(y.var((0, 1, 3)), np.ones(28), rtol=1e-3)
    assert repr(layer).endswith("track_running_stats=True, axis=2)")
    np.testing.assert_array_equal(nn.BatchNorm(28, axis=-2)(mg.tensor(x)).detach().cpu().numpy(), y)


def test_errors_of_the_channels_axis_name_it():
    x = mg.zeros(2, 3, 8, 8)
    with pytest.raises(TypeError, match=r"axis is the number of one axis, .* got \(1, 2\)"):
        nn.BatchNorm(3, axis=(1, 2))(x)
    with pytest.raises(ShapeError, match=r"shape \(8,\) .* with its channels at axis 2; got \(3,\)"):
        nn.BatchNorm(3, axis=2)(x)


def test_groups_are_one_or_more():
    with pytest.raises(ValueError, match="num_groups must be 1 or more, got 0"):
        nn.GroupNorm(0, 4)


def test_a_batch_that_was_overwritten_before_backward_is_found():
    x = mg.tensor([[1.0], [2.0], [4.0]], requires_grad=True) * 1
    y = nn.BatchNorm1d(1)(x)
    x.zero_()
    with pytest.raises(RuntimeError, match="overwritten in place"):
        y.sum().backward()


def test_loading_running_statistics_and_further_steps_do_not_disturb_a_backward_to_come():
    layer = nn.BatchNorm1d(1).eval()
    x = mg.tensor([[1.0], [2.0]], requires_grad=True)
    y = layer(x)
    layer.train()(mg.tensor([[5.0], [9.0]]))
    y.sum().backward()
    np.testing.assert_allclose(x.grad.cpu().numpy(), np.full((2, 1), (1 + 1e-5) ** -0.5), rtol=1e-6)


def test_casting_moves_the_running_statistics_but_not_the_count():
    layer = nn.BatchNorm2d(3).double()
    assert layer.running_mean.dtype == layer.running_var.dtype == mg.float64
    assert layer.num_batches_tracked.dtype == mg.int64
    assert layer(mg.rand(2, 3, 4, 4, dtype=mg.float64)).dtype == mg.float64
    layer.reset_running_stats()
    assert (layer.num_batches_tracked.item(), layer.running_var.tolist()) == (0, [1.0] * 3)


def test_group_norm_by_hand():
    layer = nn.GroupNorm(2, 4, eps=0.0)
    y = layer(mg.tensor([[1.0, 2.0, 0.0, 8.0], [3.0, 5.0, 1.0, 1.5]]))
    np.testing.assert_allclose(y.detach().cpu().numpy(), [[-1, 1, -1, 1], [-1, 1, -1, 1]], rtol=1e-6)


def test_instance_norm_keeps_an_example_without_a_batch():
    x = mg.rand(3, 5)
    one, many = nn.InstanceNorm1d(3)(x), nn.InstanceNorm1d(3)(x[None])
    assert one.shape == (3, 5)
    np.testing.assert_array_equal(one.cpu().numpy(), many[0].cpu().numpy())


def test_instance_norm_without_weights_warns_of_another_number_of_channels():
    x = mg.rand(2, 4, 5)
    with pytest.warns(UserWarning, match=r"InstanceNorm1d: .*3 channels \(num_features\).* 4 .*not used"):
        y = nn.InstanceNorm1d(3)(x)
    np.testing.assert_array_equal(y.cpu().numpy(), nn.InstanceNorm1d(4)(x).cpu().numpy())
    for options in ({"affine": True}, {"track_running_stats": True}):
        with pytest.raises(ValueError, match="expected 3 channels"):
            nn.InstanceNorm1d(3, **options)(x)


def test_running_statistics_stay_where_there_is_nothing_to_learn_from():
    for layer, shape in ((nn.InstanceNorm1d, (2, 3, 0)), (nn.BatchNorm1d, (0, 3))):
        norm = layer(3, track_running_stats=True)
        assert norm(mg.zeros(shape)).shape == shape
        assert (norm.running_mean.tolist(), norm.running_var.tolist()) == ([0.0] * 3, [1.0] * 3)


def test_a_counter_that_cannot_be_written_is_named():
    layer = nn.BatchNorm1d(3)
    fixed = np.zeros((), np.int64)
    fixed.flags.writeable = False
    layer.num_batches_tracked = mg.from_numpy(fixed)
    with pytest.raises(RuntimeError, match="num_batches_tracked: this tensor's memory cannot be written"):
        layer(mg.randn(4, 3))
