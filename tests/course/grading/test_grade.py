"""Verdicts: what a learner reads."""

import sys

import pytest

from minigrad.course.exercises import lesson_03
from minigrad.course.exercises.lesson_00 import fit, matmul_rule, power_rule, uses, walk_back
from minigrad.course.exercises.lesson_03 import bump_rule, divide_rule
from minigrad.course.exercises.lesson_05 import entropy
from minigrad.course.exercises.lesson_06 import momentum_step
from minigrad.course.grading import Exercise, Verdict, grade
from minigrad.course.grading.process import Child


def verdict(exercise: Exercise, body: str, child: Child) -> Verdict:
    source = f"import numpy as np\n\n\ndef {exercise.name}({', '.join(exercise.takes)}):\n    {body}\n"
    return grade(exercise, source, seed=0, child=child)


def test_a_right_answer_is_right(tanh: Exercise, child: Child) -> None:
    got = verdict(tanh, "return (1 + y) * dy * (1 - y)", child)
    assert got.right and got.score == 1 and got.message == "" and got.tried == len(tanh.cases(0))


def test_the_stub_scores_nothing(tanh: Exercise, child: Child) -> None:
    got = grade(tanh, tanh.file(1), child=child)
    assert (got.state, got.score) == ("not written", 0)


@pytest.mark.parametrize(
    ("body", "said", "slip"),
    [
        ("return 1 - y**2", "tanh_rule(2.0, 0.5): dx should be 1.5, and is 0.75.", "dy is ignored"),
        ("return -dy * (1 - y**2)", "dx should be 1.5, and is -1.5.", "the sign is wrong"),
        ("return dy * (1 - y)", "dx should be 1.5, and is 1.", "1 - y in place of 1 - y ** 2"),
        ("return None", "dx is None: is there a return at the end?", ""),
        ("dy *= 1 - y**2; return dy", "dy holds other numbers afterwards than before", ""),
        (
            "return (dy * (1 - y**2)).item()",
            "AttributeError: 'float' object has no attribute 'item'. Here it gets a number: np.asarray makes "
            "an array of one.",
            "",
        ),
        ("return dy + 'a'", "for +: 'float' and 'str' line 5: return dy + 'a'", ""),
        ("return map(float, [dy])", "of type map in what it returned, and list(...) makes a list of it.", ""),
        ("return np.float32(dy * (1 - y**2))", "dx", "it is computed in float32, which has seven digits"),
        ("while True: pass", "it has not come to an end after 2 seconds. Does a loop stop?", ""),
        ("raise SystemExit", "it ends the program (exit, quit or sys.exit).", ""),
        ("return dy * float(input())", "it asks for input, and nobody is there to type it.", ""),
        ("return tanh_rule(dy, y)", "it calls itself too often", ""),
        (
            "return dy * (1 - z**2)",
            "NameError: name 'z' is not defined\n    line 5: return dy * (1 - z**2)",
            "",
        ),
        ("import os", "it imports os. An answer is written with NumPy", ""),
    ],
)
def test_what_is_wrong_is_said(body: str, said: str, slip: str, tanh: Exercise, child: Child) -> None:
    got = verdict(tanh, body, child)
    assert (got.state, got.score) == ("wrong", 0)
    message = got.message if "\n    line" in said else " ".join(got.message.split())
    assert said in message
    assert slip in " ".join(got.slip.split()) and bool(got.slip) == bool(slip)


@pytest.mark.skipif(sys.platform != "linux", reason="memory is bounded on Linux alone")
def test_too_much_memory_is_said(tanh: Exercise, child: Child) -> None:
    got = verdict(tanh, "return np.ones(10**9)", child)
    assert got.score == 0 and "it takes more memory than the 200 MB that it may have." in got.message


@pytest.mark.parametrize(
    ("exercise", "body", "slip"),
    [
        (matmul_rule, "return b @ dy.T, a.T @ dy", "a transposed product"),
        (matmul_rule, "return dy @ b.T, a.T @ dy / 2", "gradient of b: a factor 2 is missing"),
        # of n = 4 alone it is 3 times too much, or the gradient of 6 * x ** 2
        (power_rule, "return dy * n * (n - 1) * x ** (n - 1)", ""),
        (power_rule, "return dy * n * x * (n - 1)", ""),
        (power_rule, "return dy * x ** (n - 1)", "the factor n is missing"),
        (power_rule, "return dy * n * x ** n", "the exponent is not lowered"),
        (bump_rule, "return dy * np.exp(-x * x)", "only one of several paths counts"),
        (divide_rule, "return dy / b, dy * a / b**2", "gradient of b: the sign is wrong"),
        (uses, "return [len(one) for one in parents]", "how many parents a node has"),
        (entropy, "p = p[p > 0]; return (p * np.log2(p)).sum()", "the sign is wrong"),
        (entropy, "p = p[p > 0]; return -(p * np.log(p)).sum()", "Bits take the logarithm to the base 2"),
        (momentum_step, "return x - alpha * (mu * v + g), -(mu * v + g)", "of v: the sign is wrong"),
        (fit, "return dy.reshape(-1, *shape).sum(axis=0) if dy.ndim > len(shape) else dy", ""),
    ],
)
def test_the_slip_is_named(exercise: Exercise, body: str, slip: str, child: Child) -> None:
    got = verdict(exercise, body, child)
    assert got.score == 0 and slip in got.slip and bool(got.slip) == bool(slip)


