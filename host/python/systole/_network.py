"""From a trained model to a network of integers, to a plan, to a build folder, to answers."""

from __future__ import annotations

import json
import os
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Union

import numpy as np

from . import _native
from ._answer import Answer, Answers, table
from ._device import Device
from ._errors import SystoleError, place
from ._pictures import Images, pictures

__all__ = ["Build", "Fit", "Network", "Plan", "Report", "Verified", "compile", "fit", "load", "plan", "quantize", "verify"]

Place = Union[str, bytes, "os.PathLike[Any]"]


def words(options: Mapping[str, Any]) -> list[str]:
    """Keyword arguments as the command takes them: `max_dsp="80%"` is `--max-dsp=80%`. None and False are left out, lists are
    repeated, (224, 320) is 224x320."""
    given = []
    for name, value in options.items():
        option = "--" + name.rstrip("_").replace("_", "-")
        if value is None or value is False:
            continue
        if value is True:
            given.append(option)
        elif isinstance(value, tuple):
            given.append(f"{option}={'x'.join(map(str, value))}")
        elif isinstance(value, Mapping):
            given += [f"{option}={key}={form}" for key, form in value.items()]
        else:
            given.append(f"{option}={os.fsdecode(value) if isinstance(value, (bytes, os.PathLike)) else value}")
    return given


class Report:
    """What becoming integers has cost a network. `layers`: per layer its name, noise and sizes; `data`: everything, as JSON has
    it. Text in a terminal, a page with pictures in a notebook; `write` keeps the page."""

    def __init__(self, parts: tuple[str, str, str]) -> None:
        data, self._text, self._page = parts
        self.data: dict[str, Any] = json.loads(data)
        self.layers: list[dict[str, Any]] = self.data["report"]["layers"]

    def __str__(self) -> str:
        return self._text

    def _repr_html_(self) -> str:
        return _framed(self._page)

    def write(self, file: Place) -> None:
        """Writes the page."""
        Path(place(file)).write_text(self._page, encoding="utf-8")


def _framed(page: str, height: int = 600) -> str:
    """A whole page within a notebook's, with neither's styles in the other."""
    import html

    return f'<iframe srcdoc="{html.escape(page)}" style="width:100%;height:{height}px;border:0"></iframe>'


class Network:
    """A network of integers: what the machine runs.

    `name`, `hash`, `classes`; `labels`, "" where a class has none; `shape` (rows, columns, 3) of its images; `preprocessing`,
    a dictionary, see `Device.preprocessing`; `report`, or None for a network that was quantised elsewhere; `warnings`, what
    should be looked at.
    """

    def __init__(self, native: _native.Network) -> None:
        self._native = native
        self.name, self.hash, self.classes, (self.channels, rows, columns), self.input_scale = native.facts
        self.shape: tuple[int, int, int] = (rows, columns, 3)
        self.labels: list[str] = (native.labels + [""] * self.classes)[: self.classes]
        self.warnings: list[str] = native.warnings
        parts = native.report
        self.report = None if parts is None else Report(parts)

    @property
    def preprocessing(self) -> dict[str, Any] | None:
        """What pictures go through before the network; see `Device.preprocessing`."""
        return json.loads(self._native.preprocessing)

    def infer(self, images: Images) -> np.ndarray:
        """The score per class by the same integers on this processor, float64: (classes,) of one image, (images, classes) of
        several."""
        given, single = pictures(images)
        scores = np.array(self._native.scores(given)).reshape(len(given), self.classes)
        return scores[0] if single else scores

    def classify(self, images: Images) -> Answer | Answers:
        """The `Answer` to one image, the `Answers` to several, by the same integers on this processor."""
        given, single = pictures(images)
        answers = Answers(np.array(self._native.scores(given)).reshape(len(given), self.classes), self.labels)
        return answers[0] if single else answers

    def plan(self, board: str, **options: Any) -> Plan:
        """See `systole.plan`."""
        return plan(self, board, **options)

    def write(self, file: Place) -> None:
        """Writes the network as a .net file, which the command reads."""
        self._native.write(place(file))

    def __repr__(self) -> str:
        return f"<Network {self.name}: images {self.shape}, {self.classes} classes, {self.hash[:12]}>"

    def _repr_html_(self) -> str:
        if self.report is not None:
            return self.report._repr_html_()
        rows = [("images", f"{self.shape[0]} x {self.shape[1]}"), ("classes", self.classes), ("hash", self.hash)]
        return table(rows, (self.name, ""))


