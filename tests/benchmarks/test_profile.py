"""A profile's parts are those of the step."""

import numpy as np
import pytest

from benchmarks import page, profile
from minigrad import kernels
from minigrad.kernels import numba_cpu


def test_a_kernel_is_timed_at_each_call_and_as_before_afterwards():
    x = np.array([[-1.0, 2.0]], np.float32)
    before = numba_cpu.relu
    with profile.watched() as clock:
        assert kernels.relu(x).tolist() == [[0.0, 2.0]]
        kernels.relu(x)
    kernels.relu(x)
    assert numba_cpu.relu is before
    assert list(clock) == ["relu"] and len(clock["relu"]) == 2 and min(clock["relu"]) > 0


def test_kernels_and_the_rest_are_the_whole_step():
    record = profile.profile("dense", seconds=0.2)
    calls = {kernel["kernel"]: kernel["calls"] for kernel in record["kernels"]}
    # Forward and backward of two large layers (nobody asks for the images' gradient); relu in both, backward
    # over the gradient that arrives; one Adam.
    assert (
        calls["matmul"] == 5 and calls["relu"] == 2 and calls["relu_grad_"] == 2 and calls["adam_step"] == 1
    )
    assert sum(kernel["ms"] for kernel in record["kernels"]) + record["rest_ms"] == pytest.approx(
        record["ms"]
    )
    assert record["kernels"][0]["kernel"] == "matmul"
    assert sum(own["part"] for own in record["python"]) <= 1


def test_the_page_tells_large_parts_and_what_they_say():
    kernels_ = [{"kernel": "matmul", "calls": 5, "ms": 0.75}, {"kernel": "relu", "calls": 2, "ms": 0.001}]
    found = {"ms": 1.0, "rest_ms": 0.249, "kernels": kernels_, "python": [{"function": "f", "part": 0.5}]}
    text = page.profiles({"dense": found}, {})
    assert "| `matmul` | 5 | 0.75 | 75% |" in text and "`relu`" not in text
    assert "| the rest |  | 0.249 | 25% |" in text and "`f` 50%" in text
