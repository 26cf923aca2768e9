"""The learner's line, wherever the package lies."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import minigrad as mg
from minigrad.callsite import learner_line

PACKAGE = Path(mg.__file__).parent


def test_the_line_that_asks():
    line = learner_line()
    assert line.startswith(f"{__file__}:")
    assert line.endswith(": line = learner_line()")


def test_a_package_reached_through_a_link(tmp_path):
    try:
        os.symlink(PACKAGE, tmp_path / "minigrad", target_is_directory=True)
    except OSError:
        pytest.skip("this system makes no symbolic links")
    script = tmp_path / "lesson.py"
    script.write_text(
        "import minigrad as mg\n"
        "x = mg.ones(2, requires_grad=True)\n"
        "h = x * 1\n"
        "y = h * h\n"
        "h.add_(1)\n"
        "y.sum().backward()\n"
    )
    done = subprocess.run(
        [sys.executable, script],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        check=False,
    )
    assert f"{script}:5: h.add_(1)" in done.stderr


def decays():
    schedule = mg.optim.lr_scheduler.ConstantLR(mg.optim.SGD([mg.ones(1, requires_grad=True)], lr=0.1))
    schedule.step()


@pytest.mark.parametrize(
    "call",
    [
        lambda: (mg.ones(1, requires_grad=True) * 2).grad,
        lambda: mg.nn.functional.mse_loss(mg.ones(2, 1), mg.ones(2)),
        lambda: mg.nn.MSELoss()(mg.ones(2, 1), mg.ones(2)),
        lambda: mg.nn.InstanceNorm1d(3)(mg.ones(2, 4, 5)),
        lambda: mg.nn.init.trunc_normal_(mg.ones(2), mean=9.0),
        lambda: mg.nn.utils.clip_grad_norm_((p for p in ()), 1.0),
        decays,
    ],
)
def test_a_warning_names_the_learner_s_line_however_deep_it_began(call):
    with pytest.warns(UserWarning) as caught:
        call()
    assert [warning.filename for warning in caught] == [__file__]
