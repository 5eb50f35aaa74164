//! Clocked model of `rom.v`.

use super::check_tap::CheckTap;
use crate::model::Clocked;
use std::collections::VecDeque;
use systole_machine::words::slice;
use systole_rtl::ports::rom::{In, Out, Ports};
use systole_rtl::primitive::Shape;
use systole_rtl::primitives::rom::Rom;

/// Its words and registers.
#[derive(Clone, Debug)]
pub struct RomModel {
    width: usize,
    words: Vec<Vec<u64>>,
    /// The word that is put out, and before it those on their way.
    data: VecDeque<Vec<u64>>,
    tap: CheckTap,
}

impl RomModel {
    pub fn new(Rom { width, block, words, latency, numbered, .. }: Rom) -> Self {
        // The word, and in block RAM another register.
        let tap = CheckTap::new(width.div_ceil(8), latency.max(1 + usize::from(block)));
        let mut data = VecDeque::from(vec![Shape { lanes: 1, width }.zero(); latency]);
        // A number of 0 in the register between both tables names the first word.
        if let (true, Some(last), Some(first)) = (numbered, data.back_mut(), words.first()) {
            last.clone_from(first);
        }
        RomModel { width, words, data, tap }
    }
}

impl Clocked for RomModel {
    type Ports = Ports;
    const REGISTERED: bool = true;

    fn outputs(&self, _inputs: In, out: Out<'_>) {
        out.data.copy_from_slice(&self.data[0]);
        [*out.check_valid, *out.check_data] = self.tap.values();
    }

    fn clock(&mut self, _reset: bool, inputs: In) {
        let address = if inputs.check { inputs.check_addr } else { inputs.addr };
        let word = self.words.get(address as usize).map_or(&[][..], Vec::as_slice);
        self.tap.clock(inputs.check, slice(word, 8 * inputs.check_byte as usize, 8) as u8);
        let lane = |lane: usize| slice(word, 64 * lane, 64.min(self.width - 64 * lane));
        let lanes = (0..self.data[0].len()).map(lane).collect();
        self.data.pop_front();
        self.data.push_back(lanes);
    }
}
