"""Training: Adam on the cross-entropy, cosine learning rate, random shifts; every random number from one seed."""

from dataclasses import dataclass

import numpy as np

from training.digits import CLASSES, Split, to_input
from training.network import backward, build, convolutions, forward


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the outcome of a training run."""

    seed: int = 1
    epochs: int = 60
    batch: int = 32
    learning_rate: float = 2e-3
    weight_decay: float = 1e-4
    shift: int = 3


class Adam:
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2019) over the weights and biases of convolutions."""

    first, second, tiny = 0.9, 0.999, 1e-8

    def __init__(self, convs, weight_decay):
        self.convs, self.weight_decay, self.steps = convs, weight_decay, 0
        values = [value for conv in convs for value in (conv.weight, conv.bias)]
        self.moments = [(np.zeros_like(value), np.zeros_like(value)) for value in values]

    def step(self, rate):
        self.steps += 1
        pairs = [
            pair
            for conv in self.convs
            for pair in ((conv.weight, conv.grad_weight, self.weight_decay), (conv.bias, conv.grad_bias, 0.0))
        ]
        for (value, grad, decay), (mean, square) in zip(pairs, self.moments, strict=True):
            mean += (1 - self.first) * (grad - mean)
            square += (1 - self.second) * (grad * grad - square)
            unbiased = mean / (1 - self.first**self.steps)
            scale = np.sqrt(square / (1 - self.second**self.steps)) + self.tiny
            value -= (rate * (unbiased / scale + decay * value)).astype(np.float32)


def shifted(images: np.ndarray, reach: int, rng: np.random.Generator) -> np.ndarray:
    """Each image moved by its own random offset of at most `reach` pixels in y and x, zeros moving in."""
    padded = np.pad(images, ((0, 0), (reach, reach), (reach, reach)))
    offsets = rng.integers(0, 2 * reach + 1, size=(len(images), 2))
    height, width = images.shape[1:]
    return np.stack([p[y : y + height, x : x + width] for p, (y, x) in zip(padded, offsets, strict=True)])


def loss_and_gradient(logits: np.ndarray, labels: np.ndarray) -> tuple[float, np.ndarray]:
    """Mean softmax cross-entropy and its gradient with respect to the logits."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    chance = powers / powers.sum(axis=1, keepdims=True)
    wanted = np.eye(CLASSES, dtype=np.float32)[labels]
    loss = -np.log((chance * wanted).sum(axis=1)).mean()
    return float(loss), (chance - wanted) / np.float32(len(labels))


def fit(train: Split, recipe: Recipe) -> list:
    """A trained network; prints the loss as it goes."""
    rng = np.random.default_rng(recipe.seed)
    layers = build(rng)
    adam = Adam(convolutions(layers), recipe.weight_decay)
    steps = len(train.labels) // recipe.batch
    for epoch in range(recipe.epochs):
        order, losses = rng.permutation(len(train.labels)), []
        for step in range(steps):
            pick = order[step * recipe.batch : (step + 1) * recipe.batch]
            images = shifted(train.images[pick], recipe.shift, rng)
            logits = forward(layers, np.moveaxis(to_input(images), 1, 3))
            loss, grad = loss_and_gradient(logits, train.labels[pick])
            backward(layers, grad)
            done = (epoch * steps + step) / (recipe.epochs * steps)
            adam.step(recipe.learning_rate * (1 + np.cos(np.pi * done)) / 2)
            losses.append(loss)
        if (epoch + 1) % 10 == 0:
            print(f"epoch {epoch + 1:3}  mean loss {np.mean(losses):.4f}", flush=True)
    return layers
