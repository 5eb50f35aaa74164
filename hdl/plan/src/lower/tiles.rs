//! Which tiles an operation reads and writes.

use super::{Lowered, Stream, Work};

impl Lowered {
    /// Tiles of one of its sources that an operation reads: `[lo, hi]`, clipped to the image.
    pub fn window(&self, stream: &Stream, map: usize, op: usize) -> (usize, usize) {
        let residual = stream.residual.is_some_and(|k| k.map == map).then(|| op.min(self.maps[map].tiles - 1));
        match (residual, map == stream.src) {
            (Some(tile), false) => (tile, tile),
            (None, _) => self.src_window(stream, op),
            (Some(tile), true) => {
                let (lo, hi) = self.src_window(stream, op);
                (lo.min(tile), hi.max(tile))
            }
        }
    }

    fn src_window(&self, stream: &Stream, op: usize) -> (usize, usize) {
        let (lo, hi) = stream.windows[op];
        (lo as usize, hi as usize)
    }

    /// Works out the windows of all streams, which every candidate of every order asks for.
    pub(super) fn set_windows(&mut self) {
        for s in 0..self.streams.len() {
            let stream = &self.streams[s];
            let tile = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
            let windows = (0..stream.ops).map(|op| self.work_out_window(stream, op));
            self.streams[s].windows = windows.map(|(lo, hi)| (tile(lo), tile(hi))).collect();
        }
    }

    fn work_out_window(&self, stream: &Stream, op: usize) -> (usize, usize) {
        #[cfg(test)]
        super::tests::WINDOWS.with(|windows| windows.set(windows.get() + 1));
        let src = &self.maps[stream.src];
        let (rows, top) = (self.rows as isize, src.tiles as isize - 1);
        let (lo, hi) = match &stream.work {
            Work::Conv(_) => {
                let (min, max) = stream.reach;
                let base = op as isize * rows;
                ((base + min).div_euclid(rows), (base + max + rows - 1).div_euclid(rows))
            }
            Work::Pool(_) => (op as isize, op as isize),
        };
        (lo.clamp(0, top) as usize, hi.clamp(0, top) as usize)
    }

    /// Last destination tile that an operation, or one before it, writes into.
    pub fn written(&self, stream: &Stream, op: usize) -> usize {
        match &stream.work {
            Work::Pool(_) => stream.pooled.last[op],
            Work::Conv(_) => op,
        }
    }

    /// Destination tiles that a stream begins before a tile is complete, beyond that tile.
    pub fn ahead(&self, stream: &Stream) -> usize {
        match &stream.work {
            Work::Pool(_) => stream.pooled.ahead(),
            Work::Conv(_) => 0,
        }
    }

    /// Operations of a writer after which the tile is complete.
    pub fn ops_for_tile(&self, stream: &Stream, tile: usize) -> usize {
        match &stream.work {
            Work::Pool(_) => stream.pooled.complete[tile],
            Work::Conv(_) => tile + 1,
        }
    }
}
