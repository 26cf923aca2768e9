"""Training on a card, where there is one: it repeats, and a captured step gives the same bits."""

import numpy as np
import pytest

import minigrad as mg
import minigrad.nn.functional as F
from minigrad import nn, optim
from minigrad.errors import CaptureError
from models import cnn, resnet

pytestmark = [pytest.mark.usefixtures("device"), pytest.mark.devices("cuda")]


def many_layers() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 8, 3),
        nn.AvgPool2d(2),
        nn.GroupNorm(2, 8),
        nn.SiLU(),
        nn.Conv2d(8, 8, 3, groups=8),
        nn.ConvTranspose2d(8, 4, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.LayerNorm(4),
        nn.Linear(4, 10),
    )


TRAININGS = {
    "CNN, Adam": (lambda: cnn.small_cnn(0.0), (1, 28, 28), lambda ps: optim.Adam(ps, 1e-3, amsgrad=True)),
    "row norm, AdamW": (lambda: cnn.fashion_row_norm(0.0), (1, 28, 28), lambda ps: optim.AdamW(ps, 1e-3)),
    "ResNet18, SGD": (lambda: resnet.resnet18(10), (3, 32, 32), lambda ps: optim.SGD(ps, 0.01, momentum=0.9)),
    "many layers, RMSprop": (many_layers, (1, 28, 28), lambda ps: optim.RMSprop(ps, 1e-3, momentum=0.9)),
    "many layers, NAdam": (many_layers, (1, 28, 28), lambda ps: optim.NAdam(ps, 1e-3)),
}


def trained(name, capture, sizes=(8,) * 6):
    """The loss of each step, and the state of the model and of the optimiser after the last."""
    build, image, make = TRAININGS[name]
    mg.manual_seed(0)
    model = build()
    optimiser = make(model.parameters())
    schedule = optim.lr_scheduler.StepLR(optimiser, 4, gamma=0.5)
    rng = np.random.default_rng(0)

    def step(x, target):
        optimiser.zero_grad()
        loss = F.cross_entropy(model(x), target)
        loss.backward()
        optimiser.step()
        return loss.detach()

    run = mg.cuda.capture(step) if capture else step
    losses = []
    for size in sizes:
        x, target = rng.normal(size=(size, *image)).astype(np.float32), rng.integers(0, 10, size)
        losses.append(run(mg.tensor(x), mg.tensor(target)).item())
        schedule.step()
    state = {key: value.cpu().numpy() for key, value in model.state_dict().items()}
    for i, parameter in enumerate(model.parameters()):
        for key, value in optimiser.state[parameter].items():
            if isinstance(value, mg.Tensor):
                state[f"{i} {key}"] = value.cpu().numpy()
    return losses, state


def the_same(one, other):
    assert one[0] == other[0] and one[1].keys() == other[1].keys()
    for key, value in one[1].items():
        np.testing.assert_array_equal(value, other[1][key], err_msg=key)


@pytest.mark.parametrize("name", TRAININGS)
def test_training_repeats_and_a_captured_step_is_the_same_step_to_the_last_bit(name):
    step_by_step = trained(name, capture=False)
    assert len(set(step_by_step[0])) == 6 and np.isfinite(step_by_step[0]).all()
    the_same(trained(name, capture=False), step_by_step)
    the_same(trained(name, capture=True), step_by_step)


def test_batches_of_two_sizes_are_two_graphs_of_one_training():
    sizes = (8, 8, 3, 8, 8, 3, 3, 8, 3)
    the_same(trained("CNN, Adam", True, sizes), trained("CNN, Adam", False, sizes))


def test_inputs_on_the_host_go_to_the_card():
    double = mg.cuda.capture(lambda x: x * 2)
    for number in range(5):
        x = mg.full((3,), number, device="cpu")
        assert double(x).tolist() == [2 * number] * 3 == double(x.numpy()).tolist()


def test_a_step_that_reads_from_the_card_is_told_so_and_the_card_goes_on():
    def reads(x):
        return x * x.sum().item()

    captured = mg.cuda.capture(reads)
    x = mg.tensor([1.0, 2.0])
    assert captured(x).tolist() == captured(x).tolist() == [3, 6]  # as it is, twice
    with pytest.raises(CaptureError, match=r"may read nothing back .* no loss.item\(\)"):
        captured(x)
    assert (x + 1).tolist() == [2, 3]
    again = mg.cuda.capture(lambda x: x + 1)
    assert [again(x).tolist() for _ in range(4)] == [[2, 3]] * 4
