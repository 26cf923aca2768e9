"""Models for other programs: ``export`` writes a network as an ONNX file, under PyTorch's name.

    mg.onnx.export(model, mg.zeros(1, 3, 224, 224), "model.onnx", dynamic_axes={"input": {0: "batch"}})

ONNX is a format for networks that runtimes on servers, telephones and in browsers read. The forward pass is
run once in evaluation mode and recorded (``tracing``), and each recorded operation becomes one of ONNX's, or
a few (``operators``). The package ``onnx`` writes the file: ``pip install onnx``.

Format: https://onnx.ai/onnx/operators
"""

from minigrad.onnx.export import export as export

__all__ = ["export"]
