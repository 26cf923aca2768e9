"""Garments that minigrad draws, in DeepFashion2's layout, boxes and landmarks included: for those who do not
have DeepFashion2, and for tests.

``shape`` and ``bottoms``, ``sleeves``, ``tops``, ``trimmings`` cut them, ``fabric`` is what they are made of,
``figure`` wears them before ``grounds``, ``paint`` paints, ``scene`` puts a picture together and ``writing``
writes many.
"""

from minigrad.data.fashion.garments.scene import Garment, draw_scene
from minigrad.data.fashion.garments.writing import draw_garments, embedded

__all__ = ["Garment", "draw_garments", "draw_scene", "embedded"]
