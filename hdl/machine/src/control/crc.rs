//! CRC-32, a byte a cycle: `frame_crc.v`, clocked.

use crate::serial::CRC_POLYNOMIAL;

/// The register behind CRC-32 (IEEE 802.3); its complement is the CRC.
#[derive(Clone, Copy, Debug)]
pub struct Crc(pub u32);

impl Crc {
    /// Before the first byte.
    pub const NONE: Crc = Crc(u32::MAX);

    pub fn push(&mut self, byte: u8) {
        let step = |crc: u32, _| crc >> 1 ^ if crc & 1 == 1 { CRC_POLYNOMIAL } else { 0 };
        self.0 = (0..u8::BITS).fold(self.0 ^ u32::from(byte), step);
    }
}
