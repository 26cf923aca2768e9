"""Pictures: curves, confusion matrices, grids of images. Matplotlib is loaded when the first one is drawn."""

from minigrad.viz.confusion import confusion_matrix
from minigrad.viz.curves import curves
from minigrad.viz.images import image_grid
from minigrad.viz.picture import Picture
from minigrad.viz.theme import DARK, LIGHT, Theme

__all__ = ["DARK", "LIGHT", "Picture", "Theme", "confusion_matrix", "curves", "image_grid"]
