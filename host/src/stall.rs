//! Why a result did not come: everything that can be seen, and the likely cause.

use crate::counters::Counters;
use crate::handshake::Handshake;
use std::fmt;
use systole_machine::registers as reg;
use systole_machine::Plan;

/// What most likely keeps a result from coming.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The registers cannot be read.
    LinkDown,
    /// The machine is not enabled any more: it was reset by somebody else.
    Restarted,
    /// TLAST came before, or not with, an image's last beat: beats were lost or repeated on the way in.
    TlastEarly,
    TlastLate,
    /// The device waits for beats that the link says it has delivered.
    InputLost,
    /// The device waits for beats that the link does not take from the driver.
    InputBlocked,
    /// A result waits at the device's pins and is not taken.
    OutputNotTaken,
    /// The device has given the result, the driver did not get all of it.
    OutputLost,
    /// All is there that the machine needs, and it does not go on.
    MachineStuck,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Cause::LinkDown => "the link is down: check power, cable and bitstream",
            Cause::Restarted => {
                "the machine was reset behind the driver's back: look for a power cut or a second program"
            }
            Cause::TlastEarly => "beats were lost on the way in, or the image was packed for another plan",
            Cause::TlastLate => {
                "TLAST or beats were lost or repeated on the way in, or the image was packed for another plan"
            }
            Cause::InputLost => "beats were lost on the way in: the stream was cut in the middle of the image",
            Cause::InputBlocked => {
                "the link takes no more beats though the device waits for them: its transfer stopped"
            }
            Cause::OutputNotTaken => "the result is not taken from the device: the receiving transfer is not running",
            Cause::OutputLost => "beats of the result were lost on the way out",
            Cause::MachineStuck => "the machine itself stopped: note step and layer, and run the self-test",
        })
    }
}

/// A wait that did not end well. Beats are those of the image in question.
#[derive(Clone, Debug, PartialEq)]
pub struct Stall {
    pub device: String,
    pub image: u64,
    /// Cycles waited, and cycles that the deadline allowed.
    pub waited: u64,
    pub allowed: u64,
    /// Of the board's clock.
    pub clock_mhz: f64,
    /// `None`: the registers could not be read.
    pub counters: Option<Counters>,
    /// Program items of the plan, and name of the layer being computed.
    pub steps: usize,
    pub layer: String,
    /// Input beats handed to the link, taken by the device, and expected.
    pub sent: usize,
    pub taken: usize,
    pub in_expected: usize,
    /// Result beats given by the device, got by the driver, and expected.
    pub given: usize,
    pub got: usize,
    pub out_expected: usize,
    pub handshake: Option<Handshake>,
    pub cause: Cause,
}

/// What the driver itself knows about the image that it waits for.
pub(crate) struct Waiting {
    pub device: String,
    pub image: u64,
    pub waited: u64,
    pub allowed: u64,
    pub sent: usize,
    pub got: usize,
    /// Images done since the last reset.
    pub done: u64,
    pub handshake: Option<Handshake>,
}

impl Stall {
    /// `looks`: two readings of the counters, one after the other; `None` when the registers cannot be read.
    pub(crate) fn new(plan: &Plan, w: Waiting, looks: Option<(Counters, Counters)>) -> Self {
        let counters = looks.map(|(_, second)| second);
        let seen = counters.unwrap_or_default();
        let of_image = |count: u64, per_image: usize| {
            let before = w.done * per_image as u64;
            count.saturating_sub(before).min(per_image as u64) as usize
        };
        let mut stall = Stall {
            device: w.device,
            image: w.image,
            waited: w.waited,
            allowed: w.allowed,
            clock_mhz: plan.board.clock_mhz,
            counters,
            steps: plan.program.len(),
            layer: plan.bindings.get(seen.layer as usize).map_or(String::new(), |binding| binding.name.clone()),
            sent: w.sent,
            taken: of_image(seen.in_beats, plan.input.beats),
            in_expected: plan.input.beats,
            given: of_image(seen.out_beats, plan.classes),
            got: w.got,
            out_expected: plan.classes,
            handshake: w.handshake,
            cause: Cause::LinkDown,
        };
        if let Some((first, second)) = looks {
            stall.cause = stall.likely(&first, &second);
        }
        stall
    }

    fn likely(&self, first: &Counters, second: &Counters) -> Cause {
        let error = |field: reg::Field| field.get(second.errors) != 0;
        let starving = self.handshake.map_or(second.input_starved > first.input_starved, |h| h.s_ready && !h.s_valid);
        let blocked = self.handshake.map_or(second.output_blocked > first.output_blocked, |h| h.m_valid && !h.m_ready);
        if reg::ENABLE.get(second.control) == 0 {
            Cause::Restarted
        } else if error(reg::TLAST_EARLY) {
            Cause::TlastEarly
        } else if error(reg::TLAST_LATE) {
            Cause::TlastLate
        } else if blocked {
            Cause::OutputNotTaken
        } else if self.given > self.got {
            Cause::OutputLost
        } else if self.taken < self.in_expected && starving {
            match self.sent < self.in_expected {
                true => Cause::InputBlocked,
                false => Cause::InputLost,
            }
        } else {
            Cause::MachineStuck
        }
    }

    /// Names of the error bits that are set.
    pub fn errors(&self) -> Vec<&'static str> {
        self.counters.map_or(Vec::new(), |counters| counters.error_names())
    }
}

impl fmt::Display for Stall {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Stall { device, image, waited, allowed, .. } = self;
        let micros = *waited as f64 / self.clock_mhz;
        writeln!(
            f,
            "{device}: no result for image {image} after {waited} of {allowed} allowed cycles ({micros:.1} us at the board's clock)"
        )?;
        match &self.counters {
            None => writeln!(f, "  the registers cannot be read")?,
            Some(counters) => {
                let errors = counters.error_names();
                let errors = if errors.is_empty() { "none".to_string() } else { errors.join(", ") };
                writeln!(
                    f,
                    "  at step {} of {}, layer {}; error bits: {errors}",
                    counters.step, self.steps, self.layer
                )?;
            }
        }
        writeln!(
            f,
            "  input beats: {} sent, {} taken by the device, {} expected",
            self.sent, self.taken, self.in_expected
        )?;
        writeln!(
            f,
            "  result beats: {} given by the device, {} received, {} expected",
            self.given, self.got, self.out_expected
        )?;
        if let Some(h) = self.handshake {
            let side = |valid: bool, ready: bool| match (valid, ready) {
                (true, true) => "moving",
                (true, false) => "offered, not taken (ready is low)",
                (false, true) => "waited for (valid is low)",
                (false, false) => "at rest (valid and ready are low)",
            };
            writeln!(f, "  input is {}, result is {}", side(h.s_valid, h.s_ready), side(h.m_valid, h.m_ready))?;
        }
        write!(f, "  likely cause: {}", self.cause)
    }
}
