"""Runs a model on all images of a file whenever a line comes in; prints the seconds, once per way of using the cores."""

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy
import onnxruntime


def session(model, threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def main(model, inputs):
    cores = len(os.sched_getaffinity(0))
    together = session(model, cores)
    apart = [session(model, 1) for _ in range(cores)]
    name, shape = together.get_inputs()[0].name, together.get_inputs()[0].shape
    images = numpy.fromfile(inputs, dtype="<f4").reshape(-1, 1, *shape[1:])

    def run(one, some):
        for image in some:
            one.run(None, {name: image})

    pool = ThreadPoolExecutor(cores)
    ways = [
        lambda: run(together, images),
        lambda: list(pool.map(lambda i: run(apart[i], images[i::cores]), range(cores))),
    ]
    print(onnxruntime.__version__)
    print(len(ways), flush=True)
    for way in ways:
        way()
    for _ in sys.stdin:
        for way in ways:
            start = time.perf_counter()
            way()
            print(time.perf_counter() - start, flush=True)


main(*sys.argv[1:])
