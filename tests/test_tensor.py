"""What a tensor is and how it behaves in Python: names, numbers out of it, containers, copies, views."""

import ast
import copy
import gc
import inspect
import pickle
import subprocess
import sys
import weakref

import numpy as np
import pytest

import minigrad as mg
import minigrad.nn.functional as F
from tests.conftest import COMPILING

pytestmark = pytest.mark.usefixtures("device")

# The names and arguments of PyTorch -------------------------------------------------------------------------

# From PyTorch's documentation, without out= and what concerns devices and memory. Both: function and method.
BOTH = """
abs(input) neg(input) exp(input) expm1(input) log(input) log1p(input) log2(input) sqrt(input) rsqrt(input)
square(input) sin(input) cos(input) tanh(input) sigmoid(input) erf(input) reciprocal(input) sign(input)
floor(input) ceil(input) round(input,*,decimals=0) positive(input) relu(input)
clamp(input,min=None,max=None) add(input,other,*,alpha=1) sub(input,other,*,alpha=1) mul(input,other)
div(input,other,*,rounding_mode=None) pow(input,exponent) remainder(input,other) floor_divide(input,other)
maximum(input,other) minimum(input,other) eq(input,other) ne(input,other) lt(input,other) le(input,other)
gt(input,other) ge(input,other) logical_not(input) logical_and(input,other) logical_or(input,other)
logical_xor(input,other) isnan(input) isinf(input) isfinite(input) masked_fill(input,mask,value)
sum(input,dim=None,keepdim=False,*,dtype=None) mean(input,dim=None,keepdim=False,*,dtype=None)
prod(input,dim=None,keepdim=False,*,dtype=None) amax(input,dim=None,keepdim=False)
amin(input,dim=None,keepdim=False) max(input,dim=None,keepdim=False) min(input,dim=None,keepdim=False)
var(input,dim=None,unbiased=None,keepdim=False,*,correction=None)
std(input,dim=None,unbiased=None,keepdim=False,*,correction=None) logsumexp(input,dim,keepdim=False)
argmax(input,dim=None,keepdim=False) argmin(input,dim=None,keepdim=False) cumsum(input,dim,*,dtype=None)
any(input,dim=None,keepdim=False) all(input,dim=None,keepdim=False)
topk(input,k,dim=-1,largest=True,sorted=True)
sort(input,dim=-1,descending=False,*,stable=False) argsort(input,dim=-1,descending=False,*,stable=False)
norm(input,p='fro',dim=None,keepdim=False,dtype=None)
transpose(input,dim0,dim1) movedim(input,source,destination) t(input) squeeze(input,dim=None)
unsqueeze(input,dim)
broadcast_to(input,size) flatten(input,start_dim=0,end_dim=-1) unflatten(input,dim,sizes) clone(input)
chunk(input,chunks,dim=0) unbind(input,dim=0) roll(input,shifts,dims=None) tril(input,diagonal=0)
triu(input,diagonal=0) repeat_interleave(input,repeats,dim=None,*,output_size=None)
narrow(input,dim,start,length) select(input,dim,index) index_select(input,dim,index)
masked_select(input,mask) gather(input,dim,index,*,sparse_grad=False)
scatter_add(input,dim,index,src) softmax(input,dim,dtype=None) log_softmax(input,dim,dtype=None)
matmul(input,other) mm(input,mat2) bmm(input,mat2) mv(input,vec) dot(input,tensor) outer(input,vec2)
multinomial(input,num_samples,replacement=False,*,generator=None) bernoulli(input,p=None,*,generator=None)
"""
FUNCTIONS = """
where(condition,input=None,other=None) reshape(input,shape) permute(input,dims) cat(tensors,dim=0)
stack(tensors,dim=0) split(tensor,split_size_or_sections,dim=0)
tensor(data,*,dtype=None,device=None,requires_grad=False)
as_tensor(data,*,dtype=None,device=None) from_numpy(ndarray) full(size,fill_value,*,dtype=None)
zeros_like(input,*,dtype=None) ones_like(input,*,dtype=None) full_like(input,fill_value,*,dtype=None)
empty_like(input,*,dtype=None) rand_like(input,*,dtype=None) randn_like(input,*,dtype=None)
linspace(start,end,steps,*,dtype=None) eye(n,m=None,*,dtype=None)
randperm(n,*,generator=None,dtype=None) manual_seed(seed) set_default_dtype(d) is_tensor(obj)
"""
# Sizes may be given one by one or as one sequence; the name of the sequence is in the list.
SPELLED_OUT = {
    "zeros": "size",
    "ones": "size",
    "empty": "size",
    "rand": "size",
    "randn": "size",
    "flip": "dims",
    "tile": "dims",
}
SPELLED_OUT_METHODS = {
    "reshape": "shape",
    "view": "size",
    "permute": "dims",
    "expand": "size",
    "repeat": "repeats",
    "flip": "dims",
    "tile": "dims",
}
FUNCTIONAL = """
linear(input,weight,bias=None) relu(input,inplace=False) leaky_relu(input,negative_slope=0.01,inplace=False)
embedding(input,weight,padding_idx=None,max_norm=None,norm_type=2.0,scale_grad_by_freq=False,sparse=False)
elu(input,alpha=1.0,inplace=False) gelu(input,*,approximate='none') silu(input,inplace=False)
softplus(input,beta=1,threshold=20) hardtanh(input,min_val=-1.0,max_val=1.0,inplace=False) sigmoid(input)
tanh(input) softmax(input,dim=None,_stacklevel=3,dtype=None)
log_softmax(input,dim=None,_stacklevel=3,dtype=None)
dropout(input,p=0.5,training=True,inplace=False) one_hot(input,num_classes=-1)
layer_norm(input,normalized_shape,weight=None,bias=None,eps=1e-05) normalize(input,p=2.0,dim=1,eps=1e-12)
pad(input,pad,mode='constant',value=None)
cross_entropy(input,target,weight=None,size_average=None,ignore_index=-100,reduce=None,reduction='mean',label_smoothing=0.0)
nll_loss(input,target,weight=None,size_average=None,ignore_index=-100,reduce=None,reduction='mean')
mse_loss(input,target,size_average=None,reduce=None,reduction='mean',weight=None)
l1_loss(input,target,size_average=None,reduce=None,reduction='mean',weight=None)
smooth_l1_loss(input,target,size_average=None,reduce=None,reduction='mean',beta=1.0)
kl_div(input,target,size_average=None,reduce=None,reduction='mean',log_target=False)
binary_cross_entropy(input,target,weight=None,size_average=None,reduce=None,reduction='mean')
binary_cross_entropy_with_logits(input,target,weight=None,size_average=None,reduce=None,reduction='mean',pos_weight=None)
scaled_dot_product_attention(query,key,value,attn_mask=None,dropout_p=0.0,is_causal=False,*,scale=None,enable_gqa=False)
"""


