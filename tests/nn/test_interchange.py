"""The same model source, run with minigrad's names and with PyTorch's, is the same model."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn

SOURCES = {
    "dense": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.flatten = nn.Flatten()
        self.layers = nn.Sequential(
            nn.Linear(12, 8), nn.ReLU(), nn.Linear(8, 6), nn.LeakyReLU(0.1), nn.Dropout(0.2), nn.Linear(6, 3),
        )

    def forward(self, x):
        return self.layers(self.flatten(x))
""",
    "residual": """
class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.inner = nn.Sequential(OrderedDict([
            ("up", nn.Linear(width, 2 * width)),
            ("act", nn.GELU()),
            ("down", nn.Linear(2 * width, width, bias=False)),
        ]))

    def forward(self, x):
        return x + self.inner(self.norm(x))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Linear(4, 5)
        self.blocks = nn.ModuleList([Block(5) for _ in range(3)])
        scale = nn.Sequential(nn.Linear(5, 2), nn.Softplus())
        self.heads = nn.ModuleDict({"mean": nn.Linear(5, 2), "scale": scale})
        self.temperature = nn.Parameter(torch.ones(1))
        self.register_buffer("shift", torch.zeros(2))
        self.register_buffer("hidden", torch.zeros(1), persistent=False)

    def forward(self, x):
        x = torch.tanh(self.stem(x))
        for block in self.blocks:
            x = block(x)
        return self.heads["mean"](x) * self.temperature + self.shift + self.heads["scale"](x) + self.hidden
""",
    "activations": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(4, 6)
        self.chain = nn.Sequential(
            nn.ELU(0.5), nn.SiLU(), nn.Hardtanh(-2.0, 2.0), nn.Sigmoid(), nn.Tanh(), nn.Unflatten(-1, (2, 3)),
            nn.LayerNorm((2, 3), eps=1e-3, bias=False), nn.Identity(), nn.GELU("tanh"), nn.LogSoftmax(dim=-1),
        )
        self.weights = nn.ParameterList([torch.ones(3), nn.Parameter(torch.full((2, 1), 0.5))])
        self.tied = self.first

    def forward(self, x):
        y = self.chain(self.first(x))
        for weight in self.weights:
            y = F.relu(y * weight + 1.5)
        return F.softmax(y, dim=1)
""",
}


def model(source, torch_like, nn_like):
    from collections import OrderedDict

    space = {"torch": torch_like, "nn": nn_like, "F": nn_like.functional, "OrderedDict": OrderedDict}
    exec(source, space)
    return space["Net"]()


@pytest.fixture(params=SOURCES)
def pair(request):
    """The model in minigrad and in PyTorch, in float64, with PyTorch's values in both."""
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    theirs = model(SOURCES[request.param], torch, torch.nn).double()
    for parameter in theirs.parameters():  # so that a bias or a norm's weight counts
        torch.nn.init.normal_(parameter, 0.3, 0.7)
    ours = model(SOURCES[request.param], mg, nn).double()
    result = ours.load_state_dict(theirs.state_dict())
    assert result == ([], [])
    return ours, theirs, torch


def test_names_are_equal(pair):
    ours, theirs, _ = pair
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for listing in ("named_parameters", "named_buffers", "named_modules", "named_children"):
        assert [n for n, _ in getattr(ours, listing)()] == [n for n, _ in getattr(theirs, listing)()]
    shapes = [tuple(p.shape) for p in theirs.parameters()]
    assert [tuple(p.shape) for p in ours.parameters()] == shapes


def test_repr_is_equal(pair):
    ours, theirs, torch = pair
    if any(isinstance(m, torch.nn.ParameterList) for m in theirs.modules()):
        ours.weights = theirs.weights = None  # PyTorch prints a ParameterList without its line breaks
    assert repr(ours) == repr(theirs)


@pytest.mark.parametrize("training", [True, False])
def test_outputs_and_gradients_are_equal(pair, training):
    ours, theirs, torch = pair
    for module in (*ours.modules(), *theirs.modules()):
        if type(module).__name__ == "Dropout":
            module.p = 0.0  # the masks of two generators differ
    ours.train(training)
    theirs.train(training)
    rng = np.random.default_rng(3)
    shape = (5, 3, 4) if "flatten" in ours._modules else (5, 4)
    x = rng.normal(size=shape)
    mine, yours = mg.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    y, expected = ours(mine), theirs(yours)
    np.testing.assert_allclose(y.detach().numpy(), expected.detach().numpy(), rtol=1e-12, atol=1e-14)
    upstream = rng.normal(size=y.shape)
    y.backward(mg.tensor(upstream))
    expected.backward(torch.tensor(upstream))
    np.testing.assert_allclose(mine.grad.numpy(), yours.grad.numpy(), rtol=1e-10, atol=1e-13)
    grads = {name: p.grad.numpy() for name, p in theirs.named_parameters()}
    for name, parameter in ours.named_parameters():
        np.testing.assert_allclose(parameter.grad.numpy(), grads[name], rtol=1e-10, atol=1e-13, err_msg=name)


