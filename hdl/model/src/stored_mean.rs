//! How a quantised file stores a global average, kept until it is known what reads it.

use crate::given::Quantisation;
use crate::graph::NodeId;

/// How a file stores a global average.
#[derive(Clone)]
pub(crate) struct StoredMean {
    /// The average before it is stored.
    pub plain: NodeId,
    pub ends: [f32; 2],
    pub quantisation: Option<Quantisation>,
    /// Who stores it: node and operator.
    pub by: [String; 2],
}
