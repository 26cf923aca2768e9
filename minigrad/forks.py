"""What a forked child has to put right: of its parent's threads only the one that forked goes on in it."""

import os
from collections.abc import Callable


def in_child(function: Callable[[], None]) -> Callable[[], None]:
    """A decorator: run ``function`` first of all in every child that is forked from now on."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=function)
    return function
