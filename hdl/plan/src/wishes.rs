//! What a plan may take: the user's wishes within the board's limits.

use crate::board::Board;
use crate::planner::Needs;
use systole_net::Net;

/// Percent of the part's LUTs that the estimate may fill.
const LUT_PERCENT: usize = 85;

/// What the user asks for beyond the board's own limits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wishes {
    pub rows: Option<usize>,
    pub cols: Option<usize>,
    /// DSP blocks, 18 Kbit block RAMs and multiply-accumulates per cycle at most.
    pub max_dsp: Option<usize>,
    pub max_bram18: Option<usize>,
    pub max_macs: Option<usize>,
    /// Bytes of the banks of activations at most.
    pub max_activations: Option<usize>,
    /// Cycles of an image at most, images back to back; the smallest array that keeps to it is chosen.
    pub max_interval: Option<u64>,
    /// Plan as if the part had all the block RAM that the network needs; the plan says so.
    pub assume_ram: bool,
    /// Weights in initial contents, or loaded by the host; where absent, UltraRAM decides: parts that have it load.
    pub weights: Option<WeightChoice>,
}

/// What a user can ask about weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeightChoice {
    Baked,
    Loaded,
}

/// What the network needs, and what there is for it.
pub(crate) struct Limits {
    pub needs: Needs,
    pub dsp: usize,
    pub bram18: usize,
    pub lut: usize,
    pub macs: usize,
    /// Bytes of the banks of activations.
    pub activations: usize,
    pub uram: usize,
    pub weights: Option<WeightChoice>,
}

impl Limits {
    pub fn new(net: &Net, board: &Board, w: &Wishes) -> Limits {
        let min = |a: usize, b: Option<usize>| b.map_or(a, |b| a.min(b));
        Limits {
            needs: Needs::of(net),
            dsp: min(board.part.dsp, w.max_dsp),
            bram18: if w.assume_ram { usize::MAX } else { min(board.part.bram18, w.max_bram18) },
            lut: board.part.lut * LUT_PERCENT / 100,
            macs: min(board.max_macs.unwrap_or(usize::MAX), w.max_macs),
            activations: w.max_activations.unwrap_or(usize::MAX),
            uram: board.part.uram,
            weights: w.weights,
        }
    }
}
