"""A function as one graph, on a stand-in for a card: what is replayed, in which order, and on which stream.

That graphs give the same bits on a real one is seen in tests/test_cuda.py.
"""

import numpy as np
import pytest

from minigrad.devices import capturing
from minigrad.kernels.cupy_gpu.capture import Graph, SideStream


def adding(card):
    """x + y as a launch."""

    def add(x, y):
        total = card.empty(x.shape, x.dtype)
        total.numbers[...] = np.nan
        card.do(lambda: np.add(x.numbers, y.numbers, out=total.numbers))
        return total

    return add


def test_a_replay_is_the_function_of_its_inputs_and_overwrites_the_result(card):
    graph = Graph(adding(card), (card.array([1.0, 2.0]), card.array([10.0, 20.0])), SideStream())
    assert np.isnan(graph.result[...]).all()  # captured, not computed
    host = np.arange(6.0)
    for x, y, expected in (
        (card.array([1.0, 2.0]), card.array([10.0, 20.0]), [11.0, 22.0]),
        (host[::3], card.array([7.0, 9.0]), [7.0, 12.0]),
        (card.array([0.5, 1.5]), host[4:2:-1], [4.5, 4.5]),
    ):
        result = graph.replay((x, y))
        assert result is graph.result and result.tolist() == expected
    assert host.tolist() == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    with pytest.raises(ValueError, match="shorter"):
        graph.replay((card.array([1.0, 2.0]),))


def test_replays_are_counted_and_what_has_to_be_done_before_each_but_the_first_is(card):
    done = []

    def function(x):
        replays = capturing.recorder().replays
        capturing.before_replay(lambda: done.append("first"))
        capturing.before_replay(lambda: done.append("second"))
        card.do(lambda: done.append(int(replays[0])))
        return x

    graph = Graph(function, (card.array([1.0]),), SideStream())
    assert done == [] and capturing.recorder() is None
    for _ in range(3):
        graph.replay((card.array([1.0]),))
    assert done == [0, "first", "second", 1, "first", "second", 2]


def test_it_is_captured_on_a_stream_and_in_memory_of_its_own(card):
    side, seen = SideStream(), []
    assert side.stream.non_blocking

    def function():
        made = card.empty(1, np.float32)
        seen.append((card.arrays[-1][2], card.arrays[-1][3]))
        return made

    outside = card.cuda.get_current_stream()
    Graph(function, (), side)
    assert seen == [(side.stream, side.pool.malloc)]
    assert card.cuda.get_current_stream() is outside and card.allocators == ["the common pool"]


def test_what_runs_beside_is_in_order_with_what_runs_outside(card):
    side, outside = SideStream(), card.cuda.get_current_stream()
    card.do(lambda: None)
    assert side.run(lambda: (card.do(lambda: None), "result")[1]) == "result"
    assert side.stream.after == [(outside, 1)]  # after the one launch before
    assert outside.after == [(side.stream, 2)]  # goes on after that one and the one beside


def test_numbers_of_the_host_are_sent_past_the_capture(card):
    """On a stream of their own, to the device that is named; they are there when `sent` returns."""
    side = SideStream()

    def function():
        sent = capturing.recorder().sent(np.array([3.0, 4.0]), 1)
        return sent.tolist()

    graph = Graph(function, (), side)
    assert graph.result == [3.0, 4.0]
    array, device, stream, _ = card.arrays[-1]
    assert device == 1 and card.devices == [0]
    assert stream.non_blocking and stream is not side.stream and stream.synchronized == 1
    assert card.arrays[0][0]() is graph.replays and card.arrays[0][1] == 0
    assert array().tolist() == [3.0, 4.0]  # as long as there is the graph, whose launches may read it
    del graph
    assert array() is None


def test_an_error_of_the_function_ends_the_capture(card):
    side = SideStream()

    def fails():
        raise ZeroDivisionError("of the function")

    with pytest.raises(ZeroDivisionError, match="of the function"):
        Graph(fails, (), side)
    assert side.stream.kept is None and not capturing.is_capturing()
    graph = Graph(adding(card), (card.array([1.0]), card.array([2.0])), side)
    assert graph.replay((card.array([3.0]), card.array([4.0]))).tolist() == [7.0]


def test_what_made_the_capture_invalid_is_told_not_that_it_is_invalid(card):
    side = SideStream()
    with pytest.raises(RuntimeError, match="not permitted when a stream is capturing"):
        Graph(lambda: card.array([1.0]), (), side)
    assert side.stream.kept is None
