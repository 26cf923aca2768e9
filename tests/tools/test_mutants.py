"""What is changed in a right answer, and that every change is one."""

import ast

from tools.mutants import mutants

SOURCE = '''
def rule(dy: list[int], x: int = 3) -> int:
    """Not to be changed: 1 + 1."""
    total = 0
    for one in x:
        if one > 2:
            total += dy @ one.T
    return total / x.sum(axis=0, keepdims=True), -dy
'''
CHANGES = dict(mutants(SOURCE))


def test_each_differs_from_the_source_and_from_the_others() -> None:
    bare = ast.unparse(ast.parse(SOURCE))
    assert len(set(CHANGES.values())) == len(CHANGES) > 40
    assert bare not in CHANGES.values()
    for source in CHANGES.values():
        compile(source, "mutant", "exec")


def test_the_kinds_of_changes() -> None:
    for change in (
        "total / x.sum(axis=0, keepdims=True) -> total * x.sum(axis=0, keepdims=True)",
        "total / x.sum(axis=0, keepdims=True) -> total",
        "total / x.sum(axis=0, keepdims=True) -> x.sum(axis=0, keepdims=True) / total",
        "x.sum(axis=0, keepdims=True) -> x.sum(axis=1, keepdims=True)",
        "x.sum(axis=0, keepdims=True) -> x.sum(axis=0)",
        "x.sum -> x.mean",
        "one > 2 -> one >= 2",
        "one > 2 -> one < 2",
        "if one > 2 -> if not one > 2",
        "2 -> 3",
        "-dy -> dy",
        "one.T -> one",
        "dy @ one.T -> one.T @ dy",
        "total += dy @ one.T -> total = dy @ one.T",
        "total += dy @ one.T -> nothing",
        "dy -> x",
        "total -> one",
    ):
        assert change in CHANGES, change


def test_annotations_and_docstrings_are_left_alone() -> None:
    assert not any("Not to be" in source or "list[" in source for source in CHANGES.values())