class Plan:
    """A network on a board: where everything lies, and how fast it is. `network`, `board`; `images_per_second` and `interval_cycles` (images back
    to back), `latency_ms`, `rows` and `columns` of the array; `resources`, (used, available) by name; `data`, everything, as
    JSON has it. Text in a terminal, a page with pictures in a notebook."""

    def __init__(self, native: _native.Plan, network: Network, board: str) -> None:
        self._native, self.network, self.board = native, network, board
        self.data: dict[str, Any] = json.loads(native.json)
        self.rows, self.columns = self.data["rows"], self.data["cols"]
        speed = self.data["speed"]
        self.images_per_second: float = speed["images_per_second"]
        self.interval_cycles: int = speed["interval_cycles"]
        self.latency_ms: float = speed["latency_ms"]
        self.clock_mhz: float = self.data["clock_mhz"]
        self.resources = {one["name"]: (one["used"], one["available"]) for one in self.data["resources"]}

    def build(self, folder: Place | None = None, force: bool = False) -> Build:
        """Writes Verilog, memory images, constraints, plan and network into a build folder, whole or not at all; an earlier
        build there is replaced, anything else only with `force`. Without a folder: into a temporary one, which goes with the
        `Build`."""
        kept = None
        if folder is None:
            kept = tempfile.TemporaryDirectory(prefix="systole-")
            folder = Path(kept.name) / "build"
        self._native.generate(place(folder), bool(force))
        return Build(folder, plan=self, _kept=kept)

    def __str__(self) -> str:
        return self._native.pages[1]

    def __repr__(self) -> str:
        return f"<Plan {self.network.name} on {self.board}: {self.rows} x {self.columns} array, {self.images_per_second:,.1f} images/s>"

    def _repr_html_(self) -> str:
        return _framed(self._native.pages[2])


class Fit:
    """Which boards hold a model, in which form of its weights, how fast, how accurate. `networks`, the `Network` that each board
    takes, by the board's name, small boards first; `data`, everything, as JSON has it. Text in a terminal, a page in a notebook."""

    def __init__(self, parts: tuple[str, str, str, list[tuple[str, _native.Network]], list[str]]) -> None:
        data, self._text, self._page, networks, _ = parts
        self.data: dict[str, Any] = json.loads(data)
        self.networks: dict[str, Network] = {board: Network(native) for board, native in networks}

    def __str__(self) -> str:
        return self._text

    def _repr_html_(self) -> str:
        return _framed(self._page)


class Verified:
    """Golden model, simulator and Verilog agreed. `cycles` compared, `data` everything as JSON has it."""

    def __init__(self, parts: tuple[str, str]) -> None:
        self.data: dict[str, Any] = json.loads(parts[0])
        self._text = parts[1]
        self.cycles: int = self.data["cycles"]

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"<Verified: {' = '.join(self.data['engines'])}, {self.cycles:,} cycles>"


class Build:
    """A build folder. `path`; `plan` where it was made here; `network`. A context manager, which closes what `simulate`
    keeps open and removes a temporary folder."""

    def __init__(self, folder: Place, plan: Plan | None = None, _kept: Any = None) -> None:
        self.path, self.plan, self._kept = Path(place(folder)), plan, _kept
        self.network = plan.network if plan else load(self.path / "network.net")
        self._devices: dict[str, Device] = {}

    def open(self, scheme: str = "sim", take_over: bool = False) -> Device:
        """The build as a device: `scheme` is sim, registers, verilator, mock or pynq, or a whole address of a board that must
        be this build, such as "uart:/dev/ttyUSB0@1000000"."""
        if ":" in scheme:
            return Device(scheme, self.path, take_over)
        return Device(f"{scheme}:{place(self.path)}", None, take_over)

    def simulate(self, images: Images, engine: str = "sim") -> Answer | Answers:
        """The `Answer` to one image, the `Answers` to several, with cycles, of the cycle-accurate simulator ("sim"), the
        register-exact one ("registers") or the compiled Verilog ("verilator"), which stays open for the next call."""
        if engine not in self._devices:
            self._devices[engine] = self.open(engine)
        return self._devices[engine].classify(images)

    def verify(self, images: Images, stalls: int | None = None) -> Verified:
        """Holds golden model, simulator and Verilog against each other on every layer, pin and cycle, with pauses of the seed
        `stalls`; raises SystoleError with the first difference. Needs Verilator."""
        return Verified(_native.verify(place(self.path), pictures(images)[0], stalls))

    def close(self) -> None:
        """Closes the simulators, and removes a temporary folder."""
        while self._devices:
            self._devices.popitem()[1].close()
        if self._kept is not None:
            self._kept.cleanup()

    def __enter__(self) -> Build:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Build {self.path}: {self.network.name}>"

    def _repr_html_(self) -> str:
        return self.plan._repr_html_() if self.plan else self.network._repr_html_()


