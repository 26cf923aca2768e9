"""PyTorch's own samples for its operators, run through minigrad's operations of the same names.

PyTorch is tested with a database of operators: for each, calls with every kind of argument that it takes, and
calls that it refuses. Nobody who wrote minigrad chose them. ``python tools/torch_samples.py`` runs them all.

    database.py      the operators and their samples
    offered.py       which of minigrad's public names answers to which operator
    convert.py       PyTorch's arguments as minigrad's, and which have no counterpart
    judge.py         one call on both sides: values, shapes, dtypes, gradients, errors
    run.py           every call of an operation, counted
    differences.py   the deviations that are known, with the reason; the page is made of them
"""
