"""Training in turns: what it needs, what it tells, and that it goes on to the bit wherever it was cut."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn, optim, train
from minigrad.data import DataLoader, TensorDataset
from minigrad.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tests.train.killed import digest
from tests.train.test_gan import SHAPE, networks

EPOCHS, BATCHES = 3, 3


def make(folder, stop_after=None):
    """A training with everything: shuffled data, an average, sheets, a schedule, a file after every batch."""
    mg.manual_seed(0)
    gan = train.GAN(*networks(), noise=6)
    data = TensorDataset(2 * mg.rand(4 * BATCHES, *SHAPE) - 1, mg.arange(4 * BATCHES))
    optimizer = optim.Adam(gan.parameters(), lr=0.01, betas=(0.3, 0.999))
    average = AveragedModel(gan.generator, multi_avg_fn=get_ema_multi_avg_fn(0.9))
    callbacks = [
        train.Average(average, gan.generator),
        train.SampleSheets(folder / "sheets", average, gan.noise_for(4), columns=2),
        train.Schedule(optim.lr_scheduler.StepLR(optimizer, 1, 0.5)),
        train.Checkpoint(folder / "gan.safetensors", every_batches=1),
    ]
    if stop_after is not None:
        callbacks.append(Cut(stop_after))
    return gan, DataLoader(data, 4, shuffle=True), optimizer, average, callbacks


class Killed(Exception):
    """Stands for the end of the process."""


class Cut(train.Callback):
    """Ends the program after so many batches, once the file is written."""

    def __init__(self, batches):
        self.batches = batches

    def on_settled(self, run):
        if not run.between and (run.epoch - 1) * BATCHES + run.batch == self.batches:
            raise Killed


def end(gan, optimizer, average, history, folder):
    sheets = [file.read_bytes() for file in sorted((folder / "sheets").iterdir())]
    left = {"gan": gan.state_dict(), "average": average.state_dict(), "optimizer": optimizer.state_dict()}
    return digest([left, history.rows, mg.get_rng_state()]), sheets


@pytest.fixture(scope="module")
def uncut(tmp_path_factory):
    folder = tmp_path_factory.mktemp("uncut")
    gan, data, optimizer, average, callbacks = make(folder)
    history = train.fit_gan(gan, data, optimizer, EPOCHS, callbacks=callbacks, progress=False)
    return end(gan, optimizer, average, history, folder)


@pytest.mark.parametrize("stop_after", range(1, EPOCHS * BATCHES + 1))
def test_cut_off_after_any_batch_it_ends_the_same(uncut, tmp_path, stop_after):
    gan, data, optimizer, _, callbacks = make(tmp_path, stop_after)
    with pytest.raises(Killed):
        train.fit_gan(gan, data, optimizer, EPOCHS, callbacks=callbacks, progress=False)
    gan, data, optimizer, average, callbacks = make(tmp_path)
    mg.manual_seed(stop_after)  # what the program drew before it goes on must not matter
    callbacks[1].inputs = [gan.noise_for(4)]
    history = train.fit_gan(gan, data, optimizer, EPOCHS, callbacks=callbacks, progress=False, resume=True)
    assert history.ended == "finished"
    assert end(gan, optimizer, average, history, tmp_path) == uncut


def test_the_history_has_both_losses(tmp_path):
    gan, data, optimizer, _, callbacks = make(tmp_path)
    history = train.fit_gan(gan, data, optimizer, 2, callbacks=callbacks, progress=False)
    assert history.names == ["d_loss", "g_loss", "lr"]
    assert len(history) == 2 and history.seconds[0] > 0
    assert history["lr"] == [0.01, 0.005]


def test_two_rates_by_parameter_groups():
    """With a rate of 0 the discriminator stays as it is, and the generator learns."""
    gan = train.GAN(*networks(), noise=6)
    before = {name: p.detach().clone() for name, p in gan.named_parameters()}
    groups = [
        {"params": gan.generator.parameters()},
        {"params": gan.discriminator.parameters(), "lr": 0.0},
    ]
    train.fit_gan(gan, [mg.rand(4, *SHAPE)], optim.SGD(groups, lr=0.1), 1, progress=False)
    changed = {name for name, p in gan.named_parameters() if (p != before[name]).any()}
    assert changed == {name for name in before if name.startswith("generator")}


def test_it_learns_a_point():
    """The data are one number; a generator of numbers comes to make it."""
    mg.manual_seed(0)
    generator = nn.Linear(2, 1)
    discriminator = nn.Sequential(nn.Linear(1, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))
    gan = train.GAN(generator, discriminator, noise=2, penalty=1.0)
    optimizer = optim.Adam(gan.parameters(), lr=0.02, betas=(0.3, 0.999))
    train.fit_gan(gan, [mg.full((16, 1), 3.0)] * 300, optimizer, 1, progress=False)
    assert gan.sample(200).numpy().mean() == pytest.approx(3.0, abs=0.3)


def test_a_batch_that_is_none_is_told():
    gan = train.GAN(*networks(), noise=6)
    optimizer = optim.SGD(gan.parameters(), lr=0.1)
    for batch in (mg.rand(0, *SHAPE), "images", []):
        with pytest.raises(ValueError, match=r"fit_gan: batch 1 of epoch 1 .*Expected tensors"):
            train.fit_gan(gan, [batch], optimizer, 1, progress=False)


def test_where_a_step_fails_is_told_and_nothing_stays_frozen():
    gan = train.GAN(*networks(), noise=6)
    optimizer = optim.SGD(gan.parameters(), lr=0.1)
    with pytest.raises(ValueError) as caught:
        train.fit_gan(gan, [mg.rand(4, 3, 8, 8)], optimizer, 1, progress=False)
    assert "epoch 1, batch 1: (4, 3, 8, 8) float32" in caught.value.__notes__[0]
    assert all(p.requires_grad for p in gan.parameters())


def test_a_loss_that_is_no_number_ends_it():
    gan = train.GAN(*networks(), noise=6)
    optimizer = optim.SGD(gan.parameters(), lr=0.1)
    images = mg.full((4, *SHAPE), np.nan)
    with pytest.raises(FloatingPointError, match=r"fit_gan: .*inputs of this batch are not finite"):
        train.fit_gan(gan, [images], optimizer, 1, progress=False)
    history = train.fit_gan(gan, [images], optimizer, 1, callbacks=[train.StopOnNaN()], progress=False)
    assert history.ended.startswith("the loss is nan")
    assert all(p.requires_grad for p in gan.parameters())


def test_two_optimizers_are_refused_with_what_to_do_instead():
    gan = train.GAN(*networks(), noise=6)
    both = [optim.SGD(model.parameters(), lr=0.1) for model in (gan.generator, gan.discriminator)]
    with pytest.raises(TypeError, match=r"one optimizer for both networks, got a list of 2.*groups"):
        train.fit_gan(gan, [mg.rand(4, *SHAPE)], both, 1)
    with pytest.raises(ValueError, match="fit_gan: epochs must be"):
        train.fit_gan(gan, [mg.rand(4, *SHAPE)], both[0], 0)


def test_the_optimizer_of_one_network_alone_is_refused():
    gan = train.GAN(*networks(), noise=6)
    optimizer = optim.SGD(gan.generator.parameters(), lr=0.1)
    with pytest.raises(ValueError, match=r"optimizer has no discriminator\.\S+ and .*\(gan\.parameters"):
        train.fit_gan(gan, [mg.rand(4, *SHAPE)], optimizer, 1, progress=False)


def test_what_has_no_turns_is_refused():
    model = nn.Linear(2, 1)
    with pytest.raises(TypeError, match=r"turns\(\), such as train.GAN"):
        train.fit_gan(model, [mg.rand(2, 2)], optim.SGD(model.parameters(), lr=0.1), 1)


@pytest.mark.devices("foreign", "cuda")
def test_on_a_device_all_of_it_works(device, tmp_path):
    """Losses, penalty, spectral norm, average, sheets and checkpoint; the batches come from the CPU."""
    mg.manual_seed(0)
    gan = train.GAN(*networks(), noise=6, penalty=1.0)
    nn.utils.spectral_norm(gan.discriminator[0])
    optimizer = optim.Adam(gan.parameters(), lr=0.01)
    average = AveragedModel(gan.generator, multi_avg_fn=get_ema_multi_avg_fn(0.9), use_buffers=True)
    with mg.device("cpu"):
        images = [2 * mg.rand(4, *SHAPE) - 1 for _ in range(2)]
    history = train.fit_gan(
        gan,
        images,
        optimizer,
        2,
        callbacks=[
            train.Average(average, gan.generator),
            train.SampleSheets(tmp_path / "sheets", average, gan.noise_for(4), columns=2),
            train.Checkpoint(tmp_path / "gan.safetensors"),
        ],
        progress=False,
    )
    assert np.isfinite([history["d_loss"], history["g_loss"]]).all()
    assert gan.sample(2).device.type == average(gan.noise_for(2)).device.type == device.type != "cpu"
    assert len(list((tmp_path / "sheets").iterdir())) == 2


@pytest.mark.devices("foreign", "cuda")
def test_captured_steps_train_as_others_do(device, captures):
    with mg.device("cpu"):
        images = [2 * mg.rand(4, *SHAPE) - 1 for _ in range(6)]

    def trained(**options):
        with mg.device("cpu"):
            mg.manual_seed(0)
            gan = train.GAN(*networks(), noise=6)
        gan.to(device)
        average = AveragedModel(gan.generator, multi_avg_fn=get_ema_multi_avg_fn(0.5))
        optimizer = optim.Adam(gan.parameters(), lr=0.01)
        callbacks = [train.Average(average, gan.generator)]
        history = train.fit_gan(gan, images, optimizer, 2, callbacks=callbacks, progress=False, **options)
        return history, [p.detach().cpu().numpy() for p in average.parameters()]

    (eager, eager_weights), (captured, captured_weights) = trained(), trained(capture=True)
    for name in ("d_loss", "g_loss"):
        np.testing.assert_allclose(captured[name], eager[name], rtol=1e-3)
    for a, b in zip(captured_weights, eager_weights, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-2, atol=1e-3)
