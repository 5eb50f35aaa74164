"""What the ONNX file computes in float, by onnxruntime, and how often that is right."""

from pathlib import Path

import numpy as np
import onnxruntime

from training import assets
from training.digits import Split, to_input
from training.export import INPUT, OUTPUT

TOLERANCE = 1e-4
WANTED_ACCURACY = 0.97


def run(model: bytes, images: np.ndarray) -> np.ndarray:
    """The logits, N x 10 float32, of N x 32 x 32 bytes, one image at a time on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return np.concatenate([session.run([OUTPUT], {INPUT: image[None]})[0] for image in to_input(images)])


def right(logits: np.ndarray, labels: np.ndarray) -> int:
    """How many images have their largest logit at their label."""
    return int((logits.argmax(axis=1) == labels).sum())


def report(model: bytes, train: Split, test: Split) -> None:
    """Prints both accuracies; raises if the test accuracy is below WANTED_ACCURACY."""
    for name, split in (("train", train), ("test", test)):
        count, total = right(run(model, split.images), split.labels), len(split.labels)
        print(f"{name:5} accuracy {count}/{total} = {count / total:.2%}")
    if count < WANTED_ACCURACY * total:
        raise SystemExit(f"test accuracy {count / total:.2%} is below the wanted {WANTED_ACCURACY:.0%}")


def check_logits(model: bytes, folder: Path, expected: dict) -> None:
    """Compares the logits of every listed PNG with the stored ones; raises if one is off by over TOLERANCE."""
    images = np.stack([assets.read_image(folder / assets.IMAGES / name) for name in expected])
    stored = np.array([entry["logits"] for entry in expected.values()], dtype=np.float32)
    labels = np.array([entry["label"] for entry in expected.values()])
    found = run(model, images)
    worst = float(np.abs(found - stored).max())
    print(f"images/: {right(found, labels)}/{len(labels)} right, largest difference from {assets.LOGITS} {worst:.1e}")
    if worst > TOLERANCE:
        raise SystemExit(f"{assets.LOGITS} is off by {worst:.1e}, allowed {TOLERANCE:.0e}; run train.py again")
