"""Where a function or class of minigrad takes other arguments than PyTorch's, and why.

The page of differences is made of it, and a test holds it against both signatures.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Arguments:
    """What is otherwise in the arguments of some names, as ``signatures.deviations`` says it."""

    names: tuple[str, ...]
    otherwise: tuple[str, ...]
    why: str


ARGUMENTS = (
    Arguments(
        ("nn.functional.batch_norm", "nn.BatchNorm1d", "nn.BatchNorm2d", "nn.BatchNorm3d"),
        ("axis is minigrad's own",),
        "Where the channels are, for data that has them elsewhere than at axis 1.",
    ),
    Arguments(
        ("var", "std", "Tensor.var", "Tensor.std"),
        ("unbiased: default None; PyTorch: True",),
        "None means True, unless `correction` is given.",
    ),
    Arguments(
        ("Tensor.uniform_",),
        ("lacks from", "lacks to", "low is minigrad's own", "high is minigrad's own"),
        "`from` is a word of Python's, so that PyTorch's, too, can be given by place alone.",
    ),
    Arguments(
        ("norm",),
        ("dtype: argument 5; PyTorch: argument 6",),
        "`out` is before it in PyTorch. Give it by name.",
    ),
    Arguments(
        ("normal",),
        ("mean: default 0; PyTorch: none",),
        "A standard normal is the usual one.",
    ),
    Arguments(
        ("load",),
        (
            "lacks pickle_module",
            "weights_only: default True; PyTorch: None",
            "lacks mmap",
            "lacks **pickle_load_args",
        ),
        "A file is read without running code from it; None means True in PyTorch, too.",
    ),
    Arguments(
        ("save",),
        (
            "lacks pickle_module",
            "lacks pickle_protocol",
            "lacks _use_new_zipfile_serialization",
            "lacks _disable_byteorder_record",
        ),
        "There is one format.",
    ),
    Arguments(
        ("from_dlpack",), ("lacks device", "lacks copy"), "Move or copy the result: `.to(...)`, `.clone()`."
    ),
    Arguments(
        ("nn.Hardtanh",),
        ("lacks min_value", "lacks max_value"),
        "Old names of `min_val` and `max_val`, which PyTorch warns of.",
    ),
    Arguments(("nn.Module.modules",), ("lacks remove_duplicate",), "`named_modules` has it."),
    Arguments(
        ("autograd.backward",),
        ("lacks grad_variables", "inputs: argument 5; PyTorch: argument 6"),
        "An old name of `grad_tensors`, which PyTorch warns of. Give `inputs` by name.",
    ),
    Arguments(
        ("autograd.detect_anomaly", "autograd.set_detect_anomaly"),
        ("lacks check_nan",),
        "To look for NaN is what it is for.",
    ),
    Arguments(
        ("autograd.gradcheck",),
        (
            "lacks check_undefined_grad",
            "lacks check_grad_dtypes",
            "lacks check_batched_grad",
            "lacks check_batched_forward_grad",
            "lacks check_forward_ad",
            "lacks check_backward_ad",
            "lacks masked",
            "seed is minigrad's own",
        ),
        "Each is refused by name. The upstream gradient is random, and `seed` chooses it.",
    ),
    Arguments(
        ("autograd.gradgradcheck",),
        (
            "lacks gen_non_contig_grad_outputs",
            "lacks check_undefined_grad",
            "lacks check_grad_dtypes",
            "lacks check_batched_grad",
            "lacks check_fwd_over_rev",
            "lacks check_rev_over_rev",
            "lacks masked",
            "seed is minigrad's own",
        ),
        "As gradcheck.",
    ),
)

ALIKE = {
    "arange": "one argument alone is the end, on both sides",
    "einsum": "PyTorch writes *args, and calls the first one the equation",
    "enable_grad": "as a decorator it takes the function, on both sides",
    "nonzero": "PyTorch's schema leaves as_tuple out, which its documentation names",
    "no_grad": "as a decorator it takes the function, on both sides",
    "randint": "low may be left out, on both sides; 4 is PyTorch's number of int64",
    "randperm": "4 is PyTorch's number of int64",
    "Tensor.cuda": "PyTorch's schema leaves the arguments out that its documentation names",
    "Tensor.nonzero": "as nonzero",
    "Tensor.where": "PyTorch's schema has the condition first, its method the tensor",
    "autograd.enable_grad": "as above",
    "autograd.no_grad": "as above",
    "nn.Module.forward": "a subclass says what it takes",
    "nn.Module.state_dict": "PyTorch warns of arguments by place",
    "utils.data.random_split": "None is the default generator, which PyTorch names",
}
"""What is written otherwise, but called alike: for these names nothing is compared."""
