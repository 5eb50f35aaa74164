//! The feed: steps to bank addresses, banks' words to the array's left edge.

use super::bits::index_bits;
use super::rotator;
use crate::ports::feed;
use crate::primitive::{Module, Parameter, Primitive};

/// Widths and delays of a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedShape {
    /// Lanes = banks, at least 2.
    pub rows: usize,
    /// Bits of a bank address.
    pub addr_bits: usize,
    /// Bits of a column coordinate.
    pub x_bits: usize,
    /// Bits of a row coordinate; they must hold the rows that the last tile reaches.
    pub y_bits: usize,
    /// Registers before everything else.
    pub delay: usize,
}

/// The feed behind `feed.v`.
#[derive(Clone, Debug)]
pub struct Feed {
    pub shape: FeedShape,
}

impl Feed {
    pub fn new(shape: FeedShape) -> Self {
        Feed { shape }
    }
}

impl Primitive for Feed {
    fn verilog(&self) -> &'static Module {
        &feed::MODULE
    }

    fn parameters(&self) -> Vec<Parameter> {
        let FeedShape { rows, addr_bits, x_bits, y_bits, delay } = self.shape;
        vec![
            Parameter::Integer("ROWS", rows as u64),
            Parameter::Integer("ROT_W", index_bits(rows) as u64),
            Parameter::Integer("ADDR_W", addr_bits as u64),
            Parameter::Integer("X_W", x_bits as u64),
            Parameter::Integer("Y_W", y_bits as u64),
            Parameter::Integer("FEED_DELAY", delay as u64),
        ]
    }

    fn submodules(&self) -> Vec<(&'static str, &'static str)> {
        let own = [("rotator", include_str!("../../v/rotator.v")), ("feed_lane", include_str!("../../v/feed_lane.v"))];
        rotator::SUBMODULES.into_iter().chain(own).collect()
    }
}
