"""An ONNX graph under construction: nodes by the rules of its operator set, shapes behind the batch, constants in many forms."""

import math
from dataclasses import dataclass

import numpy as np
from onnx import TensorProto, helper

from constants import Constants

# Newest file format that every operator set here may be written in.
IR_VERSION = 8
# Share of constants that nodes compute, in graphs that have such.
COMPUTED = 0.3


@dataclass(frozen=True)
class Value:
    """A result: its name, and its shape without the batch."""

    name: str
    shape: tuple


class Network:
    """A graph whose input `x` is an image of channels, height and width, with the channels last for `last`; `batch` None is any."""

    def __init__(self, random, opset, shape, batch, computed, last):
        self.random, self.opset, self.batch, self.last = random, opset, batch, last
        self.nodes, self.names = [], 0
        # The default domain has two names.
        self.domains = ["", "", "ai.onnx"] if self.chance(0.1) else [""]
        self.constants = Constants(self, COMPUTED if computed else 0.0)
        self.input = Value("x", (*shape[1:], shape[0]) if last else shape)

    def chance(self, share):
        return self.random.random() < share

    def pick(self, *options):
        return options[self.random.integers(len(options))]

    def fresh(self, word):
        self.names += 1
        return f"{word.lower()}_{self.names}"

    def add(self, operator, inputs, shape, **attributes):
        """Appends a node; inputs are values, names of constants, or "" for what is left out."""
        names = [value.name if isinstance(value, Value) else value for value in inputs]
        while names and names[-1] == "":
            names.pop()
        output = self.fresh(operator)
        given = {key: value for key, value in attributes.items() if value is not None}
        label = self.pick("", output, f"/net/{output}")
        node = helper.make_node(operator, names, [output], name=label, domain=self.pick(*self.domains), **given)
        self.nodes.append(node)
        return Value(output, tuple(shape))

    def add_several(self, operator, inputs, shapes, **attributes):
        """The same with several results."""
        first = self.add(operator, inputs, shapes[0], **attributes)
        others = [Value(self.fresh(operator), tuple(shape)) for shape in shapes[1:]]
        self.nodes[-1].output.extend(value.name for value in others)
        return [first, *others]

    def constant(self, array, kind=np.float32):
        return self.constants.add(np.asarray(array, kind))

    def ints(self, values):
        """Sizes, axes and the like."""
        return self.constants.plain(np.asarray(values, np.int64))

    def with_axes(self, operator, value, shape, axes, since, **attributes):
        """An operator whose axes are an input from operator set `since` on, and an attribute before."""
        if self.opset >= since:
            return self.add(operator, [value, self.ints(axes)], shape, **attributes)
        return self.add(operator, [value], shape, axes=list(axes), **attributes)

    def model(self, output):
        shape = lambda value: [self.batch or "N", *value.shape]
        info = lambda value, dims: helper.make_tensor_value_info(value.name, TensorProto.FLOAT, dims)
        graph = helper.make_graph(
            self.nodes, "judged", [info(self.input, shape(self.input))], [info(output, None)],
            initializer=self.constants.stored)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=IR_VERSION)


def windows(size, kernel, stride, pads, ceil=False):
    """Windows along an axis, as the operators define it; 0 where none fits."""
    span = size + sum(pads) - kernel
    if span < 0:
        return 0
    count = (math.ceil if ceil else math.floor)(span / stride) + 1
    return count - 1 if ceil and (count - 1) * stride >= size + pads[0] else count
