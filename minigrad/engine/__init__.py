"""The engine: operations are recorded as they run, and the record is walked back for gradients."""

import warnings

# NumPy warns where a number becomes infinite or NaN. In a formula that is a result like another (a mask of
# -inf is put in on purpose), detect_anomaly finds the one that is not, and PyTorch is silent, too. What the
# learner computes with NumPy itself goes on warning.
warnings.filterwarnings(
    "ignore", message=".* encountered in", category=RuntimeWarning, module=r"minigrad\.(engine|ops|kernels)\."
)
