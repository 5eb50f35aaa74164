//! A planned network, and files to be written, before they are.

use crate::build::boards::Target;
use std::collections::BTreeMap;
use systole_machine::Plan;
use systole_net::Net;

/// Files by their path in the folder.
pub type Files = BTreeMap<String, Vec<u8>>;

/// A network with its plan and the board it was made for.
pub struct Planned {
    pub net: Net,
    pub plan: Plan,
    pub target: Target,
}
