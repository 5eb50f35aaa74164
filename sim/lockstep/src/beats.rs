//! Beats at the top level's pins with their cycles: what two engines agree on where registers are not the question.

use crate::error::LockstepError;
use crate::source::{beats, Pauses, Stalls};
use systole_machine::pins::{TopIn, TopOut, TopPins};
use systole_machine::registers::{CONTROL, ENABLE};
use systole_machine::Plan;
use systole_net::Tensor;

/// All byte lanes of a register write.
const STROBES: u8 = 0xf;
const RESET_CYCLES: u64 = 2;
/// Both streams begin here, whatever the register access before took.
const START: u64 = 64;
/// Cycles after which a run that moves nothing is given up, beyond what the plan's latency explains.
const PATIENCE: u64 = 20_000;

/// Accepted beats of both streams, cycles counted from the first one of the run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beats {
    pub inputs: Vec<u64>,
    /// Cycle, data, TLAST.
    pub outputs: Vec<(u64, u32, bool)>,
}

impl Beats {
    /// First input beat to last output beat.
    pub fn cycles(&self) -> u64 {
        match (self.inputs.first(), self.outputs.last()) {
            (Some(first), Some((last, ..))) => last - first + 1,
            _ => 0,
        }
    }

    /// The first beat that is not the same in both, for people.
    pub fn difference(&self, other: &Beats) -> Option<String> {
        if self == other {
            return None;
        }
        let input = self.inputs.iter().zip(&other.inputs).position(|(a, b)| a != b);
        let output = self.outputs.iter().zip(&other.outputs).position(|(a, b)| a != b);
        Some(match (input, output) {
            (Some(i), _) => format!("input beat {i} in cycle {} and in cycle {}", self.inputs[i], other.inputs[i]),
            (_, Some(i)) => format!("output beat {i}: {:?} and {:?}", self.outputs[i], other.outputs[i]),
            _ => format!("{} and {} output beats", self.outputs.len(), other.outputs.len()),
        })
    }
}

/// Resets the machine, enables it and runs all images with pauses.
///
/// # Errors
/// [`LockstepError::Engine`], [`LockstepError::Stuck`].
pub fn run(pins: &mut dyn TopPins, plan: &Plan, images: &[Tensor], stalls: Stalls) -> Result<Beats, LockstepError> {
    let mut now = enable(pins)?;
    while now < START {
        step(pins, &TopIn::default())?;
        now += 1;
    }
    let beats = beats(plan, images);
    let mut host = Host {
        beats: &beats,
        stalls,
        source: Pauses::new(stalls.seed),
        sink: Pauses::new(!stalls.seed),
        offered: false,
    };
    let (mut log, mut moved) = (Beats::default(), now);
    while log.outputs.len() < images.len() * plan.classes {
        let inputs = host.inputs(log.inputs.len());
        if stalls.source_percent == 0 && stalls.sink_percent == 0 {
            let (passed, _) = pins.rest(&inputs, plan.timing().latency.max(1)).map_err(LockstepError::Engine)?;
            now += passed;
        }
        let out = step(pins, &inputs)?;
        let before = (log.inputs.len(), log.outputs.len());
        if inputs.s_axis_tvalid && out.s_axis_tready {
            log.inputs.push(now);
            host.offered = false;
        }
        if inputs.m_axis_tready && out.m_axis_tvalid {
            log.outputs.push((now, out.m_axis_tdata, out.m_axis_tlast));
        }
        now += 1;
        if before != (log.inputs.len(), log.outputs.len()) {
            moved = now;
        }
        if now > moved + 4 * plan.timing().latency + PATIENCE {
            let (results, images) = (log.outputs.len() / plan.classes, images.len());
            return Err(LockstepError::Stuck {
                since: moved,
                results,
                images,
                sent: log.inputs.len(),
                beats: beats.len(),
            });
        }
    }
    Ok(log)
}

fn step(pins: &mut dyn TopPins, inputs: &TopIn) -> Result<TopOut, LockstepError> {
    pins.cycle(inputs).map_err(LockstepError::Engine)
}

/// Reset, then a write of the control register; cycles that took.
fn enable(pins: &mut dyn TopPins) -> Result<u64, LockstepError> {
    for _ in 0..RESET_CYCLES {
        step(pins, &TopIn { rst: true, ..TopIn::default() })?;
    }
    let mut bus = TopIn {
        s_axil_awvalid: true,
        s_axil_awaddr: CONTROL.offset,
        s_axil_wvalid: true,
        s_axil_wdata: ENABLE.mask(),
        s_axil_wstrb: STROBES,
        s_axil_bready: true,
        ..TopIn::default()
    };
    for now in RESET_CYCLES..START {
        let out = step(pins, &bus)?;
        bus.s_axil_awvalid &= !out.s_axil_awready;
        bus.s_axil_wvalid &= !out.s_axil_wready;
        if out.s_axil_bvalid {
            return Ok(now + 1);
        }
    }
    Ok(START)
}

/// The other side of both streams.
struct Host<'a> {
    beats: &'a [(u64, bool)],
    stalls: Stalls,
    source: Pauses,
    sink: Pauses,
    offered: bool,
}

impl Host<'_> {
    /// A source that has offered a beat keeps offering it.
    fn inputs(&mut self, sent: usize) -> TopIn {
        let pausing = !self.offered && self.source.pause(self.stalls.source_percent);
        let beat = self.beats.get(sent).filter(|_| !pausing);
        self.offered = beat.is_some();
        let (data, last) = beat.copied().unwrap_or_default();
        TopIn {
            s_axis_tvalid: self.offered,
            s_axis_tdata: data,
            s_axis_tlast: last,
            m_axis_tready: !self.sink.pause(self.stalls.sink_percent),
            ..TopIn::default()
        }
    }
}
