"""What is taken out of an exercise: the stub has the statement and none of the solution."""

import ast

import numpy as np

from minigrad.course.grading import Exercise, source


def given(x: float) -> float:
    """Twice x."""
    return 2 * x


def test_the_stub_has_the_statement_and_no_solution(tanh: Exercise) -> None:
    stub = tanh.stub()
    (definition,) = ast.parse(stub).body
    assert isinstance(definition, ast.FunctionDef)
    assert ast.get_docstring(definition) == tanh.statement
    assert [ast.unparse(line) for line in definition.body[1:]] == ["raise NotImplementedError"]
    assert "1 - y" not in stub and not definition.decorator_list


def test_the_solution_runs_by_itself(tanh: Exercise) -> None:
    namespace: dict[str, object] = {"np": np}
    exec(tanh.solution(), namespace)
    assert namespace["tanh_rule"](2.0, 0.5) == 1.5  # type: ignore[operator]


def test_a_learners_file_says_what_to_type(tanh: Exercise) -> None:
    file = tanh.file(2)
    assert file.startswith('"""Lesson 3, exercise 2: the rule of tanh.\n')
    assert "\n    minigrad check tanh_rule\n" in file
    compile(file, "tanh_rule.py", "exec")


def test_what_is_given_stands_above_the_stub() -> None:
    file = source.learners_file("A title.", "What to do.", (given,), source.stub(given))
    first, second = ast.parse(file).body[2:]
    assert ast.unparse(first).endswith("return 2 * x")
    assert ast.unparse(second).endswith("raise NotImplementedError")
