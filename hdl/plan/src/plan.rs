//! The plan: the one object from which Verilog, simulators, golden check and driver are made.

use crate::board::Board;
use crate::cause::Cause;
use crate::geometry::Geometry;
use crate::report::Cost;
use crate::tables::{Item, LayerEntry, Param, PoolEntry, ResidualEntry, TapEntry};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A feature map's ring in the activation banks, see docs/machine.md.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ring {
    /// Tensor of the network.
    pub tensor: usize,
    pub name: String,
    pub base: usize,
    /// Tiles kept.
    pub slots: usize,
    /// Pixels from row to row.
    pub pitch: usize,
    /// Words of a tile: channels, times phase planes for a strided reader.
    pub channels: usize,
    /// Tiles of an image.
    pub tiles: usize,
}

/// How the host lays an image out in the stream: for each tile, each plane channel, `rows` bytes padded to whole beats.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputMap {
    pub height: usize,
    pub width: usize,
    /// Channels of the network's input tensor.
    pub image_channels: usize,
    /// Vertical and horizontal stride of the first layer: phase planes are `stride_y * stride_x`.
    pub stride_y: usize,
    pub stride_x: usize,
    pub pitch: usize,
    pub tiles: usize,
    /// Plane channels: planes times image channels.
    pub channels: usize,
    pub slots: usize,
    /// Beats of an image.
    pub beats: usize,
}

impl InputMap {
    /// Pixel `(y, x)` carried by lane `lane` of tile `tile` in plane channel `channel`: (image channel, y, x), or `None` outside the map.
    pub fn pixel(&self, rows: usize, tile: usize, channel: usize, lane: usize) -> Option<(usize, usize, usize)> {
        let p = tile * rows + lane;
        let (plane, c) = (channel / self.image_channels, channel % self.image_channels);
        let y = p / self.pitch * self.stride_y + plane / self.stride_x;
        let x = p % self.pitch * self.stride_x + plane % self.stride_x;
        (y < self.height && x < self.width).then_some((c, y, x))
    }

    /// The stream's bytes for an image `[channels][height][width]` of bytes in two's complement or unsigned.
    pub fn pack(&self, rows: usize, in_bytes: usize, image: &[u8]) -> Vec<u8> {
        let word = rows.div_ceil(in_bytes) * in_bytes;
        let mut out = Vec::with_capacity(self.tiles * self.channels * word);
        for tile in 0..self.tiles {
            for channel in 0..self.channels {
                for lane in 0..word {
                    let at = if lane < rows { self.pixel(rows, tile, channel, lane) } else { None };
                    out.push(at.map_or(0, |(c, y, x)| image[(c * self.height + y) * self.width + x]));
                }
            }
        }
        out
    }
}

/// What a layer descriptor stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    /// Index of the layer in the network.
    pub layer: usize,
    pub name: String,
    /// Steps of one channel tile, channel tiles, pixel tiles of an image.
    pub reduction: usize,
    pub channel_tiles: usize,
    pub tiles: usize,
    pub macs: u64,
}

/// Cycle counts of steady state, by the clocked model, host never stalling.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    /// First input beat to last output beat of one image alone.
    pub latency: u64,
    /// Cycles from one image's last output beat to the next one's, in steady state.
    pub interval: u64,
    /// Multiply-accumulates of an image.
    pub macs: u64,
    /// `macs / (interval * rows * cols)`.
    pub utilisation: f64,
    /// Per layer descriptor; all cycles of an interval.
    pub layers: Vec<LayerTiming>,
}

/// A layer descriptor's cycles in an interval.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerTiming {
    /// Cycles in which the array takes a step of the reduction.
    pub steps: u64,
    /// Cycles without one before the layer's tiles or within them, by cause.
    pub waits: BTreeMap<Cause, u64>,
}

/// What was given up for less block RAM: an interval is so many cycles longer, for so many 18 Kbit blocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saving {
    pub cycles: u64,
    pub bram18: usize,
}

/// Network and board, decided. Immutable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Version of everything that host and machine must agree on.
    pub abi: u32,
    pub network: String,
    /// SHA-256 of the network's integers, and of its weights.
    pub net_hash: [u8; 32],
    pub weights_hash: [u8; 32],
    pub board: Board,
    pub geometry: Geometry,
    pub rings: Vec<Ring>,
    pub input: InputMap,
    pub program: Vec<Item>,
    pub layers: Vec<LayerEntry>,
    /// One per entry of `layers`.
    pub bindings: Vec<Binding>,
    pub taps: Vec<TapEntry>,
    pub pools: Vec<PoolEntry>,
    /// Network layer of each entry of `pools`.
    pub pool_layers: Vec<usize>,
    pub params: Vec<Param>,
    /// One per entry of `layers`, empty when nothing is added anywhere.
    pub residuals: Vec<ResidualEntry>,
    /// One row of `cols` weights per step, layer after layer: `weights[step * cols + column]`.
    #[serde(skip)]
    pub weights: Vec<i8>,
    pub classes: usize,
    /// Pixels that each class sum runs over, real value of one count.
    pub sum_pixels: usize,
    /// Those of them that are not computed, and what they add to each class sum; empty where that is nothing.
    pub border_pixels: usize,
    pub offsets: Vec<i64>,
    pub sum_signed: bool,
    pub out_scale: f64,
    pub labels: Vec<String>,
    pub encoding: systole_net::InputEncoding,
    /// What pictures must go through; `None` where the network does not say.
    pub preprocessing: Option<systole_net::Preprocessing>,
    pub cost: Cost,
    /// Tables, and [`crate::CLASS_SUMS`], that lie in LUTs because block RAM is short.
    pub lut_tables: Vec<String>,
    /// What smaller rings and poolings of fewer rows at a time gave up and saved.
    pub saving: Saving,
    /// The part lacks block RAM for this plan; the user asked to assume that it has it.
    #[serde(default)]
    pub ram_assumed: bool,
    pub timing: Timing,
}

impl Plan {
    /// Bytes of the banks of activations.
    pub fn activation_bytes(&self) -> usize {
        self.geometry.rows * self.geometry.act_depth
    }

    /// Bits of the widest offset of a class sum, in two's complement.
    pub fn offset_bits(&self) -> usize {
        let end = |end: Option<&i64>| end.copied().unwrap_or(0);
        systole_net::signed_bits((end(self.offsets.iter().min()), end(self.offsets.iter().max()))) as usize
    }

    /// Input beats of a packet that is looped back: the way back is then no longer than a result, if one beat's is not.
    pub fn loop_beats(&self) -> usize {
        (self.classes / self.geometry.loop_parts()).clamp(1, self.input.beats)
    }
}
