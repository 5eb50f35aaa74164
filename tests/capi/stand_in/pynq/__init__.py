"""A stand-in of the pynq package: the bitstream's file holds the address of an engine, to which an AXI DMA in simple mode forwards.

As on a Zynq, a buffer has two contents, the processor's caches and the memory that the DMA sees, until flush and invalidate.
"""

from pathlib import Path

import numpy as np

from systole import _native

MACHINE, DMA = 0x4000_0000, 0x4040_0000
RUN, RESET, HALTED, IDLE, COMPLETE = 1, 1 << 2, 1, 1 << 1, 1 << 12
CONTROL, STATUS, ADDRESS, LENGTH = 0x00, 0x04, 0x18, 0x28
RESULTS = 0x30  # offset of the second channel
CYCLES = 1 << 14  # that pass between two looks at the DMA: a simulation has to keep a board's deadlines

loaded = None
buffers = {}


class Overlay:
    def __init__(self, bitfile):
        global loaded
        assert Path(bitfile).with_suffix(".hwh").is_file()
        loaded = _Board(Path(bitfile).read_text())
        names = {"machine": (MACHINE, 0x1000), "dma": (DMA, 0x1_0000)}
        self.ip_dict = {name: {"phys_addr": base, "addr_range": size} for name, (base, size) in names.items()}


class MMIO:
    def __init__(self, base_addr, length=4):
        self.base, self.length = base_addr, length

    def read(self, offset=0):
        assert 0 <= offset < self.length
        return loaded.machine.read(offset) if self.base == MACHINE else loaded.read(offset)

    def write(self, offset, data):
        assert 0 <= offset < self.length
        loaded.machine.write(offset, data) if self.base == MACHINE else loaded.write(offset, data)


class Buffer(np.ndarray):
    def flush(self):
        self.memory[:] = self.tobytes()

    def invalidate(self):
        self[:] = np.frombuffer(self.memory, np.uint8)


def allocate(shape, dtype="u4"):
    buffer = np.full(shape, 0xEE, dtype).view(Buffer)
    buffer.memory = bytearray(b"\xdd" * buffer.size)
    buffer.device_address = 0x1800_0000 + 0x10_0000 * len(buffers)
    buffers[buffer.device_address] = buffer
    return buffer


class _Board:
    """A machine, and its DMA."""

    def __init__(self, address):
        self.machine = _native.Pins(address)
        self.registers = {}
        self.sending, self.armed, self.beats = None, None, []

    def read(self, offset):
        if offset in (STATUS, RESULTS + STATUS):
            self.go_on()
        return self.registers.get(offset, 0)

    def write(self, offset, word):
        channel, register = divmod(offset, RESULTS)
        if register == STATUS:
            self.registers[offset] = self.registers.get(offset, 0) & ~word
            return
        if register == CONTROL and word & RESET:
            self.registers = {STATUS: HALTED, RESULTS + STATUS: HALTED}
            self.sending, self.armed, self.beats = None, None, []
            self.machine.flush()
            return
        self.registers[offset] = word
        if register == LENGTH:
            base = channel * RESULTS
            assert self.registers[base + CONTROL] & RUN
            self.registers[base + STATUS] = 0
            memory = buffers[self.registers[base + ADDRESS]].memory
            if channel == 0:
                self.sending = bytes(memory[:word])
            else:
                self.armed = memory, word

    def go_on(self):
        if self.sending is not None:
            self.sending = self.sending[self.machine.send(self.sending, True) :]
            if not self.sending:
                self.sending = None
                self.registers[STATUS] = IDLE | COMPLETE
        self.machine.advance(CYCLES)
        if self.armed is None:
            return
        self.beats += self.machine.receive(1 << 12)
        ends = [at for at, (_, last) in enumerate(self.beats) if last]
        if ends:
            count = ends[0] + 1
            data = np.array([word for word, _ in self.beats[:count]], "<u4").tobytes()
            memory, room = self.armed
            assert len(data) <= room
            memory[: len(data)] = data
            self.registers[RESULTS + LENGTH] = len(data)
            self.registers[RESULTS + STATUS] = IDLE | COMPLETE
            self.beats, self.armed = self.beats[count:], None
