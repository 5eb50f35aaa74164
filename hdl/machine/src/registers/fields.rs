//! The fields of the registers that have several.

use super::{Access, Field};

const fn bit(name: &'static str, lsb: u32, access: Access, description: &'static str) -> Field {
    Field { name, lsb, width: 1, access, description }
}

/// Of [`super::GEOMETRY`].
pub const ROWS: Field =
    Field { name: "rows", lsb: 0, width: 16, access: Access::Constant, description: "pixel lanes of the array" };
/// Of [`super::GEOMETRY`].
pub const COLS: Field =
    Field { name: "cols", lsb: 16, width: 16, access: Access::Constant, description: "output channels of the array" };

/// Of [`super::CONTROL`].
pub const ENABLE: Field =
    bit("enable", 0, Access::ReadWrite, "lets the machine begin tiles, and the cycle counter count");
/// Of [`super::CONTROL`].
pub const SOFT_RESET: Field =
    bit("soft_reset", 1, Access::Pulse, "drops every image in flight, clears errors and counters; the weights stay");
/// Of [`super::CONTROL`].
pub const CLEAR_ERRORS: Field = bit("clear_errors", 2, Access::Pulse, "clears the error bits alone");

/// Of [`super::CONTROL`]. In a design with the weights inside it stays 0.
pub const LOAD: Field = bit(
    "load",
    3,
    Access::ReadWrite,
    "while it is 1 input beats are weights, from the first word on; then all memories are read back; the machine is not enabled",
);
/// Of [`super::CONTROL`].
pub const CHECK: Field = bit(
    "check",
    4,
    Access::ReadWrite,
    "while it is 1 and no image is in flight all memories are read back, once; the machine is not enabled",
);

/// Of [`super::CONTROL`].
pub const LOOP_BACK: Field = bit(
    "loop_back",
    5,
    Access::ReadWrite,
    "while it is 1 input beats come back as output beats, low bytes first; the machine is not enabled",
);
/// Of [`super::CONTROL`].
pub const DUMP: Field = bit(
    "dump",
    6,
    Access::ReadWrite,
    "while it is 1 results are not class sums but the activations that dump_source and dump_first choose",
);

/// Of [`super::STATUS`].
pub const IDLE: Field = bit("idle", 0, Access::Status, "no image is in flight");
/// Of [`super::STATUS`].
pub const BUSY: Field =
    bit("busy", 1, Access::Status, "an image is in flight: its first beat is in, its last result is not out");
/// Of [`super::STATUS`].
pub const RESULT_READY: Field = bit("result_ready", 2, Access::Status, "a result waits to be taken");
/// Of [`super::STATUS`].
pub const ERROR: Field = bit("error", 3, Access::Status, "some error bit is set");
/// Of [`super::STATUS`].
pub const CHECKED: Field =
    bit("checked", 4, Access::Status, "all memories were read back since the last load or check began");
/// Of [`super::STATUS`].
pub const READY: Field = bit(
    "ready",
    5,
    Access::Status,
    "the weights are in the design, or checked with the CRC that is wanted; and no memory is being read back",
);

/// Of [`super::ERRORS`].
pub const TLAST_EARLY: Field = bit("tlast_early", 0, Access::Status, "TLAST came before an image's last beat");
/// Of [`super::ERRORS`].
pub const TLAST_LATE: Field = bit("tlast_late", 1, Access::Status, "an image's last beat came without TLAST");
/// Of [`super::ERRORS`].
pub const WATCHDOG: Field = bit("watchdog", 2, Access::Status, "no progress for as many cycles as the watchdog allows");
/// Of [`super::ERRORS`].
pub const DROPPED: Field =
    bit("dropped", 3, Access::Status, "beats came after an error and were dropped; a soft reset ends that");

/// Of [`super::CHECKSUM_INDEX`].
pub const CHECKSUM_LAYER: Field = Field {
    name: "layer",
    lsb: 0,
    width: 16,
    access: Access::ReadWrite,
    description: "entry of the plan's layer table",
};

/// Of [`super::DUMP_SOURCE`].
pub const DUMP_LAYER: Field = Field {
    name: "layer",
    lsb: 0,
    width: 16,
    access: Access::ReadWrite,
    description: "entry of the plan's layer table",
};
/// Of [`super::DUMP_SOURCE`].
pub const DUMP_LANE: Field =
    Field { name: "lane", lsb: 16, width: 16, access: Access::ReadWrite, description: "lane of its tiles" };

/// Of [`super::MEMORY_INDEX`].
pub const MEMORY: Field = Field {
    name: "memory",
    lsb: 0,
    width: 4,
    access: Access::ReadWrite,
    description: "0: the weights, from 1 on the tables in the order of the plan's memories",
};
