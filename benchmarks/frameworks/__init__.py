"""One module per framework: the same jobs, each time in the framework's own words.

A job is a function that gets everything ready and returns the function that is timed:
`dense_step()` does one training step and gives the loss, `chain()` runs the chain there and back and gives
its derivative, `network(name)` does one step of a network of networks.py, `operation(case)` one operation of
the sweep forward and backward, `matrix_product()` multiplies two matrices and gives the number of operations.
A framework has those that it can do.
"""


class CannotRun(Exception):
    """A framework is installed but lacks something here; the message stands in the table."""
