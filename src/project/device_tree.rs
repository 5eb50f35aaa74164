//! The device-tree overlay with which Linux offers the machine to programs: UIO for both register windows, u-dma-buf for the
//! buffers in memory that nobody else gets.

use systole_plan::board::Board;
use systole_plan::wiring::{AxiDma, Processor, BUFFER_INPUT, BUFFER_OUTPUT, UIO_DMA, UIO_REGISTERS};

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

/// The overlay's source.
pub fn text(board: &Board, map: &AxiDma) -> String {
    let AxiDma { processor, registers, dma, buffers, buffer_bytes, .. } = *map;
    let n = |value: u64| cells(processor, value);
    let width = if processor == Processor::Zynq7000 { 1 } else { 2 };
    let controller = if processor == Processor::Zynq7000 { "intc" } else { "gic" };
    let [first, second] = interrupts(processor);
    let output = map.output_buffer();
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
            no-map;
        }};

        systole_output: {BUFFER_OUTPUT}@{output:x} {{
            compatible = "shared-dma-pool";
            reg = <{output_cells} {bytes}>;
            no-map;
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
    }};

    {BUFFER_INPUT} {{
        compatible = "ikwzm,u-dma-buf";
        device-name = "{BUFFER_INPUT}";
        size = <{bytes}>;
        memory-region = <&systole_input>;
        sync-mode = <1>;
        sync-always;
        sync-direction = <1>;
    }};

    {BUFFER_OUTPUT} {{
        compatible = "ikwzm,u-dma-buf";
        device-name = "{BUFFER_OUTPUT}";
        size = <{bytes}>;
        memory-region = <&systole_output>;
        sync-mode = <1>;
        sync-always;
        sync-direction = <2>;
    }};
}};
"#,
        title = board.title,
        bytes = n(buffer_bytes),
        buffers_cells = n(buffers),
        output_cells = n(output),
        registers_cells = n(registers),
        registers_bytes = n(AxiDma::REGISTERS_BYTES),
        dma_cells = n(dma),
        dma_bytes = n(AxiDma::DMA_BYTES),
    )
}
