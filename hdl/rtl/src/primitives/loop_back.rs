//! Input beats sent back as output beats of 32 bits, for the host to test the link with.

use crate::primitive::{Parameter, Port, Primitive, Values};
use systole_machine::geometry::RESULT_BITS;
use systole_machine::registers::WORD_BYTES;

const LOOP: usize = 0;
const S_VALID: usize = 1;
const S_DATA: usize = 2;
const S_LAST: usize = 3;
const M_READY: usize = 4;
const BACK_READY: usize = 5;

/// The way back behind `loop_back.v`.
#[derive(Clone, Copy, Debug)]
pub struct LoopBack {
    in_bytes: usize,
    /// Output beat of the input beat in flight.
    part: usize,
}

impl LoopBack {
    /// Of input beats of `in_bytes` bytes.
    pub fn new(in_bytes: usize) -> Self {
        LoopBack { in_bytes, part: 0 }
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

impl Primitive for LoopBack {
    fn module(&self) -> &'static str {
        "loop_back"
    }

    fn source(&self) -> &'static str {
        include_str!("../../v/loop_back.v")
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![Parameter::Integer("IN_BYTES", self.in_bytes as u64)]
    }

    fn ports(&self) -> Vec<Port> {
        vec![
            Port::input("loop_i", 1, 1),
            Port::input("s_valid_i", 1, 1),
            Port::output("s_ready_o", 1, 1),
            Port::input("s_data_i", self.in_bytes, 8),
            Port::input("s_last_i", 1, 1),
            Port::output("m_valid_o", 1, 1),
            Port::input("m_ready_i", 1, 1),
            Port::output("back_valid_o", 1, 1),
            Port::input("back_ready_i", 1, 1),
            Port::output("back_data_o", 1, RESULT_BITS),
            Port::output("back_last_o", 1, 1),
        ]
    }

    fn outputs(&self, inputs: &Values, outputs: &mut Values) {
        let is = |port: usize| inputs[port][0] == 1;
        let back_ready = is(BACK_READY) && self.is_last_part();
        outputs[0][0] = if is(LOOP) { back_ready.into() } else { inputs[M_READY][0] };
        outputs[1][0] = (is(S_VALID) && !is(LOOP)).into();
        outputs[2][0] = (is(S_VALID) && is(LOOP)).into();
        outputs[3][0] = self.word(&inputs[S_DATA]);
        outputs[4][0] = (is(S_LAST) && self.is_last_part()).into();
    }

    fn clock(&mut self, reset: bool, inputs: &Values) {
        let is = |port: usize| inputs[port][0] == 1;
        if reset || !is(LOOP) {
            self.part = 0;
        } else if is(S_VALID) && is(BACK_READY) {
            self.part = if self.is_last_part() { 0 } else { self.part + 1 };
        }
    }
}
