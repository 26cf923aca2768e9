"""The place of tensors: what code written for PyTorch asks and says about it."""

import numpy as np
import pytest

import minigrad as mg


def test_there_is_no_gpu():
    assert not mg.cuda.is_available() and mg.cuda.device_count() == 0
    assert mg.device("cuda" if mg.cuda.is_available() else "cpu") == "cpu"


def test_a_tensor_is_on_the_cpu():
    x = mg.ones(2)
    assert x.device == "cpu" == x.device.type and x.device == mg.device("cpu")
    assert x.to(mg.device("cpu"), non_blocking=True) is x
    assert mg.zeros(2, device=x.device).device.index is None
    assert repr(x.device) == "device(type='cpu')"


def test_another_device_can_be_named_and_not_used():
    gpu = mg.device("cuda:1")
    assert (gpu.type, gpu.index, repr(gpu)) == ("cuda", 1, "device(type='cuda', index=1)")
    for call in (lambda: mg.ones(2).to(gpu), lambda: mg.zeros(2, device=gpu)):
        with pytest.raises(NotImplementedError, match="cuda"):
            call()


def test_inference_mode_records_nothing():
    x = mg.ones(2, requires_grad=True)
    with mg.inference_mode():
        assert not (x * 2).requires_grad
    assert (x * 2).requires_grad


def test_tensors_like_another():
    x = mg.ones(2, dtype=mg.float64)
    assert x.new_zeros(2, 3).tolist() == [[0, 0, 0], [0, 0, 0]] and x.new_zeros((2,)).dtype is mg.float64
    assert x.new_ones(2, dtype=mg.int64).dtype is mg.int64
    assert x.new_full((2,), 7.0, requires_grad=True).requires_grad
    assert x.nelement() == mg.numel(x) == 2 and mg.numel(np.ones((2, 3))) == 6
