//! Clocked model of `events.v`.

use crate::model::Clocked;
use systole_rtl::ports::events::{In, Out, Ports};
use systole_rtl::primitives::events::{Events, IMAGES_BITS};

/// Its pulses, a cycle after what they tell.
#[derive(Clone, Debug, Default)]
pub struct EventsModel {
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

impl EventsModel {
    pub fn new(_: Events) -> Self {
        EventsModel::default()
    }
}

impl Clocked for EventsModel {
    type Ports = Ports;
    const REGISTERED: bool = true;

    fn outputs(&self, _inputs: In, out: Out<'_>) {
        *out.in_beat = self.in_beat.into();
        *out.out_beat = self.out_beat.into();
        *out.blocked = self.blocked.into();
        *out.image_done = self.image_done.into();
        [*out.tlast_early, *out.tlast_late] = self.tlast.map(u64::from);
        *out.dropped = self.dropped.into();
        *out.result_ready = self.result_ready.into();
        *out.busy = self.busy.into();
    }

    fn clock(&mut self, reset: bool, seen: In) {
        if reset {
            *self = EventsModel::default();
            return;
        }
        let errors = [seen.err_early, seen.err_late];
        let failed = errors != [false; 2];
        let taken = seen.beat_valid && seen.beat_ready;
        let out = seen.m_valid && seen.m_ready;
        self.images = (self.images + u64::from(self.begins)).wrapping_sub(self.image_done.into()) % (1 << IMAGES_BITS);
        self.busy = self.images != 0;
        self.begins = taken && !failed && seen.beat == 0;
        self.in_beat = seen.s_valid && seen.s_ready;
        self.out_beat = out;
        self.blocked = seen.m_valid && !seen.m_ready;
        self.image_done = out && seen.m_last && !seen.r#loop;
        self.dropped = taken && failed;
        self.result_ready = seen.m_valid;
        self.tlast = std::array::from_fn(|e| errors[e] && !self.errors[e]);
        self.errors = errors;
    }
}