def load(file: Place) -> Network:
    """The network in a .net file."""
    return Network(_native.Network.read(place(file)))


def quantize(
    model: Any,
    images: Images,
    *,
    preprocess: str | Place | None = None,
    resize: str | None = None,
    labels: Sequence[str] = (),
    bits: int | None = None,
    codebook: int | None = None,
    layers: Mapping[str, str | int] | None = None,
    budget: int | None = None,
    name: str | None = None,
    input_size: int | tuple[int, int] | None = None,
    prototxt: Place | None = None,
) -> Network:
    """Turns a trained model into integers.

    `model`: the path of an .onnx, .caffemodel (with `prototxt`) or .safetensors file, or a `torch.nn.Module`, which is exported
    for images of `input_size` (pixels, or rows and columns). `images` choose the scales: some dozens of typical ones, a fifth of
    which is held back to measure the result. `preprocess`: "caffe", "torchvision", "unit", "tf", "bytes", "grey" or the path of
    a JSON file; `resize`: what becomes of images of another size: "stretch", "crop", "torchvision", "caffe", "fit". `labels`:
    one per class. Weights: evenly spaced ones of `bits`, or of codebooks of 2**`codebook` values, or `layers` as {layer: form},
    or what `budget` bytes allow. The same as `systole quantize`, whose page says more.

    Warnings of the command are Python warnings. Raises SystoleError: what is wrong with the model or the images.
    """
    if bits is not None and codebook is not None:
        raise SystoleError("bits and codebook are both given; give one")
    given, _ = pictures(images)
    options = words(
        {
            "prototxt": prototxt,
            "input_size": input_size,
            "preprocess": preprocess,
            "resize": resize,
            "bits": bits,
            "codebook": codebook,
            "layer": layers,
            "budget": budget,
            "name": name,
        }
    )
    with tempfile.TemporaryDirectory(prefix="systole-") as folder:
        file = _file(model, folder, input_size)
        network = Network(_native.Network.quantize([file, *options], given, [str(label) for label in labels]))
    for warning in network.warnings:
        warnings.warn(warning, stacklevel=2)
    return network


def _file(model: Any, folder: str, input_size: int | tuple[int, int] | None) -> str:
    if isinstance(model, (str, bytes, os.PathLike)):
        return place(model)
    from ._export import exported

    return exported(model, folder, input_size)


def plan(network: Network | Place, board: str, **options: Any) -> Plan:
    """Plans a network, or that of a .net file, onto a board: a name such as "pynq-z2", or the path of a board file. Options are
    those of `systole plan` with underscores: `rows`, `cols`, `max_dsp`, `max_lut`, `max_bram`, `target_fps`, `clock`, `weights`,
    `store`, ... Raises SystoleError with `what` "DoesNotFit" and advice where it does not fit."""
    network = network if isinstance(network, Network) else load(network)
    return Plan(network._native.plan([f"--board={board}", *words(options)]), network, board)


def fit(
    model: Any,
    images: Images,
    boards: Sequence[str] = (),
    *,
    compare: Place | None = None,
    labels: Place | None = None,
    input_size: int | tuple[int, int] | None = None,
    **options: Any,
) -> Fit:
    """Which boards hold a model: each with the weights that lose least of those that fit and are fast enough, and what would let
    the next smaller board hold it. `model`, `images`, `preprocess` and their like as for `quantize`; `boards`, by name or as
    files, all where none are named; `compare`, a folder of images that answers are compared on, and `labels`, a file with their
    classes; `max_dsp`, `target_fps` and their like as for `plan`. Raises SystoleError where no board holds it."""
    given, _ = pictures(images)
    chosen = words({"images": compare, "labels": labels, "input_size": input_size, **options})
    with tempfile.TemporaryDirectory(prefix="systole-") as folder:
        file = _file(model, folder, input_size)
        found = _native.fit([file, *chosen, *(f"--board={board}" for board in boards)], given)
    for warning in found[4]:
        warnings.warn(warning, stacklevel=2)
    return Fit(found)


def verify(build: Build | Place, images: Images, stalls: int | None = None) -> Verified:
    """See `Build.verify`."""
    return (build if isinstance(build, Build) else Build(build)).verify(images, stalls)


def compile(  # noqa: A001
    model: Any, images: Images, board: str = "pynq-z2", folder: Place | None = None, *, plan_options: Mapping[str, Any] | None = None, **options: Any
) -> Build:
    """From a model to a build folder in one call: `quantize(model, images, **options)`, `plan(network, board,
    **plan_options)`, `plan.build(folder)`. The `Build` has `network` and `plan`, and simulates, verifies and opens."""
    return quantize(model, images, **options).plan(board, **(plan_options or {})).build(folder)
