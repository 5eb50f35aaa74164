"""Drives Systole machines: NumPy images in, class scores out.

    with systole.Device("sim:build/demo") as device:
        scores = device.infer(image)            # (height, width, 3) bytes to one float per class
        print(device.labels[scores.argmax()])
"""

import ctypes
import json
import operator
import os
from collections import deque
from pathlib import Path

import numpy as np

__all__ = ["Device", "MemoryDamaged", "SystoleError"]

_MESSAGE_BYTES = 4096
_DAMAGED = 3  # SYSTOLE_DAMAGED


class SystoleError(Exception):
    """What the driver says went wrong."""


class MemoryDamaged(SystoleError):
    """A check found memories of the device that are not what they must be.

    `memory`: their names, text, between commas ("weights", "prog", ...).
    `crc_found`, `crc_wanted`: CRC-32 that the first of them was read back with, and that it must have.
    `doubtful`: range of the numbers, as `Device.submit` gives them, of the images answered since the latest good check.
    `repaired`: the weights, alone damaged, were loaded again; else the bitstream must be loaded again.
    """

    def __init__(self, message, damage):
        super().__init__(message)
        self.memory = damage.memories.decode(errors="replace")
        self.crc_found, self.crc_wanted = damage.crc_found, damage.crc_wanted
        self.doubtful = range(damage.doubtful_first, damage.doubtful_end)
        self.repaired = bool(damage.repaired)


class _Damage(ctypes.Structure):
    _fields_ = [
        ("memories", ctypes.c_char_p),
        ("crc_found", ctypes.c_uint32),
        ("crc_wanted", ctypes.c_uint32),
        ("doubtful_first", ctypes.c_uint64),
        ("doubtful_end", ctypes.c_uint64),
        ("repaired", ctypes.c_uint64),
    ]


class _Counters(ctypes.Structure):
    _fields_ = [
        (name, ctypes.c_uint64)
        for name in (
            "images_done",
            "cycles",
            "busy_cycles",
            "in_beats",
            "out_beats",
            "input_starved",
            "output_blocked",
        )
    ]


_SIZE, _INT, _TEXT, _DEVICE = ctypes.c_size_t, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p
_BYTES = np.ctypeslib.ndpointer(np.uint8, flags="C_CONTIGUOUS")
_VALUES = np.ctypeslib.ndpointer(np.int32, flags="C_CONTIGUOUS")
_SUMS = np.ctypeslib.ndpointer(np.int64, flags="C_CONTIGUOUS")
_SCORES = np.ctypeslib.ndpointer(np.float64, flags="C_CONTIGUOUS")
# Name, result, arguments; see systole.h.
_FUNCTIONS = [
    ("open", _DEVICE, [_TEXT, _TEXT, _INT, ctypes.c_char_p, _SIZE]),
    ("close", _INT, [_DEVICE]),
    ("message", _TEXT, [_DEVICE]),
    ("classes", _SIZE, [_DEVICE]),
    ("height", _SIZE, [_DEVICE]),
    ("width", _SIZE, [_DEVICE]),
    ("label", _TEXT, [_DEVICE, _SIZE]),
    ("scale", ctypes.c_double, [_DEVICE]),
    ("scores", _INT, [_DEVICE, _SUMS, _SCORES, _SIZE]),
    ("preprocessing", _TEXT, [_DEVICE]),
    ("submit", _INT, [_DEVICE, _BYTES, _SIZE, ctypes.POINTER(ctypes.c_uint64)]),
    ("wait", _INT, [_DEVICE, ctypes.c_uint64, _SUMS, _SIZE]),
    ("layers", _SIZE, [_DEVICE]),
    ("layer", _TEXT, [_DEVICE, _SIZE]),
    ("layer_shape", None, [_DEVICE, _SIZE, ctypes.POINTER(_SIZE)]),
    ("dump", _INT, [_DEVICE, _SIZE, _BYTES, _SIZE, _VALUES, _SIZE]),
    ("selftest", _INT, [_DEVICE]),
    ("check_memories", _INT, [_DEVICE, ctypes.POINTER(_Damage)]),
    ("counters", _INT, [_DEVICE, ctypes.POINTER(_Counters)]),
    ("load_weights", _INT, [_DEVICE, _TEXT]),
    ("reset", _INT, [_DEVICE]),
]


