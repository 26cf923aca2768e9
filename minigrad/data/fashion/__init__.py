"""Clothes in photographs: fashion products with a table, DeepFashion2 with boxes and landmarks."""

from minigrad.data.fashion.annotation import Annotation, Item
from minigrad.data.fashion.categories import CATEGORIES, COMMON, Category
from minigrad.data.fashion.deepfashion2 import DeepFashion2, count_images
from minigrad.data.fashion.products import FashionProducts, Product
from minigrad.data.fashion.statistics import Statistics

__all__ = [
    "CATEGORIES",
    "COMMON",
    "Annotation",
    "Category",
    "DeepFashion2",
    "FashionProducts",
    "Item",
    "Product",
    "Statistics",
    "count_images",
]
