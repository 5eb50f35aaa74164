//! Clocked model of `rotator.v`.

use super::delay_line::DelayLine;
use crate::model::Clocked;
use systole_rtl::ports::rotator::{In, Out, Ports};
use systole_rtl::primitives::rotator::Rotator;

/// Lane r takes bank (r + rot) mod rows, [`Rotator::stages`] cycles later.
#[derive(Clone, Debug)]
pub struct RotatorModel {
    /// Lanes behind each stage, the first stage first.
    behind: Vec<Vec<u64>>,
    /// The amount, `s` cycles late for stage `s`.
    amount: DelayLine<usize>,
}

impl RotatorModel {
    pub fn new(Rotator { rows, .. }: Rotator) -> Self {
        let stages = Rotator::stages(rows);
        RotatorModel { behind: vec![vec![0; rows]; stages], amount: DelayLine::new(stages) }
    }

    /// The lanes that leave in this cycle.
    pub fn lanes(&self) -> &[u64] {
        &self.behind[self.behind.len() - 1]
    }

    /// Rising edge with the banks' words and the amount beside them.
    pub fn shift(&mut self, banks: &[u64], rot: usize) {
        for stage in (0..self.behind.len()).rev() {
            let amount = if stage == 0 { rot } else { self.amount.tap(stage) };
            let by = amount & (3 << (2 * stage));
            let (before, rest) = self.behind.split_at_mut(stage);
            let from = before.last().map_or(banks, Vec::as_slice);
            for (r, lane) in rest[0].iter_mut().enumerate() {
                *lane = from[(r + by) % from.len()];
            }
        }
        self.amount.clock(rot);
    }
}

impl Clocked for RotatorModel {
    type Ports = Ports;
    const REGISTERED: bool = true;

    fn outputs(&self, _inputs: In<'_>, out: Out<'_>) {
        out.data.copy_from_slice(self.lanes());
    }

    fn clock(&mut self, _reset: bool, inputs: In<'_>) {
        self.shift(inputs.data, inputs.rot as usize);
    }
}
