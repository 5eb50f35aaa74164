"""threads.py FOLDER ADDRESS THREADS IMAGES: one device for many threads, a close in between, a fork, odd paths."""

import os
import sys
import threading
from pathlib import Path

import numpy as np

import systole

folder, address, threads, images = sys.argv[1:]

SEEDS = 8


def opened(what=address):
    return systole.Device(what)


def frame(device, seed):
    return np.random.default_rng(seed).integers(0, 256, device.shape, dtype=np.uint8)


def refused(what):
    try:
        what()
    except systole.SystoleError as error:
        return str(error)
    return "NOT REFUSED"


def many():
    with opened() as device:
        frames = [frame(device, seed) for seed in range(SEEDS)]
        want = [device.infer(one) for one in frames]
        right = []

        def work(thread):
            for k in range(int(images)):
                seed = (thread + k) % SEEDS
                right.append(np.array_equal(device.infer(frames[seed]), want[seed]))

        run(work, int(threads))
        print(sum(right), "of", len(right), "right")
        number = device.submit(frames[0])
        found = []
        run(lambda thread: found.append(device.wait(number) * device.scale), 1)
        print("waited for by another thread:", np.array_equal(found[0], want[0]))
        print("negative:", refused(lambda: device.wait(-1)))
        device.submit(frames[0])
        print("too large:", refused(lambda: device.wait(2**64)))


def run(work, count):
    running = [threading.Thread(target=work, args=(k,)) for k in range(count)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()


def closed_meanwhile():
    device = opened()
    image, said = frame(device, 0), []
    want = device.infer(image)
    begun = threading.Event()

    def work(_):
        try:
            while np.array_equal(device.infer(image), want):
                begun.set()
            said.append("WRONG")
        except systole.SystoleError as error:
            said.append(str(error))

    running = [threading.Thread(target=work, args=(k,)) for k in range(3)]
    for thread in running:
        thread.start()
    begun.wait()
    device.close()
    for thread in running:
        thread.join()
    print("closed meanwhile:", said)
    device.close()
    print("used after close:", refused(device.counters))


def forked():
    device = opened()
    image = frame(device, 1)
    want = device.infer(image)
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        said = refused(lambda: device.infer(image))
        with opened() as own:
            said += f"; its own: {np.array_equal(own.infer(image), want)}"
        os.write(theirs, said.encode())
        os._exit(0)
    os.close(theirs)
    print("child:", os.read(ours, 4096).decode(), os.waitpid(child, 0)[1])
    print("parent:", np.array_equal(device.infer(image), want))
    device.close()


def odd_paths():
    build = address.split(":", 1)[1]
    scheme = address.split(":", 1)[0]
    odd = os.fsencode(folder) + b"/odd\xff"
    os.symlink(os.fsencode(build), odd)
    for what in (scheme.encode() + b":" + odd, f"{scheme}:{os.fsdecode(odd)}"):
        with opened(what) as device:
            print("opened by a path that is not UTF-8:", device.infer(frame(device, 0)).size > 0)
    with systole.Device(address, build=Path(build)) as device:
        print("a path object:", device.classes > 0, refused(lambda: device.load_weights(b"/no/such\xff")))
    print("a zero in it:", refused(lambda: opened(address + "\0x")))


many()
closed_meanwhile()
forked()
odd_paths()
