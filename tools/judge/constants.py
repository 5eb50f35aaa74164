"""Constants as exporters leave them: initialisers, Constant nodes, and what nodes compute from either."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

# First operator set whose DequantizeLinear has an axis, and blocks.
AXES, BLOCKS = 13, 21


class Constants:
    """The constants of a network; `computed` is the share that nodes compute."""

    def __init__(self, network, computed):
        self.network, self.computed, self.stored = network, computed, []

    def add(self, array):
        """Name of a constant with these values, in some form."""
        if array.dtype == np.float32 and array.size > 1 and self.network.chance(self.computed):
            return self.network.pick(*FORMS)(self, array)
        return self.plain(array)

    def plain(self, array):
        name = self.network.fresh("c")
        if self.network.chance(0.25):
            tensor = numpy_helper.from_array(array)
            self.network.nodes.append(helper.make_node("Constant", [], [name], value=tensor))
        else:
            self.stored.append(numpy_helper.from_array(array, name))
        return name

    def node(self, operator, inputs, **attributes):
        return self.network.add(operator, inputs, (), **attributes).name

    def identity(self, array):
        return self.node("Identity", [self.plain(array)])

    def reshaped(self, array):
        return self.node("Reshape", [self.plain(array.reshape(-1)), self.plain(np.array(array.shape, np.int64))])

    def transposed(self, array):
        order = [int(axis) for axis in self.network.random.permutation(array.ndim)]
        return self.node("Transpose", [self.plain(array.transpose(np.argsort(order)).copy())], perm=order)

    def product(self, array):
        factor = np.float32(2 ** int(self.network.random.integers(-3, 4)))
        return self.node("Mul", [self.plain(array / factor), self.plain(factor)])

    def quotient(self, array):
        return self.node("Div", [self.plain(array * np.float32(4)), self.plain(np.float32(4))])

    def sum(self, array):
        part = np.round(array * 8) / np.float32(8)
        return self.node("Add", [self.plain(part), self.plain(array - part)])

    def difference(self, array):
        return self.node("Sub", [self.plain(array + np.float32(0)), self.plain(np.zeros_like(array[:1]))])

    def joined(self, array):
        cut = int(self.network.random.integers(1, array.shape[0])) if array.shape[0] > 1 else 0
        if cut == 0:
            return self.identity(array)
        return self.node("Concat", [self.plain(array[:cut].copy()), self.plain(array[cut:].copy())], axis=0)

    def cast(self, array):
        wide = self.plain(array.astype(np.float64))
        return self.node("Cast", [wide], to=TensorProto.FLOAT)

    def sliced(self, array):
        if self.network.opset < 10:
            return self.identity(array)
        longer = np.concatenate([array, array[:1] + np.float32(1)])
        ints = [self.plain(np.array(v, np.int64)) for v in ([0], [array.shape[0]], [0])]
        return self.node("Slice", [self.plain(longer), *ints])

    def unsqueezed(self, array):
        if array.shape[0] == 1:
            flat = array.reshape(array.shape[1:] or (1,))
            if array.ndim > 1:
                value = self.network.with_axes("Unsqueeze", self.plain(flat), (), [0], 13)
                return value.name
        return self.identity(array)

    def dequantised(self, array):
        """8-bit integers with one scale, one per row, or one per column."""
        if self.network.opset < 10:
            return self.identity(array)
        axis = self.network.pick(None, 0, array.ndim - 1) if self.network.opset >= AXES else None
        return self.integers(array, axis)

    def integers(self, array, axis):
        others = None if axis is None else tuple(a for a in range(array.ndim) if a != axis)
        signed = self.network.chance(0.6)
        peak = np.abs(array).max(axis=others, keepdims=True) if others != () else np.abs(array)
        scale = (np.maximum(peak, 1e-3) / 127).astype(np.float32)
        zero = 0 if signed else 128
        stored = np.clip(np.round(array / scale) + zero, zero - 127, zero + 127).astype(np.int8 if signed else np.uint8)
        scales = scale.reshape(-1) if axis is not None else np.float32(scale.reshape(()))
        zeros = np.full(np.shape(scales), zero, stored.dtype)
        parts = [self.plain(stored), self.plain(np.asarray(scales)), self.plain(zeros)]
        return self.node("DequantizeLinear", parts, axis=axis)

    def blocks(self, array):
        """8-bit integers with a scale for every block along one axis."""
        axis = int(self.network.random.integers(array.ndim))
        size = array.shape[axis]
        block = next((b for b in (3, 2, 4) if size % b == 0), size)
        if self.network.opset < BLOCKS or size == 1:
            return self.identity(array)
        shape = [*array.shape[:axis], size // block, *array.shape[axis + 1:]]
        scale = self.network.random.uniform(0.004, 0.02, shape).astype(np.float32)
        stored = np.clip(np.round(array / np.repeat(scale, block, axis)), -127, 127).astype(np.int8)
        return self.node("DequantizeLinear", [self.plain(stored), self.plain(scale)], axis=axis, block_size=block)

    def fake_quantised(self, array):
        """Floats that are quantised and dequantised where they stand, as training for integers leaves them."""
        if self.network.opset < 10:
            return self.identity(array)
        scale, zero = self.plain(np.float32(np.abs(array).max() / 127 + 1e-6)), self.plain(np.int8(0))
        return self.node("DequantizeLinear", [self.node("QuantizeLinear", [self.plain(array), scale, zero]), scale, zero])


FORMS = [
    Constants.identity, Constants.reshaped, Constants.transposed, Constants.product, Constants.quotient, Constants.sum,
    Constants.difference, Constants.joined, Constants.cast, Constants.sliced, Constants.unsqueezed, Constants.dequantised,
    Constants.blocks, Constants.fake_quantised,
]
