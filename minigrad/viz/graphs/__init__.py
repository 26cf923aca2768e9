"""Pictures of computation graphs.

From the recording to the picture: ``history`` walks the nodes, ``names``, ``modules`` and ``values`` find out
what they are called, where they belong and what they hold, ``replay`` runs backward on the side, ``collapse``
makes many into few; ``describe`` puts it together as plain data (``description``), with operations as
``text`` and ``options`` have them, and ``notes`` below. ``dot`` writes it in Graphviz' language, with
``labels`` in the boxes and ``references`` in place of very long arrows, ``render`` has it laid out, and
``picture`` is what the caller gets.
"""

from minigrad.viz.graphs.api import graph
from minigrad.viz.graphs.description import Arrow, Box, Cluster, Description
from minigrad.viz.graphs.picture import Graph

__all__ = ["Arrow", "Box", "Cluster", "Description", "Graph", "graph"]
