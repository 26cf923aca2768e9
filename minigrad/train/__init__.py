"""Training: the loop, what happens around it, and what it measured.

history = fit(model, loader, loss, optimizer, epochs=20, validation=other, metrics=[accuracy])

`fit_gan` trains two networks in turns, those of a `GAN`.
"""

from minigrad.train.adversarial import fit_gan
from minigrad.train.callbacks import (
    Average,
    BestCheckpoint,
    Callback,
    Checkpoint,
    ClipGradients,
    EarlyStopping,
    ProgressBar,
    SampleSheets,
    Schedule,
    StopOnNaN,
    TensorBoard,
)
from minigrad.train.checkpoint import Saved, load_checkpoint, save_checkpoint
from minigrad.train.evaluate import evaluate, predict
from minigrad.train.gan import GAN, frozen, gradient_penalty
from minigrad.train.history import History
from minigrad.train.interrupt import Interrupt, catch_interrupt, quiet_interrupts
from minigrad.train.loop import fit
from minigrad.train.metrics import accuracy, count_parameters
from minigrad.train.run import Run
from minigrad.train.srgan import SRGAN
from minigrad.train.transfer import freeze, head_of, parameter_groups, replace_head, unfreeze

__all__ = [
    "GAN",
    "SRGAN",
    "Average",
    "BestCheckpoint",
    "Callback",
    "Checkpoint",
    "ClipGradients",
    "EarlyStopping",
    "History",
    "Interrupt",
    "ProgressBar",
    "Run",
    "SampleSheets",
    "Saved",
    "Schedule",
    "StopOnNaN",
    "TensorBoard",
    "accuracy",
    "catch_interrupt",
    "count_parameters",
    "evaluate",
    "fit",
    "fit_gan",
    "freeze",
    "frozen",
    "gradient_penalty",
    "head_of",
    "load_checkpoint",
    "parameter_groups",
    "predict",
    "quiet_interrupts",
    "replace_head",
    "save_checkpoint",
    "unfreeze",
]
