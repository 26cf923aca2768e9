"""
Lesson 2: a network is a graph
==============================

A network works in small steps, and each step uses the results of others. Draw a box for every step, and an
arrow from each result to the steps that use it: that is the computation graph. In this lesson we compute a
small network by hand, see that minigrad writes the graph down while it computes, and look at the picture.

    python lessons/02_computation_graph.py
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that it runs without an installation

import minigrad as mg
from minigrad import course, viz
from minigrad.course.examples.network import zeros

output = Path("output/02_computation_graph")
output.mkdir(parents=True, exist_ok=True)

# %%
# By hand
# -------
# Our network has ten inputs, four hidden units and two classes. It takes four steps, where ``@`` is the
# product of two matrices:
#
# - ``v = W1 @ x``, a weighted sum of the inputs for each hidden unit;
# - ``h = sigmoid(v)``, which squeezes each sum between 0 and 1;
# - ``z = W2 @ h``, a weighted sum of the hidden units for each class, the class's score;
# - ``yhat = softmax(z)``, which makes probabilities of the scores.
#
# ``x`` is a column of ten numbers. ``W1`` has a row for each hidden unit and a column for each input;
# ``W2`` has a row for each class and a column for each hidden unit. So the shapes fit: (4, 10) times (10,
# 1) is (4, 1), and (2, 4) times (4, 1) is (2, 1).
#
# All weights are zero for now, so you can do it without a pencil. A sum of zeros is zero; the sigmoid of
# zero is one half; zero weights make zero scores; and two equal scores share the probability equally.

print(zeros.text(gradients=False, only=["x", "W1", "v", "h", "W2", "z", "yhat"]))

# %%
# In the table, ``0 (4 x 1)`` means four rows and one column, all zero.
#
# The same in Python
# ------------------
# ``requires_grad=True`` tells minigrad that ``W1`` and ``W2`` are to be learned. From there on it keeps a
# record of every step that uses them.

x = mg.ones(10, 1)
W1 = mg.zeros(4, 10, requires_grad=True)
W2 = mg.zeros(2, 4, requires_grad=True)

v = W1 @ x
h = mg.sigmoid(v)
z = W2 @ h
yhat = mg.softmax(z, dim=0)  # dim=0: the two probabilities stand one below the other

for name, tensor in {"v": v, "h": h, "z": z, "yhat": yhat}.items():
    assert zeros[name].value.agrees(tensor.detach()), name
print("\nChecked: v, h, z and yhat are the numbers worked out by hand.")

# %%
# What has been recorded
# ----------------------
# Each result knows the operation that made it, ``grad_fn``, and each operation knows the ones before it,
# ``next_functions``. At the far ends are tensors that no operation made: the weights. So we can walk from
# the answer back to the weights. This function does it and lists the operations, each one after those whose
# results it uses. That is the order in which they can be computed.


def operations(tensor: mg.Tensor) -> list[str]:
    found = []

    def visit(operation: Any) -> None:
        for before, _ in operation.next_functions:
            if not isinstance(before, mg.Tensor) and before not in found:
                visit(before)
        found.append(operation)

    visit(tensor.grad_fn)
    return [str(operation) for operation in found]


print("\nRecorded:", " ".join(operations(yhat)))
assert operations(yhat) == ["<matmul>", "<sigmoid>", "<matmul>", "<softmax>"]
print("Checked: four steps, in the order in which we took them.")

# %%
# The picture
# -----------
# Rounded boxes are operations, with the name and the value of their result. The others are tensors that
# were there from the start; what is to be learned is green. ``left`` and ``right`` say on which side of ``@``
# a matrix stands, and large ones show only their shape. Follow the arrows from ``W1``: it reaches
# ``yhat`` by one way only, through ``v``, ``h`` and ``z``. What ``W1`` does to the answer, it does by way
# of these three. The next lesson puts numbers to that.

picture = viz.graph(yhat)
picture.save(output / "graph.png")
print(f"\nThe picture: {(output / 'graph.png').resolve()}")

# %%
# A page for your browser goes through the same graph step by step, with the key →. It has one more part at
# the end, the loss ``L`` of lesson 5, and its second half goes back: that is for the next lesson.

page = zeros.scrub(output / "graph.html")
print(f"The page to step through: {page.resolve()}")

# %%
# One thing more can be read off the graph. ``x`` comes in through ``W1``, and ``W1`` is zero: so whatever
# ``x`` is, ``v`` is zero, and the answer stays the same.

mg.manual_seed(0)
for _ in range(100):
    other = mg.randn(10, 1)
    assert (mg.softmax(W2 @ mg.sigmoid(W1 @ other), dim=0) == yhat).all()
print(zeros.say("Checked: with zero weights the network says {yhat[0][0]} for each class, whatever x is."))

# %%
# Exercise
# --------
# Make the network deeper. Between ``h`` and ``z`` comes a second hidden layer of three units: ``u`` is the
# weighted sum of ``h`` for each of its units, with a new matrix ``W3``, and ``g`` is the sigmoid of ``u``.
# The scores ``z`` are then weighted sums of ``g``, and ``W2`` gets another shape.
#
# Draw the graph on paper first, with the shape of every matrix and result. Then write the function below:
# take out the line with ``raise``, and return the probabilities. Run the lesson again to see how it stands.


def deeper(x: mg.Tensor, W1: mg.Tensor, W3: mg.Tensor, W2: mg.Tensor) -> mg.Tensor:
    raise NotImplementedError


# %%
# The check calls your function with random weights and looks at the answer and at its graph.


def check(deeper: Callable[..., mg.Tensor]) -> None:
    x = mg.randn(10, 1)
    weights = [mg.randn(*shape, requires_grad=True) for shape in ((4, 10), (3, 4), (2, 3))]
    try:
        answer = deeper(x, *weights)
    except mg.ShapeError as error:
        raise course.NotYet(f"Shapes do not fit: {error}") from None
    if not isinstance(answer, mg.Tensor) or answer.shape != (2, 1):
        raise course.NotYet(f"It should return two probabilities, a Tensor of shape (2, 1), not {answer!r}.")
    if answer.grad_fn is None:
        raise course.NotYet("The answer does not depend on the weights.")
    if abs(answer.sum().item() - 1) > 1e-5:
        raise course.NotYet("The two probabilities should add up to 1. Along which dim does the softmax go?")
    made_by = operations(answer)
    for name, times in (("matmul", 3), ("sigmoid", 2), ("softmax", 1)):
        count = made_by.count(f"<{name}>")
        if count != times:
            raise course.NotYet(f"Its graph has {name} {count} times. How often does your drawing have it?")
    if len(made_by) != 6:
        raise course.NotYet(f"Its graph has more steps than needed: {' '.join(made_by)}.")


print()
print(course.solved(deeper, check))
