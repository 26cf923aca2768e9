"""The thirteen categories of DeepFashion2, what its numbers mean, and classes that sets have in common."""

from typing import NamedTuple


class Category(NamedTuple):
    """A kind of clothes.

    Attributes:
        id: its number in annotations, from 1. name: in words. landmarks: how many points it is marked with.
    """

    id: int
    name: str
    landmarks: int


CATEGORIES = (
    Category(1, "short sleeve top", 25),
    Category(2, "long sleeve top", 33),
    Category(3, "short sleeve outwear", 31),
    Category(4, "long sleeve outwear", 39),
    Category(5, "vest", 15),
    Category(6, "sling", 15),
    Category(7, "shorts", 10),
    Category(8, "trousers", 14),
    Category(9, "skirt", 8),
    Category(10, "short sleeve dress", 29),
    Category(11, "long sleeve dress", 37),
    Category(12, "vest dress", 19),
    Category(13, "sling dress", 19),
)
BY_ID = {category.id: category for category in CATEGORIES}
NAMES = [category.name for category in CATEGORIES]

# What 1, 2 and 3 mean.
ATTRIBUTES = {
    "scale": ("small", "moderate", "large"),
    "occlusion": ("slight", "medium", "heavy"),
    "zoom_in": ("no", "medium", "large"),
    "viewpoint": ("no wear", "frontal", "side or back"),
}
# What 0, 1 and 2 mean of a landmark.
VISIBILITY = ("not labelled", "occluded", "visible")

# One name for what the two sets call differently: the categories of DeepFashion2, and the frequent values of
# articleType. For `mixture`; what is not here (perfume, socks, sarees) is not drawn.
COMMON = {
    "short sleeve top": "top",
    "long sleeve top": "top",
    "Tshirts": "top",
    "Shirts": "top",
    "Tops": "top",
    "Sweatshirts": "top",
    "Sweaters": "top",
    "Kurtas": "top",
    "Kurtis": "top",
    "Tunics": "top",
    "vest": "vest",
    "sling": "vest",
    "Innerwear Vests": "vest",
    "Camisoles": "vest",
    "short sleeve outwear": "jacket",
    "long sleeve outwear": "jacket",
    "Jackets": "jacket",
    "Blazers": "jacket",
    "Waistcoat": "jacket",
    "Rain Jacket": "jacket",
    "Shrug": "jacket",
    "shorts": "shorts",
    "Shorts": "shorts",
    "trousers": "trousers",
    "Trousers": "trousers",
    "Jeans": "trousers",
    "Track Pants": "trousers",
    "Leggings": "trousers",
    "Jeggings": "trousers",
    "Capris": "trousers",
    "skirt": "skirt",
    "Skirts": "skirt",
    "short sleeve dress": "dress",
    "long sleeve dress": "dress",
    "vest dress": "dress",
    "sling dress": "dress",
    "Dresses": "dress",
    "Casual Shoes": "shoes",
    "Sports Shoes": "shoes",
    "Formal Shoes": "shoes",
    "Heels": "heels",
    "Flats": "sandals",
    "Sandals": "sandals",
    "Sports Sandals": "sandals",
    "Flip Flops": "sandals",
    "Handbags": "bag",
    "Backpacks": "bag",
    "Clutches": "bag",
    "Duffel Bag": "bag",
    "Laptop Bag": "bag",
    "Messenger Bag": "bag",
    "Wallets": "wallet",
    "Belts": "belt",
    "Watches": "watch",
    "Sunglasses": "sunglasses",
    "Caps": "cap",
    "Ties": "tie",
}
