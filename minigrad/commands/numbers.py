"""Numbers as a command line has them."""

import argparse


def seed(text: str) -> int:
    """A seed of random numbers: a whole number from 0 on."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"expected a whole number, 0 or more, got {text!r}")
    return int(text)
