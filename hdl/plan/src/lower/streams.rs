//! Maps and streams: what is kept, and each layer as a sequence of operations.

use super::pool_tiles::PoolTiles;
use systole_machine::geometry::min_interval;
use systole_machine::tables::PoolEntry;
use systole_machine::ChannelWindow;
use systole_net::Padding;

/// A feature map as the machine keeps it.
#[derive(Clone, Debug)]
pub struct Map {
    pub name: String,
    pub channels: usize,
    pub height: usize,
    pub width: usize,
    pub signed: bool,
    /// Phase planes: vertical and horizontal stride of its readers (1, 1 but for the input).
    pub stride: [usize; 2],
    pub pitch: usize,
    /// Tiles of an image.
    pub tiles: usize,
    pub readers: Vec<usize>,
    pub writers: Vec<usize>,
    /// It has a line buffer; where poolings take all of it as it is computed, it has none.
    pub stored: bool,
}

impl Map {
    /// Words of a tile.
    pub fn words(&self) -> usize {
        self.channels * self.stride[0] * self.stride[1]
    }
}

/// Where a stream's results go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dest {
    Map { map: usize, channel: usize },
    Sum,
}

/// A convolution with its geometry.
#[derive(Clone, Copy, Debug)]
pub struct ConvShape {
    /// Input channels of a group.
    pub in_channels: usize,
    pub groups: usize,
    pub out_channels: usize,
    pub kernel: [usize; 2],
    pub stride: [usize; 2],
    pub pad: Padding,
    pub out: [usize; 2],
}

/// A pooling of some of a map's channels, from `first` on, with its geometry.
#[derive(Clone, Copy, Debug)]
pub struct PoolShape {
    pub first: usize,
    pub channels: usize,
    pub kernel: usize,
    pub stride: usize,
    pub pad: usize,
    pub out: [usize; 2],
}

#[derive(Clone, Copy, Debug)]
pub enum Work {
    Conv(ConvShape),
    Pool(PoolShape),
}

/// A map of an earlier layer that a convolution's results are added to, from a channel on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Residual {
    pub map: usize,
    pub channel: usize,
}

/// One layer as a sequence of operations: pixel tiles of a convolution, tiles of a pooling's source.
#[derive(Clone, Debug)]
pub struct Stream {
    /// Layer of the network.
    pub layer: usize,
    pub src: usize,
    /// Read beside `src`, tile by tile, pixel by pixel.
    pub residual: Option<Residual>,
    pub dest: Dest,
    pub work: Work,
    /// Operations of an image.
    pub ops: usize,
    /// Least and largest shift of a convolution's taps, in source pixels.
    pub reach: (isize, isize),
    /// First and last tile of `src` that each operation reads.
    pub windows: Vec<(u32, u32)>,
    /// What a pooling's operations write.
    pub pooled: PoolTiles,
    /// The pooling that takes a convolution's results as they come, the convolution whose results it takes.
    pub partner: Option<usize>,
}

/// A shift of the whole tile for one tap, in pixels of the source's planes, and the plane it reads.
#[derive(Clone, Copy, Debug)]
pub struct Tap {
    pub plane: usize,
    pub shift: isize,
    /// Offset of the input pixel from the output pixel times the stride.
    pub dy: isize,
    pub dx: isize,
}

impl ConvShape {
    /// The taps in kernel order, for a source of the given pitch.
    pub fn taps(&self, pitch: usize) -> Vec<Tap> {
        let [sy, sx] = self.stride.map(|s| s as isize);
        let mut taps = Vec::with_capacity(self.kernel[0] * self.kernel[1]);
        for ky in 0..self.kernel[0] {
            for kx in 0..self.kernel[1] {
                let (dy, dx) = (ky as isize - self.pad.top as isize, kx as isize - self.pad.left as isize);
                let plane = (dy.rem_euclid(sy) * sx + dx.rem_euclid(sx)) as usize;
                let shift = dy.div_euclid(sy) * pitch as isize + dx.div_euclid(sx);
                taps.push(Tap { plane, shift, dy, dx });
            }
        }
        taps
    }

