//! What a plan may take: the user's constraints within the board's limits.

use crate::planner::Needs;
use systole_machine::Board;
use systole_net::Net;

/// Percent of the device's LUTs that the estimate may fill, and of its DSP slices where they hand operands on: fuller devices are not
/// routed at the clocks that boards are meant to run at.
pub const LUT_PERCENT: usize = 70;
pub const DSP_PERCENT: usize = 90;
/// The same for LUTs of a device that is filled: the estimate is not exact.
const FILLED_LUT_PERCENT: usize = 85;

/// What the user asks for beyond the board's own limits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Constraints {
    pub rows: Option<usize>,
    pub cols: Option<usize>,
    /// DSP blocks and LUTs at most; where absent, a share of the device's that leaves room to route.
    pub max_dsp: Option<usize>,
    pub max_lut: Option<usize>,
    /// 18 Kbit block RAMs and multiply-accumulates per cycle at most.
    pub max_bram18: Option<usize>,
    pub max_macs: Option<usize>,
    /// Bytes of the banks of activations at most.
    pub max_activations: Option<usize>,
    /// Cycles of an image at most, images back to back; the smallest array that keeps to it is chosen.
    pub max_interval: Option<u64>,
    /// Plan as if the device had all the block RAM that the network needs; the plan says so.
    pub assume_ram: bool,
    /// Weights in initial contents, or loaded by the host; where absent, UltraRAM decides: parts that have it load.
    pub weights: Option<WeightChoice>,
    /// Weights as bytes or as codes; where absent, bytes if they find room.
    pub store: Option<StoreChoice>,
}

impl Constraints {
    /// Constraints for a device filled as far as its logic goes, routed or not: all DSP blocks, most LUTs.
    pub fn filled(board: &Board) -> Constraints {
        let most = board.device.lut * FILLED_LUT_PERCENT / 100;
        Constraints { max_dsp: Some(board.device.dsp), max_lut: Some(most), ..Constraints::default() }
    }

    /// DSP blocks that a plan takes of the board at most: as asked, else with room to route.
    pub fn most_dsp(&self, board: &Board) -> usize {
        board.device.dsp.min(self.max_dsp.unwrap_or_else(|| most_dsp(board)))
    }

    /// LUTs, by the estimate: as asked, else with room to route.
    pub fn most_lut(&self, board: &Board) -> usize {
        board.device.lut.min(self.max_lut.unwrap_or_else(|| most_lut(board)))
    }
}

/// What a user can ask about weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeightChoice {
    Initialised,
    Loaded,
}

/// What weights are kept as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreChoice {
    Bytes,
    Codes,
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
    pub store: Option<StoreChoice>,
}

/// DSP blocks that a plan takes at most where nobody asks for more: all where a slice stands alone.
fn most_dsp(board: &Board) -> usize {
    match board.device.family.cascade() {
        1 => board.device.dsp,
        _ => board.device.dsp * DSP_PERCENT / 100,
    }
}

/// LUTs that a plan takes at most by its estimate where nobody asks for more.
fn most_lut(board: &Board) -> usize {
    board.device.lut * LUT_PERCENT / 100
}

impl Limits {
    pub fn new(net: &Net, board: &Board, w: &Constraints) -> Limits {
        let min = |a: usize, b: Option<usize>| b.map_or(a, |b| a.min(b));
        Limits {
            needs: Needs::of(net),
            dsp: w.most_dsp(board),
            bram18: if w.assume_ram { usize::MAX } else { min(board.free_bram18(), w.max_bram18) },
            lut: w.most_lut(board),
            macs: min(board.max_macs.unwrap_or(usize::MAX), w.max_macs),
            activations: w.max_activations.unwrap_or(usize::MAX),
            uram: board.device.uram,
            weights: w.weights,
            store: w.store,
        }
    }
}