def signatures(text):
    """(name, [(argument, default)], [(keyword-only argument, default)]) for each signature in the text."""
    found = []
    for part in text.split(") "):
        for line in part.strip().split("\n"):
            if line:
                function = ast.parse(f"def {line.rstrip(')')}): pass").body[0]
                a = function.args
                defaults = [...] * (len(a.args) - len(a.defaults)) + [ast.literal_eval(d) for d in a.defaults]
                keywords = [ast.literal_eval(d) if d else ... for d in a.kw_defaults]
                found.append(
                    (
                        function.name,
                        [(x.arg, d) for x, d in zip(a.args, defaults, strict=True)],
                        [(x.arg, d) for x, d in zip(a.kwonlyargs, keywords, strict=True)],
                    )
                )
    return found


def check_signature(function, arguments, keywords):
    parameters = inspect.signature(function).parameters
    positional = [p for p in parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert [p.name for p in positional] == [name for name, _ in arguments]
    for p, (name, default) in zip(positional, arguments, strict=True):
        assert (... if p.default is p.empty else p.default) == default or name == "stable", name
    for name, default in keywords:
        assert parameters[name].kind is inspect.Parameter.KEYWORD_ONLY
        assert parameters[name].default == default or default is ...


@pytest.mark.parametrize(("name", "arguments", "keywords"), signatures(BOTH))
def test_functions_that_are_methods_too(name, arguments, keywords):
    check_signature(getattr(mg, name), arguments, keywords)
    method = getattr(mg.Tensor, name)
    (_, *rest), own = arguments, list(inspect.signature(method).parameters.values())
    assert [p.name for p in own[1:] if p.kind is p.POSITIONAL_OR_KEYWORD] == [n for n, _ in rest]
    assert getattr(mg.tensor(1.0), name).__doc__


@pytest.mark.parametrize(("name", "arguments", "keywords"), signatures(FUNCTIONS))
def test_functions(name, arguments, keywords):
    check_signature(getattr(mg, name), arguments, keywords)


@pytest.mark.parametrize(("name", "arguments", "keywords"), signatures(FUNCTIONAL))
def test_functional(name, arguments, keywords):
    check_signature(getattr(F, name), arguments, keywords)


@pytest.mark.parametrize("name", SPELLED_OUT)
def test_sizes_of_functions(name):
    assert SPELLED_OUT[name] in inspect.signature(getattr(mg, name)).parameters


@pytest.mark.parametrize("name", SPELLED_OUT_METHODS)
def test_sizes_of_methods(name):
    parameter = inspect.signature(getattr(mg.Tensor, name)).parameters[SPELLED_OUT_METHODS[name]]
    assert parameter.kind is inspect.Parameter.KEYWORD_ONLY


@pytest.mark.parametrize(
    "name", ["arange", "randint", "normal", "einsum", "from_dlpack", "Generator", "Tensor"]
)
def test_names_of_other_shapes(name):
    assert callable(getattr(mg, name))


# What it is -------------------------------------------------------------------------------------------------


def test_what_a_tensor_says_of_itself():
    x = mg.zeros(2, 3, dtype=mg.float64)
    assert x.shape == (2, 3)
    assert x.size() == (2, 3)
    assert x.size(-1) == x.size(dim=1) == 3
    assert x.ndim == x.dim() == 2
    assert x.numel() == 6
    assert x.dtype is mg.float64
    assert x.element_size() == 8
    assert x.nbytes == 48
    assert x.stride() == (3, 1)
    assert x.T.stride() == (1, 3)
    assert x.is_contiguous()
    assert not x.T.is_contiguous()
    assert x.T.contiguous().is_contiguous()
    assert x.contiguous() is x
    assert x.is_floating_point()
    assert not x.long().is_floating_point()
    assert mg.is_tensor(x)
    assert not mg.is_tensor(np.zeros(2))
    assert isinstance(x, mg.Tensor)


def test_the_dtypes_are_numpys():
    assert mg.float32 is np.dtype("float32")
    assert mg.float is mg.float32
    assert mg.double is mg.float64
    assert mg.long is mg.int64
    assert mg.tensor([1.0]).dtype == "float32"
    assert mg.tensor([1.0]).dtype == np.float32


def test_requires_grad():
    x = mg.tensor([1.0, 2.0])
    assert not x.requires_grad
    assert x.requires_grad_() is x
    assert x.requires_grad
    assert x.is_leaf
    assert x.grad is None
    assert x.grad_fn is None
    y = x * 2
    assert y.requires_grad
    assert not y.is_leaf
    assert repr(y.grad_fn) == "<mul>"
    assert not (x > 1).requires_grad
    assert not x.long().requires_grad
    assert not x.argmax().requires_grad
    assert not x.detach().requires_grad
    assert not x.data.requires_grad
    x.requires_grad = False
    assert not (x * 2).requires_grad
    with pytest.raises(RuntimeError, match="detach"):
        y.requires_grad = False


def test_the_graph_is_released_without_the_garbage_collector():
    gc.disable()
    try:
        x = mg.tensor([1.0], requires_grad=True)
        y = x * 2
        seen = weakref.ref(y.grad_fn)
        z = y.sum()
        del y
        assert seen() is not None
        del z
        assert seen() is None
    finally:
        gc.enable()


# Numbers out of it ------------------------------------------------------------------------------------------


def test_python_numbers():
    assert mg.tensor(2.5).item() == 2.5
    assert type(mg.tensor(2.5).item()) is float
    assert type(mg.tensor([[3]]).item()) is int
    assert type(mg.tensor(True).item()) is bool
    assert float(mg.tensor([2.5])) == 2.5
    assert int(mg.tensor(2.7)) == 2
    assert complex(mg.tensor(2.0)) == 2
    assert mg.tensor([[1, 2], [3, 4]]).tolist() == [[1, 2], [3, 4]]
    assert mg.tensor(1.5).tolist() == 1.5
    assert float(mg.tensor(2.0, requires_grad=True) * 2) == 4.0


def test_as_an_index():
    i = mg.tensor(2)
    assert [10, 20, 30][i] == 30
    assert list(range(i)) == [0, 1]
    assert np.arange(5)[i] == 2
    with pytest.raises(TypeError, match="float32"):
        [1, 2][mg.tensor(1.0)]


def test_truth():
    assert mg.tensor(1.0)
    assert not mg.tensor([[0]])
    assert mg.tensor(True)
    if mg.tensor(0.0):
        pytest.fail("0 is false")
    assert (mg.tensor([1, 2]) == mg.tensor([1, 2])).all()


# A container ------------------------------------------------------------------------------------------------


def test_length_and_iteration():
    x = mg.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    assert len(x) == 3
    assert [row.tolist() for row in x] == x.tolist()
    a, b, c = x
    assert c.tolist() == [5.0, 6.0]
    assert a.shape == b.shape == (2,)
    assert len(mg.zeros(0, 3)) == 0
    assert list(mg.zeros(0, 3)) == []
    with pytest.raises(TypeError, match="no dimension"):
        len(mg.tensor(1.0))
    with pytest.raises(TypeError, match="item"):
        list(mg.tensor(1.0))


def test_rows_met_in_iteration_carry_gradients():
    x = mg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    first, second = x
    (first * second).sum().backward()
    assert x.grad.tolist() == [[3.0, 4.0], [1.0, 2.0]]


def test_membership():
    x = mg.tensor([1.0, 2.0])
    assert 2.0 in x
    assert 3.0 not in x
    assert mg.tensor(1.0) in x
    assert "a" not in [x]


def test_identity_in_sets_and_dictionaries():
    x, y = mg.tensor([1.0]), mg.tensor([1.0])
    assert {x: "x", y: "y"}[y] == "y"
    assert len({x, y, x}) == 2
    assert hash(x) == hash(x)
    assert x in [y, x]
    assert any(t is x for t in [y, x])


def test_comparison_with_what_is_no_number():
    x = mg.tensor([1.0, 2.0])
    assert (x == None) is False  # noqa: E711
    assert (x != None) is True  # noqa: E711
    assert (x == "a") is False
    assert (x == [1.0, 3.0]).tolist() == [True, False]
    assert (x != mg.tensor([1.0, 3.0])).tolist() == [False, True]


# Copies -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [mg.float32, mg.float64, mg.int64, mg.bool])
def test_pickle(dtype):
    x = mg.tensor([[1, 0], [2, 3]], dtype=dtype)
    y = pickle.loads(pickle.dumps(x))
    assert y.tolist() == x.tolist()
    assert y.dtype is dtype
    assert not y.requires_grad
    assert mg.from_numpy(pickle.loads(pickle.dumps(x.cpu().numpy()))).dtype is dtype


def test_pickle_keeps_requires_grad():
    x = mg.tensor([1.0], requires_grad=True)
    assert pickle.loads(pickle.dumps(x)).requires_grad
    with pytest.raises(RuntimeError, match="detach"):
        pickle.dumps(x * 2)


def test_deepcopy_is_independent():
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    (x * 3).sum().backward()
    y = copy.deepcopy(x)
    assert y.requires_grad
    assert y.grad.tolist() == [3.0, 3.0]
    y.grad.fill_(0)
    with mg.no_grad():
        y.fill_(9)
    assert x.tolist() == [1.0, 2.0]
    assert x.grad.tolist() == [3.0, 3.0]
    with pytest.raises(RuntimeError, match="detach"):
        copy.deepcopy(x * 2)


def test_deepcopy_keeps_what_is_shared():
    x = mg.tensor([1.0])
    a, b = copy.deepcopy([x, x])
    assert a is b


def test_copy_shares_memory():
    x = mg.tensor([1.0])
    y = copy.copy(x)
    assert y is not x
    y.fill_(5)
    assert x.item() == 5


def test_clone_and_detach():
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    y = x.clone()
    (y * 2).sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]
    z = x.detach()
    z.fill_(7)
    assert x.tolist() == [7.0, 7.0]
    assert y.tolist() == [1.0, 2.0]


