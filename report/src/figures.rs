//! How often a network is right, and how often it agrees with floating point.

use serde::{Deserialize, Serialize};

/// Images out of those evaluated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    pub evaluated: usize,
    /// Whose best class, or one of whose five best, is the label.
    pub top1: usize,
    pub top5: usize,
    pub float: Option<FloatFigures>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FloatFigures {
    pub top1: usize,
    pub top5: usize,
    /// Whose best class is the same in integers and in floating point.
    pub same: usize,
    /// Root mean square of the differences of all scores, relative to the scores.
    pub score_error: f64,
}
