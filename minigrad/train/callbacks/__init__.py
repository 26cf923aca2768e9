"""What can happen around the training loop."""

from minigrad.train.callbacks.average import Average
from minigrad.train.callbacks.base import Callback
from minigrad.train.callbacks.checkpoint import BestCheckpoint, Checkpoint
from minigrad.train.callbacks.clip_gradients import ClipGradients
from minigrad.train.callbacks.early_stopping import EarlyStopping
from minigrad.train.callbacks.progress import ProgressBar
from minigrad.train.callbacks.sample_sheets import SampleSheets
from minigrad.train.callbacks.schedule import Schedule
from minigrad.train.callbacks.stop_on_nan import StopOnNaN
from minigrad.train.callbacks.tensorboard import TensorBoard

__all__ = [
    "Average",
    "BestCheckpoint",
    "Callback",
    "Checkpoint",
    "ClipGradients",
    "EarlyStopping",
    "ProgressBar",
    "SampleSheets",
    "Schedule",
    "StopOnNaN",
    "TensorBoard",
]
