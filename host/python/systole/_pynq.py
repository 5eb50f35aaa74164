"""`pynq:BUILD`: the machine of a PYNQ board, by the pynq package: its bitstream as an Overlay, its buffers by allocate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from . import _native
from ._errors import SystoleError

#: Where Vivado's batch build leaves the bitstream, with the .hwh beside it.
BITSTREAM = "vivado/results/systole.bit"
#: Cells of the block design, see constraints/vivado/axi-dma.tcl.
MACHINE, DMA = "machine", "dma"


def opened(what: str, build: str | None, take_over: bool) -> Any:
    """`what`: the build folder, or the path of a bitstream of `build`."""
    try:
        import pynq
    except ImportError as error:
        raise SystoleError(f"pynq:{what}: no package pynq ({error}); it comes with a PYNQ board's image", kind="NoPynq") from None
    bitstream = Path(what)
    if bitstream.is_dir():
        build, bitstream = build or what, bitstream / BITSTREAM
    if build is None:
        raise SystoleError(f"pynq:{what} does not say which design it must be; add build=, its build folder", kind="BuildNeeded")
    for file in (bitstream, bitstream.with_suffix(".hwh")):
        if not file.is_file():
            raise SystoleError(f"{file} is not there; make it with {build}/vivado/build.tcl, and copy it to the board", kind="NoBitstream", path=file)
    try:
        overlay = pynq.Overlay(str(bitstream))
    except Exception as error:
        raise SystoleError(f"pynq cannot load {bitstream}: {error}", kind="Overlay", path=bitstream) from error
    sizes = _native.Machine.buffer_bytes(build)
    windows = [_window(pynq, overlay, name) for name in (MACHINE, DMA)]
    buffers = [_buffer(pynq, name, size) for name, size in zip(("input", "output"), sizes)]
    return _native.Machine.open_dma(build, windows, buffers, take_over)


def _window(pynq: Any, overlay: Any, name: str) -> tuple[Any, ...]:
    found = overlay.ip_dict.get(name)
    if found is None:
        known = ", ".join(sorted(overlay.ip_dict))
        raise SystoleError(f"the overlay has no {name}; it has {known}: load the build's own bitstream", kind="NoCell", found=known, wanted=name)
    registers = pynq.MMIO(found["phys_addr"], found["addr_range"])
    return name, registers.read, registers.write


def _buffer(pynq: Any, name: str, size: int) -> tuple[Any, ...]:
    """A buffer in memory that the DMA sees, which flush and invalidate hand over."""
    buffer = pynq.allocate(shape=(size,), dtype="u1")

    def put(data: bytes) -> None:
        buffer[: len(data)] = memoryview(data)

    def get(count: int) -> bytes:
        return bytes(buffer[:count])

    def hand(to_device: bool, _count: int) -> None:
        # Of results the processor writes nothing: to hand them over is to have no line of theirs in a cache.
        if name == "input" and to_device:
            buffer.flush()
        elif name == "output":
            buffer.invalidate()

    return name, size, int(buffer.device_address), put, get, hand
