//! Cycles of whole networks, counted by Verilator: first input beat to last output beat, photographs in a steady stream, every
//! sum and layer checksum compared with golden on the way.

use crate::networks::Subject;
use crate::table::{rounded, Goal, Row};
use crate::{Failure, Report};
use std::time::{Duration, Instant};
use systole_golden::Golden;
use systole_lockstep::core::compose;
use systole_lockstep::source::Stalls;
use systole_lockstep::{verify, Case, Core, Tree, Verdict, Verilog};
use systole_machine::{Board, Plan};
use systole_plan::{plan, Constraints};
use systole_verilator::{Effort, Toolchain};

/// Images of a run. The last one has no successor whose input would share the memory port: the interval before it counts.
const IMAGES: usize = 3;
const NEXYS_VIDEO: &str = include_str!("../../../../constraints/nexys-video.toml");
const PYNQ_Z2: &str = include_str!("../../../../constraints/pynq-z2.toml");
const ZCU104: &str = include_str!("../../../../constraints/zcu104.toml");
const PERCENT: f64 = 100.0;
/// A single image may take so many times the interval.
const ALONE: f64 = 1.1;
const SAY_EVERY: Duration = Duration::from_secs(20);

/// A configuration and its goal.
struct Target {
    version: &'static str,
    what: &'static str,
    elsewhere: &'static str,
    board: &'static str,
    /// Block RAM is assumed; multiply-accumulates a cycle at most.
    assume_ram: bool,
    max_macs: Option<usize>,
    /// Percent of the array, or cycles of an image.
    goal: Goal,
}

const TARGETS: [Target; 5] = [
    Target {
        version: "1.1",
        what: "v1.1, 2048 MAC/cycle",
        elsewhere: "43.7 % (DPU B4096 on the KV260)",
        board: ZCU104,
        assume_ram: true,
        max_macs: Some(2176),
        goal: Goal::AtLeast(92.0),
    },
    Target {
        version: "1.1",
        what: "v1.1, 1024 MAC/cycle",
        elsewhere: "",
        board: ZCU104,
        assume_ram: true,
        max_macs: Some(1088),
        goal: Goal::AtLeast(95.0),
    },
    Target {
        version: "1.1",
        what: "v1.1, 256 to 512 MAC/cycle",
        elsewhere: "46.9 % (DPU B1600), 73 % (VectorBlox, vendor's estimate)",
        board: NEXYS_VIDEO,
        assume_ram: false,
        max_macs: Some(512),
        goal: Goal::AtLeast(96.0),
    },
    Target {
        version: "1.1",
        what: "v1.1, 220 DSP and 53,200 LUT of an XC7Z020, its block RAM assumed",
        elsewhere: "7.05 M cycles (SqueezeJet-2)",
        board: PYNQ_Z2,
        assume_ram: true,
        max_macs: None,
        goal: Goal::Below(950_000.0),
    },
    Target {
        version: "1.0",
        what: "v1.0, 256 to 512 MAC/cycle",
        elsewhere: "83 % (VectorBlox, vendor's estimate)",
        board: NEXYS_VIDEO,
        assume_ram: false,
        max_macs: Some(512),
        goal: Goal::AtLeast(97.0),
    },
];

/// Utilisation or cycles of every configuration, and the latency of a single image.
pub fn rows(report: Report) -> Result<(), Failure> {
    for target in &TARGETS {
        let subject = Subject::squeezenet(target.version, IMAGES)?;
        let board = Board::parse(target.board)?;
        // Where block RAM is assumed, it is the whole part's logic that is measured.
        let rest = if target.assume_ram { Constraints::filled(&board) } else { Constraints::default() };
        let constraints = Constraints { assume_ram: target.assume_ram, max_macs: target.max_macs, ..rest };
        let plan = plan(&subject.net, &board, &constraints)?;
        let verdict = run(target, &plan, &subject)?;
        let interval = verdict.ends[IMAGES - 2] - verdict.ends[IMAGES - 3];
        let latency = verdict.ends[0] - verdict.first_in + 1;
        report(used(target, &plan, interval))?;
        report(alone(target, &plan, latency, interval))?;
    }
    Ok(())
}

fn run(target: &Target, plan: &Plan, subject: &Subject) -> Result<Verdict, Failure> {
    let g = &plan.geometry;
    println!("{}: {} x {}, compiling its Verilog", target.what, g.rows, g.cols);
    let golden = Golden::new(&subject.net).map_err(|errors| format!("{errors:?}"))?;
    let golden = subject.images.iter().map(|i| golden.trace(i)).collect::<Result<Vec<_>, _>>()?;
    let (tree, design) = compose(plan)?;
    let pins = Tree::new(tree)?.pins().to_vec();
    let tools = Toolchain::locate(&crate::workspace())?;
    let cache = crate::workspace().join("target/verilator");
    let mut verilog = Verilog::new(&tools, &design, &pins, Effort::Full, &cache)?;
    let case = Case { plan, images: &subject.images, golden: &golden, stalls: Stalls::default() };
    let (began, mut said) = (Instant::now(), Instant::now());
    let all = plan.timing().latency + (IMAGES as u64 - 1) * plan.timing().interval;
    let verdict = verify(&case, &mut [&mut verilog], &mut |cycles, results| {
        if said.elapsed() > SAY_EVERY {
            said = Instant::now();
            println!("{}: {cycles} of {all} cycles, {results} results, {:?}", target.what, began.elapsed());
        }
        true
    })?;
    println!("{}: {:?}; {} layer checksums are golden's", target.what, began.elapsed(), verdict.checksums);
    Ok(verdict)
}

fn used(target: &Target, plan: &Plan, interval: u64) -> Row {
    let (g, macs) = (&plan.geometry, plan.timing().macs);
    let share = PERCENT * macs as f64 / (interval * g.macs_per_cycle() as u64) as f64;
    let (figure, unit, other) = match target.goal {
        Goal::Below(_) => (interval as f64, "cycles", format!("{share:.2} % of the array")),
        _ => (rounded(share, 2), "%", format!("{interval} cycles an image")),
    };
    let (rows, cols, planned) = (g.rows, g.cols, plan.timing().interval);
    Row {
        what: target.what.into(),
        elsewhere: target.elsewhere.into(),
        goal: target.goal,
        figure,
        unit: unit.into(),
        detail: format!("{rows} x {cols} = {} MAC/cycle, {other} by Verilator, {planned} by the plan", rows * cols),
        group: "cycles".into(),
    }
}

fn alone(target: &Target, plan: &Plan, latency: u64, interval: u64) -> Row {
    Row {
        what: format!("{}: a single image's latency over the interval of many", target.what),
        elsewhere: String::new(),
        goal: Goal::Below(ALONE),
        figure: rounded(latency as f64 / interval as f64, 3),
        unit: "times".into(),
        detail: format!("{latency} cycles by Verilator, {} by the plan", plan.timing().latency),
        group: "cycles".into(),
    }
}