def _load(library):
    loaded = ctypes.CDLL(str(library or Path(__file__).with_name("libsystole_capi.so")))
    calls = {}
    for name, result, arguments in _FUNCTIONS:
        call = getattr(loaded, "systole_" + name)
        call.restype, call.argtypes = result, arguments
        calls[name] = call
    return calls


def _text(what):
    """Bytes for C of a text or path, which need not be UTF-8."""
    try:
        text = os.fsencode(what)
    except TypeError:
        raise SystoleError(f"{what!r} is no address and no path; give text, bytes or a path object") from None
    if b"\0" in text:
        raise SystoleError(f"{what!r} holds a zero character; no address and no path does")
    return text


def _integer(name, value, wanted):
    try:
        return operator.index(value)
    except TypeError:
        raise SystoleError(f"{name} is {value!r}; give {wanted}") from None


def _count(name, value):
    wanted = "a whole number of images, 1 or more"
    count = _integer(name, value, wanted)
    if count < 1:
        raise SystoleError(f"{name} is {value!r}; give {wanted}")
    return count


class Device:
    """An open device. `address` and `build` are text, bytes or paths; `build` is the build folder, where that is not in the
    address; `library` the path of libsystole_capi.so, where that is not beside this file.

    Threads may share a device: a call has it for itself, those of other threads wait until it has ended, `close` as well.
    An image that one thread submitted can be waited for by another. A process that was forked cannot use its parent's
    devices (SystoleError says so), and opens its own; multiprocessing does that best with the start method "spawn".
    """

    def __init__(self, address, build=None, take_over=False, library=None):
        self._handle = None
        self._calls = _load(library)
        error = ctypes.create_string_buffer(_MESSAGE_BYTES)
        build = None if build is None else _text(build)
        handle = self._calls["open"](_text(address), build, int(bool(take_over)), error, _MESSAGE_BYTES)
        if not handle:
            raise SystoleError(error.value.decode(errors="replace"))
        self._handle = handle
        self.shape = (self._get("height"), self._get("width"), 3)
        self.classes = self._get("classes")
        self.scale = self._get("scale")
        labels = [self._calls["label"](handle, at) for at in range(self.classes)]
        self.labels = ["" if label is None else label.decode(errors="replace") for label in labels]
        self.layers = {}  # the shape of each layer's map (channels, rows, columns), by the layer's name
        for at in range(self._get("layers")):
            shape = (_SIZE * 3)()
            self._calls["layer_shape"](handle, at, shape)
            self.layers[self._calls["layer"](handle, at).decode(errors="replace")] = tuple(shape)
        self._preprocessing = self._get("preprocessing")

    @property
    def preprocessing(self):
        """What pictures go through before the network, as a dictionary, or None where the network does not say: `preprocess`
        (colour, mean and scale per channel of its input) and `inside` (what the model file does itself, or None), which the
        device does to the bytes of an image; `resize`, how pictures of another size become images of its size, or None."""
        return None if self._preprocessing is None else json.loads(self._preprocessing)

    def _get(self, name):
        return self._calls[name](self._handle)

    def _do(self, name, *arguments, damage=None):
        handle = self._handle  # another thread may close the device now; the library knows that the handle is no more
        if handle is None:
            raise SystoleError("the device is closed")
        code = self._calls[name](handle, *arguments)
        if code == _DAMAGED and damage is not None:
            raise MemoryDamaged(self._message(handle), damage)
        if code:
            raise SystoleError(self._message(handle))

    def _message(self, handle):
        return self._calls["message"](handle).decode(errors="replace")

    def _checked(self, image):
        try:
            image = np.ascontiguousarray(image)
        except ValueError as error:
            raise SystoleError(f"no array ({error}); the network takes uint8 {self.shape}") from None
        if image.dtype != np.uint8 or image.shape != self.shape:
            raise SystoleError(f"an image of {image.dtype} {image.shape}; the network takes uint8 {self.shape}")
        return image

    def submit(self, image):
        """Sends an image of `shape`, bytes; its number, for `wait`."""
        image = self._checked(image)
        number = ctypes.c_uint64()
        self._do("submit", image, image.size, ctypes.byref(number))
        return number.value

    def wait(self, number):
        """The exact sum per class, int64, of an image that was submitted, by this thread or another."""
        number = _integer("number", number, "the number that submit gave")
        if not 0 <= number < 2**64:
            raise SystoleError(f"image {number} was never submitted")
        sums = np.zeros(self.classes, np.int64)
        self._do("wait", number, sums, sums.size)
        return sums

    def infer(self, image):
        """The score per class, float64, of one image."""
        return self.scores(self.wait(self.submit(image)))

    def scores(self, sums):
        """The score per class, float64, of the sums of an image: times `scale`, cut where the model file cuts its scores."""
        try:
            sums = np.ascontiguousarray(sums, np.int64)
        except (TypeError, ValueError):
            raise SystoleError(f"sums is {sums!r}; give what wait gave") from None
        scores = np.zeros(sums.shape, np.float64)
        self._do("scores", sums, scores, sums.size)
        return scores

    def stream(self, images, window=4, check_every=None):
        """The scores of images, in their order, `window` in flight at once. With `check_every` the device's memories are
        checked whenever so many images were answered, and at the end; MemoryDamaged says which scores are in doubt."""
        window = _count("window", window)
        check_every = None if check_every is None else _count("check_every", check_every)
        try:
            images = iter(images)
        except TypeError:
            raise SystoleError(f"images is {images!r}; give images one after another, such as a list") from None
        return self._stream(images, window, check_every)

    def _stream(self, images, window, check_every):
        waiting, unchecked = deque(), 0
        for image in images:
            waiting.append(self.submit(image))
            unchecked += 1
            checks = unchecked == check_every
            while waiting and (checks or len(waiting) >= window):
                yield self.scores(self.wait(waiting.popleft()))
            if checks:
                self.check_memories()
                unchecked = 0
        while waiting:
            yield self.scores(self.wait(waiting.popleft()))
        if check_every is not None and unchecked:
            self.check_memories()

    def dump(self, layer, image):
        """The output map of the layer of that name, int32 (channels, rows, columns), as the device computes it from an image,
        which runs as often as that needs."""
        names = list(self.layers)
        if layer not in names:
            raise SystoleError(f"there is no layer {layer} whose map can be dumped; there are: {', '.join(names)}")
        image, values = self._checked(image), np.zeros(self.layers[layer], np.int32)
        self._do("dump", names.index(layer), image, image.size, values, values.size)
        return values

    def selftest(self):
        """Tests identity, registers, both streams, the memories, and every layer of some images; raises what is wrong."""
        self._do("selftest")

    def check_memories(self):
        """Has the device read its memories back (weights, tables, parameters), when no image is in flight, and compares them
        with the build: every single flipped bit is found. Raises MemoryDamaged; another SystoleError where that cannot be
        told."""
        damage = _Damage()
        self._do("check_memories", ctypes.byref(damage), damage=damage)

    def counters(self):
        """What the device has counted since its last reset."""
        counters = _Counters()
        self._do("counters", ctypes.byref(counters))
        return {name: getattr(counters, name) for name, _ in _Counters._fields_}

    def load_weights(self, file):
        """Loads other weights of the same design, weights.bin of their build folder, in place of the build's."""
        self._do("load_weights", _text(file))

    def reset(self):
        """Drops the images in flight and starts the device afresh."""
        self._do("reset")

    def close(self):
        """Stops the device, when the calls of other threads on it have ended; nothing can be done with it then. Closing it
        again does nothing. Raises what kept it from being stopped; it is closed all the same."""
        handle = self._close()
        if handle is not None and self._message(handle):
            raise SystoleError(self._message(handle))

    def _close(self):
        handle, self._handle = self._handle, None
        if handle is not None:
            self._calls["close"](handle)
        return handle

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.close()
        self._close()

    def __del__(self):
        self._close()
