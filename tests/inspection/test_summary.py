"""The summary of a model says what is in it, and leaves it as it was."""

from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.errors import ShapeError
from models.cnn import cifar100_row_norm, cifar_cnn, cifar_row_norm, fashion_row_norm, small_cnn
from models.mlp import cifar_mlp, deep_mlp
from models.resnet import resnet18


@pytest.mark.parametrize(
    ("build", "shape", "everything", "trainable"),
    [  # as the summary tables of the reports have them
        (deep_mlp, (1, 28, 28), 71_146, 71_146),
        (fashion_row_norm, (1, 28, 28), 109_726, 107_524),
        (cifar_mlp, (3, 32, 32), 144_362, 144_362),
        (cifar_cnn, (3, 32, 32), 122_986, 122_986),
        (cifar_row_norm, (3, 32, 32), 150_218, 149_010),
        (cifar100_row_norm, (3, 32, 32), 684_564, 682_332),
    ],
)
def test_the_reports_networks(build: Any, shape: Any, everything: int, trainable: int) -> None:
    told = mg.summary(build(), shape)
    assert (told.trainable + told.fixed, told.trainable) == (everything, trainable)


def test_a_table_worked_by_hand() -> None:
    """28 - 3 + 1 = 26; 26 / 2 = 13; 13 - 3 + 1 = 11; 11 // 2 = 5; 64 * 5 * 5 = 1,600."""
    told = mg.summary(small_cnn(), (1, 28, 28))
    rows = [(layer.kind, layer.shape_text, layer.trainable, layer.multiply_adds) for layer in told.layers]
    assert rows == [
        ("Sequential", "(N, 10)", 0, 0),
        ("Conv2d", "(N, 32, 26, 26)", 32 * 9 + 32, 32 * 26 * 26 * 9),
        ("ReLU", "(N, 32, 26, 26)", 0, 0),
        ("MaxPool2d", "(N, 32, 13, 13)", 0, 0),
        ("Conv2d", "(N, 64, 11, 11)", 64 * 32 * 9 + 64, 64 * 11 * 11 * 32 * 9),
        ("ReLU", "(N, 64, 11, 11)", 0, 0),
        ("MaxPool2d", "(N, 64, 5, 5)", 0, 0),
        ("Flatten", "(N, 1600)", 0, 0),
        ("Linear", "(N, 128)", 1600 * 128 + 128, 1600 * 128),
        ("ReLU", "(N, 128)", 0, 0),
        ("Dropout", "(N, 128)", 0, 0),
        ("Linear", "(N, 10)", 1290, 1280),
    ]
    assert told.layers[1].memory == 32 * 26 * 26 * 4
    assert told.weights == 225_034 * 4


def test_resnet_has_the_multiply_adds_of_the_literature() -> None:
    """1.81 billion for 224 x 224 by convolutions and the last layer; He et al. 2015 give 1.8."""
    told = mg.summary(resnet18(), (3, 224, 224))
    by_weights = sum(row.multiply_adds for row in told.layers if row.kind in ("Conv2d", "Linear"))
    assert by_weights == 1_814_073_344
    assert told.trainable == 11_689_512
    added = [row.multiply_adds for row in told.layers if row.kind == "BasicBlock"]
    assert added[0] == 64 * 56 * 56  # the sum at the end of a block is the block's own


