"""Holds a network without roundings against the quantised one it was made from, step by step.

Roundings add up to any difference where later maps saturate, so the scores say little. Each step on its own, given what the quantised
network has before it, may be off by a rounding of its own result and by nothing else.
"""

import numpy as np
from onnx import ModelProto, helper, numpy_helper

import cases
from unrounded import Unrounded

# Counts that a stored result may be off: its rounding, and a little for floats.
COUNTS = 0.51
# Share of the largest value that a result in floats may be off.
FLOATS = 1e-5


class Wrong(Exception):
    """What `Unrounded` makes of a network is not that network."""


class Steps:
    """The quantised network, and every step without rounding beside it."""

    def __init__(self, model, free):
        """`free` is the finished Unrounded of `model`."""
        self.model, self.free = model, free
        self.steps, self.extra, self.reals = [], [], {}
        self.made = {name: node for node in model.graph.node for name in node.output if name not in free.fixed}

    def real(self, name):
        """Name of what a tensor of the quantised network is in floats."""
        if name not in self.free.scales or name not in self.made:
            return name
        if name not in self.reals:
            scale, zero, kind = self.free.scales[name]
            parts = [f"{name}_step_scale", f"{name}_step_zero"]
            arrays = [np.float32(scale), np.asarray(zero, kind)]
            self.extra += [numpy_helper.from_array(np.asarray(a), part) for a, part in zip(arrays, parts)]
            self.reals[name] = f"{name}_step_real"
            self.steps.append(helper.make_node("DequantizeLinear", [name, *parts], [self.reals[name]]))
        return self.reals[name]

    def pairs(self):
        """(node, what it makes, the same of its step alone) by names; and the network that computes all of them."""
        pairs = []
        for node in self.free.nodes:
            if any(name in self.free.fixed for name in node.output):
                continue
            step = type(node)()
            step.CopyFrom(node)
            step.name = ""
            for place, name in enumerate(node.input):
                step.input[place] = self.real(name)
            for place, name in enumerate(node.output):
                if name in self.made:
                    step.output[place] = f"{name}_step"
                    pairs.append((self.made[name], name, f"{name}_step"))
            self.steps.append(step)
        pairs = [(node, name, self.real(name), step) for node, name, step in pairs]
        wider = ModelProto()
        wider.CopyFrom(self.model)
        wider.graph.node.extend(self.steps)
        wider.graph.initializer.extend([*self.free.extra, *self.extra])
        names = list(dict.fromkeys(name for _, _, *pair in pairs for name in pair))
        return pairs, names, cases.with_outputs(wider, names)


def unrounded(model, images):
    """A quantised model without roundings, every step of which was held against the model's on the images."""
    free = Unrounded(model)
    result = free.result()
    pairs, names, wider = Steps(model, free).pairs()
    found = dict(zip(names, cases.outputs(wider, images)))
    for node, name, ours, theirs in pairs:
        a, b = found[ours], found[theirs]
        allowed = COUNTS * free.scales[name][0] if name in free.scales else FLOATS * np.abs(a).max()
        if np.abs(a - b).max() > allowed:
            raise Wrong(f"{node.op_type} of {name} is off by {np.abs(a - b).max()} without its rounding; {allowed} is allowed")
    return result
