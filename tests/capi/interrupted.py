"""interrupted.py ROOT BUILD: an interrupt ends what the library is doing, and the device works afterwards."""

import os
import signal
import sys
import threading
import time

import numpy as np

import systole

root, build = sys.argv[1:]
# A shell that starts what runs behind it has it ignore interrupts, and Python keeps to that.
signal.signal(signal.SIGINT, signal.default_int_handler)
LATEST = 2.0  # seconds


def interrupted(what):
    threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    begun = time.monotonic()
    try:
        what()
    except KeyboardInterrupt:
        return time.monotonic() - begun
    raise AssertionError("not interrupted")


def for_ever(device, image):
    while True:
        device.infer(image)


with systole.open(f"registers:{build}") as device:
    image = np.zeros(device.shape, np.uint8)
    assert interrupted(lambda: for_ever(device, [image] * 50)) < LATEST
    assert np.array_equal(device.infer(image), systole.load(f"{build}/network.net").infer(image)), "the next image is right"

quantise = lambda: [systole.quantize(f"{root}/host/demo/digits.onnx", f"{root}/host/demo/calibration", preprocess="grey") for _ in range(999)]
assert interrupted(quantise) < LATEST
print("all as it should be")
