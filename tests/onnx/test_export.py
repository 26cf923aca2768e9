"""Networks as ONNX files: what onnxruntime computes from them is what they compute."""

import importlib
import io
import sys

import numpy as np
import pytest

import minigrad as mg
import minigrad.nn.functional as F
from minigrad import nn

NETWORKS = {  # the file in models/, the builder and its options, the shape of the input; labels too?
    "wide_mlp": ("mlp", "wide_mlp", {}, (1, 28, 28)),
    "cifar_mlp": ("mlp", "cifar_mlp", {}, (3, 32, 32)),
    "small_cnn": ("cnn", "small_cnn", {}, (1, 28, 28)),
    "cifar_cnn": ("cnn", "cifar_cnn", {}, (3, 32, 32)),
    "garment_cnn": ("cnn", "garment_cnn", {"side": 32}, (3, 32, 32)),
    "fashion_row_norm": ("cnn", "fashion_row_norm", {}, (1, 28, 28)),
    "fashion_channel_norm": ("cnn", "fashion_channel_norm", {"slope": 0.1}, (1, 28, 28)),
    "generator28": ("dcgan", "generator28", {}, (90,)),
    "discriminator28": ("dcgan", "discriminator28", {}, (1, 28, 28)),
    "generator128": ("dcgan128", "generator128", {"width": 16}, (90,)),
    "conditional generator28": ("conditional_dcgan", "generator28", {}, (90,)),
    "conditional discriminator28": ("conditional_dcgan", "discriminator28", {}, (1, 28, 28)),
    "Enlarger": ("srgan", "Enlarger", {"width": 8, "blocks": 1}, (3, 9, 8)),
    "SRGAN's discriminator": ("srgan", "discriminator", {"width": 8}, (3, 16, 16)),
    "resnet18": ("resnet", "resnet18", {"num_classes": 10}, (3, 64, 64)),
    "Bottleneck": ("resnet", "Bottleneck", {"inputs": 8, "width": 4, "stride": 2}, (8, 9, 9)),
    "efficientnet_b0": ("efficientnet", "efficientnet_b0", {"num_classes": 10}, (3, 65, 64)),
    "padding same": ("efficientnet", "efficientnet_b0", {"num_classes": 5, "padding": "same"}, (3, 65, 64)),
    "VGG": ("vgg", "VGG", {"stages": ((4,), (8, 8)), "num_classes": 5, "dropout": 0.5}, (3, 32, 30)),
}


@pytest.fixture
def onnx():
    return pytest.importorskip("onnx")


@pytest.fixture
def run():
    """``run(file, *inputs)``: what onnxruntime computes from an exported file."""
    runtime = pytest.importorskip("onnxruntime")

    def run(file, *inputs):
        session = runtime.InferenceSession(file.getvalue(), providers=["CPUExecutionProvider"])
        names = [given.name for given in session.get_inputs()]
        return session.run(None, dict(zip(names, (x.numpy() for x in inputs), strict=True)))

    return run


def exported(model, args, **options):
    file = io.BytesIO()
    mg.onnx.export(model, args, file, **options)
    return file


def used(model, *inputs):
    """The model with running statistics of these inputs, so that its outputs do not vanish; in eval mode."""
    for layer in model.modules():
        if hasattr(layer, "momentum"):
            layer.momentum = None  # the statistics of the one batch
    with mg.no_grad():
        model(*inputs)
    return model.eval()


@pytest.mark.parametrize("name", NETWORKS)
def test_the_course_s_networks_give_the_same_outputs(onnx, run, name):
    file, builder, options, shape = NETWORKS[name]
    mg.manual_seed(0)
    model = getattr(importlib.import_module(f"models.{file}"), builder)(**options)
    labels = (mg.tensor([1, 2, 3, 9]),) if name.startswith("conditional") else ()
    inputs = (mg.randn(4, *shape), *labels)
    used(model, *inputs)
    names = (["z"] if "generator" in name else ["x"]) + ["labels"] if labels else ["any"]
    given = {"input_names": names, "dynamic_axes": {name: {0: "batch"} for name in names}}
    content = exported(model, tuple(x[:2] for x in inputs), **given)
    onnx.checker.check_model(onnx.load_from_string(content.getvalue()), full_check=True)
    with mg.no_grad():
        for count in (1, 2, 4):
            some = [x[:count] for x in inputs]
            ours = model(*some).numpy()
            assert np.abs(ours).max() > 1e-3
            (theirs,) = run(content, *some)
            np.testing.assert_allclose(theirs, ours, rtol=1e-4, atol=1e-5 * np.abs(ours).max())


def test_names_are_those_of_the_state_dict(onnx):
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(8, 3))
    graph = onnx.load_from_string(exported(model, mg.zeros(1, 1, 4, 4)).getvalue()).graph
    kept = {one.name: onnx.numpy_helper.to_array(one) for one in graph.initializer}
    state = {name: value for name, value in model.state_dict().items() if "num_batches" not in name}
    assert state.keys() <= kept.keys()
    for name, value in state.items():
        np.testing.assert_array_equal(kept[name], value.numpy())
    assert [node.op_type for node in graph.node] == [
        "Conv",
        "BatchNormalization",
        "Reshape",
        "Gemm",
        "Identity",
    ]
    assert [one.name for one in graph.input] == ["input"] and [one.name for one in graph.output] == ["output"]


