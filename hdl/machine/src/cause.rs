//! Why a multiplier may have nothing to do.

use serde::{Deserialize, Serialize};

/// Why a multiplier had nothing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// Lanes of a pixel tile outside the map, or between its rows.
    MapEdge,
    /// Columns of a channel tile beyond the layer's last channel.
    ChannelEdge,
    /// A reduction shorter than its drain, filled up.
    ShortReduction,
    /// The array stands while what is added to its results is read.
    Addition,
    /// The next item is not fetched yet.
    Fill,
    /// A tile waits for results that are still on their way out of the array.
    Drain,
    /// A tile waits for the pool engine.
    Pooling,
    /// The host has not sent what the next tile reads.
    InputStarved,
    /// Two results wait for the host to take them.
    OutputBlocked,
    /// The machine is held.
    Disabled,
}

impl Cause {
    pub const ALL: [Cause; 10] = [
        Cause::MapEdge,
        Cause::ChannelEdge,
        Cause::ShortReduction,
        Cause::Addition,
        Cause::Fill,
        Cause::Drain,
        Cause::Pooling,
        Cause::InputStarved,
        Cause::OutputBlocked,
        Cause::Disabled,
    ];

    /// In words, for tables.
    pub fn text(self) -> &'static str {
        match self {
            Cause::MapEdge => "edge of the map",
            Cause::ChannelEdge => "edge of the channels",
            Cause::ShortReduction => "short reduction",
            Cause::Addition => "reading what is added",
            Cause::Fill => "fill: next item not fetched",
            Cause::Drain => "drain: results on their way out",
            Cause::Pooling => "pooling",
            Cause::InputStarved => "input starved",
            Cause::OutputBlocked => "output blocked",
            Cause::Disabled => "disabled",
        }
    }
}
