"""An open device: images in, answers out."""

from __future__ import annotations

import json
import operator
import os
from collections import deque
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any, Union

import numpy as np

from . import _native
from ._answer import Answer, Answers
from ._errors import SystoleError, place
from ._pictures import Given, Images, Picture, one, pictures

__all__ = ["Device", "open"]

Place = Union[str, bytes, "os.PathLike[Any]"]


def _integer(name: str, value: Any, wanted: str) -> int:
    try:
        return operator.index(value)
    except TypeError:
        raise SystoleError(f"{name} is {value!r}; give {wanted}") from None


def _count(name: str, value: Any) -> int:
    wanted = "a whole number of images, 1 or more"
    count = _integer(name, value, wanted)
    if count < 1:
        raise SystoleError(f"{name} is {value!r}; give {wanted}")
    return count


class Device:
    """An open device. `address` and `build` are text, bytes or paths; `build` is the build folder, where that is not in the
    address; `take_over` uses a busy device too, and drops what it is doing.

    `shape` (rows, columns, 3) of its images in bytes; `classes`; `labels`, "" where a class has none; `layers`, the shape of each
    layer's map (channels, rows, columns) by the layer's name; `scale`, what a sum is multiplied with to be a score;
    `clock_mhz` of the plan.

    Threads may share a device: a call has it for itself, those of other threads wait until it has ended, `close` as well.
    An image that one thread submitted can be waited for by another. A process that was forked cannot use its parent's
    devices (SystoleError says so), and opens its own; multiprocessing does that best with the start method "spawn". An
    interrupt (Ctrl-C) ends a call on a simulator at once; the images in flight are then lost.
    """

    def __init__(self, address: Place, build: Place | None = None, take_over: bool = False) -> None:
        address, build = place(address), None if build is None else place(build)
        if address.startswith("pynq:"):
            from ._pynq import opened

            self._machine = opened(address[len("pynq:") :], build, bool(take_over))
        else:
            self._machine = _native.Machine.open(address, build, bool(take_over))
        self.shape: tuple[int, int, int] = (*self._machine.shape, 3)
        self.classes: int = self._machine.classes
        self.scale: float = self._machine.scale
        self.labels: list[str] = (self._machine.labels + [""] * self.classes)[: self.classes]
        self.layers: dict[str, tuple[int, int, int]] = {name: tuple(shape) for name, shape in self._machine.layers}
        self.name, self.network, self.clock_mhz = self._machine.names

    def __repr__(self) -> str:
        return f"<Device {self.name}: {self.network}, images {self.shape}, {self.classes} classes>"

    @property
    def preprocessing(self) -> dict[str, Any] | None:
        """What pictures go through before the network, as a dictionary, or None where the network does not say: `preprocess`
        (colour, mean and scale per channel of its input) and `inside` (what the model file does itself, or None), which the
        device does to the bytes of an image; `resize`, how pictures of another size become images of its size, or None."""
        return json.loads(self._machine.preprocessing)

    def _image(self, picture: Picture) -> bytes:
        """Bytes of a picture as the network takes it."""
        return self._sized(one(picture))

    def _sized(self, given: Given) -> bytes:
        if isinstance(given, str):
            return self._machine.image(given)
        name, rows, columns, rgb = given
        if (rows, columns) == self.shape[:2]:
            return rgb
        if not (self.preprocessing or {}).get("resize"):
            found = (rows, columns, 3)
            raise SystoleError(
                f"{name} is of uint8 {found}; the network takes uint8 {self.shape}, and was not told by quantize what becomes of others",
                kind="ImageSize",
                image=name,
                found=found,
                wanted=self.shape,
            )
        return self._machine.image(given)

    def submit(self, image: Picture) -> int:
        """Sends an image; its number, for `wait`. A picture of another size than `shape` is scaled as the network says, or
        refused where it says nothing."""
        return self._machine.submit(self._image(image))

    def _wait(self, number: Any) -> tuple[np.ndarray, tuple[int, int]]:
        number = _integer("number", number, "the number that submit gave")
        if not 0 <= number < 2**64:
            raise SystoleError(f"image {number} was never submitted")
        sums, begin, end = self._machine.wait(number)
        return np.array(sums, np.int64), (begin, end)

    def wait(self, number: int) -> np.ndarray:
        """The exact sum per class, int64 (classes,), of an image that was submitted, by this thread or another."""
        return self._wait(number)[0]

    def infer(self, images: Images) -> np.ndarray:
        """The score per class, float64: (classes,) of one image, (images, classes) of several; a batch is (images, rows, columns, 3)."""
        given, single = pictures(images)
        scores = self._all(given)[0]
        return scores[0] if single else scores

    def classify(self, images: Images) -> Answer | Answers:
        """The `Answer` to one image, the `Answers` to several, with labels, probabilities and cycles."""
        given, single = pictures(images)
        answers = self._answers(given)
        return answers[0] if single else answers

    def _answers(self, given: list[Given]) -> Answers:
        scores, spans = self._all(given)
        return Answers(scores, self.labels, spans, self.clock_mhz)

    def _all(self, given: list[Given], window: int = 4) -> tuple[np.ndarray, list[tuple[int, int]]]:
        """Scores of pictures that were read, and the cycles from which to which each ran."""
        waiting: deque[int] = deque()
        scores, spans = [], []

        def settle(most: int) -> None:
            while len(waiting) > most:
                sums, span = self._wait(waiting.popleft())
                scores.append(self.scores(sums))
                spans.append(span)

        for picture in given:
            waiting.append(self._machine.submit(self._sized(picture)))
            settle(window - 1)
        settle(0)
        return np.array(scores).reshape(len(scores), self.classes), spans

    def scores(self, sums: np.ndarray) -> np.ndarray:
        """The score per class, float64, of the sums of an image: times `scale`, cut where the model file cuts its scores."""
        try:
            sums = np.ascontiguousarray(sums, np.int64)
        except (TypeError, ValueError):
            raise SystoleError(f"sums is {sums!r}; give what wait gave") from None
        if sums.size != self.classes:
            raise SystoleError(f"room for {sums.size} sums; there are {self.classes}", found=sums.size, wanted=self.classes)
        return np.array(self._machine.scores(sums.ravel().tolist()))

    def stream(self, images: Iterable[Picture], window: int = 4, check_every: int | None = None) -> Iterator[np.ndarray]:
        """The scores of images, in their order, `window` in flight at once. With `check_every` the device's memories are
        checked whenever so many images were answered, and at the end; MemoryDamaged says which scores are in doubt."""
        window = _count("window", window)
        check_every = None if check_every is None else _count("check_every", check_every)
        try:
            images = iter(images)
        except TypeError:
            raise SystoleError(f"images is {images!r}; give images one after another, such as a list") from None
        return self._stream(images, window, check_every)

    def _stream(self, images: Iterator[Picture], window: int, check_every: int | None) -> Iterator[np.ndarray]:
        waiting: deque[int] = deque()
        unchecked = 0
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

    def dump(self, layer: str, image: Picture) -> np.ndarray:
        """The output map of the layer of that name, int32 (channels, rows, columns), as the device computes it from an image,
        which runs as often as that needs."""
        names = list(self.layers)
        if layer not in names:
            raise SystoleError(f"there is no layer {layer} whose map can be dumped; there are: {', '.join(names)}")
        values = self._machine.dump(names.index(layer), self._image(image))
        return np.frombuffer(values, "<i4").reshape(self.layers[layer]).astype(np.int32)

    def selftest(self) -> None:
        """Tests identity, registers, both streams, the memories, and every layer of some images; raises what is wrong."""
        self._machine.selftest()

    def check_memories(self) -> None:
        """Has the device read its memories back (weights, tables, parameters), when no image is in flight, and compares them
        with the build: every single flipped bit is found. Raises MemoryDamaged; another SystoleError where that cannot be
        told."""
        self._machine.check_memories()

    def counters(self) -> dict[str, int]:
        """What the device has counted since its last reset."""
        return dict(self._machine.counters())

    def load_weights(self, file: Place) -> None:
        """Loads other weights of the same design, weights.bin of their build folder, in place of the build's."""
        self._machine.load_weights(place(file))

    def reset(self) -> None:
        """Drops the images in flight and starts the device afresh."""
        self._machine.reset()

    def close(self) -> None:
        """Stops the device, when the calls of other threads on it have ended; nothing can be done with it then. Closing it
        again does nothing. Raises what kept it from being stopped; it is closed all the same."""
        self._machine.close()

    def __enter__(self) -> Device:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: BaseException | TracebackType | None) -> None:
        try:
            self.close()
        except SystoleError:
            # What ended the block says more.
            if kind is None:
                raise

    def __del__(self) -> None:
        if hasattr(self, "_machine"):
            try:
                self._machine.close()
            except SystoleError:
                # Nobody is left to hear of it.
                pass


def open(address: Place, build: Place | None = None, take_over: bool = False) -> Device:  # noqa: A001
    """Opens a device by its address, such as "sim:BUILD", "verilator:BUILD", "uio:" or "pynq:BUILD"; see `Device`."""
    return Device(address, build, take_over)
