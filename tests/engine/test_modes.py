"""no_grad, enable_grad, set_grad_enabled, detect_anomaly: as contexts, decorators and calls, per thread."""

import asyncio
import inspect
import threading

import numpy as np
import pytest

import minigrad as mg
from minigrad import autograd, kernels
from minigrad.engine.modes import state

pytestmark = pytest.mark.usefixtures("device")


@pytest.fixture(autouse=True)
def as_before():
    assert mg.is_grad_enabled()
    assert not state.anomaly
    yield
    left = (state.recording, state.anomaly)
    state.recording, state.anomaly = True, False
    assert left == (True, False), "the test left a mode turned on"


def recorded():
    return (mg.ones(1, requires_grad=True) * 2).requires_grad


def test_no_grad_as_a_context():
    with mg.no_grad():
        assert not mg.is_grad_enabled()
        assert not recorded()
        x = mg.ones(1, requires_grad=True)
        assert x.requires_grad  # a leaf says what it says
    assert recorded()


def test_modes_nest():
    with mg.no_grad():
        with mg.enable_grad():
            assert recorded()
            with mg.no_grad():
                assert not recorded()
            assert recorded()
        assert not recorded()
    assert recorded()


def test_one_object_entered_inside_itself():
    guard = mg.no_grad()
    with guard:
        with guard:
            assert not recorded()
        assert not recorded()
    assert recorded()


def test_an_exception_restores_the_mode():
    with pytest.raises(KeyError), mg.no_grad():
        raise KeyError
    assert recorded()


def test_decorators_with_and_without_parentheses():
    @mg.no_grad()
    def with_parentheses(a, *, b=1):
        """What it does."""
        return recorded(), a + b

    @mg.no_grad
    def without(a, *, b=1):
        """What it does."""
        return recorded(), a + b

    for function in (with_parentheses, without):
        assert function(1, b=2) == (False, 3)
        assert function.__doc__ == "What it does."
        assert recorded()
    assert with_parentheses.__name__ == "with_parentheses"

    @mg.enable_grad
    def inner():
        return recorded()

    with mg.no_grad():
        assert inner()
        assert not recorded()


def test_inference_mode_takes_a_mode_and_decorates():
    for turned_on in (mg.inference_mode(), mg.inference_mode(True), mg.inference_mode(mode=True)):
        with turned_on:
            assert not recorded()
    with mg.no_grad(), mg.inference_mode(False):  # False turns recording on, as in PyTorch
        assert recorded()

    @mg.inference_mode
    def bare():
        return recorded()

    @mg.inference_mode()
    def called():
        return recorded()

    @mg.inference_mode(mode=False)
    def turned_off():
        return recorded()

    assert (bare(), called(), turned_off()) == (False, False, True)
    assert recorded()


def test_a_mode_decorates_functions_only():
    for wrong in (lambda: mg.no_grad(False), lambda: mg.enable_grad(1), lambda: mg.no_grad()(3)):
        with pytest.raises(TypeError, match=r"_grad.*function.*set_grad_enabled"):
            wrong()


def test_a_decorated_function_that_raises_or_calls_itself():
    @mg.no_grad()
    def down(n):
        if n:
            down(n - 1)
            return recorded()
        raise KeyError

    with pytest.raises(KeyError):
        down(3)
    assert recorded()


def test_a_decorated_method():
    class Model:
        @mg.no_grad()
        def predict(self, x):
            return self, recorded(), x

    model = Model()
    assert model.predict(5) == (model, False, 5)


@pytest.mark.parametrize("decorate", [mg.no_grad, mg.no_grad()])
def test_a_decorated_generator_runs_in_the_mode_and_who_takes_from_it_does_not(decorate):
    @decorate
    def generator(n):
        """What it does."""
        seen = []
        for i in range(n):
            seen.append((recorded(), (yield i)))
        return seen

    taking = generator(2)
    got = [next(taking)]
    assert recorded()
    got.append(taking.send("a"))
    assert recorded()
    with pytest.raises(StopIteration) as end:
        taking.send("b")
    assert got == [0, 1]
    assert end.value.value == [(False, "a"), (False, "b")]
    assert recorded()
    assert inspect.isgeneratorfunction(generator)
    assert generator.__doc__ == "What it does."


def test_a_decorated_generator_is_thrown_into_and_closed_in_the_mode():
    seen = []

    @mg.no_grad()
    def generator():
        try:
            try:
                yield 1
            except KeyError:
                seen.append(("thrown", recorded()))
                yield 2
        finally:
            seen.append(("closed", recorded()))

    taking = generator()
    assert next(taking) == 1
    assert taking.throw(KeyError()) == 2
    assert recorded()
    taking.close()
    assert seen == [("thrown", False), ("closed", False)]
    failing = generator()
    next(failing)
    with pytest.raises(ZeroDivisionError):
        failing.throw(ZeroDivisionError())
    assert recorded()


def test_two_decorated_generators_side_by_side():
    @mg.no_grad()
    def without():
        while True:
            yield recorded()

    @mg.enable_grad()
    def with_it():
        while True:
            yield recorded()

    a, b = without(), with_it()
    with mg.no_grad():
        assert [next(taking) for taking in (a, b, a, b)] == [False, True, False, True]
        assert not recorded()
    assert [next(taking) for taking in (b, a)] == [True, False]
    assert recorded()


