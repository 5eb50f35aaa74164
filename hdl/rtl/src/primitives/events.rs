//! What happens at the streams, as pulses for the registers to count.

use crate::primitive::{Parameter, Port, Primitive, Values};

/// Images in flight are counted in as many bits; no plan holds that many.
const IMAGES_BITS: usize = 8;

/// Order of the input ports.
#[derive(Clone, Copy)]
enum In {
    SValid,
    SReady,
    BeatValid,
    BeatReady,
    Beat,
    ErrEarly,
    ErrLate,
    Loop,
    MValid,
    MReady,
    MLast,
}

/// The pulses behind `events.v`.
#[derive(Clone, Debug, Default)]
pub struct Events {
    beat_bits: usize,
    in_beat: bool,
    out_beat: bool,
    blocked: bool,
    image_done: bool,
    dropped: bool,
    result_ready: bool,
    errors: [bool; 2],
    tlast: [bool; 2],
    images: u64,
    busy: bool,
}

impl Events {
    /// `beat_bits`: bits of a beat's number in its image.
    pub fn new(beat_bits: usize) -> Self {
        Events { beat_bits, ..Events::default() }
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
        if reset {
            *self = Events::new(self.beat_bits);
            return;
        }
        let is = |port: In| inputs[port as usize][0] == 1;
        let failed = [is(In::ErrEarly), is(In::ErrLate)];
        let taken = is(In::BeatValid) && is(In::BeatReady);
        let begins = taken && failed == [false; 2] && inputs[In::Beat as usize][0] == 0;
        let out = is(In::MValid) && is(In::MReady);
        let ends = out && is(In::MLast) && !is(In::Loop);
        self.busy = self.images != 0;
        self.images = (self.images + u64::from(begins)).wrapping_sub(ends.into()) % (1 << IMAGES_BITS);
        self.in_beat = is(In::SValid) && is(In::SReady);
        self.out_beat = out;
        self.blocked = is(In::MValid) && !is(In::MReady);
        self.image_done = ends;
        self.dropped = taken && failed != [false; 2];
        self.result_ready = is(In::MValid);
        self.tlast = std::array::from_fn(|e| failed[e] && !self.errors[e]);
        self.errors = failed;
    }
}
