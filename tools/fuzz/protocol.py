"""What a campaign and its workers agree upon."""

BLOCK = 500
"""Inputs after which a worker tells what came of them."""

NOW = "now"
"""The file, in the folder that a worker is given, with the number of the input that is being read."""

NONE = bytes([255] * 8)
"""What stands in it until the first input."""
