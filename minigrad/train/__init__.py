"""Training: the loop, what happens around it, what it measured, and the page that shows it.

history = fit(model, loader, optimizer, loss_fn, epochs=20, validation=other, callbacks=[...])
"""

from minigrad.train.callbacks import Callback, Checkpoint, EarlyStopping, Run
from minigrad.train.evaluate import evaluate, predict
from minigrad.train.history import History
from minigrad.train.interrupt import Interrupt, catch_interrupt, quiet_interrupts
from minigrad.train.loop import fit
from minigrad.train.metrics import ClassScores, accuracy, class_scores, confusion_matrix, count_parameters
from minigrad.train.options import options_parser, parse_options
from minigrad.train.progress import ProgressBar
from minigrad.train.report import Result, summary, write_json, write_report

__all__ = [
    "Callback",
    "Checkpoint",
    "ClassScores",
    "EarlyStopping",
    "History",
    "Interrupt",
    "ProgressBar",
    "Result",
    "Run",
    "accuracy",
    "catch_interrupt",
    "class_scores",
    "confusion_matrix",
    "count_parameters",
    "evaluate",
    "fit",
    "options_parser",
    "parse_options",
    "predict",
    "quiet_interrupts",
    "summary",
    "write_json",
    "write_report",
]
