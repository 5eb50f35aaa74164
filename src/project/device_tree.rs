//! The device-tree overlay with which Linux offers the machine to programs: UIO for both register windows, u-dma-buf for the
//! buffers; and with which it gives the machine its clock and the widths of its ports.
//!
//! Buffers are cached memory: the driver hands them over (`host/src/uio/sysfs.rs`). So there is no `sync-always`, which would
//! map them as a device's memory on arm64, where ordinary copies are faults.

use systole_machine::board::Board;
use systole_machine::wiring::{AxiDma, Processor, BUFFER_INPUT, BUFFER_OUTPUT, BUFFER_REGION, UIO_DMA, UIO_REGISTERS};

pub const NAME: &str = "systole.dts";

/// Interrupts of the DMA, input first, as the controller counts them: shared interrupts from the logic, active high.
fn interrupts(processor: Processor) -> [u32; 2] {
    match processor {
        // IRQ_F2P[0] and [1]: shared peripheral interrupts 61 and 62, of which the tree drops 32.
        Processor::Zynq7000 => [29, 30],
        // pl_ps_irq0[0] and [1]: 121 and 122.
        Processor::ZynqUltrascale => [89, 90],
    }
}

/// A 64-bit number in as many cells as the processor's buses have.
fn cells(processor: Processor, value: u64) -> String {
    match processor {
        Processor::Zynq7000 => format!("{value:#x}"),
        Processor::ZynqUltrascale => format!("{:#x} {:#x}", value >> 32, value & 0xffff_ffff),
    }
}

/// The node with which Linux keeps the machine's clock running, at its rate: it switches off a clock that nobody claims, and one
/// that the boot firmware set may be of any rate.
fn clock(processor: Processor, mhz: f64) -> String {
    // FCLK0 of the controller, PL0_REF of the other.
    let clock = if processor == Processor::Zynq7000 { "&clkc 15" } else { "&zynqmp_clk 71" };
    format!(
        r#"    systole-clock {{
        compatible = "xlnx,fclk";
        clocks = <{clock}>;
        assigned-clocks = <{clock}>;
        assigned-clock-rates = <{hertz}>;
    }};
"#,
        hertz = (mhz * 1e6).round()
    )
}

/// How a width is numbered, and the registers of the ports that the machine uses. Sources: Xilinx UG585, AFI_RDCHAN_CTRL;
/// UG1087, AFIFM RDCTRL and FPD_SLCR afi_fs.
fn port_widths(processor: Processor) -> String {
    let (memory, control) = (processor.memory_bits(), processor.control_bits());
    match processor {
        // Bit 0: 32 bits, not 64.
        Processor::Zynq7000 => format!(
            r#"
        systole-afi@f8008000 {{
            compatible = "xlnx,afi-fpga";
            reg = <0xf8008000 0x1000>;
            xlnx,afi-width = <{}>;
        }};
"#,
            u32::from(memory == 32)
        ),
        // HP0 is AFI 2: its reads are register 4, its writes register 5; 0 is 128 bits, 1 is 64. Register 14 has HPM0 in bits 9
        // and 8: 2 is 128 bits. The reset is the machine's, pl_resetn0.
        Processor::ZynqUltrascale => format!(
            r#"
    systole-afi {{
        compatible = "xlnx,afi-fpga";
        config-afi = <4 {width}>, <5 {width}>, <14 {control:#x}>;
        resets = <&zynqmp_reset 116>;
    }};
"#,
            width = 128 / memory - 1,
            control = (control / 64) << 8
        ),
    }
}

/// The overlay's source.
pub fn text(board: &Board, map: &AxiDma) -> String {
    let AxiDma { processor, registers, dma, buffers, buffer_bytes, .. } = *map;
    let n = |value: u64| cells(processor, value);
    let width = if processor == Processor::Zynq7000 { 1 } else { 2 };
    let controller = if processor == Processor::Zynq7000 { "intc" } else { "gic" };
    let [first, second] = interrupts(processor);
    let output = map.output_buffer();
    let widths = port_widths(processor);
    let (in_bus, in_root) =
        if processor == Processor::Zynq7000 { (widths, String::new()) } else { (String::new(), widths) };
    format!(
        r#"// {title}: the machine's registers and DMA as UIO devices, its buffers as u-dma-buf devices.
// Memory is reserved only while Linux starts: let the boot loader apply it. Load uio_pdrv_genirq with of_id=generic-uio.
// Compile: dtc -@ -I dts -O dtb -o systole.dtbo {NAME}
/dts-v1/;
/plugin/;

&{{/}} {{
    #address-cells = <{width}>;
    #size-cells = <{width}>;

    reserved-memory {{
        #address-cells = <{width}>;
        #size-cells = <{width}>;
        ranges;

        systole_input: {BUFFER_INPUT}@{buffers:x} {{
            compatible = "shared-dma-pool";
            reg = <{buffers_cells} {bytes}>;
            {BUFFER_REGION};
        }};

        systole_output: {BUFFER_OUTPUT}@{output:x} {{
            compatible = "shared-dma-pool";
            reg = <{output_cells} {bytes}>;
            {BUFFER_REGION};
        }};
    }};

    systole {{
        compatible = "simple-bus";
        #address-cells = <{width}>;
        #size-cells = <{width}>;
        ranges;

        {UIO_REGISTERS}@{registers:x} {{
            compatible = "generic-uio";
            linux,uio-name = "{UIO_REGISTERS}";
            reg = <{registers_cells} {registers_bytes}>;
        }};

        {UIO_DMA}@{dma:x} {{
            compatible = "generic-uio";
            linux,uio-name = "{UIO_DMA}";
            reg = <{dma_cells} {dma_bytes}>;
            interrupt-parent = <&{controller}>;
            interrupts = <0 {first} 4>, <0 {second} 4>;
        }};
{in_bus}    }};

{clock}{in_root}
    {BUFFER_INPUT} {{
        compatible = "ikwzm,u-dma-buf";
        device-name = "{BUFFER_INPUT}";
        size = <{bytes}>;
        memory-region = <&systole_input>;
        sync-direction = <1>;
    }};

    {BUFFER_OUTPUT} {{
        compatible = "ikwzm,u-dma-buf";
        device-name = "{BUFFER_OUTPUT}";
        size = <{bytes}>;
        memory-region = <&systole_output>;
        sync-direction = <2>;
    }};
}};
"#,
        title = board.title,
        clock = clock(processor, board.clock_mhz),
        bytes = n(buffer_bytes),
        buffers_cells = n(buffers),
        output_cells = n(output),
        registers_cells = n(registers),
        registers_bytes = n(AxiDma::REGISTERS_BYTES),
        dma_cells = n(dma),
        dma_bytes = n(AxiDma::DMA_BYTES),
    )
}