def test_data_shares_memory_and_can_be_replaced():
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    x.data.mul_(3)
    assert x.tolist() == [3.0, 6.0]
    x.data = mg.tensor([5.0, 5.0])
    assert x.tolist() == [5.0, 5.0]
    assert x.requires_grad
    with pytest.raises(TypeError, match="list"):
        x.data = [1.0]
    with pytest.raises(RuntimeError, match=r"data: .* floating.*int64"):
        x.data = mg.tensor([1, 2])
    assert x.dtype is mg.float32


# Views ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cut",
    [
        lambda x: x[1],
        lambda x: x[:, 1:],
        lambda x: x.T,
        lambda x: x.reshape(-1),
        lambda x: x.view(3, 2),
        lambda x: x.flatten(),
        lambda x: x.unsqueeze(0),
        lambda x: x.unsqueeze(0).squeeze(),
        lambda x: x.permute(1, 0),
        lambda x: x.narrow(1, 0, 2),
        lambda x: x.select(0, 1),
        lambda x: x.split(1)[1],
        lambda x: x.chunk(2)[0],
        lambda x: x.unbind()[1],
        lambda x: x.detach(),
        lambda x: x[None, ..., 0],
    ],
)
def test_views_share_memory(cut):
    x = mg.zeros(2, 3)
    y = cut(x)
    y.fill_(1)
    assert x.sum() == y.numel()
    x.fill_(2)
    assert (y == 2).all()


