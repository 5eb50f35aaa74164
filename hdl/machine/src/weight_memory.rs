//! What keeps the weights.

use serde::{Deserialize, Serialize};

/// What keeps the weights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WeightMemory {
    /// Block RAM with the weights as its initial contents.
    #[default]
    Initialised,
    /// Block RAM, written by the host after every start.
    Loaded,
    /// UltraRAM, which has no initial contents: as [`WeightMemory::Loaded`].
    Ultra,
}

impl WeightMemory {
    /// Whether the host writes the weights after every start.
    pub fn is_loaded(self) -> bool {
        self != WeightMemory::Initialised
    }
}
