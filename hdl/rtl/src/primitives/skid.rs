//! A stream buffer of two registers.

use crate::primitive::{Parameter, Port, Primitive, Values};

const S_VALID: usize = 0;
const S_DATA: usize = 1;
const M_READY: usize = 2;

/// The buffer behind `skid.v`: registered ready, valid and data.
#[derive(Clone, Copy, Debug)]
pub struct Skid {
    width: usize,
    out: (bool, u128),
    spare: (bool, u128),
}

impl Skid {
    /// A buffer of beats of up to 128 bits.
    pub fn new(width: usize) -> Self {
        Skid { width, out: (false, 0), spare: (false, 0) }
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

impl Primitive for Skid {
    fn module(&self) -> &'static str {
        "skid"
    }

    fn source(&self) -> &'static str {
        include_str!("../../v/skid.v")
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![Parameter::Integer("WIDTH", self.width as u64)]
    }

    fn ports(&self) -> Vec<Port> {
        vec![
            Port::input("s_valid_i", 1, 1),
            Port::output("s_ready_o", 1, 1),
            Port::input("s_data_i", 1, self.width),
            Port::output("m_valid_o", 1, 1),
            Port::input("m_ready_i", 1, 1),
            Port::output("m_data_o", 1, self.width),
        ]
    }

    fn is_registered(&self) -> bool {
        true
    }

    fn outputs(&self, _inputs: &Values, outputs: &mut Values) {
        outputs[0][0] = self.ready().into();
        outputs[1][0] = self.valid().into();
        for (at, value) in outputs[2].iter_mut().enumerate() {
            *value = (self.data() >> (64 * at)) as u64;
        }
    }

    fn clock(&mut self, reset: bool, inputs: &Values) {
        let beat = inputs[S_DATA].iter().rev().fold(0, |beat, &value| beat << 64 | u128::from(value));
        self.shift(reset, (inputs[S_VALID][0] == 1).then_some(beat), inputs[M_READY][0] == 1);
    }
}
