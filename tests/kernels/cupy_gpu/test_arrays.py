"""Numbers of the host on their way to a card, on a stand-in for one."""

from types import SimpleNamespace

import numpy as np
import pytest

from minigrad.devices import capturing
from minigrad.kernels.cupy_gpu import cublas
from minigrad.kernels.cupy_gpu.arrays import live_numbers, replays, sent, where_is
from minigrad.kernels.cupy_gpu.matmul import matmul


class Recorder:
    """A capture in progress that notes what it is asked for."""

    def __init__(self, card):
        self.card, self.replays, self.asked, self.actions = card, card.array(np.zeros(1, np.uint64)), [], []

    def sent(self, host, where):
        self.asked.append((host.tolist(), host.dtype, where))
        return self.card.array(host)

    def before_replay(self, action):
        self.actions.append(action)


def test_where_an_array_is():
    assert where_is(np.ones(2)) == "host"
    assert where_is(SimpleNamespace(device=SimpleNamespace(id=1))) == 1


def test_numbers_stay_on_the_host_or_go_to_the_card_that_is_named(card):
    numbers = np.array([1.5, 2.5])
    assert sent(numbers, "host") is numbers
    counts = sent([1, 2, 3], "host")
    assert (counts.tolist(), counts.dtype) == ([1, 2, 3], np.int32)
    array = sent(numbers, 1)
    assert array.tolist() == [1.5, 2.5] and card.arrays[-1][1] == 1 and card.devices == [0]
    assert sent([4, 5], 0).dtype == np.int32 and card.arrays[-1][1] == 0


def test_while_capturing_they_are_sent_by_the_capture(card):
    recorder = Recorder(card)
    with capturing.captured_by(recorder):
        assert sent([4, 5], 1).tolist() == [4, 5]
        assert replays() is recorder.replays
        assert sent([6], "host").tolist() == [6]
    assert recorder.asked == [([4, 5], np.int32, 1)]
    assert replays() is None


@pytest.mark.parametrize("where", ["host", 1])
def test_live_numbers_are_anew_before_each_replay(card, where):
    recorder, rates = Recorder(card), [0.5, 0.25]
    with capturing.captured_by(recorder):
        array = live_numbers(lambda: rates, where)
    assert array.tolist() == [0.5, 0.25] and array.dtype == np.float64
    rates[0] = 0.125
    assert array.tolist() == [0.5, 0.25]
    (action,) = recorder.actions
    action()
    assert array.tolist() == [0.125, 0.25]


def test_products_of_a_card_are_cublas_of_real_numbers_and_cupys_of_others(monkeypatch):
    class OfACard:
        def __init__(self, kind):
            self.dtype = np.dtype(kind)

        def __matmul__(self, other):
            return "CuPy's"

    monkeypatch.setattr(cublas, "product", lambda a, b: (a, b))
    for kind in "fdel":
        a, b = OfACard(kind), OfACard(kind)
        assert matmul(a, b) == ((a, b) if kind in "fd" else "CuPy's")
    assert matmul(np.eye(2), np.eye(2)).tolist() == [[1.0, 0.0], [0.0, 1.0]]
