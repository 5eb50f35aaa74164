"""classify.py ADDRESS FRAMES: the best class of each frame in a file of raw frames, four in flight at once."""

import sys

import numpy as np

import systole


def main(address, frames):
    with systole.open(address) as device:
        device.selftest()
        images = np.fromfile(frames, np.uint8).reshape((-1,) + device.shape)
        for scores in device.stream(images):
            best = scores.argmax()
            print(device.labels[best], f"{scores[best]:.4f}")
        assert device.counters()["images_done"] >= len(images)
        try:
            device.infer(images[0][1:])
        except systole.SystoleError as error:
            print("refused:", error)


if __name__ == "__main__":
    main(*sys.argv[1:])
