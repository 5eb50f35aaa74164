//! The inputs of one cycle, in the order of the ports.

use crate::primitive::Values;

/// The inputs of one cycle, by name.
pub(super) struct Inputs {
    pub(super) awaddr: u64,
    pub(super) awvalid: bool,
    pub(super) wdata: u64,
    pub(super) wstrb: u64,
    pub(super) wvalid: bool,
    pub(super) bready: bool,
    pub(super) araddr: u64,
    pub(super) arvalid: bool,
    pub(super) rready: bool,
    pub(super) chk_value: u64,
    pub(super) step: u64,
    pub(super) layer: u64,
    pub(super) busy: bool,
    pub(super) result_ready: bool,
    pub(super) progress: bool,
    /// Input beat, output beat, starved, blocked.
    pub(super) events: [bool; 4],
    pub(super) image_done: bool,
    /// TLAST early, TLAST late, dropped.
    pub(super) errors: [bool; 3],
    pub(super) load_word: bool,
    /// A memory's number and CRC.
    pub(super) found: Option<(usize, u32)>,
    pub(super) found_last: bool,
}

impl Inputs {
    pub(super) fn new(values: &Values) -> Self {
        let mut values = values.iter().map(|lanes| lanes[0]);
        let mut next = move || values.next().unwrap_or_default();
        Inputs {
            awaddr: next(),
            awvalid: next() != 0,
            wdata: next(),
            wstrb: next(),
            wvalid: next() != 0,
            bready: next() != 0,
            araddr: next(),
            arvalid: next() != 0,
            rready: next() != 0,
            chk_value: next(),
            step: next(),
            layer: next(),
            busy: next() != 0,
            result_ready: next() != 0,
            progress: next() != 0,
            events: std::array::from_fn(|_| next() != 0),
            image_done: next() != 0,
            errors: std::array::from_fn(|_| next() != 0),
            load_word: next() != 0,
            found: {
                let (there, memory, crc) = (next() != 0, next() as usize, next() as u32);
                there.then_some((memory, crc))
            },
            found_last: next() != 0,
        }
    }
}
