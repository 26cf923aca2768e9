"""When a rule for a gradient is wrong: which slip gives these numbers?

    print(mg.explain_gradient(mg.tanh, x, lambda dy, input: dy * (1 - input**2)))

The wrong gradient is compared with what each known slip would give, on random inputs and upstream gradients.
To read the package, begin with ``slips.py``, the table of what is known; ``explain.py`` is the search through
it. ``recording.py`` computes what a gradient would be if the rule of one step were another; ``paths.py``,
``factors.py``, ``shapes.py``, ``moves.py``, ``formulas.py``, ``masks.py``, ``probabilities.py`` and
``misremembered.py`` say which other rules are worth trying; ``problem.py`` and ``draws.py`` make the inputs
that they are tried on, ``trials.py`` the trials, and ``notes.py`` says where a slip shows and where a rule
ends to hold. ``cuts.py`` finds where detach() and its like cut a function off from its input, ``own.py`` an
operation with a wrong rule in it.
"""

from minigrad.diagnosis.explain import explain_gradient
from minigrad.diagnosis.report import Diagnosis

__all__ = ["Diagnosis", "explain_gradient"]
