//! Simulator, Verilog and the plan's clocked model cycle by cycle, under the same pauses; scores and checksums against golden.

use crate::core::{Core, CoreIn};
use crate::difference::difference;
use crate::error::LockstepError;
use crate::loading::load;
use crate::source::{beats, Pauses, Stalls};
use std::collections::VecDeque;
use systole_machine::checksum::layer_checksums;
use systole_machine::control::machine::{Machine, Observer};
use systole_machine::geometry::SEQ_LAT;
use systole_machine::Plan;
use systole_net::{Tensor, Trace};

/// Images to run, what golden says of them, and the pauses.
pub struct Case<'a> {
    pub plan: &'a Plan,
    pub images: &'a [Tensor],
    pub golden: &'a [Trace],
    pub stalls: Stalls,
}

/// What a run that agreed in everything measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub engines: Vec<String>,
    pub cycles: u64,
    /// Cycle of the first input beat, and of the last output beat of each image.
    pub first_in: u64,
    pub ends: Vec<u64>,
    /// Pins compared in every cycle.
    pub pins: usize,
    /// Layer checksums compared with golden.
    pub checksums: usize,
    /// Cycles in which the array took a step.
    pub steps: u64,
}

impl Verdict {
    /// Cycles from one result's end to the next, for the last image.
    pub fn interval(&self) -> Option<u64> {
        let n = self.ends.len();
        (n >= 2).then(|| self.ends[n - 1] - self.ends[n - 2])
    }
}

/// Told every few thousand cycles: cycles so far, results so far. Returns false to interrupt.
pub type Progress<'a> = &'a mut dyn FnMut(u64, usize) -> bool;

/// Cycles after which a run that moves nothing is given up, beyond what the plan's latency explains.
const PATIENCE: u64 = 20_000;
const PROGRESS_EVERY: u64 = 1 << 14;

struct Run<'a, 'c> {
    case: &'c Case<'a>,
    beats: Vec<(u64, bool)>,
    sent: usize,
    clock: Machine,
    pins: Found,
    results: Vec<Vec<i64>>,
    current: Vec<i64>,
    verdict: Verdict,
    first_in: Option<u64>,
    last_move: u64,
    source: Pauses,
    sink: Pauses,
    pausing: bool,
    offered: bool,
    checks: Checks,
    completed: usize,
    /// Steps between issue and the pins.
    issued: VecDeque<bool>,
}

/// Output pins that the run itself looks at.
struct Found {
    s_ready: usize,
    m_valid: usize,
    m_data: usize,
    m_last: usize,
    check: usize,
    layer: usize,
    progress: usize,
}

impl Found {
    fn of(core: &dyn Core) -> Result<Self, LockstepError> {
        let find = |name: &str| {
            let missing = || LockstepError::Port { module: "systole_core".into(), port: name.into() };
            core.pins().iter().position(|p| p == name).ok_or_else(missing)
        };
        Ok(Found {
            s_ready: find("s_axis_tready_o")?,
            m_valid: find("m_axis_tvalid_o")?,
            m_data: find("m_axis_tdata_o")?,
            m_last: find("m_axis_tlast_o")?,
            check: find("chk_value_o")?,
            layer: find("layer_o")?,
            progress: find("progress_o")?,
        })
    }
}

/// Whether the clocked model issued a step.
struct Stepping(bool);

impl Observer for Stepping {
    fn steps(&mut self, _layer: usize, _cycles: u64) {
        self.0 = true;
    }
}

/// Reads the checksums of the image that was completed last, one layer per cycle, behind the streams' back.
#[derive(Default)]
struct Checks {
    /// Image whose checksums are being read, and layers asked for so far.
    image: Option<usize>,
    asked: usize,
    values: Vec<u32>,
}

/// Runs all engines on the case; an error names the first difference.
pub fn verify(case: &Case, engines: &mut [&mut dyn Core], progress: Progress) -> Result<Verdict, LockstepError> {
    let mut run = Run::new(case, engines)?;
    reset(engines)?;
    if case.plan.geometry.store().is_loaded() {
        load(case.plan, engines)?;
        reset(engines)?;
    }
    let mut cycle = 0;
    while run.results.len() < case.images.len() || run.checks.image.is_some() {
        run.cycle(cycle, engines)?;
        cycle += 1;
        if cycle % PROGRESS_EVERY == 0 && !progress(cycle, run.results.len()) {
            return Err(LockstepError::Interrupted);
        }
    }
    run.verdict.cycles = cycle;
    run.verdict.first_in = run.first_in.unwrap_or(0);
    Ok(run.verdict)
}

fn reset(engines: &mut [&mut dyn Core]) -> Result<(), LockstepError> {
    let reset = CoreIn { reset: true, ..CoreIn::default() };
    for e in engines.iter_mut() {
        for _ in 0..2 {
            e.outputs(&reset)?;
            e.clock(&reset)?;
        }
    }
    Ok(())
}

impl<'a, 'c> Run<'a, 'c> {
    fn new(case: &'c Case<'a>, engines: &[&mut dyn Core]) -> Result<Self, LockstepError> {
        let pins = Found::of(&*engines[0])?;
        Ok(Run {
            case,
            beats: beats(case.plan, case.images),
            sent: 0,
            clock: Machine::new(case.plan),
            results: Vec::new(),
            current: Vec::new(),
            verdict: Verdict {
                engines: engines.iter().map(|e| e.name().to_string()).collect(),
                cycles: 0,
                first_in: 0,
                ends: Vec::new(),
                pins: engines[0].pins().len(),
                checksums: 0,
                steps: 0,
            },
            pins,
            first_in: None,
            last_move: 0,
            source: Pauses::new(case.stalls.seed),
            sink: Pauses::new(!case.stalls.seed),
            pausing: false,
            offered: false,
            checks: Checks::default(),
            completed: 0,
            issued: VecDeque::new(),
        })
    }