@pytest.mark.parametrize(
    "copied",
    [
        lambda x: x[[0, 1]],
        lambda x: x[x > -1],
        lambda x: x.clone(),
        lambda x: x.flip(0),
        lambda x: x.repeat(1, 1),
        lambda x: x[:1, :1].repeat(3, 1),
        lambda x: x[:1, :1].repeat_interleave(3, 0),
        lambda x: x.tile(1),
        lambda x: x + 0,
        lambda x: x.index_select(0, mg.tensor([0])),
        lambda x: mg.cat([x]),
        lambda x: x.tril(),
        lambda x: x.to(mg.float64),
    ],
)
def test_copies_do_not(copied):
    x = mg.zeros(2, 3)
    copied(x).fill_(1)
    assert x.sum() == 0


def test_no_view_of_memory_in_another_order():
    x = mg.zeros(2, 3).T
    assert x.reshape(-1).shape == (6,)
    with pytest.raises(RuntimeError, match=r"view.*\(3, 2\).*\(-1,\).*reshape"):
        x.view(-1)


def test_a_write_into_a_view_reaches_the_gradient_of_its_base():
    x = mg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x * 1
    y[1] = 0
    y[2:] *= 5
    y.sum().backward()
    assert x.grad.tolist() == [1.0, 0.0, 5.0]


