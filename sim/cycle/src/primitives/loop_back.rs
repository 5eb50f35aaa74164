//! Clocked model of `loop_back.v`.

use crate::model::Clocked;
use systole_machine::registers::WORD_BYTES;
use systole_rtl::ports::loop_back::{In, Out, Ports};
use systole_rtl::primitives::loop_back::LoopBack;

/// Its registers.
#[derive(Clone, Copy, Debug)]
pub struct LoopBackModel {
    in_bytes: usize,
    /// Output beat of the input beat in flight.
    part: usize,
}

impl LoopBackModel {
    pub fn new(LoopBack { in_bytes }: LoopBack) -> Self {
        LoopBackModel { in_bytes, part: 0 }
    }

    fn is_last_part(&self) -> bool {
        (self.part + 1) * WORD_BYTES as usize >= self.in_bytes
    }

    /// The bytes of this part, zeros beyond the beat.
    fn word(&self, bytes: &[u64]) -> u64 {
        let from = bytes.iter().skip(self.part * WORD_BYTES as usize).take(WORD_BYTES as usize);
        from.rev().fold(0, |word, byte| word << 8 | byte)
    }
}

impl Clocked for LoopBackModel {
    type Ports = Ports;

    fn outputs(&self, inputs: In<'_>, out: Out<'_>) {
        let back_ready = inputs.back_ready && self.is_last_part();
        *out.s_ready = if inputs.r#loop { back_ready } else { inputs.m_ready }.into();
        *out.m_valid = (inputs.s_valid && !inputs.r#loop).into();
        *out.back_valid = (inputs.s_valid && inputs.r#loop).into();
        *out.back_data = self.word(inputs.s_data);
        *out.back_last = (inputs.s_last && self.is_last_part()).into();
    }

    fn clock(&mut self, reset: bool, inputs: In<'_>) {
        if reset || !inputs.r#loop {
            self.part = 0;
        } else if inputs.s_valid && inputs.back_ready {
            self.part = if self.is_last_part() { 0 } else { self.part + 1 };
        }
    }
}
