"""The end of a random network: from a feature map to scores."""

import numpy as np

import layers

# First operator sets whose axes are an input.
SQUEEZE_INPUTS, MEAN_INPUTS = 13, 18


def end(net, map_, odd):
    """Scores, and maybe what hosts do behind them."""
    scores = net.pick(averaged, averaged, dense, dense, whole)(net, map_, odd)
    if net.chance(0.25):
        scores = host(net, scores, odd)
    return scores


def average(net, map_):
    """Mean over all pixels: [channels, 1, 1] or [channels]."""
    channels, height, width = map_.shape
    kind = net.pick("GlobalAveragePool", "GlobalAveragePool", "ReduceMean", "AveragePool")
    if kind == "AveragePool":
        return net.add(kind, [map_], (channels, 1, 1), kernel_shape=[height, width], strides=net.pick(None, [1, 1], [height, width]))
    if kind == "ReduceMean":
        keep = net.pick(None, 0, 1)
        shape = (channels,) if keep == 0 else (channels, 1, 1)
        axes = net.pick([2, 3], [-2, -1], [3, 2]) if net.opset >= 11 else [2, 3]
        return net.with_axes(kind, map_, shape, axes, MEAN_INPUTS, keepdims=keep)
    return net.add(kind, [map_], (channels, 1, 1))


def averaged(net, map_, odd):
    """A 1x1 classifier and the global average, in either order."""
    if net.chance(0.6):
        map_ = layers.conv(net, map_, out=int(net.random.integers(2, 9)))
        if net.chance(0.4):
            map_ = layers.activation(net, map_)
    value = net.add("GlobalMaxPool", [map_], (map_.shape[0], 1, 1)) if net.chance(0.1) else average(net, map_)
    if len(value.shape) == 3 and odd and net.chance(0.3):
        value = net.pick(layers.batch_norm, layers.relu, layers.arithmetic, layers.nothing, grouped)(net, value)
    if len(value.shape) == 3 and net.chance(0.3):
        value = one_by_one(net, value)
    if len(value.shape) == 3 and net.chance(0.8):
        value = pixel(net, value, odd)
    if len(value.shape) == 1 and net.chance(0.4):
        value = fully(net, value, odd)
        if net.chance(0.3):
            value = fully(net, layers.activation(net, value), odd)
    return value


def one_by_one(net, value):
    out = int(net.random.integers(2, 9))
    inputs = [value, net.constant(layers.weights(net, out, value.shape[0], 1, 1))]
    return net.add("Conv", inputs + ([net.constant(net.random.normal(0, 0.3, out))] if net.chance(0.7) else []), (out, 1, 1))


