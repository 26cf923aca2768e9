"""What code written for PyTorch asks before it moves to a GPU; the answer is no."""


def is_available() -> bool:
    """Whether tensors can be on a GPU: False."""
    return False


def device_count() -> int:
    """How many GPUs tensors can be on: 0."""
    return 0
