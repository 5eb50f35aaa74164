//! Which nodes select channels alone, while a file is read.

use crate::graph::NodeId;
use std::collections::BTreeMap;

/// Channel of the source for every channel of the result; `None` is a channel of zeros.
pub(crate) type Order = Vec<Option<usize>>;

/// The nodes that do nothing else.
pub(crate) type Selections = BTreeMap<NodeId, Order>;
