"""Training: the loop, what happens around it, what it measured, and the page that shows it.

history = fit(model, loader, loss, optimizer, epochs=20, validation=other, metrics=[accuracy])
"""

from minigrad.train.callbacks import (
    BestCheckpoint,
    Callback,
    Checkpoint,
    ClipGradients,
    EarlyStopping,
    ProgressBar,
    Schedule,
    StopOnNaN,
    TensorBoard,
)
from minigrad.train.checkpoint import Saved, load_checkpoint, save_checkpoint
from minigrad.train.evaluate import evaluate, predict
from minigrad.train.history import History
from minigrad.train.interrupt import Interrupt, catch_interrupt, quiet_interrupts
from minigrad.train.loop import fit
from minigrad.train.metrics import ClassScores, accuracy, class_scores, confusion_matrix, count_parameters
from minigrad.train.options import options_parser, parse_options
from minigrad.train.report import Result, summary, write_json, write_report
from minigrad.train.run import Run

__all__ = [
    "BestCheckpoint",
    "Callback",
    "Checkpoint",
    "ClassScores",
    "ClipGradients",
    "EarlyStopping",
    "History",
    "Interrupt",
    "ProgressBar",
    "Result",
    "Run",
    "Saved",
    "Schedule",
    "StopOnNaN",
    "TensorBoard",
    "accuracy",
    "catch_interrupt",
    "class_scores",
    "confusion_matrix",
    "count_parameters",
    "evaluate",
    "fit",
    "load_checkpoint",
    "options_parser",
    "parse_options",
    "predict",
    "quiet_interrupts",
    "save_checkpoint",
    "summary",
    "write_json",
    "write_report",
]
