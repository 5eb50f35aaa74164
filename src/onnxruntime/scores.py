"""The scores of a model by onnxruntime with every optimisation off: MODEL IMAGES SCORES.

IMAGES is a .npy file [images, channels, height, width]; SCORES becomes float32, a row per image.
"""

import sys

sys.path = [folder for folder in sys.path if folder]
import numpy  # noqa: E402
import onnxruntime  # noqa: E402

KINDS = {"tensor(float)": "float32", "tensor(float16)": "float16", "tensor(double)": "float64"}


def main(model, images, scores):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    given = {name.name for name in session.get_overridable_initializers()}
    inputs = [entry for entry in session.get_inputs() if entry.name not in given]
    [image] = inputs
    batch, *sizes = image.shape
    stack = numpy.load(images).astype(KINDS[image.type])
    fits = lambda shape: all(not isinstance(size, int) or size == real for size, real in zip(sizes, shape[1:]))
    if not fits(stack.shape) and fits(stack.transpose(0, 2, 3, 1).shape):
        stack = numpy.ascontiguousarray(stack.transpose(0, 2, 3, 1))
    batch = batch if isinstance(batch, int) and batch > 0 else 1
    rows = []
    for first in range(0, len(stack), batch):
        part = stack[first : first + batch]
        filled = numpy.concatenate([part, numpy.repeat(part[-1:], batch - len(part), axis=0)])
        rows.append(session.run(None, {image.name: filled})[0].reshape(batch, -1)[: len(part)])
    numpy.concatenate(rows).astype("<f4").tofile(scores)


main(*sys.argv[1:])
