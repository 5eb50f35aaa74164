"""Trains the demo network on scikit-learn's handwritten digits and writes the files beside this script.

    python train.py            train and write everything (about half a minute on one core)
    python train.py --check    measure the files that are there; train nothing, write nothing

Same versions (requirements.txt) and same processor family: same bytes. Elsewhere the last bits of the weights may
differ, because BLAS adds in another order; the committed files are the reference.
"""

import argparse
import json
import platform

import numpy as np
import onnx
import onnxruntime
import PIL
import sklearn
from threadpoolctl import threadpool_limits
from training import assets, digits, evaluate, network
from training.export import to_onnx
from training.fit import Recipe, fit

CALIBRATION_IMAGES = 32
SHOWN_PER_CLASS = 2


def versions() -> None:
    """Prints what the result depends on."""
    tools = (np, sklearn, onnx, onnxruntime, PIL)
    print(f"python {platform.python_version()}", *(f"{tool.__name__} {tool.__version__}" for tool in tools), sep=", ")


def print_costs(layers: list) -> None:
    """Prints output shape, weights and MACs of every convolution, and the sums."""
    rows = network.costs(layers)
    for name, (height, width, channels), weights, macs in rows:
        print(f"{name:18} {height:2} x {width:2} x {channels:2}  {weights:6} weights  {macs:8} MACs")
    print(f"{'total':18} {'':12}  {sum(r[2] for r in rows):6} weights  {sum(r[3] for r in rows):8} MACs")


def write_assets(model: bytes, train: digits.Split, test: digits.Split) -> None:
    """Writes the model, labels, both image folders and the expected logits."""
    folder = assets.FOLDER
    assets.write(folder, assets.MODEL, model)
    assets.write(folder, assets.LABELS, "".join(f"{label}\n" for label in range(digits.CLASSES)).encode())
    pick = digits.calibration(train, CALIBRATION_IMAGES)
    assets.write_images(folder / assets.CALIBRATION, train.images[pick], train.labels[pick])
    pick = digits.showcase(test, SHOWN_PER_CLASS)
    images, labels = test.images[pick], test.labels[pick]
    names = assets.write_images(folder / assets.IMAGES, images, labels)
    logits = evaluate.run(model, images)
    assets.write(folder, assets.LOGITS, assets.logits_json(names, test.index[pick], labels, logits))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="measure the files that are there")
    only_check = parser.parse_args().check
    versions()
    train, test = digits.load()
    if not only_check:
        layers = fit(train, Recipe())
        print_costs(layers)
        write_assets(to_onnx(layers), train, test)
    model = (assets.FOLDER / assets.MODEL).read_bytes()
    evaluate.report(model, train, test)
    evaluate.check_logits(model, assets.FOLDER, json.loads((assets.FOLDER / assets.LOGITS).read_text()))


if __name__ == "__main__":
    with threadpool_limits(limits=1):
        main()
