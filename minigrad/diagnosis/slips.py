"""The slips that are known, one an entry. Of two that fit, the first in the table is named first."""

from typing import NamedTuple

from minigrad.diagnosis import factors, formulas, masks, misremembered, moves, paths, probabilities, shapes
from minigrad.diagnosis.guess import Finder


class Slip(NamedTuple):
    """A slip, and what finds it.

    ``inside`` says that it is looked for inside of fused operations, such as softmax, which has a sum of
    exponentials, and several paths through it; else in the function itself. ``beside`` are slips worth
    mentioning if they give the same numbers.
    """

    name: str
    title: str
    fix: str
    find: Finder | None = None  # None: not found by its numbers, but told by what the rule does
    inside: bool = False
    beside: tuple[str, ...] = ()


UPSTREAM_IGNORED = Slip(
    "upstream_ignored",
    "the upstream gradient dy is ignored",
    "multiply by dy: y is not the end of the chain, and dy is what comes from the rest of it",
    paths.upstream_ignored,
    beside=("zero",),
)
ACCUMULATION = Slip(
    "accumulation",
    "assigned where it should be added up: only one of several paths counts",
    "add up the gradients of all uses: dx = dx1 + dx2, or dx += ..., not dx = ...",
    paths.one_path,
    beside=("factor", "product_rule"),
)
SIGN = Slip(
    "sign",
    "the sign is wrong",
    "look for a minus that was lost or is too many: in a - b, 1 - y, 1 / x, cos, -log",
    factors.sign,
    beside=("wrong_argument",),
)
MEAN = Slip(
    "mean",
    "the 1/N of the mean is missing",
    "divide by N, the number of elements that are averaged",
    factors.mean,
    beside=("factor",),
)
FACTOR = Slip(
    "factor",
    "a factor is wrong",
    "go through the derivative once more, factor by factor",
    factors.plain,
    beside=("chain", "wrong_argument"),
)
CHAIN = Slip(
    "chain",
    "a derivative is left out of the chain",
    "multiply the derivatives of all operations from y down to the input",
    paths.chain,
    beside=("factor",),
)

OTHER_FORMULA = Slip(
    "other_formula",
    "forward and backward are two different functions",
    "take the derivative of what fn computes",
    formulas.other_formula,
    beside=("factor", "wrong_argument"),
)
WRONG_ARGUMENT = Slip(
    "wrong_argument",
    "it is the gradient of another argument",
    "return the gradient of the argument that is asked for; of several, in their order",
    formulas.wrong_argument,
)
SHAPE = Slip(
    "shape",
    "the shape is wrong",
    "a gradient has the shape of what it is the gradient of",
    shapes.shape,
)

SLIPS = (
    Slip(
        "zero",
        "the gradient is 0 everywhere",
        "is it computed into the array that is returned, or into a copy?",
        paths.nothing,
        beside=("upstream_ignored",),
    ),
    UPSTREAM_IGNORED,
    Slip(
        "upstream_twice",
        "the upstream gradient dy is multiplied in twice",
        "dy enters a gradient once, as a factor: doubling dy doubles the gradient",
        paths.upstream_twice,
    ),
    ACCUMULATION,
    Slip(
        "product_rule",
        "the derivative of a product (or quotient) is not the product (or quotient) of the derivatives",
        "(u v)' = u' v + u v'",
        paths.product_rule,
    ),
    SIGN,
    MEAN,
    Slip(
        "broadcast",
        "a broadcast axis is not summed",
        "an argument that was stretched is used several times: sum its gradient over the axes of stretching",
        shapes.broadcast,
    ),
    SHAPE,
    Slip(
        "not_spread",
        "the gradient is not spread over what was reduced",
        "every element that went into a sum or mean gets a gradient: np.broadcast_to, or keepdims=True",
        shapes.not_spread,
    ),
    Slip(
        "transposed_product",
        "a transposed product",
        "of y = a @ b the gradients are da = dy @ b.T and db = a.T @ dy",
        shapes.transposed_product,
    ),
    Slip(
        "not_inverted",
        "the operation is applied to the gradient once more, not undone",
        "backward undoes what forward did",
        moves.not_inverted,
    ),
    Slip(
        "wrong_axis",
        "the wrong axis",
        "use the same axis backward as forward",
        shapes.wrong_axis,
        beside=("wrong_argument",),
    ),
    Slip(
        "diagonal",
        "each result is taken to depend on its own input alone",
        "sum over all results that an input reaches",
        formulas.diagonal,
        beside=("other_formula",),
    ),
    Slip(
        "at_output",
        "the derivative is taken at the output, not at the input",
        "f'(x), not f'(y): put in what went into the function",
        formulas.at_output,
    ),
    Slip(
        "at_input",
        "a derivative written with the output is taken at the input",
        "1 - y ** 2 of tanh and y * (1 - y) of sigmoid want y, the result of the function",
        formulas.at_input,
    ),
    FACTOR,
    MEAN._replace(find=factors.other_count),
    *(slip._replace(inside=True) for slip in (ACCUMULATION, SIGN, MEAN, FACTOR)),
    Slip(
        "misremembered",
        "the derivative is remembered wrongly",
        "derive it once more by hand, or look it up",
        misremembered.misremembered,
    ),
    CHAIN._replace(find=probabilities.by_scores),
    CHAIN._replace(find=probabilities.by_probabilities),
    OTHER_FORMULA._replace(find=formulas.other_loss),
    Slip(
        "mask",
        "the mask is the wrong one",
        "the gradient passes where the input was let through",
        masks.mask,
    ),
    Slip(
        "value",
        "the function stands in place of its derivative",
        "multiply dy by the derivative of the function, not by the function",
        formulas.value,
        beside=("factor",),
    ),
    UPSTREAM_IGNORED._replace(find=paths.upstream_ignored_inside),
    UPSTREAM_IGNORED._replace(find=paths.upstream_added_up),
    CHAIN,
    FACTOR._replace(find=factors.by_argument),
    WRONG_ARGUMENT,
    OTHER_FORMULA,
    FACTOR._replace(find=factors.by_value),
    WRONG_ARGUMENT._replace(find=formulas.wrong_operand),
    CHAIN._replace(inside=True),
    FACTOR._replace(find=factors.by_square),
    SHAPE._replace(find=shapes.transposed),
    FACTOR._replace(find=factors.any_constant),
)
"""What a wrong gradient is compared with, the more particular first."""

RAISES = Slip("raises", "the rule stops with an error", "read the error; the shapes are above")
RETURNS_NOTHING = Slip("returns_nothing", "the rule returns nothing", "end it with return")
NOT_FINITE = Slip(
    "not_finite",
    "it is not finite where the right gradient is",
    "look for a division by 0, a log or root of something not positive, an exp of something large",
)
IN_PLACE = Slip(
    "in_place",
    "the rule writes over what it is given",
    "write dx = dy * ..., not dy *= ...: others still need these numbers",
)
ONLY_HERE = Slip(
    "only_here",
    "it is right at the inputs you gave, and wrong at others",
    "does it use numbers from outside, or numbers copied from these inputs? Let it name what it needs: "
    "arguments of fn, y, <argument>_shape",
)
CUT_OFF = Slip(
    "cut_off",
    "fn is cut off from its input",
    "compute this part of fn with minigrad's operations, recorded. If the cut is meant, the rule leaves out "
    "what comes over this way",
)
"""And what is told by what the rule, or fn, does."""
