"""What CuPy has, of what minigrad uses: its functions with their parameters, its ufuncs and methods.

Read from CuPy 14.2. A function that is missing here is missing in CuPy, or nobody has used it yet: look it up
there, and enter it with the parameters that it has there. ``shares_memory`` is left out: on a card it says of
any two arrays that they do.
"""

FUNCTIONS = {
    name: tuple(parameters.split())
    for name, parameters in {
        "all": "a axis out keepdims",
        "allclose": "a b rtol atol equal_nan",
        "amax": "a axis out keepdims",
        "amin": "a axis out keepdims",
        "any": "a axis out keepdims",
        "arange": "start stop step dtype",
        "argmax": "a axis dtype out keepdims",
        "argmin": "a axis dtype out keepdims",
        "argsort": "a axis kind",
        "argwhere": "a",
        "array": "obj dtype copy order subok ndmin",
        "array_equal": "a1 a2 equal_nan",
        "asarray": "a dtype order copy",
        "atleast_1d": "*arrays",
        "atleast_2d": "*arrays",
        "broadcast_to": "array shape",
        "clip": "a a_min a_max out",
        "concatenate": "tup axis out dtype casting",
        "copy": "a order",
        "copyto": "dst src casting where",
        "count_nonzero": "a axis",
        "cumsum": "a axis dtype out",
        "diagonal": "a offset axis1 axis2",
        "diff": "a n axis prepend append",
        "dot": "a b out",
        "einsum": "*operands dtype optimize",
        "empty": "shape dtype order",
        "empty_like": "prototype dtype order subok shape",
        "expand_dims": "a axis",
        "eye": "N M k dtype order",
        "fill_diagonal": "a val wrap",
        "flatnonzero": "a",
        "flip": "a axis",
        "full": "shape fill_value dtype order",
        "full_like": "a fill_value dtype order subok shape",
        "isclose": "a b rtol atol equal_nan",
        "linalg.norm": "x ord axis keepdims",
        "linalg.qr": "a mode",
        "linspace": "start stop num endpoint retstep dtype axis",
        "max": "a axis out keepdims",
        "may_share_memory": "a b max_work",
        "mean": "a axis dtype out keepdims",
        "min": "a axis out keepdims",
        "moveaxis": "a source destination",
        "ndim": "a",
        "nonzero": "a",
        "ones": "shape dtype order",
        "ones_like": "a dtype order subok shape",
        "outer": "a b out",
        "pad": "array pad_width mode constant_values",
        "place": "arr mask vals",
        "prod": "a axis dtype out keepdims",
        "put": "a ind v mode",
        "putmask": "a mask values",
        "ravel": "a order",
        "repeat": "a repeats axis",
        "reshape": "a newshape order copy",
        "result_type": "*arrays_and_dtypes",
        "roll": "a shift axis",
        "round": "a decimals out",
        "searchsorted": "a v side sorter",
        "shape": "a",
        "size": "a axis",
        "squeeze": "a axis",
        "stack": "tup axis out dtype casting",
        "std": "a axis dtype out ddof keepdims",
        "sum": "a axis dtype out keepdims",
        "swapaxes": "a axis1 axis2",
        "take": "a indices axis out",
        "take_along_axis": "a indices axis",
        "transpose": "a axes",
        "tril": "m k",
        "triu": "m k",
        "var": "a axis dtype out ddof keepdims",
        "where": "condition x y",
        "zeros": "shape dtype order",
        "zeros_like": "a dtype order subok shape",
    }.items()
}
"""Name -> the names of its parameters, in CuPy's order; ``*`` marks those that take any number."""

_UFUNCS = """
    absolute add arccos arccosh arcsin arcsinh arctan arctan2 arctanh bitwise_and bitwise_or bitwise_xor
    ceil copysign cos cosh divmod divide equal exp exp2 expm1 floor floor_divide fmax fmin fmod greater
    greater_equal hypot invert isfinite isinf isnan ldexp left_shift less less_equal log log10 log1p log2
    logaddexp logaddexp2 logical_and logical_not logical_or logical_xor matmul maximum minimum multiply
    negative nextafter not_equal positive power reciprocal remainder right_shift rint sign signbit sin
    sinh sqrt square subtract tan tanh trunc
"""
UFUNCS = set(_UFUNCS.split())

UFUNC_METHODS = {
    "reduce": ("add", "multiply"),
    "accumulate": ("add", "multiply"),
    "reduceat": ("add",),
    "at": ("add", "subtract", "maximum", "minimum"),
}
"""The methods of ufuncs, and which ones have them."""

ADDED_AT = {"int32", "int64", "uint32", "uint64", "float16", "float32", "float64"}
"""The dtypes of ``add.at``."""

METHODS = {
    name: tuple(parameters.split())
    for name, parameters in {
        "all": "axis out keepdims",
        "any": "axis out keepdims",
        "argmax": "axis out dtype keepdims",
        "argmin": "axis out dtype keepdims",
        "argsort": "axis kind",
        "astype": "dtype order casting subok copy",
        "clip": "min max out",
        "copy": "order",
        "cumsum": "axis dtype out",
        "diagonal": "offset axis1 axis2",
        "dot": "b out",
        "fill": "value",
        "flatten": "order",
        "item": "",
        "max": "axis out keepdims",
        "mean": "axis dtype out keepdims",
        "min": "axis out keepdims",
        "nonzero": "",
        "prod": "axis dtype out keepdims",
        "ravel": "order",
        "repeat": "repeats axis",
        "reshape": "*shape order copy",
        "round": "decimals out",
        "squeeze": "axis",
        "std": "axis dtype out ddof keepdims",
        "sum": "axis dtype out keepdims",
        "swapaxes": "axis1 axis2",
        "take": "indices axis out",
        "tobytes": "order",
        "tolist": "",
        "transpose": "*axes",
        "var": "axis dtype out ddof keepdims",
        "view": "dtype",
    }.items()
}
"""The methods of arrays, with their parameters."""

ATTRIBUTES = {"dtype", "itemsize", "nbytes", "ndim", "shape", "size", "strides"}
