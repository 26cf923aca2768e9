"""One array, laid out in memory in every way that a kernel may be given it."""

import numpy as np

LAYOUTS = ("C", "F", "strided", "reversed", "transposed")


def laid_out(values, layout):
    """A copy of ``values`` that lies in memory as ``layout`` says."""
    shape, dtype = values.shape, values.dtype
    if layout == "strided" and shape:
        view = np.empty((*shape[:-1], 2 * shape[-1]), dtype)[..., ::2]
    elif layout == "reversed" and shape:
        view = np.empty(shape, dtype)[tuple(slice(None, None, -1) for _ in shape)]
    elif layout == "transposed" and shape:
        view = np.moveaxis(np.empty((*shape[1:], shape[0]), dtype), -1, 0)
    else:
        view = np.empty(shape, dtype, order="F" if layout == "F" else "C")
    view[...] = values
    return view
