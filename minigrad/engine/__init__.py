"""The engine: operations are recorded as they run, and the record is walked back for gradients."""

import warnings

# NumPy warns where a number becomes infinite or NaN. In a formula that is a result like another (a mask of
# -inf is put in on purpose), detect_anomaly finds the one that is not, and PyTorch is silent, too. What the
# learner computes with NumPy itself goes on warning.
#
# Test runners set this filter aside, and some make errors of warnings (pytest -W error). A formula or rule of
# ours that ends in such an error is called again, in silence. Silence from the start, by NumPy's errstate for
# each operation, would take a quarter of the time of a small one.
warnings.filterwarnings(
    "ignore", message=".* encountered in", category=RuntimeWarning, module=r"minigrad\.(engine|ops|kernels)\."
)
