"""Pictures: computation graphs, curves, lines, points, surfaces, confusion matrices, figures of classes, ROC
curves and reliability, matrices in cells, grids of images and of feature maps, sheets of images and films,
bars, photographs with boxes and points; forward and backward as a page to step through.

Matplotlib and Graphviz are loaded when the first one is drawn.
"""

from minigrad.viz.annotated import annotated
from minigrad.viz.bars import bars
from minigrad.viz.cells import cells
from minigrad.viz.chart import Chart, beside
from minigrad.viz.classes import class_dots
from minigrad.viz.confusion import confusion_matrix
from minigrad.viz.contours import contours
from minigrad.viz.curves import curves
from minigrad.viz.graphs import Graph, graph
from minigrad.viz.images import image_grid
from minigrad.viz.layers import layers
from minigrad.viz.lines import lines
from minigrad.viz.maps import maps
from minigrad.viz.picture import Picture
from minigrad.viz.saved import show_saved
from minigrad.viz.scatter import scatter
from minigrad.viz.scrubbing import TrainingScrubber, scrub
from minigrad.viz.sheets import film, sheet, write_image
from minigrad.viz.theme import DARK, LIGHT, Theme, font_file
from minigrad.viz.thresholds import reliability, roc_curves

__all__ = [
    "DARK",
    "LIGHT",
    "Chart",
    "Graph",
    "Picture",
    "Theme",
    "TrainingScrubber",
    "annotated",
    "bars",
    "beside",
    "cells",
    "class_dots",
    "confusion_matrix",
    "contours",
    "curves",
    "film",
    "font_file",
    "graph",
    "image_grid",
    "layers",
    "lines",
    "maps",
    "reliability",
    "roc_curves",
    "scatter",
    "scrub",
    "sheet",
    "show_saved",
    "write_image",
]
