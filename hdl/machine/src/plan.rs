//! The plan: the one object from which Verilog, simulators, golden check and driver are made.

use crate::binding::{weight_steps, Binding};
use crate::board::Board;
use crate::cause::Cause;
use crate::geometry::Geometry;
use crate::report::Cost;
use crate::table_memory::LutTable;
use crate::tables::{Item, LayerEntry, Param, PoolEntry, ResidualEntry, TapEntry};
use crate::weights::codes::LayerStreams;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Deref;
use systole_net::{Digest, Net, Tensor, TensorInfo};

/// A feature map's line buffer in the activation banks, see docs/machine.md.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineBuffer {
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
    /// Channels of the network's input tensor, and whether its values have a sign.
    pub image_channels: usize,
    pub signed: bool,
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

    /// The network's input tensor, but for its real scale.
    pub fn tensor(&self) -> TensorInfo {
        TensorInfo {
            name: "input".into(),
            channels: self.image_channels,
            height: self.height,
            width: self.width,
            signed: self.signed,
            scale: 1.0,
        }
    }

    /// The tensor whose packing is `bytes`, see [`InputMap::pack`].
    pub fn unpack(&self, rows: usize, in_bytes: usize, bytes: &[u8]) -> Tensor {
        let mut image = Tensor::zeros(self.image_channels, self.height, self.width);
        for (index, word) in bytes.chunks(rows.div_ceil(in_bytes) * in_bytes).enumerate() {
            for (lane, &byte) in word[..rows].iter().enumerate() {
                if let Some((c, y, x)) = self.pixel(rows, index / self.channels, index % self.channels, lane) {
                    *image.at_mut(c, y, x) = if self.signed { i32::from(byte as i8) } else { i32::from(byte) };
                }
            }
        }
        image
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

/// Cycle counts of steady state, by the clocked model, host never stalling.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    /// First input beat to last output beat of one image: its latency.
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

/// What the machine's tables hold, and which layers of the network it is of.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Contents {
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
    /// One per entry of `layers`, empty where weights are bytes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub streams: Vec<LayerStreams>,
}

/// Everything about a network on a board that is decided. Cycles, cost and the weights' order follow from it, see [`Plan`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// Version of everything that host and machine must agree on.
    pub abi: u32,
    pub network: String,
    /// SHA-256 of the network's integers, and of its weights.
    pub net_hash: Digest,
    pub weights_hash: Digest,
    pub board: Board,
    pub geometry: Geometry,
    pub line_buffers: Vec<LineBuffer>,
    pub input: InputMap,
    #[serde(flatten)]
    pub contents: Contents,
    pub classes: usize,
    /// Pixels that each class sum runs over, real value of one count.
    pub sum_pixels: usize,
    /// Those of them that are not computed, and what they add to each class sum; empty where that is nothing.
    pub border_pixels: usize,
    pub offsets: Vec<i64>,
    pub sum_signed: bool,
    pub out_scale: f64,
    /// Between which values the model file cuts the scores, if it does.
    #[serde(default)]
    pub score_ends: Option<[f64; 2]>,
    pub labels: Vec<String>,
    pub encoding: systole_net::InputEncoding,
    /// What pictures must go through; `None` where the network does not say.
    pub preprocessing: Option<systole_net::Preprocessing>,
    /// What lies in LUTs because block RAM is short.
    pub lut_tables: Vec<LutTable>,
    /// What smaller line buffers and a smaller result FIFO gave up and saved.
    pub saving: Saving,
}

impl Deref for Draft {
    type Target = Contents;

    fn deref(&self) -> &Contents {
        &self.contents
    }
}

impl Draft {
    /// How the machine's sums become scores.
    pub fn scoring(&self) -> systole_net::Scoring {
        systole_net::Scoring { unit: self.out_scale / self.sum_pixels as f64, ends: self.score_ends }
    }

    /// Bytes of the banks of activations and of the result FIFO.
    pub fn activation_bytes(&self) -> usize {
        self.geometry.rows * (self.geometry.act_depth + self.geometry.pool_words)
    }

    /// Multiply-accumulates of an image.
    pub fn macs(&self) -> u64 {
        self.bindings.iter().map(|b| b.macs).sum()
    }

    /// Eight hexadecimal digits over what was decided of the machine: array, line buffers and program. Plans of networks that differ in
    /// nothing but their weights share it, and so may share a design.
    pub fn id(&self) -> String {
        let decided = (&self.geometry, &self.line_buffers, &self.input, &self.program, &self.lut_tables);
        let bytes = serde_json::to_vec(&decided).expect("plain data always encodes");
        format!("{:08x}", Digest::of(&bytes).word())
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

/// Network and board, decided and counted. Nobody can change it; what is decided is read through [`Draft`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plan {
    #[serde(flatten)]
    draft: Draft,
    cost: Cost,
    timing: Timing,
    #[serde(skip)]
    weights: Vec<i8>,
}

impl Plan {
    /// The words with which a host fills the weight store; none where the design has the weights.
    pub fn load_words(&self) -> Vec<u128> {
        self.geometry
            .store()
            .load_order()
            .map_or_else(Vec::new, |order| order.words(&self.geometry, &self.weights_image().bytes))
    }
}

impl Deref for Plan {
    type Target = Draft;

    fn deref(&self) -> &Draft {
        &self.draft
    }
}

impl Plan {
    /// A plan of what was decided and what was counted of it; its weights are laid out here.
    ///
    /// `net` is the network that the draft was made of.
    pub fn new(draft: Draft, cost: Cost, timing: Timing, net: &Net) -> Plan {
        let weights = weight_steps(net, &draft.bindings, draft.geometry.cols);
        Plan { draft, cost, timing, weights }
    }

    /// The resources that it takes, module by module.
    pub fn cost(&self) -> &Cost {
        &self.cost
    }

    /// Cycle counts of steady state.
    pub fn timing(&self) -> &Timing {
        &self.timing
    }

    /// One row of `cols` weights per step, layer after layer: `weights[step * cols + column]`.
    pub fn weights(&self) -> &[i8] {
        &self.weights
    }

    /// 18 Kbit blocks in all.
    pub fn ram18(&self) -> usize {
        self.cost.ram18()
    }

    /// Whether the device lacks block RAM for this plan: the user asked to assume that it has it.
    pub fn ram_assumed(&self) -> bool {
        self.ram18() > self.board.free_bram18()
    }

    /// Indented JSON without the weights, which the network brings again; equal plans give equal text.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("plain data always encodes") + "\n"
    }

    /// A plan that nobody decided, to test who notices. Nothing is counted anew.
    #[doc(hidden)]
    pub fn forged(mut self, change: impl FnOnce(&mut Draft, &mut [i8])) -> Plan {
        change(&mut self.draft, &mut self.weights);
        self
    }
}
