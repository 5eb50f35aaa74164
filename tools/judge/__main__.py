#!/usr/bin/env python3
"""Writes random ONNX networks with images and the scores that onnxruntime computes, to hold importers against.

    tools/judge FOLDER --floats 2000 --quantised 1000 --models model.onnx ...

Every random network depends on its number alone. NAME.onnx has its images in NAME.images.npy, its scores in NAME.scores.npy and its nodes in
NAME.txt; NAME.before.json says what goes into its last nodes. Quantised ones have their scores without roundings in NAME.exact.npy.
Models that are named get images and scores too.
"""

import argparse
import json
import logging
import pathlib
from functools import partial
from multiprocessing import Pool

import numpy as np
import onnx

import cases
import quantised
from rounding import unrounded


def keep(stem, model, text, free, **arrays):
    """`free` is the model without roundings."""
    onnx.save(model, stem.with_suffix(".onnx"))
    stem.with_suffix(".before.json").write_text(json.dumps(cases.before(free, arrays["images"])))
    stem.with_suffix(".txt").write_text(text + cases.listing(model))
    arrays["images"] = cases.fed(model, arrays["images"])
    for name, array in arrays.items():
        np.save(stem.with_suffix(f".{name}.npy"), array.astype(np.float32))


def write_float(folder, number):
    model, images, scores = cases.float_case(number)
    keep(folder / f"float_{number:05}", model, "", model, images=images, scores=scores)


def write_quantised(folder, number):
    (model, free), images, scores, exact, arguments = quantised.quantised_case(number)
    keep(folder / f"quantised_{number:05}", model, f"{arguments}\n", free, images=images, scores=scores, exact=exact)


def write_model(folder, path):
    model = onnx.load(path)
    images = cases.pictures(0, cases.image_shape(model))
    free, arrays = model, dict(images=images, scores=cases.scores(model, images))
    if any(node.op_type == "QuantizeLinear" for node in model.graph.node):
        free = unrounded(model, images)
        arrays["exact"] = cases.scores(free, images)
    keep(folder / f"model_{path.parent.name}_{path.stem}", model, "", free, **arrays)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folder", type=pathlib.Path)
    options.add_argument("--floats", type=int, default=0)
    options.add_argument("--quantised", type=int, default=0)
    options.add_argument("--models", type=pathlib.Path, nargs="*", default=[])
    options.add_argument("--first", type=int, default=0, help="number of the first of each")
    options = options.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    logging.disable(logging.CRITICAL)
    with Pool() as pool:
        for write, count in ((write_float, options.floats), (write_quantised, options.quantised)):
            numbers = range(options.first, options.first + count)
            pool.map(partial(write, options.folder), numbers, chunksize=4)
        pool.map(partial(write_model, options.folder), options.models)


main()
