"""The training loop of networks that learn in turns."""

import os
from collections.abc import Iterable, Sequence
from contextlib import closing
from typing import Any

from minigrad import cuda
from minigrad.nn import Module
from minigrad.optim import Optimizer
from minigrad.tensor import Tensor
from minigrad.train.callbacks import Callback
from minigrad.train.check import check_arguments, check_capture, count_batches
from minigrad.train.epochs import Epochs
from minigrad.train.evaluate import one_number, where
from minigrad.train.gan import Turns
from minigrad.train.history import History
from minigrad.train.loop import that_draw, with_bar
from minigrad.train.resume import checkpoint_of
from minigrad.train.run import Run
from minigrad.train.sources import Sources


def fit_gan(
    gan: Module,
    data: Iterable[Any],
    optimizer: Optimizer,
    epochs: int,
    *,
    callbacks: Sequence[Callback] = (),
    progress: bool = True,
    resume: bool | str | os.PathLike[str] | None = None,
    capture: bool = False,
) -> History:
    """Train the networks of ``gan``: for each batch, a step for each of the turns that it takes.

        gan = train.GAN(generator, discriminator)
        optimizer = optim.Adam(gan.parameters(), lr=1e-4, betas=(0.3, 0.999))
        history = train.fit_gan(gan, loader, optimizer, epochs=400)

    Args:
        gan: a ``GAN``, or any module with ``turns(*batch)``, a generator function of names and losses. After
            each loss that it yields, the optimiser takes a step for the parameters that got gradients.
        data: batches of images, or tuples of images and labels: a ``DataLoader``, or another iterable that
            gives them anew each time. They are brought to the device that ``gan`` is on.
        optimizer: one for both networks. Rates of their own are parameter groups:
            ``optim.Adam([{"params": gan.generator.parameters()}, {"params": ..., "lr": 4e-4}], lr=1e-4)``.
        epochs, callbacks, progress, resume, capture: as in ``fit``. A captured step has all turns in it.

    Returns the history, with a column for each name: ``d_loss`` and ``g_loss`` of a ``GAN``. It can be
    interrupted and gone on with as ``fit`` can, to the bit, and raises what ``fit`` raises.
    """
    if isinstance(optimizer, list | tuple):
        raise TypeError(
            f"fit_gan: expected one optimizer for both networks, got a {type(optimizer).__name__} of "
            f"{len(optimizer)}: optim.Adam(gan.parameters()). Rates of their own are parameter groups: "
            'optim.Adam([{"params": gan.generator.parameters(), "lr": 1e-4}, ...]).'
        )
    check_arguments("fit_gan", gan, data, optimizer, epochs, None, callbacks)
    there = {id(p) for group in optimizer.param_groups for p in group["params"]}
    left = [name for name, p in gan.named_parameters() if p.requires_grad and id(p) not in there]
    if left:
        raise ValueError(
            f"fit_gan: the optimizer has no {left[0]}{f' and {len(left) - 1} more' if left[1:] else ''}, so "
            "that part would never learn. Make it with the parameters of both networks, "
            "optim.Adam(gan.parameters()); a rate for each of them is what parameter groups are for."
        )
    if not hasattr(gan, "turns"):
        raise TypeError(
            f"fit_gan: expected a module with turns(), such as train.GAN(generator, discriminator), got a "
            f"{type(gan).__name__}."
        )
    if capture:
        check_capture("fit_gan", gan, callbacks)
    saved = checkpoint_of("fit_gan", resume, callbacks)
    callbacks = with_bar(callbacks, progress)
    sources = Sources(model=gan, data=data, callbacks=that_draw(callbacks))
    run = Run(gan, optimizer, epochs, count_batches(data), History(), callbacks=callbacks, sources=sources)
    return _InTurns(run, data, capture).train(saved)


class _InTurns(Epochs):
    """A batch is worked on in turns, each with a loss of its own."""

    name = "fit_gan"

    def __init__(self, run: Run, data: Iterable[Any], capture: bool) -> None:
        super().__init__(run, data)
        self.captured = cuda.capture(self._all_turns) if capture else None

    def step(self, batch: Any) -> bool:
        run, scores = self.run, {}
        there = where(run.model)
        parts = [
            part.to(there) if isinstance(part, Tensor) and part.device != there else part
            for part in (batch if isinstance(batch, list | tuple) else [batch])
        ]
        if not parts or not isinstance(parts[0], Tensor) or not len(parts[0]):
            raise ValueError(
                f"fit_gan: batch {run.batch} of epoch {run.epoch} is {_in_words(parts)}. Expected tensors, "
                "images (N, C, H, W) first, N at least 1."
            )
        try:
            with closing(self._turns(parts)) as turns:  # also where a step fails: what is frozen thaws
                for name, loss in turns:
                    scores[name] = one_number(loss)
                    if not self.learn(loss, scores[name], parts[0], taken=self.captured is not None):
                        return False
        except Exception as error:
            where_it_was = f"epoch {run.epoch}, batch {run.batch}"
            error.add_note(f"fit_gan: raised in {where_it_was}: {_in_words(parts)}")
            raise
        self.count(len(parts[0]), scores)
        return True

    def _turns(self, parts: Sequence[Any]) -> Turns:
        """Names and losses: of turns to come, or of a captured step that has taken them all."""
        if self.captured is None:
            turns: Turns = self.run.model.turns(*parts)
            return turns
        losses = self.captured(*parts)
        return (turn for turn in losses.items())

    def _all_turns(self, *parts: Any) -> dict[str, Tensor]:
        """A step for each turn: what is captured, and so reads nothing from the card."""
        optimizer, losses = self.run.optimizer, {}
        with closing(self.run.model.turns(*parts)) as turns:
            for name, loss in turns:
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses[name] = loss.detach()
        return losses


def _in_words(parts: Sequence[Any]) -> str:
    """ "(64, 1, 28, 28) float32, (64,) int64"."""
    return ", ".join(
        f"{tuple(part.shape)} {part.dtype}" if isinstance(part, Tensor) else f"a {type(part).__name__}"
        for part in parts
    )
