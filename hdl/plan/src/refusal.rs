//! Why a network does not fit: the shape that lacks least, and what it lacks.

use crate::constraints::Limits;
use crate::error::{DoesNotFit, Lack, PlanError};
use crate::shapes::Candidate;
use crate::weight_choice;
use systole_machine::report::Cost;
use systole_machine::Board;
use systole_machine::Draft;
use systole_machine::Geometry;
use systole_net::{Layer, LayerKind, Net};

/// What a shape takes of all that is limited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Takes {
    /// 18 Kbit blocks.
    pub ram18: usize,
    /// Bytes of the banks of activations.
    pub activations: usize,
    pub dsp: usize,
    pub lut: usize,
}

impl Takes {
    pub fn of(draft: &Draft, cost: &Cost) -> Takes {
        let total = cost.total();
        Takes { ram18: total.ram18(), activations: draft.activation_bytes(), dsp: total.dsp, lut: total.lut }
    }

    pub fn keeps_to(&self, limits: &Limits) -> bool {
        self.against(limits).iter().all(|(_, found, most)| found <= most)
    }

    /// What, how much of it, how much of it at most.
    fn against(&self, limits: &Limits) -> [(&'static str, usize, usize); 4] {
        [
            ("block RAMs of 18 Kbit", self.ram18, limits.bram18),
            ("bytes of activations", self.activations, limits.activations),
            ("DSP blocks", self.dsp, limits.dsp),
            ("LUTs", self.lut, limits.lut),
        ]
    }

    /// What exceeds its limit.
    fn lacking(&self, limits: &Limits) -> Vec<Lack> {
        let lacking = self.against(limits).into_iter().filter(|(_, found, most)| found > most);
        lacking.map(|(what, needs, has)| Lack { what, needs, has }).collect()
    }

    /// How far the resource that is shortest is exceeded: 1 is just enough.
    fn excess(&self, limits: &Limits) -> f64 {
        let share = |&(_, found, most): &(_, usize, usize)| found as f64 / most.max(1) as f64;
        self.against(limits).iter().map(share).fold(0.0, f64::max)
    }
}

/// A shape that does not fit, with the least that it was found to lack.
pub(crate) struct Miss {
    pub rows: usize,
    pub cols: usize,
    /// Whether it was planned in full.
    pub planned: bool,
    /// What it takes at the least, or with the line buffers that lack least.
    pub least: Takes,
    /// UltraRAMs that its weights would take, where the device has some and they do not hold them.
    pub ultra: Option<usize>,
    /// A plan of it lacks so few LUTs for its tables that [`fit`](crate::fit::fit) may find one that does not.
    pub near: bool,
    /// No order of the program was found.
    pub no_order: Option<PlanError>,
}

impl Miss {
    /// A shape of which nothing is known but its bounds.
    pub fn of(c: &Candidate, board: &Board, limits: &Limits) -> Miss {
        let g =
            Geometry { cols: c.array.cols, wgt_depth: c.wgt_depth, weights: c.array.weights, ..Geometry::default() };
        Miss {
            rows: c.array.rows,
            cols: c.array.cols,
            planned: false,
            least: Takes { ram18: c.least18, activations: c.least_activations, lut: c.least_lut, ..Takes::default() },
            ultra: weight_choice::ultra_missed(&g, board.device.family, limits),
            near: false,
            no_order: None,
        }
    }

    /// Keeps what lacks less.
    pub fn lacks(&mut self, takes: Takes, limits: &Limits) {
        if self.least.keeps_to(limits) || takes.excess(limits) < self.least.excess(limits) {
            self.least = takes;
        }
    }
}

/// What the shape that lacks least lacks, and where the weights are.
pub(crate) fn refusal(net: &Net, board: &Board, limits: &Limits, misses: Vec<Miss>) -> PlanError {
    let nearest = misses.into_iter().min_by(|a, b| a.least.excess(limits).total_cmp(&b.least.excess(limits)));
    let summary = nearest.as_ref().map_or_else(|| "no shape was planned".into(), |miss| shortage(miss, board, limits));
    match nearest {
        Some(Miss { no_order: Some(e), least, .. }) if least.keeps_to(limits) => e,
        nearest => PlanError::DoesNotFit(Box::new(DoesNotFit {
            network: net.name.clone(),
            board: board.name.clone(),
            summary,
            lacks: nearest.map_or_else(Vec::new, |miss| miss.least.lacking(limits)),
            table: table(net),
            advice: String::new(),
        })),
    }
}

fn shortage(miss: &Miss, board: &Board, limits: &Limits) -> String {
    let lacking = miss.least.lacking(limits);
    let said = lacking.iter().map(|Lack { what, needs, has }| match *what {
        "LUTs" => format!("about {needs} {what}, {has} may be filled"),
        _ => format!("{needs} {what}, {has} are there"),
    });
    let said = said.collect::<Vec<_>>().join("; and ");
    let ultra = miss.ultra.map_or_else(String::new, |ultra| {
        format!(
            "; its weights would take {ultra} UltraRAMs, {} of {} are there for them",
            limits.uram, board.device.uram
        )
    });
    format!("the nearest array, {} x {}, needs at least {said}{ultra}", miss.rows, miss.cols)
}

/// Layer by layer.
fn table(net: &Net) -> String {
    let bytes = |l: &Layer| match &l.kind {
        LayerKind::Conv(c) => c.weights.len(),
        LayerKind::Pool(_) => 0,
    };
    let mut table = String::new();
    for l in net.layers.iter().filter(|l| bytes(l) > 0) {
        table.push_str(&format!("  {:24} {:>9} bytes of weights\n", l.name, bytes(l)));
    }
    let total: usize = net.layers.iter().map(bytes).sum();
    table.push_str(&format!("  {:24} {total:>9} bytes of weights", "all layers"));
    table
}
