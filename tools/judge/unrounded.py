"""Quantised networks in floating point: every operation on integers by its definition, without the rounding of maps.

What is left of QuantizeLinear is its saturation: a clip to (least - zero) * scale .. (largest - zero) * scale. Weights keep the
values that their integers have.
"""

import numpy as np
from onnx import ModelProto, TensorProto, helper, numpy_helper

# Least and largest integers.
RANGE = {np.dtype(kind): (np.iinfo(kind).min, np.iinfo(kind).max) for kind in (np.int8, np.uint8, np.int16, np.uint16)}
FLOATS = {"QLinearAdd": "Add", "QLinearMul": "Mul", "QLinearConcat": "Concat", "QLinearConv": "Conv", "QLinearMatMul": "MatMul", "QGemm": "Gemm",
          "QLinearAveragePool": "AveragePool", "QLinearGlobalAveragePool": "GlobalAveragePool", "QLinearSoftmax": "Softmax", "QLinearSigmoid": "Sigmoid"}


class Unrounded:
    def __init__(self, model):
        self.model, self.nodes, self.extra = model, [], []
        graph = model.graph
        self.values = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
        for node in graph.node:
            if node.op_type == "Constant":
                self.values[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
        # Names that no image reaches.
        self.fixed = set(self.values)
        # Scale, zero point and type of maps of integers.
        self.scales = {}

    def result(self):
        for node in self.model.graph.node:
            if all(name in self.fixed or not name for name in node.input):
                self.fixed.update(node.output)
                self.nodes.append(node)
            elif node.op_type in FLOATS:
                self.integer(node)
            elif node.op_type == "QuantizeLinear":
                self.clip(node.input[0], node.output[0], node.input[1:3], node.name)
            elif node.op_type == "DequantizeLinear":
                self.nodes.append(helper.make_node("Identity", node.input[:1], node.output))
            else:
                self.kept(node)
        model = ModelProto()
        model.CopyFrom(self.model)
        del model.graph.node[:], model.graph.value_info[:]
        model.graph.node.extend(self.nodes)
        model.graph.initializer.extend(self.extra)
        return model

    def constant(self, array, like):
        name = f"{like}_unrounded_{len(self.extra)}"
        self.extra.append(numpy_helper.from_array(np.asarray(array, np.float32), name))
        return name

    def clip(self, source, target, storage, name):
        """target = source, saturated as `storage` is: a scale, and maybe a zero point."""
        size = self.values[storage[0]]
        point = self.values[storage[1]] if len(storage) > 1 and storage[1] else np.zeros((), np.uint8)
        assert size.size == 1, "one scale a map"
        self.scales[target] = (float(size.reshape(())), int(point.reshape(())), point.dtype)
        ends = [(end - int(point.reshape(()))) * float(size.reshape(())) for end in RANGE[point.dtype]]
        limits = [self.constant(end, target) for end in ends]
        self.nodes.append(helper.make_node("Clip", [source, *limits], [target], name=name))

    def real(self, name, scale, zero, axis):
        """Name of constant integers, times their scales."""
        if name not in self.values:
            return name
        values, sizes, zeros = (self.values[n].astype(np.float64) if n else np.zeros(()) for n in (name, scale, zero))
        shape = [-1 if a == axis else 1 for a in range(values.ndim)]
        spread = lambda v: v.reshape(shape) if v.size > 1 else v.reshape(())
        return self.constant((values - spread(zeros)) * spread(sizes), name)

    def integer(self, node):
        kind, given = node.op_type, list(node.input)
        attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        attributes.pop("channels_last", None)
        if kind == "QLinearAveragePool" and attributes.get("ceil_mode") and attributes.get("count_include_pad"):
            # It divides windows that reach beyond the padding by all of their pixels; AveragePool does not.
            raise NotImplementedError(f"{node.output[0]}: no operator in floats has such windows")
        if kind == "QLinearSoftmax":
            attributes.pop("opset", None)
        if kind in ("QLinearConv", "QLinearMatMul", "QGemm"):
            inputs, last = self.products(kind, given, attributes)
        elif kind == "QLinearConcat":
            inputs, last = [self.real(*given[i : i + 3], None) for i in range(2, len(given), 3)], given[:2]
        elif kind in ("QLinearAdd", "QLinearMul"):
            inputs, last = [self.real(*given[i : i + 3], None) for i in (0, 3)], given[6:]
        else:
            inputs, last = [given[0]], given[3:]
        inner = f"{node.output[0]}_free"
        # What is left to hosts goes by the name of what computes, else by that of what is stored.
        computed = not last or kind in ("QLinearSoftmax", "QLinearSigmoid")
        self.nodes.append(helper.make_node(FLOATS[kind], inputs, [inner], name=node.name if computed else "", **attributes))
        if not last:
            self.nodes.append(helper.make_node("Identity", [inner], node.output))
        else:
            self.clip(inner, node.output[0], last[:2], "" if computed else node.name)

    def products(self, kind, given, attributes):
        """Float inputs of a matrix product or convolution, and what its result is stored with."""
        axis = 0 if kind == "QLinearConv" or kind == "QGemm" and attributes.get("transB") else 1
        inputs = [self.real(*given[:3], None), self.real(*given[3:6], axis)]
        bias = {"QLinearConv": given[8:9], "QGemm": given[6:7]}.get(kind, [])
        if bias and bias[0]:
            step = self.values[given[1]].astype(np.float64) * self.values[given[4]] * attributes.get("alpha", 1.0)
            inputs.append(self.constant(self.values[bias[0]] * step, bias[0]))
        return inputs, given[7:9] if kind == "QGemm" else given[6:8]

    def kept(self, node):
        """An operator that is the same on integers and floats; what it pads integers with is a value of theirs."""
        scale = self.scales.get(node.input[0])
        if scale:
            self.scales.update({output: scale for output in node.output})
        copied = helper.make_node(node.op_type, node.input, node.output, name=node.name, domain=node.domain)
        copied.attribute.extend(node.attribute)
        filled = node.op_type == "Pad" and len(node.input) > 2 and node.input[2] in self.values
        if filled and scale and self.values[node.input[2]].dtype in RANGE:
            copied.input[2] = self.constant((int(self.values[node.input[2]].reshape(())) - scale[1]) * scale[0], node.output[0])
        self.nodes.append(copied)
