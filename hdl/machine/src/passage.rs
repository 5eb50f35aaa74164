//! When a layer is at work while a single image goes through the machine.

/// A layer's time, in cycles from the image's first beat on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passage {
    /// Index of the layer in the network.
    pub layer: usize,
    pub start: u64,
    pub end: u64,
}