    /// Products of a result.
    pub fn products(&self) -> usize {
        self.in_channels * self.kernel[0] * self.kernel[1]
    }

    /// What the channel tiles of an array of `cols` columns walk over.
    pub fn window(&self, cols: usize) -> ChannelWindow {
        ChannelWindow::of(self.groups, self.in_channels, self.out_channels / self.groups, cols)
    }

    /// Steps of a channel tile that do work.
    pub fn reduction(&self, cols: usize) -> usize {
        self.window(cols).channels * self.kernel[0] * self.kernel[1]
    }

    /// Steps of all channel tiles of a pixel tile: words of weights.
    pub fn steps(&self, cols: usize) -> usize {
        self.out_channels.div_ceil(cols) * self.reduction(cols)
    }
}

impl Stream {
    /// Maps that it reads, each once.
    pub fn sources(&self) -> impl Iterator<Item = usize> {
        let residual = self.residual.map(|k| k.map).filter(|&k| k != self.src);
        std::iter::once(self.src).chain(residual)
    }

    /// First channel and channels that it gives to a map.
    pub(super) fn writes(&self, to: usize) -> Option<(usize, usize)> {
        let channels = match &self.work {
            Work::Conv(c) => c.out_channels,
            Work::Pool(p) => p.channels,
        };
        match self.dest {
            Dest::Map { map, channel } if map == to => Some((channel, channels)),
            Dest::Map { .. } | Dest::Sum => None,
        }
    }

    /// Whether some of what `writer` gives to a map is what this stream takes from it.
    pub fn takes_from(&self, writer: &Stream, map: usize) -> bool {
        match (&self.work, writer.writes(map)) {
            (Work::Pool(p), Some((first, channels))) => first < p.first + p.channels && p.first < first + channels,
            (Work::Conv(_), _) | (Work::Pool(_), None) => true,
        }
    }

    /// Words of weights on an array of `cols` columns.
    pub fn steps(&self, cols: usize) -> usize {
        match &self.work {
            Work::Conv(c) => c.steps(cols),
            Work::Pool(_) => 0,
        }
    }

    /// Cycles that a pixel tile holds the array: a step each, at least what the drain takes, and as long again to read the residual.
    pub fn array_cycles(&self, cols: usize) -> usize {
        let Work::Conv(c) = &self.work else { return 0 };
        let cycles = match self.residual {
            Some(_) => c.reduction(cols) + min_interval(cols),
            None => c.reduction(cols).max(min_interval(cols)),
        };
        c.out_channels.div_ceil(cols) * cycles
    }
}

impl PoolShape {
    /// Whether the lanes hold a whole row of a map so wide, and its pooled row. Windows of a pixel, which never merge, are taken by
    /// themselves.
    pub fn whole(&self, width: usize, rows: usize) -> bool {
        self.kernel > 1 && width + self.pad < rows + self.kernel && self.out[1] <= rows
    }

    /// The pooling as the engine sees it, its line buffers left out, on `rows` lanes.
    pub fn entry(&self, src: &Map, dst: &Map, rows: usize) -> PoolEntry {
        PoolEntry {
            src_n: 1,
            dst_n: usize::MAX,
            dst_row_slots: dst.pitch / rows,
            dst_row_lanes: dst.pitch % rows,
            ch_last: self.channels - 1,
            pitch: src.pitch,
            gap: src.pitch - src.width,
            height: src.height,
            kernel_last: self.kernel - 1,
            stride: self.stride,
            pad: self.pad,
            out_width: self.out[1],
            out_height: self.out[0],
            whole: self.whole(src.width, rows),
            signed: src.signed,
            ..PoolEntry::default()
        }
    }
}