class Two(nn.Module):
    """Two inputs and two outputs."""

    def forward(self, image, others):
        return image * 2, (others + image).mean(1)


def test_several_inputs_and_outputs_and_their_names(onnx, run):
    a, b = mg.randn(2, 3), mg.randn(2, 3)
    graph = onnx.load_from_string(exported(Two(), (a, b)).getvalue()).graph
    assert [one.name for one in graph.input] == ["image", "others"]
    assert [one.name for one in graph.output] == ["output_0", "output_1"]
    file = exported(
        Two(), (a, b), output_names=["double", "mean"], dynamic_axes={"image": [0], "others": [0]}
    )
    graph = onnx.load_from_string(file.getvalue()).graph
    assert [one.name for one in graph.output] == ["double", "mean"]
    assert [dim.dim_param for dim in graph.output[0].type.tensor_type.shape.dim] == ["batch", ""]
    double, mean = run(file, a, b)
    np.testing.assert_allclose(double, 2 * a.numpy())
    np.testing.assert_allclose(mean, (a + b).mean(1).numpy(), rtol=1e-5)


def test_a_file_is_written_whole_and_the_model_is_as_it_was(onnx, tmp_path):
    model = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.5), nn.BatchNorm1d(4).eval())
    x = mg.randn(2, 3, requires_grad=True)
    mg.onnx.export(model, x, tmp_path / "model.onnx", opset_version=20)
    written = onnx.load(tmp_path / "model.onnx")
    assert (written.opset_import[0].version, written.ir_version) == (20, 9)
    assert [path.name for path in tmp_path.iterdir()] == ["model.onnx"]
    assert [layer.training for layer in model] == [True, True, False] and model.training
    assert x.grad is None and model[0].weight.grad is None and model[2].num_batches_tracked.item() == 0


def test_a_frozen_model_is_exported_too(onnx, run):
    model = nn.Linear(3, 2).requires_grad_(False)
    x = mg.randn(2, 3)
    with mg.no_grad():
        file = exported(model, x)
    np.testing.assert_allclose(run(file, x)[0], model(x).numpy(), rtol=1e-5)


class Does(nn.Module):
    """What a function does to the input."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


def failure(error, function, x=None, **options):
    with pytest.raises(error) as caught:
        exported(Does(function), mg.randn(2, 3) if x is None else x, **options)
    return str(caught.value)


def test_what_is_not_exported_is_named(onnx):
    assert "cumsum is not among the operations" in failure(NotImplementedError, lambda x: x.cumsum(1))
    training = failure(NotImplementedError, lambda x: F.batch_norm(x, None, None, training=True))
    assert "batch_norm with the statistics of a batch" in training
    assert "softplus with beta other than 1" in failure(NotImplementedError, lambda x: F.softplus(x, beta=2))
    assert "do_constant_folding=True" in failure(NotImplementedError, F.relu, do_constant_folding=True)
    assert "Only the batch, axis 0" in failure(NotImplementedError, F.relu, dynamic_axes={"x": {1: "width"}})


def test_what_cannot_be_exported_is_told(onnx):
    assert "returned a float" in failure(TypeError, lambda x: x.sum().item())
    assert "does not depend on its inputs" in failure(ValueError, lambda x: mg.ones(2))
    assert "does not depend on its inputs" in failure(ValueError, mg.no_grad()(lambda x: x * 2))
    for version in (9, 999):
        said = failure(ValueError, F.relu, opset_version=version)
        assert "opset_version from 18 to " in said and f"got {version}. Runtimes take older ones" in said
    assert "2 different input_names" in str(
        failure(ValueError, F.relu, x=(mg.ones(1),) * 2, input_names=["a"])
    )
    assert "names 'y'; there are x, output" in failure(ValueError, F.relu, dynamic_axes={"y": [0]})


def test_a_graph_that_depends_on_the_batch_is_refused_only_if_that_may_change(onnx, run):
    def reshaped(x):
        return x.reshape(x.shape[0] * 3)

    told = failure(ValueError, reshaped, dynamic_axes={"x": [0]})
    assert "the graph depends on the batch's size" in told and "x.flatten(1)" in told
    changes = failure(ValueError, lambda x: -x if len(x) > 2 else x.exp(), dynamic_axes={"x": [0]})
    assert "Neg {} comes for Exp {}" in changes
    x = mg.randn(2, 3)
    np.testing.assert_array_equal(run(exported(Does(reshaped), x), x)[0], x.numpy().reshape(6))


class Labels(nn.Module):
    """An input of classes, which become numbers on a way that is not recorded."""

    def forward(self, x, labels):
        return x * F.one_hot(labels, 3)


def test_an_input_that_would_be_forgotten_is_told(onnx):
    with pytest.raises(ValueError, match=r"does not depend on the input 'labels'.*rows of an embedding"):
        exported(Labels(), (mg.ones(2, 3), mg.tensor([0, 2])))


def test_a_name_that_is_taken_is_told(onnx):
    assert "the name 'relu_0' is taken" in failure(ValueError, F.relu, input_names=["relu_0"])
    assert "the name 'x' is taken" in failure(ValueError, F.relu, output_names=["x"])


def test_without_the_package_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r"is not installed: pip install onnx$"):
        mg.onnx.export(nn.ReLU(), mg.ones(1), io.BytesIO())
