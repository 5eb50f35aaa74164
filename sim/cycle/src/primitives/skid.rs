//! Clocked model of `skid.v`.

use crate::model::Clocked;
use systole_rtl::ports::skid::{In, Out, Ports};
use systole_rtl::primitives::skid::Skid;

/// Its registers.
#[derive(Clone, Copy, Debug, Default)]
pub struct SkidModel {
    out: (bool, u128),
    spare: (bool, u128),
}

impl SkidModel {
    pub fn new(_: Skid) -> Self {
        SkidModel::default()
    }

    /// Ready towards the source.
    pub fn ready(&self) -> bool {
        !self.spare.0
    }

    pub fn valid(&self) -> bool {
        self.out.0
    }

    pub fn data(&self) -> u128 {
        self.out.1
    }

    /// Rising edge with a beat offered or not, and the sink's ready.
    pub fn shift(&mut self, reset: bool, beat: Option<u128>, sink_ready: bool) {
        let accepted = beat.filter(|_| self.ready());
        if sink_ready || !self.valid() {
            self.out = match (self.spare, accepted) {
                ((true, spare), _) => (true, spare),
                (_, Some(data)) => (true, data),
                (_, None) => (false, self.out.1),
            };
            self.spare.0 = false;
        } else if let Some(data) = accepted {
            self.spare = (true, data);
        }
        if reset {
            self.out.0 = false;
            self.spare.0 = false;
        }
    }
}

impl Clocked for SkidModel {
    type Ports = Ports;
    const REGISTERED: bool = true;

    fn outputs(&self, _inputs: In<'_>, out: Out<'_>) {
        *out.s_ready = self.ready().into();
        *out.m_valid = self.valid().into();
        for (at, value) in out.m_data.iter_mut().enumerate() {
            *value = (self.data() >> (64 * at)) as u64;
        }
    }

    fn clock(&mut self, reset: bool, inputs: In<'_>) {
        let beat = inputs.s_data.iter().rev().fold(0, |beat, &value| beat << 64 | u128::from(value));
        self.shift(reset, inputs.s_valid.then_some(beat), inputs.m_ready);
    }
}