def test_our_state_loads_into_pytorch(pair):
    ours, theirs, torch = pair
    mg.manual_seed(0)
    ours.apply(lambda m: m.reset_parameters() if hasattr(m, "reset_parameters") else None)
    theirs.load_state_dict(
        {name: torch.from_numpy(value.numpy()) for name, value in ours.state_dict().items()}
    )
    for mine, yours in zip(ours.parameters(), theirs.parameters(), strict=True):
        np.testing.assert_array_equal(mine.detach().numpy(), yours.detach().numpy())


SIGNATURES = [
    "Linear",
    "Embedding",
    "Flatten",
    "Unflatten",
    "ReLU",
    "LeakyReLU",
    "ELU",
    "GELU",
    "SiLU",
    "Softplus",
    "Hardtanh",
    "Softmax",
    "LogSoftmax",
    "Dropout",
    "LayerNorm",
    "CrossEntropyLoss",
    "NLLLoss",
    "MSELoss",
    "L1Loss",
    "SmoothL1Loss",
    "KLDivLoss",
    "BCELoss",
    "BCEWithLogitsLoss",
    "ModuleList",
    "ModuleDict",
    "ParameterList",
    "Module.named_parameters",
    "Module.named_buffers",
    "Module.named_modules",
    "Module.register_buffer",
    "Module.register_parameter",
    "Module.register_forward_hook",
    "Module.register_forward_pre_hook",
    "Module.load_state_dict",
    "Module.zero_grad",
    "Module.train",
    "Module.apply",
    "Module.requires_grad_",
    "init.uniform_",
    "init.normal_",
    "init.trunc_normal_",
    "init.constant_",
    "init.ones_",
    "init.zeros_",
    "init.eye_",
    "init.xavier_uniform_",
    "init.xavier_normal_",
    "init.kaiming_uniform_",
    "init.kaiming_normal_",
    "init.orthogonal_",
    "init.calculate_gain",
]


@pytest.mark.parametrize("name", SIGNATURES)
def test_arguments_have_pytorchs_names_order_and_defaults(name):
    import inspect
    from operator import attrgetter

    torch = pytest.importorskip("torch")

    def arguments(namespace):
        found = attrgetter(name)(namespace)
        parameters = inspect.signature(found).parameters.values()
        return [(p.name, p.kind, p.default) for p in parameters if p.name not in ("min_value", "max_value")]

    assert arguments(nn) == arguments(torch.nn)


CASES = [
    ("CrossEntropyLoss", {}, "logits", "classes"),
    ("CrossEntropyLoss", {"label_smoothing": 0.2, "reduction": "sum"}, "logits", "classes"),
    ("CrossEntropyLoss", {"weight": "weights", "ignore_index": 1}, "logits", "classes"),
    ("CrossEntropyLoss", {"weight": "weights", "reduction": "none"}, "logits", "probabilities"),
    ("NLLLoss", {"weight": "weights"}, "logits", "classes"),
    ("MSELoss", {}, "logits", "reals"),
    ("L1Loss", {"reduction": "sum"}, "logits", "reals"),
    ("SmoothL1Loss", {"beta": 0.5}, "logits", "reals"),
    ("KLDivLoss", {"reduction": "batchmean"}, "logits", "probabilities"),
    ("KLDivLoss", {"log_target": True, "reduction": "sum"}, "logits", "reals"),
    ("BCELoss", {"weight": "weights"}, "probabilities", "probabilities"),
    ("BCEWithLogitsLoss", {"pos_weight": "weights"}, "logits", "probabilities"),
]


@pytest.mark.parametrize(("name", "options", "input", "target"), CASES)
def test_losses_and_their_gradients_are_equal(name, options, input, target):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(5)
    values = {
        "logits": rng.normal(size=(6, 4)),
        "reals": rng.normal(size=(6, 4)),
        "classes": rng.integers(0, 4, size=6),
        "probabilities": rng.dirichlet(np.ones(4), size=6),
        "weights": rng.uniform(0.5, 2.0, size=4),
    }
    results = []
    for library, layers in ((mg, nn), (torch, torch.nn)):
        given = {key: library.tensor(values[v]) if v in values else v for key, v in options.items()}
        x = library.tensor(values[input], requires_grad=True)
        loss = getattr(layers, name)(**given)(x, library.tensor(values[target]))
        upstream = np.random.default_rng(8).normal(size=tuple(loss.shape))
        loss.backward(library.tensor(upstream))
        results.append((loss.detach().numpy(), x.grad.numpy()))
    for mine, yours in zip(*results, strict=True):
        np.testing.assert_allclose(mine, yours, rtol=1e-11, atol=1e-13)
