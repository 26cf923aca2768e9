"""How good a generator of images is, in numbers: in the features of a classifier that we trained ourselves.

judgement = judge(gan.sample, photographs, classifier, held_out=others)
print(judgement)                                       # Fréchet distance, precision, recall, diversity ...

Figures of two generators compare only by the same classifier, the same photographs and as many samples.
"""

from minigrad.evaluation.generated.distances import (
    frechet_distance,
    mean_distance,
    precision_and_recall,
    variety,
)
from minigrad.evaluation.generated.features import Features, features
from minigrad.evaluation.generated.judgement import Judgement, judge
from minigrad.evaluation.generated.neighbours import Neighbours

__all__ = [
    "Features",
    "Judgement",
    "Neighbours",
    "features",
    "frechet_distance",
    "judge",
    "mean_distance",
    "precision_and_recall",
    "variety",
]