def test_expanded_memory_cannot_be_written():
    x = mg.zeros(3, 1).expand(3, 4)
    with pytest.raises(RuntimeError, match=r"expanded.*clone"):
        x.fill_(1)


# In place ---------------------------------------------------------------------------------------------------


def test_in_place_returns_the_tensor():
    x = mg.tensor([4.0, 9.0])
    memory = x._data
    assert x.sqrt_() is x
    assert x.add_(1).mul_(2) is x
    x -= 2
    x /= 2
    x **= 2
    x %= 5
    x //= 2
    assert x._data is memory
    assert x.tolist() == [2.0, 2.0]
    assert x.zero_().tolist() == [0.0, 0.0]
    assert x.copy_(mg.tensor([1, 2])).tolist() == [1.0, 2.0]
    assert x.fill_(mg.tensor(3.0)).tolist() == [3.0, 3.0]
    assert x.clamp_(max=2).tolist() == [2.0, 2.0]
    assert x.masked_fill_(x > 1, 7).tolist() == [7.0, 7.0]


def test_operations_in_place_have_the_gradient_of_their_own():
    """They keep a copy of what they overwrite, if their gradient needs it."""
    x = mg.tensor([0.5, 2.0], requires_grad=True, dtype=mg.float64)
    w = mg.tensor([3.0, 4.0], requires_grad=True, dtype=mg.float64)
    y = x * 1
    y.mul_(w)
    y.log_()
    y.sum().backward()
    np.testing.assert_allclose(x.grad.cpu().numpy(), [2.0, 0.5])  # d ln(w x) / dx = 1 / x
    np.testing.assert_allclose(w.grad.cpu().numpy(), [1 / 3, 1 / 4])


