"""Graders: is a learner's answer right, where is it wrong, and what was the likely slip?

How it is built:

- **One file per lesson** in ``minigrad/course/exercises``: an exercise is a function under
  ``@exercise(...)``. Its docstring is the statement, its body the solution; the decorator holds three hints,
  how inputs are drawn, and the reference (``definition.py``). The stub that a learner gets is generated from
  it, ``source.py``, and holds no solution.
- **The reference is not the solution.** A gradient is compared with minigrad's own backward through the
  formula, with a random upstream gradient; anything else with a second function, written in another way. The
  inputs are drawn anew in every run (``cases.py``), in shapes that are not square, in float64 and once in
  float32.
- **Two processes.** A child runs the learner's code and nothing else (``worker.py``): it is given arguments
  and returns results, as JSON and the bytes of arrays. The parent draws, knows the reference, and compares
  (``process.py``, ``compare.py``, ``grade.py``). So whatever a learner's code does to NumPy, to the child
  or to what it sends, only right numbers are taken for right, and what is sent cannot run code in the
  parent. The child has a time limit for each call and, on Linux, a bound on memory. In it the answer may
  import NumPy and some of Python's own modules. It reads no file but those that these are made of, writes
  none, and starts nothing, and what it prints cannot steer a terminal.
- **Slips are named.** A wrong gradient goes through `minigrad.explain_gradient`, with the rule called in the
  child; other exercises list wrong answers that people give, and what was got is compared with what those
  give.

What it cannot keep out: somebody who copies the answer, or reads it in another process. It is a fence, made
for a classroom, no prison for hostile programs.
"""

from minigrad.course.grading.definition import Exercise, exercise
from minigrad.course.grading.grade import Verdict, grade

__all__ = ["Exercise", "Verdict", "exercise", "grade"]
