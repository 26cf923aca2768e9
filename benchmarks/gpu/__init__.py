"""What a card does: minigrad beside PyTorch, as it comes and captured as a graph. See __main__.py."""
