"""The scrubbers: forward and backward, or a training, step by step on one HTML page that needs nothing else.

``api`` takes the tensor and writes the page. ``record`` runs backward on the side, as the pictures of graphs
do, and puts down each step; ``local`` finds what stands between upstream and contribution; ``arrays`` is how
numbers go into the page. ``page.html``, ``scrub.css`` and ``scrub.js`` are the page. ``training``, with a
page and a script of its own, goes through pictures of a network that learns.
"""

from minigrad.viz.scrubbing.api import scrub
from minigrad.viz.scrubbing.training import TrainingScrubber

__all__ = ["TrainingScrubber", "scrub"]
