//! The rotator between banks and lanes.

use super::bits::index_bits;
use super::delay_line::DelayLine;
use crate::primitive::{Parameter, Port, Primitive, Values};

const DATA: usize = 0;
const ROT: usize = 1;

/// Lane r takes bank (r + rot) mod rows, [`Rotator::stages`] cycles later.
#[derive(Clone, Debug)]
pub struct Rotator {
    width: usize,
    /// Lanes behind each stage, the first stage first.
    behind: Vec<Vec<u64>>,
    /// The amount, `s` cycles late for stage `s`.
    amount: DelayLine<usize>,
}

impl Rotator {
    pub fn new(rows: usize, width: usize) -> Self {
        let stages = Self::stages(rows);
        Rotator { width, behind: vec![vec![0; rows]; stages], amount: DelayLine::new(stages) }
    }

    /// Registered stages of 4-to-1 multiplexers.
    pub fn stages(rows: usize) -> usize {
        index_bits(rows).div_ceil(2)
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

pub(super) const SUBMODULES: [(&str, &str); 2] =
    [("delay", include_str!("../../v/delay.v")), ("rotate_stage", include_str!("../../v/rotate_stage.v"))];

impl Primitive for Rotator {
    fn module(&self) -> &'static str {
        "rotator"
    }

    fn source(&self) -> &'static str {
        include_str!("../../v/rotator.v")
    }

    fn submodules(&self) -> Vec<(&'static str, &'static str)> {
        SUBMODULES.to_vec()
    }

    fn parameters(&self) -> Vec<Parameter> {
        let rows = self.lanes().len();
        vec![
            Parameter::Integer("ROWS", rows as u64),
            Parameter::Integer("ROT_W", index_bits(rows) as u64),
            Parameter::Integer("WIDTH", self.width as u64),
        ]
    }

    fn ports(&self) -> Vec<Port> {
        let rows = self.lanes().len();
        vec![
            Port::input("data_i", rows, self.width),
            Port::input("rot_i", 1, index_bits(rows)),
            Port::output("data_o", rows, self.width),
        ]
    }

    fn is_registered(&self) -> bool {
        true
    }

    fn outputs(&self, _inputs: &Values, outputs: &mut Values) {
        outputs[0].copy_from_slice(self.lanes());
    }

    fn clock(&mut self, _reset: bool, inputs: &Values) {
        self.shift(&inputs[DATA], inputs[ROT][0] as usize);
    }
}
