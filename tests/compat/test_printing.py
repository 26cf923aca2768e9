"""Tensors as text beside PyTorch's. What differs: grad_fn, one blank before "...", the width beside a NaN."""

import pytest

CASES = """
tensor(1.) | tensor(1) | tensor(True) | tensor([1.,2,3]) | tensor([1.5,2,3]) | tensor([[1.,2],[3,4]])
tensor([True,False]) | tensor([True]) | tensor([]) | zeros(0,3) | zeros(2,0,dtype=L.int64) | tensor([1e-5,1.])
tensor([1e5,1.]) | tensor([1e10,1.]) | tensor([1e-10]) | tensor(float('nan')) | tensor([-float('inf'),1.5])
tensor([1.,2],requires_grad=True) | tensor([1.,2],dtype=L.float64) | tensor([1,2],dtype=L.int32)
tensor(1.,dtype=L.float64) | tensor(3.14159265) | tensor([3.14159265,100.]) | tensor([0.1,0.2]) | arange(1000)
ones(2,2,2) | arange(24.).reshape(2,3,4) | tensor([-1.,1]) | tensor([-1.5,22.25]) | tensor([[1,-20],[300,4]])
linspace(0,1,20) | tensor([1e-3,1e3]) | tensor([0.,1e-8]) | tensor(1e-8) | tensor(123456789.) | zeros(3)
tensor([0.00001234]) | tensor([1.0000001,2]) | tensor([99999.,1]) | tensor([1000000.,1]) | tensor(-0.0)
tensor([123456.5,1]) | tensor([2**40,1]) | tensor(1,dtype=L.int8) | ones(1,1) | zeros(15,15)
arange(30) | eye(3)
"""


@pytest.mark.parametrize(
    "text", [case.strip() for line in CASES.split("\n") for case in line.split("|") if case.strip()]
)
@pytest.mark.devices("cpu")
def test_the_same_text(beside, text):
    (ours, _), (theirs, _) = beside.libraries
    mine, reference = (repr(eval(f"L.{text}", {"L": library})) for library in (ours, theirs))
    assert mine.replace("minigrad.", "torch.") == reference
