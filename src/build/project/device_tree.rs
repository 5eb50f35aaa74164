//! The device-tree overlay with which Linux offers the machine to programs: UIO for both register windows, u-dma-buf for the
//! buffers; and with which it gives the machine its clock and the widths of its ports. Linux switches off a clock that nobody
//! claims, and one that the boot firmware set may be of any rate.
//!
//! Buffers are cached memory: the driver hands them over (`host/src/uio/sysfs.rs`). So there is no `sync-always`, which would
//! map them as a device's memory on arm64, where ordinary copies are faults.

use systole_machine::board::Board;
use systole_machine::wiring::{AxiDma, Processor, BUFFER_INPUT, BUFFER_OUTPUT, BUFFER_REGION, UIO_DMA, UIO_REGISTERS};

pub const NAME: &str = "systole.dts";

const OVERLAY: &str = include_str!("../../../constraints/linux/systole.dts");

/// What the overlay says differently for each processor.
struct Chip {
    /// Cells of an address.
    cells: usize,
    interrupt_controller: &'static str,
    /// Interrupts of the DMA, input first, as the controller counts them: shared interrupts from the logic, active high.
    interrupts: [u32; 2],
    clock: &'static str,
    /// Nodes with the widths of the memory and the control port, on the bus and beside it.
    ports: [String; 2],
}

/// Sources of the ports: Xilinx UG585, AFI_RDCHAN_CTRL; UG1087, AFIFM RDCTRL and FPD_SLCR afi_fs.
fn chip(processor: Processor) -> Chip {
    let (memory, control) = (processor.memory_bits(), processor.control_bits());
    match processor {
        Processor::Zynq7000 => Chip {
            cells: 1,
            interrupt_controller: "intc",
            // IRQ_F2P[0] and [1]: shared peripheral interrupts 61 and 62, of which the tree drops 32.
            interrupts: [29, 30],
            // FCLK0.
            clock: "&clkc 15",
            // Bit 0: 32 bits, not 64.
            ports: [
                filled(
                    include_str!("../../../constraints/linux/ports-zynq7000.dts"),
                    &[("MEMORY", u32::from(memory == 32).to_string())],
                ),
                String::new(),
            ],
        },
        Processor::ZynqUltrascale => Chip {
            cells: 2,
            interrupt_controller: "gic",
            // pl_ps_irq0[0] and [1]: 121 and 122.
            interrupts: [89, 90],
            // PL0_REF.
            clock: "&zynqmp_clk 71",
            // HP0 is AFI 2: its reads are register 4, its writes register 5; 0 is 128 bits, 1 is 64. Register 14 has HPM0 in
            // bits 9 and 8: 2 is 128 bits. The reset is the machine's, pl_resetn0.
            ports: [
                String::new(),
                filled(
                    include_str!("../../../constraints/linux/ports-zynq-ultrascale.dts"),
                    &[("MEMORY", (128 / memory - 1).to_string()), ("CONTROL", format!("{:#x}", (control / 64) << 8))],
                ),
            ],
        },
    }
}

/// A template with each `{NAME}` replaced by its value.
fn filled(template: &str, values: &[(&str, String)]) -> String {
    values.iter().fold(template.to_string(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

/// A 64-bit number in as many cells as the processor's buses have.
fn number(cells: usize, value: u64) -> String {
    match cells {
        1 => format!("{value:#x}"),
        _ => format!("{:#x} {:#x}", value >> 32, value & 0xffff_ffff),
    }
}

/// The overlay's source.
pub fn text(board: &Board, map: &AxiDma) -> String {
    let Chip { cells, interrupt_controller, interrupts, clock, ports } = chip(map.processor);
    let [on_bus, beside] = ports;
    let (at, number) = (|address: u64| format!("{address:x}"), |value| number(cells, value));
    let values = [
        ("TITLE", board.title.clone()),
        ("CELLS", cells.to_string()),
        ("INPUT", BUFFER_INPUT.into()),
        ("INPUT_AT", at(map.buffers)),
        ("INPUT_BASE", number(map.buffers)),
        ("OUTPUT", BUFFER_OUTPUT.into()),
        ("OUTPUT_AT", at(map.output_buffer())),
        ("OUTPUT_BASE", number(map.output_buffer())),
        ("BUFFER_BYTES", number(map.buffer_bytes)),
        ("REGION", BUFFER_REGION.into()),
        ("REGISTERS", UIO_REGISTERS.into()),
        ("REGISTERS_AT", at(map.registers)),
        ("REGISTERS_BASE", number(map.registers)),
        ("REGISTERS_BYTES", number(AxiDma::REGISTERS_BYTES)),
        ("DMA", UIO_DMA.into()),
        ("DMA_AT", at(map.dma)),
        ("DMA_BASE", number(map.dma)),
        ("DMA_BYTES", number(AxiDma::DMA_BYTES)),
        ("CONTROLLER", interrupt_controller.into()),
        ("INPUT_INTERRUPT", interrupts[0].to_string()),
        ("OUTPUT_INTERRUPT", interrupts[1].to_string()),
        ("CLOCK", clock.into()),
        ("CLOCK_HERTZ", (board.clock_mhz * 1e6).round().to_string()),
        ("PORTS_ON_THE_BUS", on_bus),
        ("PORTS", beside),
    ];
    filled(OVERLAY, &values)
}
