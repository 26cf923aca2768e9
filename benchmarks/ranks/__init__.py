"""How much faster several processes train than one: `python -m benchmarks.ranks`."""
