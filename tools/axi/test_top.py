"""The generated top behind cocotbext-axi's masters, sources and sinks: registers, images and resets, with pauses on every channel."""

import json
import logging
import os
import pathlib
import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, RisingEdge
from cocotbext.axi import AxiLiteBus, AxiLiteMaster, AxiResp, AxiStreamBus, AxiStreamFrame, AxiStreamSink, AxiStreamSource

CASE = json.loads(pathlib.Path(os.environ["AXI_CASE"]).read_text(encoding="utf-8"))
REGISTERS, FIELDS = CASE["registers"], CASE["fields"]
ENABLE, SOFT_RESET = 1 << FIELDS["CONTROL_ENABLE_LSB"], 1 << FIELDS["CONTROL_SOFT_RESET_LSB"]


def pauses(seed, share):
    """For ever: whether a channel pauses in a cycle, `share` of them, in bursts."""
    rng = random.Random(seed)
    while True:
        paused = rng.random() < share
        for _ in range(rng.randrange(1, 6)):
            yield paused


class Bench:
    """The top with its clock, out of reset."""

    def __init__(self, dut, seed, share):
        self.dut = dut
        logging.getLogger("cocotb.bench").setLevel(logging.ERROR)  # every access and frame is a message
        self.bus = AxiLiteMaster(AxiLiteBus.from_prefix(dut, "s_axil"), dut.clk, dut.rst)
        self.source = AxiStreamSource(AxiStreamBus.from_prefix(dut, "s_axis"), dut.clk, dut.rst)
        self.sink = AxiStreamSink(AxiStreamBus.from_prefix(dut, "m_axis"), dut.clk, dut.rst)
        write, read = self.bus.write_if, self.bus.read_if
        channels = [write.aw_channel, write.w_channel, write.b_channel, read.ar_channel, read.r_channel, self.source, self.sink]
        for number, channel in enumerate(channels):
            if share:
                channel.set_pause_generator(pauses(100 * seed + number, share))

    @classmethod
    async def start(cls, dut, seed=0, share=0.0):
        dut.rst.value = 1
        cocotb.start_soon(Clock(dut.clk, 10, "ns").start())
        bench = cls(dut, seed, share)
        await bench.reset()
        return bench

    async def reset(self):
        await RisingEdge(self.dut.clk)
        self.dut.rst.value = 1
        await ClockCycles(self.dut.clk, 5)
        self.dut.rst.value = 0
        await ClockCycles(self.dut.clk, 2)

    async def read(self, name):
        done = await self.bus.read(REGISTERS[name], 4)
        assert done.resp == AxiResp.OKAY, name
        return int.from_bytes(done.data, "little")

    async def write(self, name, value, resp=AxiResp.OKAY):
        done = await self.bus.write(REGISTERS[name], value.to_bytes(4, "little"))
        assert done.resp == resp, name

    async def send(self, image):
        await self.source.send(AxiStreamFrame(bytes.fromhex(CASE["images"][image])))

    async def result(self):
        """The sums of the next result; a frame is what ends with TLAST."""
        data = bytes((await self.sink.recv()).tdata)
        return [int.from_bytes(data[at : at + 4], "little", signed=True) for at in range(0, len(data), 4)]

    async def classify(self, count):
        """Sends images while results come, and compares."""
        for image in range(count):
            await self.send(image)
        for image in range(count):
            assert await self.result() == CASE["sums"][image], f"image {image}"


@cocotb.test()
async def registers_answer_under_pauses(dut):
    bench = await Bench.start(dut, seed=1, share=0.5)
    assert await bench.read("ID") == CASE["id"]
    await bench.write("WATCHDOG_LIMIT", 0x12345678)
    for byte, value in ((0, 0xA0), (2, 0xB0), (3, 0xC0)):
        # A single byte, by strobes.
        assert (await bench.bus.write(REGISTERS["WATCHDOG_LIMIT"] + byte, bytes([value]))).resp == AxiResp.OKAY
    assert await bench.read("WATCHDOG_LIMIT") == 0xC0B056A0
    await bench.write("ID", 1, AxiResp.SLVERR)
    done = await bench.bus.read(CASE["nowhere"], 4)
    assert done.resp == AxiResp.SLVERR and bytes(done.data) == bytes(4)
    # Many at once: reads and writes overlap.
    writes = [cocotb.start_soon(bench.bus.write(REGISTERS["WATCHDOG_LIMIT"], bytes([n] * 4))) for n in range(20)]
    reads = [cocotb.start_soon(bench.bus.read(REGISTERS["ID"], 4)) for _ in range(20)]
    for task in reads:
        assert int.from_bytes((await task).data, "little") == CASE["id"]
    for task in writes:
        assert (await task).resp == AxiResp.OKAY
    assert await bench.read("WATCHDOG_LIMIT") == 0x13131313


@cocotb.test(skip=CASE["quick"])
async def images_give_the_sums_of_the_simulator(dut):
    bench = await Bench.start(dut)
    await bench.write("CONTROL", ENABLE)
    await bench.classify(1)
    assert await bench.read("IMAGES_DONE") == 1
    assert await bench.read("ERRORS") == 0


async def under_pauses(dut, seed, share):
    count = len(CASE["images"])
    bench = await Bench.start(dut, seed, share)
    await bench.write("CONTROL", ENABLE)
    await bench.classify(count)
    assert await bench.read("IMAGES_DONE") == count
    assert await bench.read("ERRORS") == 0


@cocotb.test(skip=CASE["quick"])
async def images_survive_some_pauses(dut):
    await under_pauses(dut, 2, 0.3)


@cocotb.test(skip=CASE["quick"])
async def images_survive_pauses_nearly_always(dut):
    await under_pauses(dut, 3, 0.8)


@cocotb.test()
async def a_reset_within_a_burst_leaves_nothing_behind(dut):
    bench = await Bench.start(dut, seed=4, share=0.2)
    for cycles in (50,) if CASE["quick"] else (7, 50, 333, 4000):
        await bench.write("CONTROL", ENABLE)
        await bench.send(0)
        cocotb.start_soon(bench.bus.read(REGISTERS["ID"], 4))
        await ClockCycles(dut.clk, cycles)
        await bench.reset()
        assert await bench.read("CONTROL") == 0
        assert await bench.read("IN_BEATS") == 0
    bench.source.clear()
    bench.sink.clear()
    await bench.write("CONTROL", ENABLE)
    await bench.classify(1)


@cocotb.test(skip=CASE["quick"])
async def a_soft_reset_within_an_image_drops_it(dut):
    bench = await Bench.start(dut, seed=5, share=0.3)
    for cycles in (100, 2500):
        await bench.write("CONTROL", ENABLE)
        await bench.send(0)
        await ClockCycles(dut.clk, cycles)
        # Source and sink forget what they were at; the machine is reset through its register alone.
        bench.source.assert_reset(True)
        bench.sink.assert_reset(True)
        await bench.write("CONTROL", SOFT_RESET)
        await ClockCycles(dut.clk, 5)
        bench.source.assert_reset(False)
        bench.sink.assert_reset(False)
        bench.source.clear()
        bench.sink.clear()
    await bench.write("CONTROL", ENABLE)
    await bench.classify(2)
    assert await bench.read("ERRORS") == 0
