"""PyTorch's ``utils``: so far ``utils.data``."""
