//! Bits of each kind of number in the machine.

use crate::bits::bits_for;
use crate::geometry::MAX_POOL_STRIDE;

/// Bits of each kind of number in the machine: Verilog parameters and field widths alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Widths {
    pub pc: usize,
    pub layer: usize,
    pub pool: usize,
    pub item_tiles: usize,
    pub wait_arr: usize,
    pub wait_pool: usize,
    /// Input tiles held.
    pub level: usize,
    /// Line buffer sizes and slots; holds the line buffer size itself.
    pub slot: usize,
    /// Bank addresses.
    pub addr: usize,
    pub tap: usize,
    pub channel: usize,
    pub channel_tile: usize,
    pub tile: usize,
    /// Output coordinates, with what lies beyond the map.
    pub coord: usize,
    pub weight: usize,
    pub param: usize,
    pub column: usize,
    pub lane: usize,
    /// Numbers of lanes, up to all rows.
    pub lanes: usize,
    pub acc: usize,
    pub mult: usize,
    /// Addresses and line buffers of residual maps, multipliers of additions: one bit each when nothing is added.
    pub residual_addr: usize,
    pub residual_slot: usize,
    pub residual: usize,
    /// Steps from group to group, more than one bit where a layer has groups; channel tiles of one.
    pub group_step: usize,
    pub group_tile: usize,
}

/// How wide a field is: a kind of number, with the name of the Verilog parameter that says so.
macro_rules! widths {
    ($($name:ident $parameter:literal $bits:expr,)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Width { $($name),* }

        impl Width {
            /// The Verilog parameter; a number where the width is the same in every machine.
            pub fn parameter(self) -> &'static str {
                match self { $(Width::$name => $parameter),* }
            }

            /// Bits in a machine.
            pub fn bits(self, widths: &Widths) -> usize {
                let bits: fn(&Widths) -> usize = match self { $(Width::$name => $bits),* };
                bits(widths)
            }
        }
    };
}

widths! {
    Flag "1" |_| 1,
    LayerOrPool "LAYER_W" |w| w.layer.max(w.pool),
    Tiles "TILES_W" |w| w.item_tiles,
    WaitArray "ARR_W" |w| w.wait_arr,
    WaitPool "WAIT_POOL_W" |w| w.wait_pool,
    Level "IN_W" |w| w.level,
    TapAddress "TAPA_W" |w| w.tap,
    Tap "TAP_W" |w| w.tap,
    Channel "CH_W" |w| w.channel,
    ChannelTile "CT_W" |w| w.channel_tile,
    Tile "TILE_W" |w| w.tile,
    Slot "SLOT_W" |w| w.slot,
    Address "ADDR_W" |w| w.addr,
    Weight "WGT_W" |w| w.weight,
    Parameter "PARAM_W" |w| w.param,
    X "X_W" |w| w.coord,
    Y "Y_W" |w| w.coord,
    Column "COL_W" |w| w.column,
    Rotation "ROT_W" |w| w.lane,
    Lane "LANE_W" |w| w.lane,
    Kernel "K_W" |w| w.lane,
    Pixels "CNT_W" |w| w.lanes,
    Stride "STRIDE_W" |_| bits_for(MAX_POOL_STRIDE),
    Accumulator "ACC_W" |w| w.acc,
    Multiplier "MULT_W" |w| w.mult,
    Residual "RESIDUAL_W" |w| w.residual,
    ResidualAddress "RESIDUAL_ADDR_W" |w| w.residual_addr,
    ResidualSlot "RESIDUAL_N_W" |w| w.residual_slot,
    GroupStep "GROUP_STEP_W" |w| w.group_step,
    GroupTile "GROUP_TILE_W" |w| w.group_tile,
}
