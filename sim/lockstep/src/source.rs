//! The host's side of the streams: packed images as beats, random pauses by seed.

use systole_machine::Plan;
use systole_net::Tensor;

/// How often a side pauses, in percent of the cycles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stalls {
    pub seed: u64,
    pub source_percent: u8,
    pub sink_percent: u8,
}

/// A seeded generator of pauses (xorshift64*, Vigna 2016).
pub struct Pauses(u64);

impl Pauses {
    pub fn new(seed: u64) -> Self {
        Pauses(seed.wrapping_mul(2) | 1)
    }

    /// True in `percent` of the calls.
    pub fn pause(&mut self, percent: u8) -> bool {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32 < (u64::from(percent) << 32) / 100
    }
}

/// All beats of the images: data and TLAST.
pub fn beats(plan: &Plan, images: &[Tensor]) -> Vec<(u64, bool)> {
    let mut all = Vec::new();
    for image in images {
        let bytes: Vec<u8> = image.data.iter().map(|&v| v as u8).collect();
        let packed = plan.input.pack(plan.geometry.rows, plan.geometry.in_bytes, &bytes);
        let words = packed.chunks(plan.geometry.in_bytes);
        let count = words.len();
        all.extend(words.enumerate().map(|(i, w)| {
            let value = w.iter().rev().fold(0u64, |v, &b| v << 8 | u64::from(b));
            (value, i + 1 == count)
        }));
    }
    all
}