class Two(nn.Module):
    """Two inputs and two outputs, a layer used twice, a shared weight, a list, and a layer for nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.left, self.right = nn.Linear(4, 3), nn.Linear(2, 3)
        self.both = nn.Linear(3, 3)
        self.tied = nn.Linear(3, 3)
        self.tied.weight = self.both.weight
        self.blocks = nn.ModuleList([nn.Sequential(nn.ReLU(), nn.Sequential(nn.Linear(3, 3)))])
        self.forgotten = nn.Sequential(nn.Linear(7, 7), nn.ReLU())
        self.scale = nn.Parameter(mg.ones(1))

    def forward(self, x: mg.Tensor, y: mg.Tensor) -> dict[str, Any]:
        x, y = self.both(self.left(x)), self.both(self.right(y))
        for block in self.blocks:
            x = block(x)
        return {"sum": (x + y) * self.scale, "rest": [self.tied(y)]}


def test_what_is_not_a_plain_row_of_layers() -> None:
    told = mg.summary(Two(), [(4,), (2,)])
    rows = [
        (row.name, row.depth, row.shape_text, row.trainable, row.multiply_adds, row.note)
        for row in told.layers
    ]
    assert rows == [
        ("", 0, "(N, 3), (N, 3)", 1, 6, ""),
        ("left", 1, "(N, 3)", 15, 12, ""),
        ("both", 1, "(N, 3)", 12, 9, ""),
        ("right", 1, "(N, 3)", 9, 6, ""),
        ("both", 1, "(N, 3)", 0, 9, "again"),
        ("blocks.0", 1, "(N, 3)", 0, 0, ""),
        ("blocks.0.0", 2, "(N, 3)", 0, 0, ""),
        ("blocks.0.1", 2, "(N, 3)", 0, 0, ""),
        ("blocks.0.1.0", 3, "(N, 3)", 12, 9, ""),
        ("tied", 1, "(N, 3)", 3, 9, "shared"),
        ("forgotten.0", 0, "", 56, 0, "never called"),
        ("forgotten.1", 0, "", 0, 0, "never called"),
    ]
    assert told.trainable == sum(p.numel() for p in Two().parameters())


def test_inputs_by_name_and_as_tensors() -> None:
    class Words(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table, self.out = nn.Embedding(10, 4), nn.Linear(4, 2)

        def forward(self, words: mg.Tensor, *, weights: mg.Tensor) -> mg.Tensor:
            return self.out((self.table(words) * weights.unsqueeze(-1)).sum(1))

    words = mg.tensor([[1, 2, 3], [4, 5, 6]])
    told = mg.summary(Words(), {"words": words, "weights": mg.ones(2, 3)})
    assert told.batch_size == 2
    assert [row.shape_text for row in told.layers] == ["(N, 2)", "(N, 3, 4)", "(N, 2)"]
    # the product and the sum, for 2 x 3 x 4 numbers each; then 2 x 2 sums of 4
    assert [row.multiply_adds for row in told.layers] == [48, 0, 16]


def test_frozen_layers_are_not_trainable() -> None:
    model = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3), nn.Linear(3, 1))
    model[0].requires_grad_(False)
    told = mg.summary(model, (3,))
    assert [(row.trainable, row.fixed) for row in told.layers] == [(0, 0), (0, 12), (6, 6), (4, 0)]
    assert told.multiply_adds == 9 + 3 + 3  # frozen ones are computed, too
    assert [p.requires_grad for p in model.parameters()] == [False, False, True, True, True, True]


def test_the_model_is_as_it_was() -> None:
    class Rude(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("calls", mg.zeros(1))
            self.drop = nn.Dropout()
            self.layer = nn.Linear(3, 3)

        def forward(self, x: mg.Tensor) -> mg.Tensor:
            self.calls.add_(1)
            x += mg.rand(3)  # into its input
            return self.layer(self.drop(x))

    model = Rude()
    model.drop.eval()
    mg.manual_seed(0)
    state = mg.get_rng_state()
    mg.summary(model, (3,))
    assert model.calls.item() == 0
    assert (model.training, model.drop.training, model.layer.training) == (True, False, True)
    assert mg.get_rng_state() == state
    assert model.layer.weight.grad is None
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())
    given = mg.ones(1, 3)
    mg.summary(model, given)
    assert given.tolist() == [[1, 1, 1]]


def test_what_is_kept_for_backward() -> None:
    """Linear keeps its input for the weight's gradient; tanh its output, which is the next input."""
    model = nn.Sequential(nn.Linear(10, 100), nn.Tanh(), nn.Linear(100, 1))
    assert mg.summary(model, (10,)).memory == 100 * 4
    assert mg.summary(model, (10,), batch_size=8).memory == 8 * 100 * 4
    assert mg.summary(model.double(), (10,)).memory == 100 * 8


def test_a_shape_that_does_not_fit_names_the_layer() -> None:
    model = nn.Sequential(nn.Flatten(), nn.Sequential(nn.Linear(784, 10)))
    with pytest.raises(ShapeError) as caught:
        mg.summary(model, (1, 27, 27))
    assert caught.value.__notes__ == [
        "summary: raised in 1.0 (Linear), which was given (1, 729). The input_shape is that of one sample, "
        "without the batch"
    ]
    assert not any(module._forward_hooks for module in model.modules())
    assert all(module.training for module in model.modules())


