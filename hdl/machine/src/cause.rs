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
    /// Input channels of other groups, walked over under weights of 0.
    OtherGroups,
    /// A reduction shorter than its drain, filled up.
    ShortReduction,
    /// The array stands while the residual is read.
    Addition,
    /// The next instruction is not fetched yet.
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
    pub const ALL: [Cause; 11] = [
        Cause::MapEdge,
        Cause::ChannelEdge,
        Cause::OtherGroups,
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
            Cause::MapEdge => "map edge",
            Cause::ChannelEdge => "channel edge",
            Cause::OtherGroups => "other groups",
            Cause::ShortReduction => "short reduction",
            Cause::Addition => "residual read",
            Cause::Fill => "instruction fetch",
            Cause::Drain => "drain",
            Cause::Pooling => "pooling",
            Cause::InputStarved => "input starvation",
            Cause::OutputBlocked => "output stall",
            Cause::Disabled => "disabled",
        }
    }
}
