//! What a line buffer holds over time.

/// A line buffer over an interval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    pub name: String,
    /// Words of it, and the most that were held in each of the equal parts of the interval.
    pub words: usize,
    pub held: Vec<usize>,
}
