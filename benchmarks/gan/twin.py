"""The same training in PyTorch, as its user would write it: the same photographs, order, flips and noise.

On the CPU every random number is drawn by minigrad's generator, in the order in which `minigrad.train.GAN`
draws: noise, the deviation of the instance noise, that noise, the labels. On a GPU noise and labels are drawn
by PyTorch's, there. What is computed, PyTorch computes. The seconds of an epoch have minigrad's loader in
them, as ours have.
"""

import copy
import io
import sys
import time
from functools import partial
from typing import Any

import numpy as np
import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

import minigrad as mg
from benchmarks.gan.ours import Trained
from benchmarks.gan.photographs import Photographs
from benchmarks.gan.setting import BETAS, INSTANCE_NOISE, NOISE, SMOOTHING, Setting
from minigrad.files import write_whole

bce = torch.nn.functional.binary_cross_entropy_with_logits


class Step:
    """One step of both networks, and the average of the generator's weights."""

    def __init__(self, setting: Setting, generator: torch.nn.Module, discriminator: torch.nn.Module) -> None:
        self.generator, self.discriminator = generator, discriminator
        self.generating = torch.optim.Adam(generator.parameters(), lr=setting.rate, betas=BETAS)
        self.telling = torch.optim.Adam(discriminator.parameters(), lr=setting.rate, betas=BETAS)
        self.average = AveragedModel(generator, multi_avg_fn=get_ema_multi_avg_fn(setting.decay))

    def __call__(self, real: torch.Tensor) -> tuple[float, float]:
        count = len(real)
        drawn = partial(_drawn, real.device)
        fakes = self.generator(2 * drawn("rand", count, NOISE) - 1)
        noisy = real + INSTANCE_NOISE * drawn("rand", 1) * drawn("randn", *real.shape)
        scores = self.discriminator(noisy)
        truth = 1 - SMOOTHING * drawn("rand", *scores.shape)
        made = self.discriminator(fakes.detach())
        d_loss = (bce(scores, truth) + bce(made, torch.zeros_like(made))) / 2
        self.telling.zero_grad()
        d_loss.backward()
        self.telling.step()

        self.discriminator.requires_grad_(False)
        scores = self.discriminator(fakes)
        g_loss = bce(scores, torch.ones_like(scores))
        self.generating.zero_grad()
        g_loss.backward()
        self.generating.step()
        self.discriminator.requires_grad_(True)
        self.average.update_parameters(self.generator)
        return d_loss.item(), g_loss.item()


def _drawn(device: torch.device, draw: str, *shape: int) -> torch.Tensor:
    if device.type == "cpu":
        return torch.from_numpy(getattr(mg, draw)(*shape).numpy())
    numbers: torch.Tensor = getattr(torch, draw)(*shape, device=device)
    return numbers


def trained(setting: Setting, data: Photographs, generator: Any, discriminator: Any, noise: Any) -> Trained:
    """Train; killed and called again, it goes on after the last epoch that was finished."""
    torch.manual_seed(setting.seed)
    step = Step(setting, generator.to(setting.device), discriminator.to(setting.device))
    parts = (step.generator, step.discriminator, step.generating, step.telling, step.average)
    losses: dict[str, list[float]] = {"d_loss": [], "g_loss": []}
    seconds: list[float] = []
    file = setting.output / "twin.pt"
    if file.exists():
        kept = torch.load(file, weights_only=False)  # our own file, just written
        for part, state in zip(parts, kept["parts"], strict=True):
            part.load_state_dict(state)
        losses, seconds = kept["losses"], kept["seconds"]
        mg.set_rng_state(kept["random"])
        if setting.on_gpu:
            torch.cuda.set_rng_state(kept["torch's random"])
    batches = data.batches()
    while len(seconds) < setting.epochs:
        began = time.perf_counter()
        told = [step(torch.from_numpy(images.numpy()).to(setting.device)) for images, _ in batches]
        seconds.append(time.perf_counter() - began)
        for name, loss in zip(losses, np.mean(told, axis=0), strict=True):
            losses[name].append(float(loss))
        states = [part.state_dict() for part in parts]
        kept = {"parts": states, "losses": losses, "seconds": seconds, "random": mg.get_rng_state()}
        if setting.on_gpu:
            kept["torch's random"] = torch.cuda.get_rng_state()
        content = io.BytesIO()
        torch.save(kept, content)
        write_whole(file, content.getvalue())
        now = ", ".join(f"{name} {values[-1]:.3f}" for name, values in losses.items())
        sys.stderr.write(f"epoch {len(seconds)}/{setting.epochs}: {seconds[-1]:.1f} s, {now}\n")
    average = copy.deepcopy(step.average).eval()

    def images(z: Any) -> Any:
        with torch.no_grad():
            return average(torch.from_numpy(z).to(setting.device)).cpu().numpy()

    return losses, seconds, images
