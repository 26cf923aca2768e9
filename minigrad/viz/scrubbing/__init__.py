"""The scrubber: forward and backward, a step at a time, as one HTML page that needs nothing else.

``api`` takes the tensor and writes the page. ``record`` runs backward on the side, as the pictures of graphs
do, and puts down each step; ``local`` finds what stands between upstream and contribution; ``arrays`` is how
numbers go into the page. ``page.html``, ``scrub.css`` and ``scrub.js`` are the page.
"""

from minigrad.viz.scrubbing.api import scrub

__all__ = ["scrub"]
