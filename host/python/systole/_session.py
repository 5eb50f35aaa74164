"""Scripts written for onnxruntime, on the machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ._device import Device, Place
from ._errors import SystoleError, place
from ._network import Network, load

__all__ = ["InferenceSession", "NodeArg"]

#: Where each colour stands in a pixel; luma is that of a grey pixel.
_COLOURS = {"red": [0], "green": [1], "blue": [2], "luma": [0, 1, 2]}
_MANIFEST = "systole.json"


class NodeArg(NamedTuple):
    """An input or output as onnxruntime describes it."""

    name: str
    shape: list[Any]
    type: str


class InferenceSession:
    """In place of `onnxruntime.InferenceSession`: `run`, `get_inputs`, `get_outputs`, `get_providers`.

    `model`: a build folder (its simulator runs it), a .net file (its integers on this processor), or the address of a device
    such as "pynq:BUILD" or "uio:" with `build`. The input is the model's own, float32 (images, channels, rows, columns)
    behind its preprocessing; it is taken back to the bytes that it was made of, for the machine takes bytes: what was no byte is
    rounded to one. The output is float32 (images, classes), the scores.
    """

    def __init__(self, model: Place | Network, build: Place | None = None, **_: Any) -> None:
        self._runs: Network | Device
        if isinstance(model, Network):
            self._runs = model
        else:
            what = place(model)
            path = Path(what)
            if (path / _MANIFEST).is_file():
                self._runs = Device(f"sim:{what}")
            elif path.suffix == ".net":
                self._runs = load(path)
            elif path.suffix == ".onnx":
                raise SystoleError(
                    f"{what} is not quantised yet; give the build folder or the .net file that systole quantize made of it", kind="NotQuantised", path=what
                )
            else:
                self._runs = Device(what, build)
        recorded = self._runs.preprocessing
        if recorded is None:
            raise SystoleError("the network does not say how its input is prepared; quantise it again", kind="NoPreprocess")
        prepared = recorded["preprocess"]
        self._colours = [_COLOURS[colour] for colour in prepared["colours"]]
        self._mean = np.array(prepared["mean"], np.float64)[None, :, None, None]
        self._scale = np.array(prepared["scale"], np.float64)[None, :, None, None]
        self._shape = (len(self._colours), *self._runs.shape[:2])

    def get_inputs(self) -> list[NodeArg]:
        return [NodeArg("image", ["images", *self._shape], "tensor(float)")]

    def get_outputs(self) -> list[NodeArg]:
        return [NodeArg("scores", ["images", self._runs.classes], "tensor(float)")]

    def get_providers(self) -> list[str]:
        return ["SystoleExecutionProvider"]

    def run(self, output_names: Sequence[str] | None, input_feed: Mapping[str, Any], run_options: Any = None) -> list[np.ndarray]:
        """The outputs of that name, of which there is one, for the one input, whatever both are called."""
        if len(input_feed) != 1:
            raise SystoleError(f"{len(input_feed)} inputs; the network has one", found=len(input_feed), wanted=1, kind="Inputs")
        if output_names is not None and len(output_names) != 1:
            raise SystoleError(f"{len(output_names)} outputs; the network has one", found=len(output_names), wanted=1, kind="Outputs")
        given = np.asarray(next(iter(input_feed.values())))
        if given.ndim != 4 or given.shape[1:] != self._shape or not np.issubdtype(given.dtype, np.floating):
            wanted = ("images", *self._shape)
            raise SystoleError(f"an input of {given.dtype} {given.shape}; the network takes float32 {wanted}", found=given.shape, wanted=wanted, kind="InputShape")
        return [self._runs.infer(self._pictures(given)).astype(np.float32).reshape(len(given), -1)]

    def _pictures(self, given: np.ndarray) -> np.ndarray:
        """Bytes (images, rows, columns, 3) that the preprocessing makes the input of."""
        values = np.clip(np.rint(given / self._scale + self._mean), 0, 255).astype(np.uint8)
        pictures = np.zeros((len(given), *self._shape[1:], 3), np.uint8)
        for channel, places in enumerate(self._colours):
            for at in places:
                pictures[..., at] = values[:, channel]
        return pictures
