"""Making tensors: of what there is (from_data.py), of a shape (of_shape.py), and at random."""

from minigrad.creation.at_random import *
from minigrad.creation.from_data import *
from minigrad.creation.of_shape import *