    fn cycle(&mut self, cycle: u64, engines: &mut [&mut dyn Core]) -> Result<(), LockstepError> {
        let inputs = self.inputs();
        let reference = engines[0].outputs(&inputs)?.to_vec();
        for other in 1..engines.len() {
            let found = engines[other].outputs(&inputs)?.to_vec();
            if found != reference {
                let layer = self.case.plan.bindings.get(reference[self.pins.layer] as usize);
                let layer = layer.map_or("?".into(), |l| l.name.clone());
                return Err(difference(cycle, &reference, &found, (&*engines[0], &*engines[other]), layer));
            }
        }
        for e in engines.iter_mut() {
            e.clock(&inputs)?;
        }
        self.against_clock(cycle, &inputs, &reference)?;
        self.handshakes(cycle, &inputs, &reference)?;
        self.checksums(&reference)?;
        if cycle > self.last_move + self.case.plan.timing().latency * 4 + PATIENCE {
            return Err(LockstepError::Stuck {
                since: self.last_move,
                results: self.results.len(),
                images: self.case.images.len(),
                sent: self.sent,
                beats: self.beats.len(),
            });
        }
        Ok(())
    }

    fn inputs(&mut self) -> CoreIn {
        // A source that has offered a beat keeps offering it.
        self.pausing = !self.offered && self.source.pause(self.case.stalls.source_percent);
        let beat = self.beats.get(self.sent).filter(|_| !self.pausing);
        self.offered = beat.is_some();
        CoreIn {
            reset: false,
            enable: true,
            s_valid: beat.is_some(),
            s_data: beat.map_or(0, |b| b.0),
            s_last: beat.is_some_and(|b| b.1),
            m_ready: !self.sink.pause(self.case.stalls.sink_percent),
            check_layer: self.checks.asked.min(self.case.plan.layers.len() - 1) as u64,
            load: false,
        }
    }

    fn against_clock(&mut self, cycle: u64, i: &CoreIn, o: &[u64]) -> Result<(), LockstepError> {
        let mut stepping = Stepping(false);
        let tick = self.clock.clock(i.s_valid, i.m_ready, &mut stepping);
        self.issued.push_back(stepping.0);
        let stepped = self.issued.len() > SEQ_LAT && self.issued.pop_front() == Some(true);
        let pairs = [
            ("a step of the array", u64::from(stepped), o[self.pins.progress]),
            ("s_axis_tready", u64::from(tick.s_ready), o[self.pins.s_ready]),
            ("m_axis_tvalid", u64::from(tick.m_valid), o[self.pins.m_valid]),
        ];
        match pairs.iter().find(|(_, model, machine)| model != machine) {
            Some(&(what, model, machine)) => Err(LockstepError::Clock { cycle, what, model, machine }),
            None => Ok(()),
        }
    }

    fn handshakes(&mut self, cycle: u64, i: &CoreIn, o: &[u64]) -> Result<(), LockstepError> {
        self.verdict.steps += o[self.pins.progress];
        if i.s_valid && o[self.pins.s_ready] == 1 {
            self.first_in.get_or_insert(cycle);
            self.sent += 1;
            self.offered = false;
            self.last_move = cycle;
        }
        if o[self.pins.m_valid] == 1 && i.m_ready {
            self.last_move = cycle;
            let value = o[self.pins.m_data] as u32;
            self.current.push(if self.case.plan.sum_signed { i64::from(value as i32) } else { i64::from(value) });
            let (beats, last) = (self.current.len(), o[self.pins.m_last] == 1);
            if last != (beats == self.case.plan.classes) {
                return Err(LockstepError::ResultLength {
                    image: self.results.len(),
                    beat: beats,
                    beats: self.case.plan.classes,
                });
            }
            if last {
                self.result(cycle)?;
            }
        }
        Ok(())
    }

    fn result(&mut self, cycle: u64) -> Result<(), LockstepError> {
        let image = self.results.len();
        let found = std::mem::take(&mut self.current);
        let golden = &self.case.golden[image].sums;
        if let Some(class) = (0..found.len()).find(|&c| golden[c] != found[c]) {
            return Err(LockstepError::Scores { image, class, golden: golden[class], machine: found[class] });
        }
        self.results.push(found);
        self.verdict.ends.push(cycle);
        Ok(())
    }

    fn checksums(&mut self, o: &[u64]) -> Result<(), LockstepError> {
        let completed = self.clock.completed() as usize;
        if completed > self.completed {
            self.completed = completed;
            self.checks = Checks { image: Some(completed - 1), asked: 0, values: Vec::new() };
            return Ok(());
        }
        let Some(image) = self.checks.image else { return Ok(()) };
        if self.checks.asked > 0 {
            self.checks.values.push(o[self.pins.check] as u32);
        }
        self.checks.asked += 1;
        let layers = self.case.plan.layers.len();
        if self.checks.values.len() < layers {
            return Ok(());
        }
        let golden = layer_checksums(self.case.plan, &self.case.golden[image]);
        for (at, (&g, &m)) in golden.iter().zip(&self.checks.values).enumerate() {
            if g != m {
                let layer = self.case.plan.bindings[at].name.clone();
                return Err(LockstepError::Checksum { image, layer, golden: g, machine: m });
            }
        }
        self.verdict.checksums += layers;
        self.checks = Checks::default();
        Ok(())
    }
}
