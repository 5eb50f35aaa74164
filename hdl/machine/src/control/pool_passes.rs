//! The passes of a pool operation: what one source tile gives to which pooled pixels. Register-exact in their order and number of
//! cycles.
//!
//! A segment is what a tile has of one row of the map. A chunk is pooled pixels of one row that are written at once, by one pass or
//! several: each takes the maxima along a segment and adds them to those of the passes before.

use super::pool_state::{PoolState, Position};
use crate::tables::PoolEntry;

/// One pass over the lanes of a source word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pass {
    /// Bank of the first window's first column, which becomes lane 0. Behind the last lane they begin anew.
    pub bank: usize,
    /// Lanes `lo..end` are pixels of the segment.
    pub lo: usize,
    pub end: usize,
    /// First and last pass of its chunk.
    pub first: bool,
    pub last: bool,
    /// Others have begun all of the chunk's pixels, or those whose windows begin before lane `lo`.
    pub merge_all: bool,
    pub straddles: bool,
    /// The chunk's first pooled pixel, and pixels of its pooled row from there on, at most all rows.
    pub dst: Position,
    pub out: usize,
}

impl Pass {
    /// Whether it begins with a read of what others have begun.
    #[inline]
    pub fn merges(&self) -> bool {
        self.first && (self.merge_all || self.straddles)
    }
}

/// A row of the map in the tile.
#[derive(Clone, Copy)]
struct Row {
    /// The tile's first one, which may have begun before.
    begun: bool,
    /// Lane of its first column, where it begins in the tile.
    at: usize,
    /// Rows of the map from it on.
    left: usize,
    top: bool,
}

struct Walk<'a> {
    e: &'a PoolEntry,
    rows: usize,
    state: &'a PoolState,
    /// Row of the windows in hand that comes first in the tile, and its number in the kernel.
    start: Row,
    start_row: isize,
    out_rows_left: usize,
    row: Position,
    pixel: Position,
    /// The row in hand, and its number in the kernel.
    now: Row,
    kernel_row: isize,
    /// No pass of the pooled row in hand yet.
    fresh: bool,
    passes: Vec<Pass>,
}

/// The passes of the operation that a state stands before, and the cycles in which the hardware finds them: one for each row of
/// each pooled row, two where a segment may have two chunks, one for each row above a window, and two for the end.
pub fn passes(e: &PoolEntry, rows: usize, state: &PoolState) -> (Vec<Pass>, usize) {
    let first = Row { begun: true, at: 0, left: state.rows_left, top: state.top };
    let mut walk = Walk {
        e,
        rows,
        state,
        start: first,
        start_row: state.kernel_row,
        out_rows_left: state.out_rows_left,
        row: state.row,
        pixel: state.pixel,
        now: first,
        kernel_row: state.kernel_row,
        fresh: true,
        passes: Vec::new(),
    };
    let mut cycles = 2;
    while walk.out_rows_left > 0 && walk.in_tile(&walk.start) {
        cycles += walk.step();
    }
    if walk.passes.is_empty() {
        // A chunk of no pixels: the words must go, and the end be seen.
        walk.passes.push(Pass { first: true, last: true, ..Pass::default() });
    }
    (walk.passes, cycles)
}

impl Walk<'_> {
    fn in_tile(&self, row: &Row) -> bool {
        row.at < self.rows && row.left > 0
    }

    fn following(&self, row: &Row) -> Row {
        let at = if row.begun { self.state.to_next } else { row.at + self.e.pitch };
        Row { begun: false, at, left: row.left - 1, top: false }
    }

    /// Cycles that it takes.
    fn step(&mut self) -> usize {
        if self.start_row < 0 {
            self.start = self.following(&self.start);
            self.start_row += 1;
            (self.now, self.kernel_row) = (self.start, self.start_row);
            return 1;
        }
        let following = self.following(&self.now);
        let ends = self.kernel_row == self.e.kernel_last as isize || !self.in_tile(&following);
        self.emit(ends);
        if ends {
            self.next_pooled_row();
        } else {
            (self.now, self.kernel_row) = (following, self.kernel_row + 1);
        }
        1 + usize::from(self.two_chunks())
    }

    /// Windows that begin a pixel apart may be more than the lanes: the last of them are a chunk of their own.
    fn two_chunks(&self) -> bool {
        !self.e.whole && self.e.stride == 1
    }

    fn next_pooled_row(&mut self) {
        let (e, rows) = (self.e, self.rows);
        self.start_row -= e.stride as isize;
        self.out_rows_left -= 1;
        self.row = self.row.plus(e.dst_row_slots, e.dst_row_lanes, e.dst_n, rows);
        self.pixel = self.pixel.plus(e.dst_row_slots, e.dst_row_lanes, e.dst_n, rows);
        (self.now, self.kernel_row, self.fresh) = (self.start, self.start_row, true);
    }

    /// The passes of the row in hand, none where it lies in the gap between windows or maps.
    fn emit(&mut self, ends: bool) {
        let (e, s, rows) = (self.e, self.state, self.rows);
        let begun = self.now.begun;
        let (column, out_left) = if begun { (s.kernel_col, s.out_left) } else { (e.pad as isize, e.out_width) };
        let pixels = if begun { s.to_next as isize - e.gap as isize } else { (e.pitch - e.gap) as isize };
        let pixels = pixels.min((rows - self.now.at) as isize);
        let end = column + pixels;
        if pixels <= 0 || !e.whole && (end <= 0 || out_left == 0) {
            return;
        }
        let top = self.kernel_row == 0 || self.now.top;
        let pass = Pass {
            bank: (self.now.at as isize - column).rem_euclid(rows as isize) as usize,
            lo: column.max(0) as usize,
            end: end as usize,
            first: !e.whole || self.fresh,
            last: !e.whole || ends,
            merge_all: !top,
            straddles: top && begun && s.to_next < e.pitch && column > 0,
            dst: if begun { self.pixel } else { self.row },
            out: out_left.min(rows),
        };
        self.fresh = false;
        self.passes.push(pass);
        if !self.two_chunks() || pass.end <= rows || out_left <= rows {
            return;
        }
        let dst = Position { slot: if pass.dst.slot + 1 == e.dst_n { 0 } else { pass.dst.slot + 1 }, ..pass.dst };
        let out = (out_left - rows).min(rows);
        self.passes.push(Pass { lo: 0, end: pass.end - rows, straddles: false, dst, out, ..pass });
    }
}