@pytest.mark.parametrize(
    ("given", "kind", "message"),
    [
        ("(1, 28)", TypeError, "expected the shape of a sample, .* got '\\(1, 28\\)'"),
        ((1, 0), TypeError, "expected the shape of a sample"),
        (np.zeros(3), TypeError, "expected the shape of a sample"),
        ([(3,), "x"], TypeError, "expected the shape of a sample"),
    ],
)
def test_messages(given: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        mg.summary(nn.Identity(), given)


def test_other_messages() -> None:
    with pytest.raises(TypeError, match="expected a Module, got a value of type function"):
        mg.summary(lambda x: x, (3,))
    with pytest.raises(ValueError, match="batch_size must be a whole number of at least 1, got 0"):
        mg.summary(nn.Identity(), (3,), batch_size=0)


def test_a_model_on_another_device(device: object) -> None:
    model = nn.Sequential(nn.Linear(3, 5), nn.BatchNorm1d(5), nn.Tanh(), nn.Linear(5, 2)).to(device)
    told = mg.summary(model, (3,))
    assert (told.multiply_adds, told.trainable, told.fixed) == (15 + 5 + 10, 42, 10)
    assert told.memory > 0


TEXT = """\
layer                output   trainable  not trainable  multiply-adds  output's memory
--------------------------------------------------------------------------------------
Sequential           (N, 1)                                                    4 bytes
  0: Linear          (N, 50)        200                           150        200 bytes
  1: BatchNorm1d     (N, 50)        100            100             50        200 bytes
  2: Sequential      (N, 1)                                                    4 bytes
    wide<1>: Linear  (N, 1)          51                            50          4 bytes
--------------------------------------------------------------------------------------
451 parameters in 1.8 KB: 351 trainable, 100 not
250 multiply-adds for one sample
1.2 KB kept for backward, for one sample"""


def model() -> nn.Sequential:
    inner = nn.Sequential()
    inner.add_module("wide<1>", nn.Linear(50, 1))
    return nn.Sequential(nn.Linear(3, 50), nn.BatchNorm1d(50), inner)


def test_as_text() -> None:
    told = mg.summary(model(), (3,))
    assert str(told).splitlines()[:-1] == TEXT.splitlines()[:-1]
    assert repr(told) == str(told)


def test_as_html() -> None:
    from html.parser import HTMLParser

    class Cells(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.cells: list[str] = []

        def handle_starttag(self, tag: str, attrs: Any) -> None:
            if tag in ("th", "td"):
                self.cells.append("")

        def handle_data(self, data: str) -> None:
            self.cells[-1] += data

    told = mg.summary(model(), (3,))
    page = Cells()
    page.feed(told._repr_html_())
    assert page.cells[7 * 5 : 7 * 6] == ["wide<1>: Linear", "(N, 1)", "51", "", "50", "4 bytes", ""]
    assert page.cells[-1].startswith("451 parameters in 1.8 KB: 351 trainable, 100 not")
    assert "wide&lt;1&gt;" in told.html()


def test_a_class_is_told_from_one_of_it() -> None:
    with pytest.raises(TypeError, match=r"got the class Linear\. Make one of it first"):
        mg.summary(nn.Linear, (2,))


def test_a_model_of_indices_is_told_how_to_give_them() -> None:
    class Words(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.vectors = nn.Parameter(mg.zeros(10, 3))

        def forward(self, numbers: mg.Tensor) -> mg.Tensor:
            return self.vectors[numbers]

    with pytest.raises(IndexError) as caught:
        mg.summary(Words(), (5,))
    assert "in its place a tensor is taken as it is" in caught.value.__notes__[0]
    assert "(N, 5, 3)" in str(mg.summary(Words(), mg.zeros(1, 5, dtype=mg.int64)))


def test_a_learners_operation_of_a_known_name_is_not_counted(own_operations):
    @mg.op
    def avg_pool2d(input, size):
        return input[..., ::size, ::size] * 1.0

    class Own(nn.Module):
        def forward(self, x):
            return avg_pool2d(x, 2)

    assert mg.summary(Own(), (1, 4, 4)).multiply_adds == 0


def test_the_loss_is_recorded_as_it_is_without_a_summary():
    class WithLoss(nn.Module):
        def __init__(self):
            super().__init__()
            self.score = nn.Linear(3, 5)

        def forward(self, x):
            self.loss = nn.functional.cross_entropy(self.score(x), mg.tensor([1, 4]))
            return self.loss

    told = mg.summary(model := WithLoss(), mg.zeros(2, 3))
    recorded = [repr(edge) for edge in model.loss.grad_fn.edges if edge is not None]
    model(mg.zeros(2, 3))
    assert recorded == [repr(edge) for edge in model.loss.grad_fn.edges if edge is not None]
    assert told.multiply_adds == 2 * (3 * 5) + 2 * (2 * 5) + 2  # linear, softmax and mean of 2 samples
    assert told.memory == 4 * 10 + 8 * 2  # the loss keeps 10 scores in float32, 2 classes in int64
