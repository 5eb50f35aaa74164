"""Layers with their gradients in numpy: convolution + ReLU, ceil-mode max pool, Fire module, global average.

Tensors are N x H x W x C float32. `forward` keeps what `backward` needs; `backward` takes the gradient of the loss
with respect to the output, stores the gradients of the parameters, and returns the one with respect to the input.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


class Conv:
    """A square convolution with bias, followed by ReLU. Weights are kernel x kernel x inputs x outputs."""

    def __init__(self, name, inputs, outputs, kernel, rng, stride=1, pad=0):
        fan_in = kernel * kernel * inputs
        shape = (kernel, kernel, inputs, outputs)
        self.name, self.kernel, self.stride, self.pad = name, kernel, stride, pad
        self.weight = (rng.standard_normal(shape) * np.sqrt(2.0 / fan_in)).astype(np.float32)
        self.bias = np.zeros(outputs, dtype=np.float32)

    def forward(self, x):
        padding = ((0, 0), (self.pad, self.pad), (self.pad, self.pad), (0, 0))
        self.padded = np.pad(x, padding)
        windows = sliding_window_view(self.padded, (self.kernel, self.kernel), axis=(1, 2))
        windows = windows[:, :: self.stride, :: self.stride].transpose(0, 1, 2, 4, 5, 3)
        self.out_shape = windows.shape[:3] + self.bias.shape
        self.columns = windows.reshape(-1, self.weight[..., 0].size)
        flat = self.columns @ self.weight.reshape(-1, self.bias.size) + self.bias
        self.out = np.maximum(flat, 0).reshape(self.out_shape)
        return self.out

    def backward(self, grad):
        flat = (grad * (self.out > 0)).reshape(-1, self.bias.size)
        self.grad_bias = flat.sum(axis=0)
        self.grad_weight = (self.columns.T @ flat).reshape(self.weight.shape)
        columns = flat @ self.weight.reshape(-1, self.bias.size).T
        return self.scatter(columns.reshape(self.out_shape[:3] + self.weight.shape[:3]))

    def scatter(self, taps):
        """Adds the gradient of every tap back to the pixel it came from."""
        grad = np.zeros_like(self.padded)
        rows, columns = (self.stride * side for side in self.out_shape[1:3])
        for y in range(self.kernel):
            for x in range(self.kernel):
                target = grad[:, y : y + rows : self.stride, x : x + columns : self.stride]
                target += taps[:, :, :, y, x]
        inner = slice(self.pad, -self.pad or None)
        return grad[:, inner, inner]

    def convolutions(self):
        return [self]


class MaxPool:
    """A max pool with ceil-mode output size, as in SqueezeNet; windows may hang over the far edges."""

    kernel, stride = 3, 2

    def __init__(self, name):
        self.name = name

    def forward(self, x):
        self.side = x.shape[1]
        out = -((self.kernel - self.side) // self.stride) + 1
        hang = self.stride * (out - 1) + self.kernel - self.side
        padded = np.pad(x, ((0, 0), (0, hang), (0, hang), (0, 0)), constant_values=-np.inf)
        self.padded_shape = padded.shape
        self.windows = [self.view(padded, tap, out) for tap in range(self.kernel**2)]
        self.winner = np.argmax(self.windows, axis=0)
        return np.max(self.windows, axis=0)

    def view(self, padded, tap, out):
        """The pixels that tap number `tap` sees, one per output."""
        y, x = divmod(tap, self.kernel)
        last = self.stride * (out - 1) + 1
        return padded[:, y : y + last : self.stride, x : x + last : self.stride]

    def backward(self, grad):
        padded = np.zeros(self.padded_shape, dtype=np.float32)
        for tap in range(self.kernel**2):
            self.view(padded, tap, grad.shape[1])[...] += grad * (self.winner == tap)
        return padded[:, : self.side, : self.side]

    def convolutions(self):
        return []


class Fire:
    """SqueezeNet's Fire module: a 1x1 squeeze, then a 1x1 and a 3x3 expand side by side, concatenated."""

    def __init__(self, name, inputs, squeeze, expand, rng):
        self.name, self.expand = name, expand
        self.squeeze = Conv(f"{name}_squeeze1x1", inputs, squeeze, 1, rng)
        self.expand1x1 = Conv(f"{name}_expand1x1", squeeze, expand, 1, rng)
        self.expand3x3 = Conv(f"{name}_expand3x3", squeeze, expand, 3, rng, pad=1)

    def forward(self, x):
        squeezed = self.squeeze.forward(x)
        return np.concatenate([self.expand1x1.forward(squeezed), self.expand3x3.forward(squeezed)], axis=3)

    def backward(self, grad):
        left = self.expand1x1.backward(grad[..., : self.expand])
        return self.squeeze.backward(left + self.expand3x3.backward(grad[..., self.expand :]))

    def convolutions(self):
        return [self.squeeze, self.expand1x1, self.expand3x3]


class GlobalAverage:
    """The mean over all pixels: N x H x W x C to N x C."""

    def __init__(self, name):
        self.name = name

    def forward(self, x):
        self.shape = x.shape
        return x.mean(axis=(1, 2))

    def backward(self, grad):
        pixels = self.shape[1] * self.shape[2]
        return np.broadcast_to(grad[:, None, None] / np.float32(pixels), self.shape)

    def convolutions(self):
        return []
