"""One module per framework: the same two jobs, each time in the framework's own words.

`dense_step()` makes the network and returns the function that does one training step and gives the loss.
`chain()` returns the function that runs the chain there and back and gives its derivative.
"""
