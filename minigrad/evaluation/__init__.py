"""How good a classifier is, and where it goes wrong: objects that print, plot and save themselves.

outputs, targets = train.predict(model, loader)
evaluation = Evaluation(outputs, targets, classes)
print(evaluation.classification_report())
evaluation.confusion_matrix().save("confusion.svg")
evaluation.mistakes(images).plot()
"""

from minigrad.evaluation.calibration import Calibration
from minigrad.evaluation.classification import ClassificationReport
from minigrad.evaluation.confusion import ConfusionMatrix
from minigrad.evaluation.evaluation import Evaluation
from minigrad.evaluation.gallery import Gallery, Shown
from minigrad.evaluation.measured import Measured
from minigrad.evaluation.roc import RocCurves
from minigrad.evaluation.top_k import TopK

__all__ = [
    "Calibration",
    "ClassificationReport",
    "ConfusionMatrix",
    "Evaluation",
    "Gallery",
    "Measured",
    "RocCurves",
    "Shown",
    "TopK",
]