def test_a_leaf_is_not_written_but_under_no_grad():
    x = mg.tensor([1.0], requires_grad=True)
    with pytest.raises(RuntimeError, match=r"leaf.*no_grad"):
        x.add_(1)
    with pytest.raises(RuntimeError, match=r"leaf.*no_grad"):
        x[0] = 1
    with mg.no_grad():
        x.add_(1)
    assert x.tolist() == [2.0]
    assert x.requires_grad


def test_shapes_do_not_grow_in_place():
    with pytest.raises(RuntimeError, match=r"add_.*\(2, 3\).*\(3,\)"):
        mg.zeros(3).add_(mg.zeros(2, 3))


def test_values_that_are_assigned():
    x = mg.zeros(2, 3)
    x[0] = [1, 2, 3]
    x[1] = np.array([4.0, 5.0, 6.0])
    assert x.tolist() == [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    x[:, 0] = True
    x[x > 3] = [7.0, 8.0]
    assert x.tolist() == [[1.0, 2.0, 3.0], [1.0, 7.0, 8.0]]
    x[...] = mg.tensor([[[0.5]]])
    assert (x == 0.5).all()


def test_negative_steps():
    """NumPy's, which PyTorch does not have; a view, like every slice."""
    x = mg.arange(4.0).requires_grad_()
    y = x[::-1]
    assert y.tolist() == [3.0, 2.0, 1.0, 0.0]
    (y * mg.tensor([1.0, 2.0, 3.0, 4.0])).sum().backward()
    assert x.grad.tolist() == [4.0, 3.0, 2.0, 1.0]
    z = mg.zeros(3)
    z[::-2] = 1
    assert z.tolist() == [1.0, 0.0, 1.0]


# Conversion -------------------------------------------------------------------------------------------------


def test_to():
    x = mg.tensor([1.5, 2.5])
    assert x.to(mg.float32) is x
    assert x.to(mg.int64).tolist() == [1, 2]
    assert x.to("float64").dtype == mg.float64
    assert x.to(mg.zeros(1, dtype=mg.uint8)).dtype == mg.uint8
    assert x.to(mg.float32, copy=True) is not x
    assert x.to(mg.float32, copy=True).tolist() == x.tolist()
    assert mg.tensor([0.0, 0.5]).bool().tolist() == [False, True]


def test_gradients_come_back_in_the_dtype_of_the_argument():
    x = mg.tensor([1.5], requires_grad=True)
    (x.double() * 2).sum().backward()
    assert x.grad.dtype == mg.float32
    assert x.grad.tolist() == [2.0]


# Silence ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [mg.float32, mg.float64])
def test_extremes_that_have_a_finite_answer(dtype):
    """No overflow on the way, forward or backward; warnings are errors in this suite."""
    x = mg.tensor([-1000.0, -100.0, 0.0, 100.0, 1000.0], dtype=dtype, requires_grad=True)
    parts = [
        x.sigmoid(),
        x.tanh(),
        F.softplus(x),
        F.silu(x) * 1e-3,
        F.gelu(x) * 1e-3,
        F.elu(x) * 1e-3,
        x.softmax(0),
        x.log_softmax(0) * 1e-3,
        x.logsumexp(0) * 1e-3,
        F.binary_cross_entropy_with_logits(x, mg.ones_like(x)),
        F.cross_entropy(x, mg.tensor(0)),
        x.erf(),
    ]
    total = sum(part.sum() for part in parts)
    total.backward()
    assert total.isfinite().item()
    assert x.grad.isfinite().all()


def test_masked_scores():
    x = mg.tensor([[0.0, -float("inf"), 1.0]], requires_grad=True)
    p = x.softmax(1)
    assert p[0, 1] == 0
    p[0, 0].backward()
    assert x.grad.isfinite().all()
    assert x.detach().logsumexp(1).item() == pytest.approx(np.log1p(np.e))


INFINITE = {
    "log 0": "(x * 0).log()",
    "1 / 0": "x / (x - x)",
    "sqrt -1": "(-x).sqrt()",
    "the slope of sqrt at 0": "(x - x).sqrt()",
    "e ** 1000": "(x * 1000).exp()",
    "1e30 ** 2": "(x * 1e30) ** 2",
    "1e30 * 1e30": "(x * 1e30) * (x * 1e30)",
    "inf - inf": "x * float('inf') - x * float('inf')",
    "a sum": "(x * 3e38).sum()",
    "a product": "(x * 1e30) @ (x * 1e30)",
    "softmax of -inf": "(x * -float('inf')).softmax(0)",
    "the variance of one": "x[:1].var()",
    "the mean of none": "x[:0].mean()",
    "a loss that counts nothing": "F.cross_entropy(mg.stack([x, x]), mg.tensor([-100, -100]))",
}


def test_infinities_and_nan_come_in_silence():
    """As in PyTorch: no warning, forward or backward. detect_anomaly is there to find them."""
    program = f"""
import minigrad as mg, minigrad.nn.functional as F
for name, expression in {INFINITE!r}.items():
    x = mg.tensor([1.0, 1.0], requires_grad=True)
    y = eval(expression)
    y.backward(mg.ones_like(y))
    assert not (y.isfinite().all() and x.grad.isfinite().all()), name
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stderr.replace(COMPILING, "")) == (0, "")


# Cases that PyTorch's own samples brought up ----------------------------------------------------------------


def test_new_tensors_on_a_device_that_is_named():
    x = mg.ones(2, dtype=mg.float64)
    for make in (x.new_zeros, x.new_ones, lambda size, **options: x.new_full(size, 3, **options)):
        y = make((2, 3), device="cpu")
        assert (y.shape, y.dtype, str(y.device)) == ((2, 3), mg.float64, "cpu")


def test_one_step_of_memory_and_an_array_by_force():
    x = mg.ones(2, 3, requires_grad=True)
    assert (x.stride(), x.stride(0), x.stride(-1)) == ((3, 1), 3, 1)
    assert x.numpy(force=True).tolist() == [[1, 1, 1], [1, 1, 1]]


def test_what_a_draw_in_place_refuses():
    x = mg.ones(3)
    for draw in (lambda: x.uniform_(3, -1), lambda: x.normal_(0, -1)):
        with pytest.raises(RuntimeError, match=r"-1"):
            draw()
    with pytest.raises(TypeError, match=r"mg\.normal\(mean, std\) takes tensors"):
        x.normal_(mg.ones(3), 1)
    assert x.tolist() == [1, 1, 1]


def test_places_and_sources_that_do_not_fit():
    x, index = mg.zeros(5), mg.tensor([0, 0])
    assert x.gather(0, mg.zeros(2, 0, dtype=mg.int64)).shape == (2, 0)
    assert x.scatter(0, mg.zeros(2, 0, dtype=mg.int64), mg.ones(3, 3)).tolist() == [0] * 5
    for name in ("scatter", "scatter_add"):
        with pytest.raises(NotImplementedError, match=rf"{name}: .*float32.*float64"):
            getattr(x, name)(0, index, mg.ones(2, dtype=mg.float64))
    with pytest.raises(NotImplementedError, match=r"reduce='add'.*scatter_add"):
        x.scatter(0, index, mg.ones(2), reduce="add")
    with pytest.raises(RuntimeError, match="output_size is 5, and there are 6"):
        mg.repeat_interleave(mg.ones(4), mg.tensor([1, 2, 3, 0]), 0, output_size=5)
    with pytest.raises(mg.ShapeError, match=r"embedding: .*\(rows, D\), got \(1, 1, 1\)"):
        F.embedding(index, mg.ones(1, 1, 1))


def test_signs_of_what_has_none_and_a_negative_tolerance():
    assert mg.sign(mg.tensor([float("nan"), -0.0, float("-inf")])).tolist() == [0, 0, -1]
    assert mg.sign(mg.tensor([0, 255], dtype=mg.uint8)).tolist() == [0, 1]
    assert mg.sign(mg.tensor([True, False])).tolist() == [True, False]
    with pytest.raises(RuntimeError, match=r"isclose: .* -0\.4"):
        mg.isclose(mg.ones(1), mg.ones(1), rtol=-0.4)


def test_help_shows_the_arguments_of_what_works_in_place():
    assert str(inspect.signature(mg.Tensor.add_)) == str(inspect.signature(mg.Tensor.add))


def test_what_a_program_copies_to_draw_it_is_told_to_be_detached():
    with pytest.raises(RuntimeError, match=r"an operation made this one. To draw it, .*t\.detach\(\)"):
        copy.copy(mg.ones(2, requires_grad=True) * 2)
