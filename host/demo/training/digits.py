"""The data set: scikit-learn's handwritten digits, enlarged to 32x32 bytes, with a fixed train/test split."""

from dataclasses import dataclass

import numpy as np
from sklearn.datasets import load_digits

SOURCE_SIDE = 8
SOURCE_MAX = 16
SIDE = 32
BYTE_MAX = 255
CLASSES = 10
TEST_EVERY = 5
FACTOR = SIDE // SOURCE_SIDE


@dataclass(frozen=True)
class Split:
    """Images as N x SIDE x SIDE bytes, labels 0..9, and each image's position in `load_digits()`."""

    images: np.ndarray
    labels: np.ndarray
    index: np.ndarray


def taps() -> np.ndarray:
    """Bilinear interpolation along one axis: SIDE x SOURCE_SIDE whole numbers, each row summing to 2 * FACTOR.

    Pixel centres are at half-integers (out pixel `o` looks at `(o + 1/2) / FACTOR - 1/2`) and the edge is repeated.
    """
    unit = 2 * FACTOR
    table = np.zeros((SIDE, SOURCE_SIDE), dtype=np.int64)
    for out in range(SIDE):
        left, part = divmod(2 * out + 1 - FACTOR, unit)
        table[out, max(left, 0)] += unit - part
        table[out, min(left + 1, SOURCE_SIDE - 1)] += part
    return table


def enlarge(digits: np.ndarray) -> np.ndarray:
    """N x 8 x 8 values in 0..16 to N x 32 x 32 bytes in 0..255, in whole numbers, halves rounded up."""
    axis = taps()
    total = np.einsum("yi,nij,xj->nyx", axis, digits.astype(np.int64), axis)
    whole = SOURCE_MAX * (2 * FACTOR) ** 2
    return ((2 * total * BYTE_MAX + whole) // (2 * whole)).astype(np.uint8)


def load() -> tuple[Split, Split]:
    """The train and the test split: of every TEST_EVERY images in the original order, the last is a test image."""
    data = load_digits()
    images = enlarge(data.images)
    index = np.arange(len(images))
    test = index % TEST_EVERY == TEST_EVERY - 1
    return tuple(Split(images[keep], data.target[keep], index[keep]) for keep in (~test, test))


def calibration(train: Split, count: int) -> np.ndarray:
    """Positions in the train split of `count` images, evenly spaced."""
    return np.arange(count) * len(train.index) // count


def showcase(test: Split, per_class: int) -> np.ndarray:
    """Positions in the test split of the first `per_class` images of each class, in the original order."""
    first = [np.flatnonzero(test.labels == label)[:per_class] for label in range(CLASSES)]
    return np.sort(np.concatenate(first))


def to_input(images: np.ndarray) -> np.ndarray:
    """Bytes N x 32 x 32 to the network's input N x 1 x 32 x 32: byte / 255 as float32, no mean."""
    return (images.astype(np.float32) / np.float32(BYTE_MAX))[:, None]
