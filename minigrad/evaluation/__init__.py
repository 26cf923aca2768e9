"""How good a classifier is, and where it goes wrong: objects that print, plot and save themselves.

outputs, targets = train.predict(model, loader)
evaluation = Evaluation(outputs, targets, classes)
print(evaluation.classification_report())
evaluation.confusion_matrix().save("confusion.svg")
evaluation.mistakes(images).plot()

`write_report` makes a page of several networks: curves, figures, and where each goes wrong.
`minigrad.evaluation.generated` judges generators of images.
"""

from minigrad.evaluation.calibration import Calibration
from minigrad.evaluation.classification import ClassificationReport, ClassScores, class_scores
from minigrad.evaluation.confusion import ConfusionMatrix, confusion_matrix
from minigrad.evaluation.evaluation import Evaluation
from minigrad.evaluation.gallery import Gallery, Shown
from minigrad.evaluation.grad_cam import grad_cam
from minigrad.evaluation.kept_features import kept_features
from minigrad.evaluation.measured import Measured
from minigrad.evaluation.report import Result, figures, write_json, write_report
from minigrad.evaluation.roc import RocCurves
from minigrad.evaluation.top_k import TopK
from minigrad.evaluation.two_classes import Interval, TwoClassScores

__all__ = [
    "Calibration",
    "ClassScores",
    "ClassificationReport",
    "ConfusionMatrix",
    "Evaluation",
    "Gallery",
    "Interval",
    "Measured",
    "Result",
    "RocCurves",
    "Shown",
    "TopK",
    "TwoClassScores",
    "class_scores",
    "confusion_matrix",
    "figures",
    "grad_cam",
    "kept_features",
    "write_json",
    "write_report",
]