def grouped(net, value):
    """The values of a pixel in another order, or back in their own."""
    count = value.shape[0]
    rows = next((n for n in (2, 3, 5) if count % n == 0 and count > n), 1)
    value = net.add("Reshape", [value, net.ints([net.batch or -1, rows, count // rows])], (rows, count // rows))
    choice = net.pick("Transpose", "Softmax", "nothing")
    if choice == "Transpose":
        value = net.add(choice, [value], value.shape[::-1], perm=[0, 2, 1])
    elif choice == "Softmax":
        value = net.add(choice, [value], value.shape, axis=net.pick(1, 2))
    return net.add("Reshape", [value, net.ints([net.batch or -1, count, 1, 1])], (count, 1, 1))


def pixel(net, value, odd):
    """[channels, 1, 1] as [channels]."""
    count = value.shape[0]
    kinds = [flatten, reshape, squeeze] + ([turned, unsqueezed, reordered] if odd else [])
    return net.pick(*kinds)(net, value) if count else value


def sized(net, value):
    """A view by the size of the batch, as the graph asks for it when it runs."""
    shape = net.add("Shape", [value], ())
    batch = net.add("Gather", [shape, net.constants.plain(np.int64(0))], (), axis=0)
    rows = net.with_axes("Unsqueeze", batch, (), [0], SQUEEZE_INPUTS)
    target = net.add("Concat", [rows, net.ints([-1])], (), axis=0)
    return net.add("Reshape", [value, target], (int(np.prod(value.shape)),))


def flatten(net, value):
    count = int(np.prod(value.shape))
    axis = net.pick(None, 1, 1 - (1 + len(value.shape)) if net.opset >= 11 else 1)
    return net.add("Flatten", [value], (count,), axis=axis)


def reshape(net, value):
    count = int(np.prod(value.shape))
    shapes = [[-1, count], [0, -1], [0, count]]
    if net.batch:
        shapes += [[net.batch, count], [net.batch, -1]]
    return net.add("Reshape", [value, net.ints(net.pick(*shapes))], (count,))


def squeeze(net, value):
    axes = net.pick([2, 3], [-1, -2]) if net.opset >= 11 else [2, 3]
    return net.with_axes("Squeeze", value, value.shape[:1], axes, SQUEEZE_INPUTS)


def turned(net, value):
    moved = net.add("Transpose", [value], (1, 1, value.shape[0]), perm=[0, 2, 3, 1])
    return flatten(net, moved)


def unsqueezed(net, value):
    value = net.with_axes("Unsqueeze", value, (*value.shape, 1), [4], SQUEEZE_INPUTS)
    return flatten(net, value)


def reordered(net, value):
    return flatten(net, grouped(net, value))


def dense(net, map_, odd):
    """One to three fully connected layers on the whole map."""
    if odd and net.chance(0.2):
        map_ = net.add("Transpose", [map_], map_.shape[1:] + map_.shape[:1], perm=[0, 2, 3, 1])
    elif odd and net.chance(0.1):
        map_ = layers.pad(net, map_)
    value = net.pick(flatten, reshape, reshape, sized if odd else flatten)(net, map_)
    if odd and net.chance(0.15):
        value = joined(net, value)
    for layer in range(int(net.random.integers(1, 4))):
        if layer:
            value = layers.activation(net, value, odd) if net.chance(0.8) else value
            value = layers.nothing(net, value) if net.chance(0.15) else value
        value = fully(net, value, odd)
    return value


def joined(net, value):
    """Values in a row, and a row behind them."""
    return net.add("Concat", [value, value], (2 * value.shape[0],), axis=1)


def fully(net, value, odd):
    """Gemm, or MatMul and maybe Add."""
    inputs, out = value.shape[0], int(net.random.integers(2, 9))
    weights, bias = net.random.normal(0, np.sqrt(2 / inputs), (inputs, out)), net.random.normal(0, 0.3, out)
    if net.chance(0.35):
        value = net.add("MatMul", [value, net.constant(weights)], (out,))
        if net.chance(0.6):
            terms = [value, net.constant(third_of(net, bias, odd))]
            value = net.add("Add", terms[:: net.pick(1, -1)], (out,))
        return value
    turned = net.pick(None, 0, 1)
    third = net.pick(bias[:1], third_of(net, bias, odd))
    has_bias = net.opset < 11 or net.chance(0.8)
    parts = [value, net.constant(weights.T if turned else weights), net.constant(third) if has_bias else ""]
    numbers = dict(alpha=net.pick(None, None, 0.5, -1.5), beta=net.pick(None, None, 0.25, 2.0))
    return net.add("Gemm", parts, (out,), transB=turned, **numbers)


def third_of(net, bias, odd):
    """A bias in one of its shapes; with `odd` sometimes one per image."""
    if odd and net.batch and net.chance(0.2):
        return net.random.normal(0, 0.3, (net.batch, net.pick(1, bias.size)))
    return net.pick(bias, bias, bias[None])


def whole(net, map_, odd):
    """A convolution whose kernel is the whole map."""
    out = int(net.random.integers(2, 9))
    kernel = list(map_.shape[1:])
    inputs = [map_, net.constant(layers.weights(net, out, map_.shape[0], *kernel)), net.constant(net.random.normal(0, 0.3, out))]
    value = net.add("Conv", inputs, (out, 1, 1), kernel_shape=kernel)
    return pixel(net, value, odd) if net.chance(0.7) else value


def host(net, scores, odd):
    """What classifiers do with their scores."""
    if not odd:
        return softmax(net, scores, 1)
    kind = net.pick(softmax, softmax, log_softmax, bounded, best, scaled, spread, of_images, unequal)
    return kind(net, scores, net.pick(None, 1, -1) if len(scores.shape) == 1 else net.pick(1, 1, -1))


def softmax(net, scores, axis):
    return net.add("Softmax", [scores], scores.shape, axis=axis)


def log_softmax(net, scores, axis):
    return net.add("LogSoftmax", [scores], scores.shape, axis=axis)


def bounded(net, scores, axis):
    return net.add(net.pick("Sigmoid", "HardSigmoid", "Relu", "Tanh"), [scores], scores.shape)


def best(net, scores, axis):
    return net.add("ArgMax", [scores], (1,), axis=1, keepdims=net.pick(0, 1))


def scaled(net, scores, axis):
    """A temperature, and maybe a softmax of it."""
    scores = net.add(net.pick("Mul", "Div"), [scores, net.constants.plain(np.float32(0.5))], scores.shape)
    return softmax(net, scores, axis) if net.chance(0.5) else scores


def spread(net, scores, axis):
    """A softmax of groups, or over an axis of one value."""
    if len(scores.shape) == 3:
        scores = grouped(net, scores)
        return softmax(net, scores, net.pick(1, 2))
    scores = net.with_axes("Unsqueeze", scores, (*scores.shape, 1), [2], SQUEEZE_INPUTS)
    return softmax(net, scores, net.pick(1, 2))


def of_images(net, scores, axis):
    """A softmax over the images of a batch."""
    return softmax(net, scores, 0)


def unequal(net, scores, axis):
    """Scores and constants, or scores of another rank, that are added along other axes than they seem."""
    count = scores.shape[0]
    if len(scores.shape) == 3:
        shape = (count, 1, count)
        return net.add("Add", [scores, net.constants.plain(net.random.normal(0, 1, count).astype(np.float32))], shape)
    column = net.random.normal(0, 1, (count, 1)).astype(np.float32)
    return net.add("Mul", [scores, net.constants.plain(column)], (count, count))
