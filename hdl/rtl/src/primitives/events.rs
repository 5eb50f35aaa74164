//! What happens at the streams, as pulses for the registers to count.

use crate::primitive::{Parameter, Port, Primitive, Values};

/// Images in flight are counted in as many bits; no plan holds that many.
const IMAGES_BITS: usize = 8;

/// What is seen in a cycle: the inputs, in the order of the ports.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen {
    pub s_valid: bool,
    pub s_ready: bool,
    pub beat_valid: bool,
    pub beat_ready: bool,
    /// Number of the coming beat in its image.
    pub beat: u64,
    /// The collector's errors, early and late.
    pub failed: [bool; 2],
    pub loops_back: bool,
    pub m_valid: bool,
    pub m_ready: bool,
    pub m_last: bool,
}

/// The pulses behind `events.v`.
#[derive(Clone, Debug, Default)]
pub struct Events {
    beat_bits: usize,
    pub in_beat: bool,
    pub out_beat: bool,
    pub blocked: bool,
    pub image_done: bool,
    pub dropped: bool,
    pub result_ready: bool,
    errors: [bool; 2],
    /// Early and late.
    pub tlast: [bool; 2],
    begins: bool,
    images: u64,
    pub busy: bool,
}

impl Events {
    /// `beat_bits`: bits of a beat's number in its image.
    pub fn new(beat_bits: usize) -> Self {
        Events { beat_bits, ..Events::default() }
    }

    /// Rising edge.
    pub fn shift(&mut self, reset: bool, seen: &Seen) {
        if reset {
            *self = Events::new(self.beat_bits);
            return;
        }
        let failed = seen.failed != [false; 2];
        let taken = seen.beat_valid && seen.beat_ready;
        let out = seen.m_valid && seen.m_ready;
        self.images = (self.images + u64::from(self.begins)).wrapping_sub(self.image_done.into()) % (1 << IMAGES_BITS);
        self.busy = self.images != 0;
        self.begins = taken && !failed && seen.beat == 0;
        self.in_beat = seen.s_valid && seen.s_ready;
        self.out_beat = out;
        self.blocked = seen.m_valid && !seen.m_ready;
        self.image_done = out && seen.m_last && !seen.loops_back;
        self.dropped = taken && failed;
        self.result_ready = seen.m_valid;
        self.tlast = std::array::from_fn(|e| seen.failed[e] && !self.errors[e]);
        self.errors = seen.failed;
    }
}

impl Primitive for Events {
    fn module(&self) -> &'static str {
        "events"
    }

    fn source(&self) -> &'static str {
        include_str!("../../v/events.v")
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![Parameter::Integer("BEAT_W", self.beat_bits as u64), Parameter::Integer("IMAGES_W", IMAGES_BITS as u64)]
    }

    fn ports(&self) -> Vec<Port> {
        let bit = |name| Port::input(name, 1, 1);
        let out = |name| Port::output(name, 1, 1);
        vec![
            bit("s_valid_i"),
            bit("s_ready_i"),
            bit("beat_valid_i"),
            bit("beat_ready_i"),
            Port::input("beat_i", 1, self.beat_bits),
            bit("err_early_i"),
            bit("err_late_i"),
            bit("loop_i"),
            bit("m_valid_i"),
            bit("m_ready_i"),
            bit("m_last_i"),
            out("in_beat_o"),
            out("out_beat_o"),
            out("blocked_o"),
            out("image_done_o"),
            out("tlast_early_o"),
            out("tlast_late_o"),
            out("dropped_o"),
            out("result_ready_o"),
            out("busy_o"),
        ]
    }

    fn is_registered(&self) -> bool {
        true
    }

    fn outputs(&self, _inputs: &Values, outputs: &mut Values) {
        let [early, late] = self.tlast;
        let values = [
            self.in_beat,
            self.out_beat,
            self.blocked,
            self.image_done,
            early,
            late,
            self.dropped,
            self.result_ready,
            self.busy,
        ];
        for (lanes, value) in outputs.iter_mut().zip(values) {
            lanes[0] = value.into();
        }
    }

    fn clock(&mut self, reset: bool, inputs: &Values) {
        let is = |port: usize| inputs[port][0] == 1;
        let seen = Seen {
            s_valid: is(0),
            s_ready: is(1),
            beat_valid: is(2),
            beat_ready: is(3),
            beat: inputs[4][0],
            failed: [is(5), is(6)],
            loops_back: is(7),
            m_valid: is(8),
            m_ready: is(9),
            m_last: is(10),
        };
        self.shift(reset, &seen);
    }
}
