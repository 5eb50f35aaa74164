//! Which tiles an operation reads and writes.

use super::{Dest, Lowered, Stream, Work};

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
            Work::Pool(p) => {
                let (y0, y1) = p.source_rows(op, src.height);
                ((y0 * src.pitch) as isize / rows, (y1 * src.pitch + src.width - 1) as isize / rows)
            }
        };
        (lo.clamp(0, top) as usize, hi.clamp(0, top) as usize)
    }

    /// Destination tiles that an operation writes into: `[first, last]`.
    pub fn written(&self, stream: &Stream, op: usize) -> (usize, usize) {
        match (&stream.work, stream.dest) {
            (Work::Pool(p), Dest::Map { map, .. }) => {
                let first = op / p.parts() * self.maps[map].pitch;
                (first / self.rows, (first + p.out[1] - 1) / self.rows)
            }
            (Work::Conv(_), _) | (Work::Pool(_), Dest::Sum) => (op, op),
        }
    }

    /// Operations of a writer after which the tile is complete.
    pub fn ops_for_tile(&self, stream: &Stream, tile: usize) -> usize {
        match (&stream.work, stream.dest) {
            (Work::Pool(p), Dest::Map { map, .. }) => {
                let pitch = self.maps[map].pitch;
                (((tile + 1) * self.rows - 1) / pitch + 1).min(p.out[0]) * p.parts()
            }
            (Work::Conv(_), _) | (Work::Pool(_), Dest::Sum) => tile + 1,
        }
    }
}
