"""Single operators on feature maps [channels, height, width], with random attributes that fit."""

import numpy as np
from onnx import TensorProto, helper

from network import windows

# First operator sets with ... as inputs, and of attributes that not every one has.
CLIP_INPUTS, PAD_INPUTS, PAD_AXES, CEIL, DROPOUT_INPUTS, SLICE_INPUTS, SPLIT_INPUTS = 11, 11, 18, 10, 12, 10, 13
SAME = ("SAME_UPPER", "SAME_LOWER")


def weights(net, out, inputs, height, width):
    deviation = np.sqrt(2 / (inputs * height * width))
    return net.random.normal(0, deviation, (out, inputs, height, width))


def pads_of(net, odd):
    """Padding [top, left, bottom, right]."""
    if net.chance(0.4):
        return [0] * 4
    if net.chance(0.7 if not odd else 0.3):
        return [int(net.random.integers(1, 3))] * 4
    return [int(pad) for pad in net.random.integers(0, 4, 4)]


def window_attributes(net, map_, kernel, stride, pads, ceil=False):
    """Attributes of a window and the size of the result; None where no window fits."""
    _, height, width = map_.shape
    if net.chance(0.12):
        auto = net.pick(*SAME, "VALID")
        if auto == "VALID":
            size = [windows(n, k, s, (0, 0), ceil) for n, k, s in zip((height, width), kernel, stride)]
        else:
            size = [-(-n // s) for n, s in zip((height, width), stride)]
        attributes = dict(kernel_shape=kernel, strides=stride, auto_pad=auto)
    else:
        sides = ((pads[0], pads[2]), (pads[1], pads[3]))
        size = [windows(n, k, s, p, ceil) for n, k, s, p in zip((height, width), kernel, stride, sides)]
        attributes = dict(kernel_shape=kernel)
        if any(pads) or net.chance(0.5):
            attributes["pads"] = pads
        if stride != [1, 1] or net.chance(0.5):
            attributes["strides"] = stride
    return (attributes, size) if min(size) > 0 else None


def groups(net, channels, out):
    """Groups that part both, most often one."""
    common = [count for count in range(2, channels + 1) if channels % count == 0 and out % count == 0]
    return net.pick(*common) if common and net.chance(0.25) else 1


def conv(net, map_, out=None, odd=False, same=False, depthwise=False):
    """A convolution; `same` keeps the size of the map, `depthwise` has one group a channel."""
    channels, height, width = map_.shape
    out = out or (channels * net.pick(1, 1, 1, 2) if depthwise else int(net.random.integers(1, 9)))
    kernel = [int(k) for k in net.random.choice([1, 1, 2, 3, 3, 5], 2)]
    stride, pads = [1, 1], pads_of(net, True)
    if net.chance(0.7):
        kernel[1] = kernel[0]
    if net.chance(0.3):
        stride = [int(s) for s in net.random.integers(1, 4, 2)]
    if same:
        kernel, stride = [int(net.pick(1, 3, 5))] * 2, [1, 1]
        pads = [kernel[0] // 2] * 4
    window = window_attributes(net, map_, kernel, stride, pads)
    if window is None:
        kernel, stride = [1, 1], [1, 1]
        window = dict(kernel_shape=kernel), [height, width]
    attributes, size = window
    if net.chance(0.2):
        del attributes["kernel_shape"]
    group = channels if depthwise else groups(net, channels, out)
    inputs = [map_, net.constant(weights(net, out, channels // group, *kernel))]
    if net.chance(0.7):
        inputs.append(net.constant(net.random.normal(0, 0.3, out)))
    return net.add("Conv", inputs, (out, *size), group=group if group > 1 else None, **attributes)


def pool(net, map_, odd=False):
    """A max or average pool."""
    operator = net.pick("MaxPool", "MaxPool", "AveragePool")
    kernel = [int(net.random.integers(1, 4))] * 2
    stride = [int(net.random.integers(1, 4))] * 2
    ceil = bool(net.opset >= CEIL and net.chance(0.4))
    pads = [0] * 4
    if kernel[0] > 1 and net.chance(0.4):
        pads = [int(net.random.integers(1, kernel[0]))] * 4
        if odd or net.chance(0.2):
            pads = [int(pad) for pad in net.random.integers(0, kernel[0], 4)]
    if odd and net.chance(0.2):
        kernel = [kernel[0], kernel[0] + 1]
    if odd and net.chance(0.2):
        stride = [stride[0], stride[0] + 1]
    window = window_attributes(net, map_, kernel, stride, pads, ceil)
    if window is None:
        return map_
    attributes, size = window
    if net.opset >= CEIL:
        attributes["ceil_mode"] = 1 if ceil else net.pick(None, 0)
    if operator == "AveragePool":
        attributes["count_include_pad"] = net.pick(None, 0, 1, 1)
    return net.add(operator, [map_], (map_.shape[0], *size), **attributes)


def pad(net, map_, odd=False):
    """Zeros around height and width; with `odd` sometimes other values or modes."""
    around = [int(p) for p in net.random.integers(0, 3, 4)]
    if net.chance(0.3):
        around = [around[0]] * 4
    mode, fill = "constant", 0.0
    if odd and net.chance(0.15):
        fill = 0.5
    if odd and net.chance(0.1) and max(around) < min(map_.shape[1:]):
        mode = net.pick("reflect", "edge")
    shape = (map_.shape[0], map_.shape[1] + around[0] + around[2], map_.shape[2] + around[1] + around[3])
    given = net.pick(None, mode) if mode == "constant" else mode
    if net.opset < PAD_INPUTS:
        return net.add("Pad", [map_], shape, mode=given, pads=[0, 0, *around[:2], 0, 0, *around[2:]], value=fill)
    if odd and mode == "constant" and not fill and net.chance(0.2):
        return net.add("Pad", [map_, exported_pads(net, around)], shape, mode=given)
    filling = net.constants.plain(np.float32(fill)) if fill or net.chance(0.4) else ""
    if net.opset >= PAD_AXES and net.chance(0.4):
        axes = net.pick([2, 3], [-2, -1])
        return net.add("Pad", [map_, net.ints(around), filling, net.ints(axes)], shape, mode=given)
    return net.add("Pad", [map_, net.ints([0, 0, *around[:2], 0, 0, *around[2:]]), filling], shape, mode=given)


def exported_pads(net, around):
    """Padding as PyTorch's older exporter computes it: pairs from the last axis on, filled up with zeros, turned round."""
    top, left, bottom, right = around
    zeros = net.add("ConstantOfShape", [net.ints([4])], ())
    pairs = net.add("Concat", [net.ints([left, right, top, bottom]), zeros.name], (), axis=0)
    zero = helper.make_tensor("value", TensorProto.INT64, [1], [0])
    net.nodes[-2].attribute.append(helper.make_attribute("value", zero))
    rows = net.add("Reshape", [pairs, net.ints([-1, 2])], ())
    turned = net.add("Slice", [rows, net.ints([-1]), net.ints([-(1 << 63) + 1]), net.ints([0]), net.ints([-1])], ())
    columns = net.add("Transpose", [turned], (), perm=[1, 0])
    flat = net.add("Reshape", [columns, net.ints([-1])], ())
    return net.add("Cast", [flat], (), to=TensorProto.INT64)


def relu(net, value):
    return net.add("Relu", [value], value.shape)


def clip(net, value, low=0.0, high=None):
    """A clip; `high` None is a random one, infinite is none."""
    high = float(net.pick(6.0, 6.0, 1.0, np.inf)) if high is None else high
    if net.opset < CLIP_INPUTS:
        return net.add("Clip", [value], value.shape, min=low, max=None if np.isinf(high) else high)
    top = "" if np.isinf(high) else net.constants.plain(np.float32(high))
    return net.add("Clip", [value, net.constants.plain(np.float32(low)), top], value.shape)


def activation(net, value, odd=False):
    if odd and net.chance(0.08):
        return clip(net, value, float(net.pick(-1.0, 0.5)), 6.0)
    if odd and net.chance(0.08) and net.opset >= 8:
        return bounded(net, value)
    return net.pick(relu, relu, clip)(net, value)


def bounded(net, value):
    """Max and Min with constants: a ReLU, one with an upper end, or only that end."""
    for operator, limit in net.pick([("Max", 0.0)], [("Max", 0.0), ("Min", 6.0)], [("Min", 6.0), ("Max", 0.0)], [("Min", 1.0)]):
        pair = [value, net.constants.plain(np.float32(limit))]
        value = net.add(operator, pair[:: net.pick(1, -1)], value.shape)
    return value


def taken(net, map_, axis, first, last, step=1):
    """Indices `first` to `last` of an axis in steps, which operator sets before SLICE_INPUTS lack."""
    shape = list(map_.shape)
    shape[axis - 1] = len(range(shape[axis - 1])[first:last:step])
    if net.opset < SLICE_INPUTS:
        return net.add("Slice", [map_], shape, starts=[first], ends=[last], axes=[axis])
    steps = net.ints([step]) if step != 1 or net.chance(0.5) else ""
    return net.add("Slice", [map_, net.ints([first]), net.ints([last]), net.ints([axis]), steps], shape)


def split(net, map_, sizes):
    """The channels in parts."""
    shapes = [(size, *map_.shape[1:]) for size in sizes]
    if net.opset >= SPLIT_INPUTS:
        return net.add_several("Split", [map_, net.ints(sizes)], shapes, axis=1)
    return net.add_several("Split", [map_], shapes, axis=1, split=sizes)


def shuffle(net, map_, groups):
    """The channels of so many groups, one of each in turn."""
    channels, height, width = map_.shape
    parted = (groups, channels // groups, height, width)
    map_ = net.add("Reshape", [map_, net.ints([net.batch or -1, *parted])], parted)
    map_ = net.add("Transpose", [map_], (parted[1], groups, height, width), perm=[0, 2, 1, 3, 4])
    return net.add("Reshape", [map_, net.ints([net.batch or -1, channels, height, width])], (channels, height, width))


def zero_channels(net, map_):
    """Channels of zeros before and behind those of a map."""
    before, behind = (int(count) for count in net.random.integers(0, 3, 2))
    shape = (map_.shape[0] + before + behind, *map_.shape[1:])
    pads = [0, before, 0, 0, 0, behind, 0, 0]
    if net.opset < PAD_INPUTS:
        return net.add("Pad", [map_], shape, pads=pads)
    return net.add("Pad", [map_, net.ints(pads)], shape)


def batch_norm(net, map_):
    count = map_.shape[0]
    draw = net.random
    parameters = [draw.normal(1, 0.4, count), draw.normal(0, 0.4, count), draw.normal(0, 0.4, count), draw.uniform(0.3, 2, count)]
    inputs = [map_, *[net.constant(values) for values in parameters]]
    return net.add("BatchNormalization", inputs, map_.shape, epsilon=net.pick(None, 1e-3))


def arithmetic(net, map_, operators=("Mul", "Add"), odd=False):
    """A map and a constant: one for all, or one per channel; with `odd` also along other axes."""
    operator = net.pick(*operators)
    channels = map_.shape[0]
    shape = net.pick((channels, 1, 1), (1, channels, 1, 1), (1, channels, 1, 1), (), (1,))
    if odd and net.chance(0.3):
        shape = net.pick(map_.shape[2:], (map_.shape[1], 1), map_.shape, (1, *map_.shape[1:]))
    values = net.random.normal(0, 0.5, shape)
    if operator in ("Mul", "Div"):
        values = values + np.where(values < 0, -0.8, 0.8)
    pair = [map_, net.constant(values)]
    turned = operator in ("Mul", "Add") and net.chance(0.3)
    return net.add(operator, pair[::-1] if turned else pair, map_.shape)


def nothing(net, value):
    """An operator that changes no value."""
    operator = net.pick("Identity", "Dropout")
    if operator == "Identity":
        return net.add(operator, [value], value.shape)
    if net.opset >= DROPOUT_INPUTS:
        return net.add(operator, net.pick([value], [value, net.constants.plain(np.float32(0.5))]), value.shape)
    return net.add(operator, [value], value.shape, ratio=net.pick(None, 0.3))


def concat(net, maps):
    shape = (sum(map_.shape[0] for map_ in maps), *maps[0].shape[1:])
    return net.add("Concat", maps, shape, axis=net.pick(1, 1, -3) if net.opset >= 11 else 1)


def add(net, maps):
    operator = net.pick("Add", "Sum") if len(maps) == 2 else "Sum"
    return net.add(operator, maps, maps[0].shape)

