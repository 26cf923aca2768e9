"""What changes from replay to replay of a captured step, without a card: launches on the CPU, done again."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import kernels, optim
from minigrad.devices import capturing
from minigrad.kernels.cupy_gpu import on_cpu

pytestmark = pytest.mark.skipif(on_cpu.compiler() is None, reason="there is no C++ compiler")


class Recorded:
    """A captured step whose launches are remembered with their arguments, as a CUDA graph remembers them."""

    def __init__(self, step, monkeypatch):
        self.replays = np.zeros(1, np.uint64)
        self._actions, self._launches, run = [], [], on_cpu.run

        def remember(*args):
            self._launches.append(args)
            run(*args)

        with monkeypatch.context() as patch, capturing.captured_by(self):
            patch.setattr(on_cpu, "run", remember)
            self.result = step()

    def before_replay(self, action):
        self._actions.append(action)

    def replay(self):
        for action in self._actions:
            action()
        self.replays += 1
        for launched in self._launches:
            on_cpu.run(*launched)


OPTIMISERS = {
    "SGD": lambda ps: optim.SGD(ps, 0.1, momentum=0.9, weight_decay=0.01),
    "Adam": lambda ps: optim.Adam(ps, 0.1, amsgrad=True),
    "AdamW": lambda ps: optim.AdamW(ps, 0.1),
    "NAdam": lambda ps: optim.NAdam(ps, 0.1),
    "Adagrad": lambda ps: optim.Adagrad(ps, 0.1, lr_decay=0.1),
    "RMSprop": lambda ps: optim.RMSprop(ps, 0.1, momentum=0.9, centered=True),
}


@pytest.mark.parametrize("name", OPTIMISERS)
def test_a_replayed_step_of_an_optimiser_is_its_next_step(name, monkeypatch):
    def parameters():
        rng = np.random.default_rng(0)
        ps = [mg.tensor(rng.normal(size=shape), requires_grad=True) for shape in ((3, 4), (5,))]
        for p in ps:
            p.grad = mg.tensor(rng.normal(size=p.shape))
        return ps

    plain, replayed = parameters(), parameters()
    with mg.backend("cuda_on_cpu"):
        step_by_step, captured = OPTIMISERS[name](plain), OPTIMISERS[name](replayed)
        schedules = [optim.lr_scheduler.StepLR(o, 2, gamma=0.3) for o in (step_by_step, captured)]
        step_by_step.step()
        captured.step()  # the state is made before the capture
        graph = None
        for _ in range(5):
            step_by_step.step()
            if graph is None:
                graph = Recorded(captured.step, monkeypatch)
            else:
                graph.replay()
            for a, b in zip(plain, replayed, strict=True):
                np.testing.assert_array_equal(a.detach().numpy(), b.detach().numpy())
            for schedule in schedules:
                schedule.step()
    for a, b in zip(plain, replayed, strict=True):
        for key, value in step_by_step.state[a].items():
            np.testing.assert_array_equal(value.numpy(), captured.state[b][key].numpy(), err_msg=key)


def test_each_replay_drops_others_and_the_gradient_those_of_its_forward_pass(monkeypatch):
    x = np.ones(4096, np.float32)
    with mg.backend("cuda_on_cpu"):
        graph = Recorded(lambda: [kernels.dropout(x, 0.5, 7) for _ in range(2)], monkeypatch)
        forward, backward = graph.result
        seen = []
        for _ in range(3):
            np.testing.assert_array_equal(forward, backward)
            assert 0.45 < (forward == 0).mean() < 0.55
            seen.append(forward.copy())
            graph.replay()
    for i, j in ((0, 1), (0, 2), (1, 2)):
        assert 0.45 < (seen[i] != seen[j]).mean() < 0.55  # of two independent masks


def test_a_captured_step_does_not_look_at_its_targets_and_a_class_that_is_not_there_is_nan(monkeypatch):
    scores, target = mg.zeros(3, 4), mg.tensor([0, 3, 3])
    loss = mg.nn.functional.cross_entropy
    with mg.backend("cuda_on_cpu"):
        with pytest.raises(IndexError, match="the classes go from 0 to 3"):
            loss(scores, mg.tensor([0, 4, 3]))
        graph = Recorded(lambda: loss(scores, target, reduction="none"), monkeypatch)
        np.testing.assert_allclose(graph.result.numpy(), np.log(4), rtol=1e-6)
        target.numpy()[1:] = [4, -100]
        graph.replay()
        assert np.isnan(graph.result.numpy()).tolist() == [False, True, True]


@pytest.mark.parametrize("ignored", [1, 255, -1, -100])
@pytest.mark.parametrize("name", ["cross_entropy", "nll_loss"])
def test_a_captured_step_leaves_out_what_it_is_told_to_ignore(name, ignored, monkeypatch):
    x = mg.tensor(np.random.default_rng(0).normal(size=(3, 4)), dtype=mg.float32)
    target = mg.tensor([0, 3 if ignored == -100 else ignored, 2])  # for PyTorch's default none is looked for
    loss = getattr(mg.nn.functional, name)
    expected = loss(x, target, ignore_index=ignored).item()
    with mg.backend("cuda_on_cpu"):
        graph = Recorded(lambda: loss(x, target, ignore_index=ignored), monkeypatch)
    assert graph.result.item() == pytest.approx(expected, rel=1e-6)


def test_capture_without_a_card_says_what_is_missing():
    if mg.cuda.is_available():
        pytest.skip("there is a card")
    step = mg.cuda.capture(lambda x: x * 2)
    with pytest.raises(RuntimeError, match=r"capture: device='cuda': .*(CuPy|GPU)"):
        step(mg.ones(3))
    with pytest.raises(TypeError, match="a captured step takes tensors; argument 1 is a float"):
        step(mg.ones(3), 2.0)
