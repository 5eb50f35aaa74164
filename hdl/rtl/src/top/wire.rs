//! Wires of a top as bits: where each comes from.

/// Where bits come from: an input of the top, an output of an instance (both counted within their direction), a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Port(usize),
    Instance { instance: usize, port: usize },
    Constant(u64),
}

/// `width` bits from bit `low` of an origin on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    pub origin: Origin,
    pub low: usize,
    pub width: usize,
}

/// A wire of the top: its shape and, least significant first, where its bits come from.
#[derive(Clone, Debug)]
pub struct Wire {
    pub lanes: usize,
    pub width: usize,
    pub pieces: Vec<Piece>,
    /// What drives it, for messages and comments.
    pub driver: String,
}

impl Wire {
    pub fn bits(&self) -> usize {
        self.lanes * self.width
    }
}
