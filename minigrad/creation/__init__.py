"""Making tensors: of what there is (from_data.py), and of a shape (of_shape.py)."""

from minigrad.creation.from_data import *
from minigrad.creation.of_shape import *
