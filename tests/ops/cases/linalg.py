"""Cases of minigrad/ops/linalg.py and einsum.py."""

import numpy as np

import minigrad as mg
import minigrad.nn.functional as F
from tests.ops.cases.table import case


@case("matmul")
def _(d):
    n, k, m = d.integer(0, 3), d.integer(0, 3), d.integer(0, 3)
    a, b = d.pick(
        ((k,), (k,)),
        ((n, k), (k,)),
        ((k,), (k, m)),
        ((n, k), (k, m)),
        ((2, n, k), (k,)),
        ((k,), (2, k, m)),
        ((2, n, k), (k, m)),
        ((n, k), (2, k, m)),
        ((2, n, k), (1, k, m)),
        ((1, n, k), (2, k, m)),
        ((2, 1, n, k), (3, k, m)),
        ((3, n, k), (2, 3, k, m)),
        ((2, 3, n, k), (k,)),
        ((k,), (1, 2, k, m)),
    )
    f = d.pick(mg.matmul, lambda x, z: x @ z)
    return f, [d.tensor(a), d.tensor(b)]


@case("matmul, one matrix twice")
def _(d):
    n = d.integer(1, 3)
    return d.pick(lambda x: x @ x, lambda x: x @ x.T, lambda x: x.T @ x, lambda x: (x @ x) @ x), d.tensor(
        (n, n)
    )


@case("mm", "bmm", "mv", "dot", "outer")
def _(d, name):
    n, k, m, b = (d.integer(0, 3) for _ in range(4))
    shapes = {
        "mm": ((n, k), (k, m)),
        "bmm": ((b, n, k), (b, k, m)),
        "mv": ((n, k), (k,)),
        "dot": ((k,), (k,)),
        "outer": ((n,), (m,)),
    }[name]
    return getattr(mg, name), [d.tensor(shape) for shape in shapes]


@case("F.linear")
def _(d):
    inputs, outputs = d.integer(0, 3), d.integer(0, 3)
    front = d.shape(0, 2)
    x = d.tensor((*front, inputs))
    if d.integer(0, 4) == 0:  # a vector as weight: one output, without an axis
        return F.linear, [x, d.tensor((inputs,))]
    tensors = [x, d.tensor((outputs, inputs)), d.tensor((outputs,))][: d.integer(2, 3)]
    return F.linear, tensors


EQUATIONS = {
    "ij,jk->ik": ["ij", "jk"],
    "ij,jk": ["ij", "jk"],
    "ij,kj->ik": ["ij", "kj"],
    "ij,jk->ki": ["ij", "jk"],
    "i,i->": ["i", "i"],
    "i,i": ["i", "i"],
    "i,j->ij": ["i", "j"],
    "bij,bjk->bik": ["bij", "bjk"],
    "bij,jk->bik": ["bij", "jk"],
    "bhqd,bhkd->bhqk": ["bhqd", "bhkd"],
    "ij->ji": ["ij"],
    "ij->": ["ij"],
    "ij->j": ["ij"],
    "ba": ["ba"],
    "ij,ij->ij": ["ij", "ij"],
    "ij,ij,ij->i": ["ij", "ij", "ij"],
    "i,ij,j->": ["i", "ij", "j"],
    "i,ij,j": ["i", "ij", "j"],
    "ij,jk,kl->il": ["ij", "jk", "kl"],
    "ij,kl->": ["ij", "kl"],
    "ij,k->i": ["ij", "k"],
    "ii->i": ["ii"],
    "ii->": ["ii"],
    "ii": ["ii"],
    "iij->j": ["iij"],
    "iji->ij": ["iji"],
    "iii->i": ["iii"],
    "ii,i->i": ["ii", "i"],
    "ii,ij->j": ["ii", "ij"],
    "bii,bij->bj": ["bii", "bij"],
    "...ij,...jk->...ik": ["Xij", "Xjk"],
    "...ij,jk->...ik": ["Xij", "jk"],
    "...i,...i": ["Xi", "Xi"],
    "...i->...": ["Xi"],
    "i...->...": ["iX"],
    "i...j->j...i": ["iXj"],
    "...,...->...": ["X", "X"],
    "...ii->...i": ["Xii"],
    " i j , j -> i ": ["ij", "j"],
    "Ab,bC->AC": ["Ab", "bC"],
}


@case("einsum")
def _(d):
    equation = d.pick(*EQUATIONS)
    sizes = {letter: d.integer(1, 3) for letter in "abcdhijklqABC"}
    dots = d.shape(high=2, side=1)
    tensors = []
    for term in EQUATIONS[equation]:
        # Broadcasting: a size of 1 in one of the operands, or fewer axes in the place of the dots.
        single = d.pick(*"abcdhijklqABC", "", "", "") if len(EQUATIONS[equation]) > 1 else ""
        single = single if term.count(single) == 1 else ""
        behind_dots = dots[d.integer(0, len(dots)) :] if len(EQUATIONS[equation]) > 1 else dots
        shape = ()
        for letter in term:
            shape += behind_dots if letter == "X" else (1 if letter == single else sizes[letter],)
        tensors.append(d.tensor(shape))
    if d.flag():
        return lambda *xs: mg.einsum(equation, list(xs)), tensors
    return lambda *xs: mg.einsum(equation, *xs), tensors


@case("einsum, one operand twice")
def _(d):
    n = d.integer(1, 3)
    return lambda x: mg.einsum("ij,jk->ik", x, x) + np.einsum("ij,ij->ij", x, x), d.tensor((n, n))
