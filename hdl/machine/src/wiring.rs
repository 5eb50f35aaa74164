//! How a board is wired: its pins, the way to the host, and what its tools call it.

use crate::serial::LINE_BITS;
use serde::{Deserialize, Serialize};

/// The way between machine and host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Link {
    /// A serial line at the board's pins.
    Uart {
        /// Bits per second.
        baud: u32,
    },
    /// Registers and an AXI DMA in the address space of a processor on the same chip.
    AxiDma(AxiDma),
    /// A PCIe card: registers and streams by the XDMA core, pins as in [`Card`].
    Pcie,
}

impl Link {
    /// Images per second that it carries at most, an image being so many beats of so many bytes, at the machine's clock. A serial line
    /// has its bytes and no pause between them; frames and escaped bytes, about a fiftieth more, are not counted. Streams beside a
    /// processor or behind a card have a beat a cycle; what its memory does to that is not known.
    pub fn images_per_second(&self, beats: usize, bytes: usize, clock_mhz: f64) -> f64 {
        match self {
            Link::Uart { baud } => f64::from(*baud) / LINE_BITS / (beats * bytes) as f64,
            Link::AxiDma(_) | Link::Pcie => clock_mhz * 1e6 / beats as f64,
        }
    }

    /// What it is, in words.
    pub fn title(&self) -> String {
        match self {
            Link::Uart { baud } => format!("serial line of {baud} baud"),
            Link::AxiDma(_) => "DMA".into(),
            Link::Pcie => "PCIe".into(),
        }
    }
}

/// The address map of a machine beside a processor. Bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AxiDma {
    pub processor: Processor,
    /// Base of the machine's registers.
    pub registers: u64,
    /// Base of the registers of the AXI DMA.
    pub dma: u64,
    /// Base of the memory that is kept free for the buffers.
    pub buffers: u64,
    /// Size of each of the two buffers, input first.
    pub buffer_bytes: u64,
}

impl AxiDma {
    /// Bytes of address space that the machine's registers take: a page, for user space to map.
    pub const REGISTERS_BYTES: u64 = 0x1000;
    /// Bytes of address space that the registers of the AXI DMA take.
    pub const DMA_BYTES: u64 = 0x1_0000;
    /// Bits of the length register of the AXI DMA: the most it knows.
    pub const LENGTH_BITS: u32 = 26;
    /// Block RAMs of 18 Kbit that a plan leaves to the AXI DMA and the buses beside it: an allowance, not a count. The core's store and
    /// forward buffers of both channels are block RAM (PG021); what Vivado makes of them was not seen.
    pub const BRAM18: usize = 8;

    /// Base of the buffer for results.
    pub fn output_buffer(&self) -> u64 {
        self.buffers + self.buffer_bytes
    }
}

/// The pins of a PCIe card and the transceivers behind its lanes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// The slot's reference clock, and its pins: positive, negative.
    pub reference_mhz: f64,
    pub reference: [String; 2],
    /// PERST#, active low, and CLKREQ#, which the card holds low.
    pub reset: Pin,
    pub clock_request: Pin,
    /// Site of each lane's transceiver, lane 0 first.
    pub transceivers: Vec<String>,
    /// Megabytes of the flash memory that the card is configured from, four bits wide.
    pub flash_megabytes: usize,
    /// Further lines of the constraint file.
    #[serde(default)]
    pub extra: Vec<String>,
    /// Where all this comes from.
    pub source: String,
}

impl Card {
    /// Where the registers are in the first window of the card; `xdma:` maps it from there.
    pub const REGISTERS: u64 = 0;
    /// Speeds of a lane that the XDMA core knows on a device of the 7 series, in gigatransfers a second.
    pub const SPEEDS: [f64; 2] = [2.5, 5.0];

    /// Speed of a lane at which all of them together carry as much as the input stream: `in_bytes` per clock cycle. Ten bits of
    /// a lane are a byte.
    pub fn gigatransfers(&self, in_bytes: usize, clock_mhz: f64) -> f64 {
        10.0 * in_bytes as f64 * clock_mhz / 1e3 / self.transceivers.len() as f64
    }
}

/// The processor beside the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Processor {
    Zynq7000,
    ZynqUltrascale,
}

impl Processor {
    /// Bits of the port by which the DMA sees memory, HP0: the widest, which is what the processor's firmware sets it to where
    /// it knows nothing of the machine.
    pub fn memory_bits(self) -> usize {
        match self {
            Processor::Zynq7000 => 64,
            Processor::ZynqUltrascale => 128,
        }
    }

    /// Bits of the port by which the processor sees the registers, likewise.
    pub fn control_bits(self) -> usize {
        match self {
            Processor::Zynq7000 => 32,
            Processor::ZynqUltrascale => 128,
        }
    }
}

/// How Linux reserves the buffers' memory: as memory of its own. Only such has the page structures that a hand-over of a
/// buffer between processor and DMA works on; with `no-map` it ends in a kernel panic.
pub const BUFFER_REGION: &str = "reusable";
/// What base and size of such memory are multiples of, in bytes: the most that Linux' contiguous allocator asks for with pages
/// of 4 KB.
pub const BUFFER_ALIGNMENT: u64 = 4 << 20;

/// Under which names Linux offers the machine: UIO devices and u-dma-buf buffers.
pub const UIO_REGISTERS: &str = "systole-registers";
pub const UIO_DMA: &str = "systole-dma";
pub const BUFFER_INPUT: &str = "systole-input";
pub const BUFFER_OUTPUT: &str = "systole-output";

/// The pins that a machine on a serial line uses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pins {
    /// Frequency at the clock pin.
    pub oscillator_mhz: f64,
    pub clock: Pin,
    /// The serial line, seen from the FPGA: in and out.
    pub rx: Pin,
    pub tx: Pin,
    /// Outputs that the board wants held, whatever the machine does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<Held>,
    /// Further lines of the constraint file, in its language.
    #[serde(default)]
    pub extra: Vec<String>,
    /// Where the pins come from.
    pub source: String,
}

/// Ports of a board's top level with a serial line: clock, received and sent.
pub const UART_PORTS: [&str; 3] = ["clk_i", "rx_i", "tx_o"];

/// An output that never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Held {
    /// Name of the port.
    pub port: String,
    pub high: bool,
    pub pin: Pin,
    /// What it is held for.
    pub why: String,
}

/// One pin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    /// What the package calls it.
    pub site: String,
    /// Input-output standard, such as LVCMOS33.
    pub standard: String,
    /// `up` or `down`; none where absent.
    #[serde(default)]
    pub pull: Option<Pull>,
}

/// A resistor in the pin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pull {
    Up,
    Down,
}

/// What Vivado has to know of a board.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vivado {
    /// Pattern of the board in Vivado's board store; the newest that matches is taken. Absent: no presets are needed.
    #[serde(default)]
    pub board_part: Option<String>,
    /// Critical warnings that the board's own preset causes, and that therefore do not stop a build.
    #[serde(default)]
    pub accepted: Vec<String>,
}

/// How the board is loaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flash {
    /// Arguments to openFPGALoader that name the board or its cable.
    pub arguments: Vec<String>,
    /// Where they come from.
    pub source: String,
}
