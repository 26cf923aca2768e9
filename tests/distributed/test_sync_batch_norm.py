"""What becomes of a network's batch norm; what it computes between ranks is in test_data_parallel.py."""

import pytest

import minigrad as mg
from minigrad import distributed as dist
from minigrad import nn, train


def test_a_converted_network_has_the_same_parameters_and_buffers_under_the_same_names():
    model = nn.Sequential(
        nn.Linear(3, 4), nn.Sequential(nn.BatchNorm1d(4, eps=0.1, momentum=None)), nn.ReLU()
    )
    before, x = dict(model.named_parameters()), mg.randn(5, 3)
    model(x)
    names, y = list(model.state_dict()), model.eval()(x)
    converted = dist.SyncBatchNorm.convert_sync_batchnorm(model)
    assert converted is model and list(model.state_dict()) == names
    assert all(p is before[name] for name, p in model.named_parameters())
    layer = model[1][0]
    assert type(layer) is dist.SyncBatchNorm and (layer.eps, layer.momentum) == (0.1, None)
    assert not layer.training and model(x).tolist() == y.tolist()
    assert dist.SyncBatchNorm.convert_sync_batchnorm(layer) is layer


def test_without_a_group_it_is_batch_norm():
    x = mg.randn(6, 2, 3, dtype=mg.float64)
    ours, plain = dist.SyncBatchNorm(2).double(), nn.BatchNorm1d(2).double()
    assert ours(x).tolist() == plain(x).tolist()
    assert ours.running_var.tolist() == plain.running_var.tolist()


def test_a_frozen_layer_stays_in_evaluation():
    model = nn.Sequential(nn.BatchNorm1d(4))
    train.freeze(model)
    assert not dist.SyncBatchNorm.convert_sync_batchnorm(model).train()[0].training


def test_norms_of_rows_are_refused():
    with pytest.raises(NotImplementedError, match="axis=2 is not supported"):
        dist.SyncBatchNorm.convert_sync_batchnorm(nn.BatchNorm(4, axis=2))
