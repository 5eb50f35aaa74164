//! Line buffer sizes: the smallest that can work, and which maps may share memory.

mod ahead;

use crate::lower::{Dest, Lowered, Work};
use crate::schedule::LineBuffers;
use ahead::residual_span;
use systole_net::Net;

/// Tiles of input beyond the window: they hide the host's and port B's hiccups.
const INPUT_SLACK: usize = 4;

/// Tiles of line buffers beyond what cannot be done without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spare {
    /// Of every buffer that has memory of its own.
    pub slack: usize,
    /// All that a buffer has whose memory others use in turn, at least 1.
    pub overlaid: usize,
}

impl Spare {
    /// So much that it costs an image no cycles worth mentioning.
    pub const ROOMY: Spare = Spare { slack: 2, overlaid: 2 };
    /// None.
    pub const NONE: Spare = Spare { slack: 0, overlaid: 1 };
}

/// Line buffers with spare tiles for every map.
pub fn initial(low: &Lowered, spare: Spare) -> LineBuffers {
    let overlay = overlays(low);
    let slots = (0..low.maps.len())
        .map(|m| match overlay[m] {
            Some(_) => spare.overlaid,
            None if m == Net::INPUT => smallest(low, m) + spare.slack + INPUT_SLACK,
            None => smallest(low, m) + spare.slack,
        })
        .collect();
    let mut buffers = LineBuffers { slots, overlay };
    for (m, map) in low.maps.iter().enumerate() {
        let most = map.tiles.max(smallest(low, m));
        buffers.slots[m] = if map.stored { buffers.slots[m].clamp(1, most) } else { 0 };
    }
    buffers
}

/// Line buffers that hold whole maps, of which none shares memory.
pub fn whole(low: &Lowered) -> LineBuffers {
    let slots = |m: usize| if low.maps[m].stored { low.maps[m].tiles.max(smallest(low, m)).max(1) } else { 0 };
    let slots = (0..low.maps.len()).map(slots).collect();
    LineBuffers { slots, overlay: vec![None; low.maps.len()] }
}

/// Tiles that a map must be able to hold at the very least.
pub fn smallest(low: &Lowered, map: usize) -> usize {
    low.least_tiles(|low| (0..low.maps.len()).map(|map| work_out_smallest(low, map)).collect())[map]
}

fn work_out_smallest(low: &Lowered, map: usize) -> usize {
    let m = &low.maps[map];
    let window = |&r: &usize| {
        let s = &low.streams[r];
        (0..s.ops).map(|o| low.window(s, map, o)).map(|(lo, hi)| hi - lo + 1).max().unwrap_or(1)
    };
    let span = |&w: &usize| low.ahead(&low.streams[w]);
    let read = m.readers.iter().map(window).max().unwrap_or(1).max(residual_span(low, map));
    let write = m.writers.iter().map(span).max().unwrap_or(0);
    read + write
}

/// Maps that live only from one convolution to the next, tile by tile, can share memory: the order lets one of them live at a time.
pub fn overlays(low: &Lowered) -> Vec<Option<usize>> {
    let transient = |m: usize| {
        let map = &low.maps[m];
        let conv = |&s: &usize| matches!(low.streams[s].work, Work::Conv(_));
        let pointwise = |&s: &usize| match &low.streams[s].work {
            Work::Conv(c) => c.kernel == [1, 1] && low.streams[s].ops == map.tiles && c.pad == Default::default(),
            Work::Pool(_) => false,
        };
        // What a reader adds must be there as soon as the map is: it is what the map is computed from.
        let alone = |&s: &usize| {
            let source = |&w: &usize| {
                let writer = &low.streams[w];
                let one = matches!(&writer.work, Work::Conv(c) if c.kernel == [1, 1] && c.pad == Default::default());
                (writer.src, one)
            };
            low.streams[s]
                .residual
                .is_none_or(|k| k.map != m && map.writers.iter().map(source).all(|w| w == (k.map, true)))
        };
        let readers = map.readers.iter().all(pointwise) && map.readers.iter().all(alone);
        m != Net::INPUT && map.writers.iter().all(conv) && readers && !map.writers.is_empty()
    };
    let neighbours = neighbours(low);
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut group_of: Vec<Option<usize>> = vec![None; low.maps.len()];
    for m in (0..low.maps.len()).filter(|&m| transient(m)) {
        let taken: Vec<usize> = neighbours[m].iter().filter_map(|&n| group_of[n]).collect();
        let group = (0..groups.len()).find(|g| !taken.contains(g)).unwrap_or(groups.len());
        if group == groups.len() {
            groups.push(Vec::new());
        }
        groups[group].push(m);
        group_of[m] = Some(group);
    }
    let mut overlay = vec![None; low.maps.len()];
    for group in groups.iter().filter(|g| g.len() > 1) {
        group.iter().for_each(|&m| overlay[m] = Some(group[0]));
    }
    overlay
}

/// Per map, those that it is computed from or that are computed from it: they are alive together.
fn neighbours(low: &Lowered) -> Vec<Vec<usize>> {
    let mut neighbours = vec![Vec::new(); low.maps.len()];
    for stream in &low.streams {
        if let Dest::Map { map, .. } = stream.dest {
            neighbours[stream.src].push(map);
            neighbours[map].push(stream.src);
        }
    }
    neighbours
}

/// Bank addresses: base of each map, and words in all.
pub fn place(low: &Lowered, buffers: &LineBuffers) -> (Vec<usize>, usize) {
    let mut base = vec![0; low.maps.len()];
    let mut overlay_at: Vec<Option<usize>> = vec![None; low.maps.len()];
    let mut next = 0;
    for (m, at) in base.iter_mut().enumerate() {
        let size = low.maps[m].words() * buffers.slots[m];
        match buffers.overlay[m] {
            None => {
                *at = next;
                next += size;
            }
            Some(a) => {
                *at = *overlay_at[a].get_or_insert_with(|| {
                    let at = next;
                    let peers = (0..low.maps.len()).filter(|&o| buffers.overlay[o] == Some(a));
                    next += peers.map(|o| low.maps[o].words() * buffers.slots[o]).max().unwrap_or(0);
                    at
                });
            }
        }
    }
    (base, next)
}
