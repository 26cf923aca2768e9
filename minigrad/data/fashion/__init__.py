"""Clothes in photographs: fashion products with a table, DeepFashion2 with boxes and landmarks."""

from minigrad.data.fashion.products import FashionProducts, Product

__all__ = ["FashionProducts", "Product"]
