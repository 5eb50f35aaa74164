"""Random networks with images and what onnxruntime computes, each from its number alone."""

import numpy as np
import onnx
import onnxruntime

import body
import tails
from network import Network

OLDEST, NEWEST = 7, 22
IMAGES = 2
# Nodes at the end among which those are that may be left to hosts.
TAIL = 16
HOSTS = {"Clip", "Softmax", "LogSoftmax", "Sigmoid", "HardSigmoid", "Tanh", "ArgMax", "Mul", "Div", "Add", "Sub"}
# Tries to draw a network that onnxruntime takes.
TRIES = 20

onnxruntime.set_default_logger_severity(4)


def draw(number, attempt, quantisable=False):
    """A network: the model, and the shape of its image."""
    random = np.random.default_rng([number, attempt])
    opset = int(random.integers(13 if quantisable else OLDEST, NEWEST + 1))
    odd = not quantisable and random.random() < 0.3
    shape = (int(random.integers(1, 5)), *(int(size) for size in random.integers(5, 18, 2)))
    batch = [1, 1, 1, None, IMAGES][random.integers(5)]
    computed = not quantisable and random.random() < 0.3
    last = odd and random.random() < 0.1
    net = Network(random, opset, shape, 1 if quantisable else batch, computed, last)
    map_ = body.grow(net, net.input, int(random.integers(1, 6)), odd)
    scores = tails.end(net, map_, odd)
    return net.model(scores), shape


def session(model):
    """onnxruntime without any optimisation, on one thread."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def outputs(model, images):
    """Every output, all values in a row; images are [images, channels, height, width], whatever order the model takes."""
    runner = session(model)
    given = {entry.name for entry in runner.get_overridable_initializers()}
    [image] = [entry for entry in runner.get_inputs() if entry.name not in given]
    name, batch, images = image.name, image.shape[0], fed(model, images)
    size = batch if isinstance(batch, int) else 1
    parts = [runner.run(None, {name: images[i : i + size]}) for i in range(0, len(images), size)]
    return [np.concatenate([np.ravel(part) for part in output]) for output in zip(*parts)]


def scores(model, images):
    """[images][values] of the first output."""
    return outputs(model, images)[0].reshape(len(images), -1).astype(np.float32)


def with_outputs(model, names):
    """The model with these float outputs alone."""
    wider = onnx.ModelProto()
    wider.CopyFrom(model)
    del wider.graph.output[:]
    wider.graph.output.extend(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in names)
    return wider


def fed(model, images):
    """Images as the model takes them, which may have the channels last."""
    turned = image_shape(model) != images.shape[1:]
    return np.ascontiguousarray(images.transpose(0, 2, 3, 1)) if turned else images


def before(model, images):
    """For the last nodes of a model that hosts may do, by their names: what goes into them, [images][values] in a row."""
    constant = {tensor.name for tensor in model.graph.initializer} | {""}
    for node in model.graph.node:
        if constant.issuperset(node.input):
            constant.update(node.output)
    ends = [node for node in model.graph.node[-TAIL:] if node.op_type in HOSTS and not constant.issuperset(node.output)]
    given = {node.name or node.output[0]: next(name for name in node.input if name not in constant) for node in ends}
    names = list(dict.fromkeys(given.values()))
    if not names:
        return {}
    found = dict(zip(names, outputs(with_outputs(model, names), images)))
    return {label: found[name].tolist() for label, name in given.items()}


def pictures(number, shape, count=IMAGES):
    return np.random.default_rng([number, 1 << 20]).normal(0, 1, (count, *shape)).astype(np.float32)


def image_shape(model):
    """Channels, height and width of the image that a model takes."""
    constants = {tensor.name for tensor in model.graph.initializer}
    [image] = [entry for entry in model.graph.input if entry.name not in constants]
    return tuple(size.dim_value for size in image.type.tensor_type.shape.dim[1:])


def float_case(number):
    """A model, images and scores."""
    for attempt in range(TRIES):
        model, shape = draw(number, attempt)
        images = pictures(number, shape)
        try:
            found = scores(model, images)
        except Exception as error:  # onnxruntime's errors have no common class
            refused = error
            continue
        if np.isfinite(found).all():
            return model, images, found
    raise RuntimeError(f"no network of number {number}: {refused}")


def listing(model):
    """The nodes of a model, a line each."""
    inits = {t.name: list(t.dims) for t in model.graph.initializer}
    lines = [f"opset {model.opset_import[0].version}"]
    for node in model.graph.node:
        names = [f"{name}{inits[name]}" if name in inits else name for name in node.input]
        given = {a.name: attribute(a) for a in node.attribute}
        text = ", ".join(f"{key}={value}" for key, value in given.items())
        lines.append(f"{node.output[0]} = {node.op_type}({', '.join(names)}) {text}".rstrip())
    return "\n".join(lines) + "\n"


def attribute(entry):
    value = onnx.helper.get_attribute_value(entry)
    if isinstance(value, onnx.TensorProto):
        array = onnx.numpy_helper.to_array(value)
        return array.tolist() if array.size <= 8 else f"tensor{list(array.shape)}"
    return value.decode() if isinstance(value, bytes) else value
