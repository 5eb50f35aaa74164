"""The files beside `train.py`: their names, and how they are written and read."""

import io
import json
import os
from pathlib import Path

import numpy as np
from PIL import Image

FOLDER = Path(__file__).resolve().parent.parent
MODEL = "digits.onnx"
LABELS = "labels.txt"
LOGITS = "expected_logits.json"
IMAGES = "images"
CALIBRATION = "calibration"


def write(folder: Path, name: str, content: bytes) -> None:
    """Writes a file whole or not at all."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(content)
    os.replace(partial, path)


def image_name(order: int, label: int) -> str:
    """The name of image number `order` of a folder, for example `007_label_3.png`."""
    return f"{order:03}_label_{label}.png"


def write_images(folder: Path, images: np.ndarray, labels: np.ndarray) -> list[str]:
    """Writes 8-bit grey PNGs in place of those that are there; returns their names."""
    for old in folder.glob("*.png"):
        old.unlink()
    names = [image_name(order, label) for order, label in enumerate(labels)]
    for name, pixels in zip(names, images, strict=True):
        png = io.BytesIO()
        Image.fromarray(pixels).save(png, format="PNG", optimize=True)
        write(folder, name, png.getvalue())
    return names


def read_image(path: Path) -> np.ndarray:
    """The bytes of an 8-bit grey PNG, height x width."""
    with Image.open(path) as image:
        if image.mode != "L":
            raise ValueError(f"{path}: wanted an 8-bit grey PNG (mode L), found mode {image.mode}")
        return np.asarray(image)


def logits_json(names: list[str], index: np.ndarray, labels: np.ndarray, logits: np.ndarray) -> bytes:
    """The float logits of each image of `images/`, one line per image; `index` is its position in load_digits()."""
    rows = [
        json.dumps(name) + ": " + json.dumps({"index": int(i), "label": int(l), "logits": [float(x) for x in row]})
        for name, i, l, row in zip(names, index, labels, logits, strict=True)
    ]
    return ("{\n" + ",\n".join(rows) + "\n}\n").encode()
