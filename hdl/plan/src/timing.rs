//! Exact cycles of a draft, by the clocked control.

use crate::error::PlanError;
use systole_machine::control::machine::{Machine, Observer, Tick};
use systole_machine::losses::{Ledger, Recorder, Stretch};
use systole_machine::tracks::{Span, Tracks};
use systole_machine::{Draft, Timing};

/// Images that the timing run sends; the last interval counts.
const TIMED_IMAGES: usize = 3;

/// What [`Machine::quiet`] says where nothing that is in flight will ever end. However slow a machine is, it is not that.
const FOR_EVER: u64 = u64::MAX;

/// Counts the cycles of the clocked model with a host that never stalls: the interval between the last two results.
///
/// # Errors
/// [`PlanError::Stuck`].
pub fn time(plan: &Draft) -> Result<Timing, PlanError> {
    let mut ledger = Ledger::new(plan.layers.len());
    let run = run(plan, &mut ledger, (Ledger::count, blind))?;
    let macs = plan.macs();
    Ok(Timing {
        latency: run.latency,
        interval: run.interval,
        macs,
        utilisation: macs as f64 / (run.interval * plan.geometry.macs_per_cycle() as u64) as f64,
        layers: ledger.close(),
    })
}

/// What the array does in each cycle of that interval.
///
/// # Errors
/// [`PlanError::Stuck`].
pub fn timeline(plan: &Draft) -> Result<Vec<Stretch>, PlanError> {
    let mut recorder = Recorder::default();
    run(plan, &mut recorder, (Recorder::count, blind))?;
    Ok(recorder.close())
}

/// What every part of the machine does in that interval, and its cycles.
///
/// # Errors
/// [`PlanError::Stuck`].
pub fn tracks(plan: &Draft) -> Result<(Vec<Span>, u64), PlanError> {
    let mut tracks = Tracks::default();
    run(plan, &mut tracks, (Tracks::count, Tracks::beats))?;
    Ok(tracks.close())
}

/// For observers that do not look at handshakes.
fn blind<O>(_: &mut O, _: &Tick) {}

/// What an observer is told beside what it observes: that the interval begins, and the handshakes of a cycle.
pub(crate) type Told<O> = (fn(&mut O), fn(&mut O, &Tick));

/// What the images took.
pub(crate) struct Run {
    pub latency: u64,
    pub interval: u64,
}

/// Runs the images; `count` is called at the beginning of the interval that is measured, `beats` with the handshakes of every
/// cycle that has some.
pub(crate) fn run<O: Observer>(plan: &Draft, observer: &mut O, (count, beats): Told<O>) -> Result<Run, PlanError> {
    let mut m = Machine::new(plan);
    let (mut first_in, mut ends) = (None, Vec::new());
    while ends.len() < TIMED_IMAGES {
        match m.quiet(true, true) {
            0 => {
                m.pool_alone(true, true, FOR_EVER, observer);
            }
            FOR_EVER => return Err(PlanError::Stuck { cycle: m.now, step: m.sequencer.pc, results: ends.len() }),
            cycles => m.skip(cycles, observer),
        }
        let tick = m.clock(true, true, observer);
        beats(observer, &tick);
        let cycle = m.now - 1;
        if tick.in_beat && first_in.is_none() {
            first_in = Some(cycle);
        }
        if tick.out_last {
            ends.push(cycle);
            if ends.len() == TIMED_IMAGES - 1 {
                count(observer);
            }
        }
    }
    let interval = ends[TIMED_IMAGES - 1] - ends[TIMED_IMAGES - 2];
    Ok(Run { latency: ends[0] - first_in.unwrap_or(0) + 1, interval })
}