#[cfg(test)]
mod tests {
    use super::{passes, Pass, PoolState};
    use crate::tables::PoolEntry;
    use std::collections::BTreeSet;
    use systole_net::random::Rng;

    /// A pooling of a map on so many lanes, its pooled map in a line buffer without an end.
    fn pooling(rng: &mut Rng, rows: usize) -> PoolEntry {
        let kernel = rng.within(1, rows.min(5));
        let (stride, pad) = (rng.within(1, rows.min(4)), rng.below(kernel));
        let (height, width) = (rng.within(kernel, 12), rng.within(kernel, 3 * rows));
        let ceil = rng.one_in(2);
        let out = |size: usize| {
            let room = size + 2 * pad - kernel;
            let count = if ceil { room.div_ceil(stride) } else { room / stride } + 1;
            count - usize::from((count - 1) * stride >= size + pad)
        };
        let (out_height, out_width) = (out(height), out(width));
        let whole = kernel > 1 && width + pad < rows + kernel && out_width <= rows;
        let pitch = (width + rng.below(3)).max(if whole || kernel == 1 { 0 } else { rows + kernel - 1 });
        let dst_pitch = out_width + rng.below(3);
        PoolEntry {
            src_n: 1,
            dst_n: usize::MAX,
            dst_row_slots: dst_pitch / rows,
            dst_row_lanes: dst_pitch % rows,
            pitch,
            gap: pitch - width,
            height,
            kernel_last: kernel - 1,
            stride,
            pad,
            out_width,
            out_height,
            whole,
            ..PoolEntry::default()
        }
    }

    /// Source pixels of a lane's window in a pass over a tile.
    fn taken(e: &PoolEntry, rows: usize, tile: usize, pass: &Pass, lane: usize) -> BTreeSet<usize> {
        let lanes = (lane..=lane + e.kernel_last).filter(|lane| (pass.lo..pass.end).contains(lane));
        lanes.map(|lane| tile * rows + (pass.bank + lane) % rows).collect()
    }

    #[test]
    fn every_window_gets_its_pixels_and_nothing_that_was_there_before() {
        let mut rng = Rng::new(5);
        for case in 0..3000 {
            let rows = rng.within(2, 12);
            let e = pooling(&mut rng, rows);
            let dst_pitch = e.dst_row_slots * rows + e.dst_row_lanes;
            // What was there before stands for itself.
            let mut pooled = vec![BTreeSet::from([usize::MAX]); (e.out_height + 2) * dst_pitch + 2 * rows];
            let mut state = PoolState::first(&e);
            for tile in 0..(e.height * e.pitch).div_ceil(rows) {
                let mut chunk: Vec<BTreeSet<usize>> = Vec::new();
                let mut first = Pass::default();
                for pass in passes(&e, rows, &state).0 {
                    if pass.first {
                        (chunk, first) = (vec![BTreeSet::new(); rows], pass);
                    }
                    for (pixel, sources) in chunk.iter_mut().enumerate() {
                        sources.extend(taken(&e, rows, tile, &pass, pixel * e.stride));
                    }
                    for (pixel, sources) in chunk.iter().enumerate().filter(|_| pass.last) {
                        let lane = pixel * e.stride;
                        if pixel >= pass.out || !e.whole && lane >= pass.end {
                            continue;
                        }
                        let merges = first.merge_all || first.straddles && lane < first.lo;
                        let there = &mut pooled[pass.dst.slot * rows + pass.dst.lane + pixel];
                        *there = if merges { there.union(sources).copied().collect() } else { sources.clone() };
                    }
                }
                state = state.next(&e, rows).0;
            }
            let width = e.pitch - e.gap;
            let span = |at: usize, size: usize| {
                let first = (at * e.stride) as isize - e.pad as isize;
                first.max(0) as usize..((first + e.kernel_last as isize + 1) as usize).min(size)
            };
            for (y, x) in (0..e.out_height).flat_map(|y| (0..e.out_width).map(move |x| (y, x))) {
                let rows_of = span(y, e.height).flat_map(|row| span(x, width).map(move |x| row * e.pitch + x));
                let wanted: BTreeSet<usize> = rows_of.collect();
                assert_eq!(pooled[y * dst_pitch + x], wanted, "case {case}: pixel {y} {x} on {rows} lanes, {e:?}");
            }
        }
    }
}