def test_a_formula_that_cannot_be_measured_stops_no_verdict(
    child: Child, tanh: Exercise, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unmeasurable(*arguments: object, **named: object) -> None:
        raise RuntimeError("batch_norm: there is no gradient by running_mean; detach() it")

    monkeypatch.setattr(sys.modules[grade.__module__], "explain_gradient", unmeasurable)
    got = verdict(tanh, "return dy", child)
    assert got.state == "wrong" and "should be 1.5, and is 2" in got.message and not got.slip


def test_a_diagnosis_that_takes_too_long_is_left_out(
    child: Child, tanh: Exercise, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seconds in (-1.0, 0.01):  # from the first call on, and somewhere in the middle
        monkeypatch.setattr(sys.modules[grade.__module__], "_DIAGNOSIS_SECONDS", seconds)
        got = verdict(tanh, "return dy", child)
        assert got.state == "wrong" and "should be 1.5, and is 2" in got.message


def test_a_file_that_cannot_be_read_is_broken(tanh: Exercise, child: Child) -> None:
    got = grade(tanh, "def tanh_rule(dy, y):\n    return (\n", child=child)
    assert got.state == "broken" and got.score == 0 and "SyntaxError" in got.message
    got = grade(tanh, "def tanh(dy, y):\n    return 1\n", child=child)
    assert got.state == "broken" and "there is no function tanh_rule in it" in got.message


TRICKS = {
    "everything equals everything": """
class Yes(float):
    def __eq__(self, other): return True
    def __sub__(self, other): return 0.0
    __rsub__ = __abs__ = __sub__
def tanh_rule(dy, y): return Yes(0)
""",
    "the comparisons of numpy are put out": """
np.allclose = np.array_equal = np.isclose = lambda *a, **k: True
np.testing.assert_allclose = lambda *a, **k: None
np.abs = np.absolute = lambda x: 0
def tanh_rule(dy, y): return 0 * y
""",
    "what sends is put out": """
import collections
def tanh_rule(dy, y):
    class Array(np.ndarray): pass
    np.asarray = np.ascontiguousarray = lambda *a: np.zeros(())
    return np.zeros(np.shape(y)).view(Array)
""",
    "the grader's own module is looked for": """
def tanh_rule(dy, y):
    for kind in object.__subclasses__():
        if "Exercise" in kind.__name__ or "Case" in kind.__name__: return kind
    frame = (lambda: 0).__globals__
    return frame.get("expected", 0.0)
""",
    "the source is read": f"""
def tanh_rule(dy, y):
    text = open({lesson_03.__file__!r}).read()
    exec(text)
""",
    "the example is remembered": """
def tanh_rule(dy, y): return 1.5
""",
    "numbers are guessed from their count": """
calls = []
def tanh_rule(dy, y):
    calls.append(1)
    return 1.5 if len(calls) == 1 else np.zeros(np.shape(y))
""",
}  # fmt: skip


@pytest.mark.parametrize("name", TRICKS)
def test_tricks_score_nothing(name: str, tanh: Exercise, child: Child) -> None:
    got = grade(tanh, f"import numpy as np\nimport numpy.testing\n{TRICKS[name]}", seed=0, child=child)
    child.close()  # what it has done to its process ends with it
    assert got.score == 0 and got.state in ("wrong", "broken")


def test_the_numbers_differ_from_run_to_run(tanh: Exercise, child: Child) -> None:
    wrong = "import numpy as np\ndef tanh_rule(dy, y):\n    return dy - y * y\n"
    seeds = {grade(tanh, wrong, child=child).seed for _ in range(3)}
    assert len(seeds) > 1


def test_a_walk_in_the_wrong_order_is_named(child: Child) -> None:
    body = """grads = [0.0] * len(parents)
    grads[-1] = 1.0
    for k in range(len(parents)):
        for parent, slope in parents[k]:
            grads[parent] += grads[k] * slope
    return grads"""
    got = verdict(walk_back, body, child)
    assert "from the first to the last" in got.slip
