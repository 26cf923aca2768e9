"""`import minigrad` is light, and what it can do without is not missed."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def in_new_python(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_import_loads_numpy_and_the_standard_library_only() -> None:
    program = """
import json, sys, numpy, numpy.random
before = set(sys.modules)
import minigrad
import minigrad.nn, minigrad.nn.functional, minigrad.optim, minigrad.autograd
print(json.dumps(sorted({name.partition(".")[0] for name in set(sys.modules) - before})))
"""
    loaded = set(json.loads(in_new_python(program)))
    assert "minigrad" in loaded
    assert loaded - sys.stdlib_module_names - {"minigrad", "numpy"} == set()


def test_explaining_gradients_and_pictures_load_when_they_are_asked_for() -> None:
    program = """
import sys
import minigrad as mg
loaded = [name for name in ("minigrad.diagnosis", "minigrad.viz") if name in sys.modules]
print(loaded, {"viz", "explain_gradient", "tensor"} <= set(dir(mg)), "explain_gradient" in dir(mg.autograd))
from minigrad import explain_gradient
from minigrad.autograd import explain_gradient as same
print(explain_gradient is same is mg.explain_gradient is mg.autograd.explain_gradient, mg.viz.__name__)
try:
    mg.autograd.nothing
except AttributeError as error:
    print(error)
"""
    assert in_new_python(program).splitlines() == [
        "[] True True",
        "True minigrad.viz",
        "module 'minigrad.autograd' has no attribute 'nothing'",
    ]


def test_training_needs_no_pictures_until_a_history_is_drawn() -> None:
    program = """
import sys, minigrad.train
print([name for name in ("minigrad.viz", "minigrad.evaluation", "matplotlib") if name in sys.modules])
"""
    assert in_new_python(program) == "[]\n"


# Softmax regression worked by hand to five digits: W = [[0.65, 1.19], [0.69, -0.92]], b = 0, x = (0.2, 0.7),
# class 0. Its gradients, and then Adam's first step, which moves every parameter by the learning rate against
# its gradient.
TRAINING_STEP = """
import json
import minigrad as mg
from minigrad import nn, optim

layer = nn.Linear(2, 2)
layer.load_state_dict({"weight": mg.tensor([[0.65, 1.19], [0.69, -0.92]]), "bias": mg.zeros(2)})
optimizer = optim.Adam(layer.parameters(), lr=0.25)
loss = nn.functional.cross_entropy(layer(mg.tensor([[0.2, 0.7]])), mg.tensor([0]))
loss.backward()
answer = [loss.item(), layer.weight.grad.tolist(), layer.bias.grad.tolist()]
optimizer.step()
print(json.dumps([*answer, layer.bias.tolist()]))
"""


def test_without_numba_the_plain_kernels_do_the_work() -> None:
    program = "import sys; sys.modules['numba'] = None  # so that importing it fails\n" + TRAINING_STEP
    loss, weight_gradient, bias_gradient, bias = json.loads(in_new_python(program))
    assert round(loss, 5) == 0.20714
    assert [[round(v, 5) for v in row] for row in weight_gradient] == [
        [-0.03742, -0.13097],
        [0.03742, 0.13097],
    ]
    assert [round(v, 5) for v in bias_gradient] == [-0.18709, 0.18709]
    assert [round(v, 5) for v in bias] == [0.25, -0.25]
