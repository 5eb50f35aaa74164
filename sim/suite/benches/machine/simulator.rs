//! Seconds for a whole image of SqueezeNet v1.1 on an array of 256 multiply-accumulates a cycle: the fast simulator, and
//! Verilator's model of the same design on one and on two threads. Every beat must be the same, value and cycle.

use crate::networks::Subject;
use crate::table::{rounded, Goal, Row};
use crate::{Failure, Report};
use std::sync::Arc;
use std::time::Instant;
use systole_cycle::FastMachine;
use systole_lockstep::beats::{run, Beats};
use systole_lockstep::source::Stalls;
use systole_lockstep::top::{spec, VerilogTop};
use systole_machine::pins::TopPins;
use systole_machine::{Board, Plan};
use systole_plan::{plan, Constraints};
use systole_rtl::top::{compose, Machine};
use systole_verilator::{Effort, Toolchain};

const SHAPE: (usize, usize) = (16, 16);
const NEXYS_VIDEO: &str = include_str!("../../../../constraints/nexys-video.toml");
/// Photographs in a row for the rate, and repetitions of the single image.
const IMAGES: usize = 100;
const REPETITIONS: usize = 5;
const MINUTE: f64 = 60.0;
/// How many times as fast as Verilator's best the simulator is to be.
const FASTER: f64 = 20.0;

/// A run's seconds and beats.
type Timed = (f64, Beats);

struct Setup {
    plan: Arc<Plan>,
    subject: Subject,
    machine: Machine,
}

/// Speed against Verilator, and of a hundred images.
pub fn rows(report: Report) -> Result<(), Failure> {
    let subject = Subject::squeezenet("1.1", IMAGES)?;
    let constraints = Constraints { rows: Some(SHAPE.0), cols: Some(SHAPE.1), ..Constraints::default() };
    let plan = Arc::new(plan(&subject.net, &Board::parse(NEXYS_VIDEO)?, &constraints)?);
    let machine = compose(&plan)?;
    let s = Setup { plan, subject, machine };
    let (single, wanted) = s.fast_single()?;
    let (hundred, _) = s.fast(IMAGES)?;
    report(row("simulate, 100 images of v1.1, 16 x 16", Goal::Below(MINUTE), rounded(hundred, 1), "s", String::new()))?;
    let mut verilator = Vec::new();
    for threads in [1, 2] {
        println!("Verilator on {threads} thread(s): minutes");
        verilator.push(s.verilator(threads, &wanted)?);
    }
    let best = verilator.iter().copied().fold(f64::INFINITY, f64::min);
    let detail = format!(
        "one image of v1.1, {} x {}, {} cycles, every beat the same: {single:.2} s; Verilator {:.1} s on one thread, {:.1} s on two",
        SHAPE.0,
        SHAPE.1,
        wanted.cycles(),
        verilator[0],
        verilator[1]
    );
    report(row("simulate against Verilator", Goal::AtLeast(FASTER), rounded(best / single, 1), "times", detail))
}

fn row(what: &str, goal: Goal, figure: f64, unit: &str, detail: String) -> Row {
    let (what, unit, group) = (what.into(), unit.into(), "simulator".into());
    Row { what, elsewhere: String::new(), goal, figure, unit, detail, group }
}

impl Setup {
    /// The median of some runs of a single image.
    fn fast_single(&self) -> Result<Timed, Failure> {
        let mut runs = (0..REPETITIONS).map(|_| self.fast(1)).collect::<Result<Vec<Timed>, Failure>>()?;
        runs.sort_by(|a, b| a.0.total_cmp(&b.0));
        Ok(runs.swap_remove(REPETITIONS / 2))
    }

    fn fast(&self, images: usize) -> Result<Timed, Failure> {
        let mut machine = FastMachine::new(Arc::clone(&self.plan), &self.subject.net, self.machine.design_hash)?;
        self.timed(&mut machine, images)
    }

    fn timed(&self, pins: &mut dyn TopPins, images: usize) -> Result<Timed, Failure> {
        let start = Instant::now();
        let beats = run(pins, &self.plan, &self.subject.images[..images], Stalls::default())?;
        Ok((start.elapsed().as_secs_f64(), beats))
    }

    /// Seconds of Verilator's model for one image, which must give the same beats.
    fn verilator(&self, threads: usize, wanted: &Beats) -> Result<f64, Failure> {
        let tools = Toolchain::locate(&crate::workspace())?;
        let spec = spec(&self.machine.design, Effort::Full).threads(threads);
        let mut top = VerilogTop::new(&tools, &spec.clone().unchecked(), &crate::workspace().join("target/verilator"))?;
        let (seconds, beats) = self.timed(&mut top, 1)?;
        match wanted.difference(&beats) {
            Some(difference) => Err(format!("the simulators differ: {difference}").into()),
            None => Ok(seconds),
        }
    }
}
