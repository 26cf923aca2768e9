"""NumPy's warnings of an infinity or a NaN, turned off for minigrad's own lines.

NumPy warns where a number becomes infinite or NaN. In a formula that is a result like another (a mask of
-inf is put in on purpose), detect_anomaly finds the one that is not, and PyTorch is silent, too. What the
learner computes with NumPy itself goes on warning.

Test runners set this filter aside, and some make errors of warnings (pytest -W error). A formula or rule of
ours that ends in such an error is called again, in silence. Silence from the start, by NumPy's errstate for
each operation, would take a quarter of the time of a small one.
"""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

warnings.filterwarnings(
    "ignore", message=".* encountered in", category=RuntimeWarning, module=r"minigrad\.(engine|ops|kernels)\."
)


def in_silence(warning: RuntimeWarning, ours: bool, function: Callable[..., Any], *values: Any) -> Any:
    """What the function returns when it is called again, without the warning that ended its first call.

    A warning about a learner's own function, or about something else, is raised.
    """
    if not ours or " encountered in " not in str(warning):
        raise warning
    with np.errstate(all="ignore"):
        return function(*values)
