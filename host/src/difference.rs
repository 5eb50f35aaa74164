//! Where an activation differs from what it should be.

/// An activation that is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Name of the layer.
    pub layer: String,
    pub channel: usize,
    pub row: usize,
    pub column: usize,
    pub found: i32,
    pub wanted: i32,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let Difference { layer, channel, row, column, found, wanted } = self;
        write!(f, "{layer}, row {row}, column {column}, channel {channel}: found {found}, wanted {wanted}")
    }
}