def test_coroutines_are_refused():
    # Their bodies run after the decorated call has returned, when the mode is over.
    async def coroutine():
        return recorded()

    async def generator():
        yield recorded()

    for function in (coroutine, generator):
        with pytest.raises(TypeError, match=r"no_grad.*with"):
            mg.no_grad(function)
        with pytest.raises(TypeError, match=r"no_grad.*with"):
            mg.no_grad()(function)

    async def inside():
        with mg.no_grad():
            return recorded()

    assert asyncio.run(inside()) is False


def test_set_grad_enabled_as_a_call():
    mg.set_grad_enabled(False)
    assert not recorded()
    mg.set_grad_enabled(True)
    assert recorded()


@pytest.mark.parametrize("mode", [True, False])
def test_set_grad_enabled_as_a_context(mode):
    with mg.set_grad_enabled(mode):
        assert recorded() is mode
        with mg.set_grad_enabled(not mode):
            assert recorded() is not mode
        assert recorded() is mode
    assert recorded()


def test_set_grad_enabled_as_a_decorator():
    @mg.set_grad_enabled(False)
    def function():
        return recorded()

    assert recorded()  # decorating does not change the mode
    assert not function()
    assert recorded()

    @mg.set_grad_enabled(True)
    def recording():
        return recorded()

    with mg.no_grad():
        assert recording()
        assert not recorded()  # as it was at the call, not as it was when the function was decorated


def test_one_set_grad_enabled_entered_inside_itself():
    guard = mg.set_grad_enabled(False)
    with guard:
        with guard:
            assert not recorded()
        assert not recorded()
    assert recorded()


def test_the_mode_belongs_to_the_thread():
    seen = {}
    inside, looked = threading.Event(), threading.Event()

    def evaluate():
        seen["fresh thread"] = recorded()
        with mg.no_grad():
            inside.set()
            looked.wait(10)
            seen["inside no_grad"] = recorded()

    thread = threading.Thread(target=evaluate)
    thread.start()
    assert inside.wait(10)
    assert recorded()  # while the other thread is under no_grad
    with mg.no_grad():
        looked.set()
        thread.join()
    assert seen == {"fresh thread": True, "inside no_grad": False}


@pytest.mark.parametrize("mode", [mg.no_grad, lambda: mg.backend("reference")], ids=["no_grad", "backend"])
def test_one_object_entered_by_two_threads(mode):
    shared, seen = mode(), []
    inside, left = threading.Event(), threading.Event()

    def look():
        seen.append((mg.is_grad_enabled(), kernels.choice.name))

    def evaluate():
        with shared:
            inside.set()
            left.wait(10)
        look()

    thread = threading.Thread(target=evaluate)
    with mode():
        look()
        with shared:
            thread.start()
            inside.wait(10)
        look()  # as before the inner block
    left.set()
    thread.join()
    look()
    assert seen[1] == seen[0]
    assert seen[2:] == [(True, None), (True, None)]


def test_a_class_is_not_decorated():
    for decorate in (mg.no_grad, mg.no_grad(), mg.enable_grad(), mg.autograd.detect_anomaly()):
        with pytest.raises(TypeError, match=r"cannot decorate the class Model.*its methods"):

            @decorate
            class Model:
                pass


def test_a_new_thread_records_although_its_maker_does_not():
    seen = []
    with mg.no_grad():
        thread = threading.Thread(target=lambda: seen.append(recorded()))
        thread.start()
        thread.join()
    assert seen == [True]


def test_one_decorated_function_in_two_threads():
    barrier = threading.Barrier(2, timeout=10)
    seen = []

    @mg.no_grad()
    def together():
        barrier.wait()
        seen.append(recorded())
        barrier.wait()

    threads = [threading.Thread(target=lambda: (together(), seen.append(recorded()))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == [False, False, True, True]


def test_backward_restores_the_mode():
    x = mg.ones(1, requires_grad=True)
    with mg.no_grad():
        with mg.enable_grad():
            y = x * x
        y.backward()
        assert x.grad.item() == 2.0
        assert not recorded()
    assert recorded()
    y = x * x
    y.register_hook(lambda g: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        y.backward()
    assert recorded()


def test_rules_and_hooks_run_unrecorded_unless_the_graph_is_to_be_grown():
    seen = []
    x = mg.ones(1, requires_grad=True)
    h = x * 1
    for t in (x, h):
        t.register_hook(lambda g: seen.append(recorded()))
    (h * h).sum().backward(retain_graph=True)
    assert seen == [False, False]
    seen.clear()
    autograd.grad((h * h).sum(), (x, h), create_graph=True)
    assert seen == [True, True]


def test_set_detect_anomaly():
    autograd.set_detect_anomaly(True)
    try:
        with pytest.raises(autograd.AnomalyError), np.errstate(over="ignore"):
            mg.ones(1) * 1e38 * 1e38
    finally:
        autograd.set_detect_anomaly(False)
    with autograd.set_detect_anomaly(True):
        assert state.anomaly
    assert not state.anomaly

    @autograd.detect_anomaly()
    def careful():
        return state.anomaly

    assert careful()
    assert not state.anomaly


def test_a_decorated_function_gets_its_arguments_by_place_and_by_name():
    @mg.no_grad()
    def difference(a, /, b=1, *, c=0):
        assert not mg.is_grad_enabled()
        return a - b - c

    assert difference(10) == 9
    assert difference(10, 2, c=3) == difference(10, b=2, c=3) == 5
