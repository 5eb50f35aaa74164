//! The frames of the serial link, the one place where their numbers are written down. Rules: docs/devices/uart.md.
//!
//! Host and simulators use these constants; the Verilog's local parameters are printed from them ([`verilog`]).

use crate::geometry::RESULT_BYTES;
use std::fmt::Write;

/// Block RAMs of 18 Kbit of the link: its input buffer, and each half of the words of its output buffer.
pub const BRAM18: usize = 3;
/// Bits of a byte on the line: start, data, stop.
pub const LINE_BITS: f64 = 10.0;
/// Ends a frame; stands nowhere else on the line.
pub const END: u8 = 0xc0;
/// Begins a pair that stands for one byte of a frame.
pub const ESCAPE: u8 = 0xdb;
/// Behind [`ESCAPE`]: stands for [`END`].
pub const ESCAPED_END: u8 = 0xdc;
/// Behind [`ESCAPE`]: stands for [`ESCAPE`].
pub const ESCAPED_ESCAPE: u8 = 0xdd;

/// Requests. Clears buffers and positions, begins a connection; resets the machine where [`RESET_MACHINE`] is set.
pub const RESET: u8 = 1;
/// Reads a register.
pub const READ: u8 = 2;
/// Writes a register.
pub const WRITE: u8 = 3;
/// Bytes of the input stream.
pub const DATA: u8 = 4;
/// Asks for beats of the output stream, and says which have arrived.
pub const TAKE: u8 = 5;
/// Set in the kind of every answer.
pub const ANSWER: u8 = 0x80;
/// Kind of the answer to what was damaged, unknown or of another connection.
pub const REFUSED: u8 = 0xff;

/// Bits of a request's first argument: of [`RESET`], of [`DATA`] (its last beat bears TLAST).
pub const RESET_MACHINE: u32 = 1;
pub const DATA_ENDS: u32 = 1 << 31;

/// Kind, connection, number, two arguments.
pub const REQUEST_BYTES: usize = 11;
/// Kind, connection, number, response, word, input position, input room, output position, output level.
pub const ANSWER_BYTES: usize = 16;
/// CRC-32 (IEEE 802.3), the low byte first.
pub const CRC_BYTES: usize = 4;
/// The polynomial, reflected, and what the register holds behind an intact frame.
pub const CRC_POLYNOMIAL: u32 = 0xedb8_8320;
pub const CRC_RESIDUE: u32 = 0xdebb_20e3;
/// Bytes of an output beat in an answer.
pub const BEAT_BYTES: usize = RESULT_BYTES;

/// Address bits of the device's buffers: bytes of input, beats of output.
pub const IN_BUFFER_BITS: usize = 11;
pub const OUT_BUFFER_BITS: usize = 9;
/// Clock cycles per bit of the line.
pub const DIVIDERS: std::ops::RangeInclusive<u64> = 4..=65_535;
/// Most that the line's true rate may be off, for 10 bits a byte sampled in their middle.
pub const RATE_ERROR: f64 = 0.02;

/// Clock cycles per bit for a rate; `None` where no divider comes near enough.
pub fn divider(clock_mhz: f64, baud: u32) -> Option<u64> {
    let exact = clock_mhz * 1e6 / f64::from(baud);
    let divider = exact.round();
    let near = (divider / exact - 1.0).abs() <= RATE_ERROR;
    (near && divider >= *DIVIDERS.start() as f64 && divider <= *DIVIDERS.end() as f64).then_some(divider as u64)
}

/// Local parameters for the Verilog's framing, and for its requests.
pub fn verilog() -> (String, String) {
    let bytes = |list: &[(&str, u8)]| {
        let mut text = String::new();
        for (name, value) in list {
            let _ = writeln!(text, "    localparam [7:0] {name} = 8'h{value:02x};");
        }
        text
    };
    let framing =
        bytes(&[("END", END), ("ESCAPE", ESCAPE), ("ESCAPED_END", ESCAPED_END), ("ESCAPED_ESCAPE", ESCAPED_ESCAPE)]);
    let mut requests = bytes(&[
        ("RESET", RESET),
        ("READ", READ),
        ("WRITE", WRITE),
        ("DATA", DATA),
        ("TAKE", TAKE),
        ("ANSWER", ANSWER),
        ("REFUSED", REFUSED),
    ]);
    for (name, value) in [
        ("REQUEST_BYTES", REQUEST_BYTES),
        ("ANSWER_BYTES", ANSWER_BYTES),
        ("CRC_BYTES", CRC_BYTES),
        ("BEAT_BYTES", BEAT_BYTES),
    ] {
        let _ = writeln!(requests, "    localparam [15:0] {name} = 16'd{value};");
    }
    for (name, mask) in [("RESET_MACHINE", RESET_MACHINE), ("DATA_ENDS", DATA_ENDS)] {
        let _ = writeln!(requests, "    localparam {name}_BIT = {};", mask.trailing_zeros());
    }
    (framing, requests)
}

#[cfg(test)]
mod tests {
    use super::{divider, DIVIDERS};

    #[test]
    fn a_rate_has_a_divider_that_comes_near_it() {
        assert_eq!(divider(50.0, 2_900_000), Some(17));
        assert_eq!(divider(50.0, 115_200), Some(434));
        assert_eq!(divider(100.0, 25_000_000), Some(*DIVIDERS.start()));
        assert_eq!(divider(100.0, 33_000_000), None, "too fast");
        assert_eq!(divider(50.0, 300), None, "too slow");
        assert_eq!(divider(50.0, 11_000_000), None, "4.5 cycles are neither 4 nor 5");
    }
}
