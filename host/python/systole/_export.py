"""A torch module as an ONNX file; torch is imported when somebody has one."""

from __future__ import annotations

import os
import sys
from typing import Any

from ._errors import SystoleError

#: Channels of the images that torch's networks take, unless their first convolution says otherwise.
RGB = 3


def exported(module: Any, folder: str, input_size: int | tuple[int, int] | None) -> str:
    """Path of the ONNX file in `folder`; the module is left in the mode that it was in."""
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(module, torch.nn.Module):
        raise SystoleError(
            f"{type(module).__name__} is no model; give the path of an .onnx, .caffemodel or .safetensors file, or a torch.nn.Module",
            kind="ModelType",
            found=type(module).__name__,
        )
    if input_size is None:
        raise SystoleError("a torch.nn.Module does not say how large its images are; give input_size, such as 224", kind="InputSize")
    rows, columns = input_size if isinstance(input_size, tuple) else (input_size, input_size)
    first = next((layer for layer in module.modules() if isinstance(layer, torch.nn.Conv2d)), None)
    channels = first.in_channels if first is not None else RGB
    parameter = next(module.parameters(), None)
    image = torch.zeros(1, channels, rows, columns, device=None if parameter is None else parameter.device)
    file = os.path.join(folder, f"{type(module).__name__.lower()}.onnx")
    was_training = module.training
    module.eval()
    try:
        with torch.no_grad():
            torch.onnx.export(module, (image,), file, input_names=["image"], output_names=["scores"], verbose=False)
    except Exception as error:
        # The exporter is a package of its own.
        wanted = "; pip install onnxscript" if isinstance(error, ImportError) else ""
        raise SystoleError(f"torch cannot export {type(module).__name__}: {error}{wanted}", kind="Export", where=type(module).__name__) from error
    finally:
        module.train(was_training)
    return file
