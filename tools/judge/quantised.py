"""Random networks through onnxruntime's static quantiser, and the same files without their roundings."""

import contextlib
import io
import pathlib
import tempfile

import numpy as np
import onnx
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static

import cases
from rounding import Wrong, unrounded

CALIBRATION = 6
TRIES = 20
TYPES = [(QuantType.QUInt8, QuantType.QInt8), (QuantType.QUInt8, QuantType.QUInt8), (QuantType.QInt8, QuantType.QInt8)]
METHODS = [CalibrationMethod.MinMax] * 3 + [CalibrationMethod.Percentile, CalibrationMethod.Entropy]
# Options of the quantiser that change the form of its files.
OPTIONS = [
    {}, {}, {}, {"ActivationSymmetric": True}, {"WeightSymmetric": False}, {"AddQDQPairToWeight": True}, {"DedicatedQDQPair": True},
    {"QDQKeepRemovableActivations": True}, {"QuantizeBias": False}, {"UseQDQContribOps": True}, {"BlockSize": 2}, {"BlockSize": 3},
    {"OpTypesToExcludeOutputQuantization": ["Conv", "Gemm", "MatMul"]}, {"ActivationRestrictedAsymmetric": True},
]


class Images(CalibrationDataReader):
    def __init__(self, images):
        self.rest = iter(images)

    def get_next(self):
        image = next(self.rest, None)
        return None if image is None else {"x": image[None]}


def form(random):
    """Arguments of the quantiser."""
    activations, weights = TYPES[random.integers(len(TYPES))]
    written = QuantFormat.QDQ if random.random() < 0.6 else QuantFormat.QOperator
    # onnxruntime adds two products of integers in 16 bits where the processor has no VNNI: 7 bits of weights are its own cure.
    reduce_range = bool(random.random() < 0.2) or written == QuantFormat.QOperator
    return dict(
        quant_format=written, per_channel=bool(random.random() < 0.5), reduce_range=reduce_range,
        activation_type=activations, weight_type=weights,
        calibrate_method=METHODS[random.integers(len(METHODS))], extra_options=dict(OPTIONS[random.integers(len(OPTIONS))]))


def quantise(model, images, arguments):
    with tempfile.TemporaryDirectory() as folder:
        source, result = pathlib.Path(folder, "float.onnx"), pathlib.Path(folder, "integers.onnx")
        onnx.save(model, source)
        # The quantiser tells on standard output what it does.
        with contextlib.redirect_stdout(io.StringIO()):
            quantize_static(source, result, Images(images), **arguments)
        return onnx.load(result)


def quantised_case(number):
    """A model and the same without roundings, images, the scores of both, and how it was quantised."""
    for attempt in range(TRIES):
        random = np.random.default_rng([number, attempt, 2])
        model, shape = cases.draw(number, attempt, quantisable=True)
        images = cases.pictures(number, shape)
        arguments = form(random)
        calibration = np.concatenate([images, cases.pictures(number + 1, shape, CALIBRATION)])
        try:
            result = quantise(model, calibration, arguments)
            free = unrounded(result, images)
            found, exact = cases.scores(result, images), cases.scores(free, images)
        except Wrong:
            raise
        except Exception as error:  # the quantiser does not take every network in every form
            refused = error
            continue
        return (result, free), images, found, exact, arguments
    raise RuntimeError(f"no quantised network of number {number}: {refused}")
