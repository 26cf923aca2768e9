"""minigrad beside PyTorch, on the samples that PyTorch is tested with; nobody who wrote minigrad chose them.

PyTorch's package has databases of operators, modules and optimisers: for each, calls with every kind of
argument that it takes, and calls that it refuses. ``python tools/torch_samples.py`` runs them all.

    database.py      the databases
    offered.py       which of minigrad's public names answers to which operator
    convert.py       PyTorch's arguments as minigrad's, and which have no counterpart
    compare.py       two results: values, shapes, dtypes, gradients of two orders, refusals
    operations.py    the samples of operations, each judged on both sides
    modules.py       the same of layers and losses
    optimisers.py    the same of optimisers
    schedules.py     the same of schedules: a grid of options, and what PyTorch's tests combine
    data.py          the same of data sets, samplers and the loader: a grid of expressions
    texts.py         samples that are written as text
    tally.py         the samples of one name, counted
    run.py           the kinds of names that there are
    differences.py   the deviations that are meant, with the reason; the page is made of them
    absent.py        what samples are left out for, and where the page says so
    accounts.py      each sample's place: it passes, is documented, or neither
    arguments.py, signatures.py   where arguments are otherwise
    programs.py      what no sample shows
    page.py          the parts of the page that are made of the records
"""
