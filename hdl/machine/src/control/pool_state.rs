//! Where a pooling layer stands between operations: the first pixel of the source tile that comes next, in the map and in the
//! windows that it lies in. Register-exact.

use crate::tables::PoolEntry;

/// A pixel's place in a line buffer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    pub slot: usize,
    pub lane: usize,
}

impl Position {
    /// Moves on by `slots < n` tiles and `lanes < rows` pixels in a line buffer of `n` tiles.
    pub fn plus(self, slots: usize, lanes: usize, n: usize, rows: usize) -> Position {
        let lane = self.lane + lanes;
        let carry = lane >= rows;
        let slot = self.slot + slots + usize::from(carry);
        Position { slot: if slot >= n { slot - n } else { slot }, lane: if carry { lane - rows } else { lane } }
    }
}

/// The tile that comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolState {
    /// Pixels from the tile's first one to the next row of the map.
    pub to_next: usize,
    /// Rows of the map from the first pixel's on.
    pub rows_left: usize,
    /// The first pixel lies in the map's first row.
    pub top: bool,
    /// The first pixel's row in the window, of the uppermost windows that do not end above it; negative above them.
    pub kernel_row: isize,
    /// Pooled rows from those windows' on.
    pub out_rows_left: usize,
    /// The same of its column. Where the lanes hold a whole row: of the row's first window.
    pub kernel_col: isize,
    pub out_left: usize,
    /// Of the pooled row's first pixel, and of the first window's.
    pub row: Position,
    pub pixel: Position,
    pub src_slot: usize,
    /// Slot in which the present image began among the pooled tiles.
    pub dst_image: usize,
}

impl PoolState {
    /// The first tile after a reset.
    pub fn first(e: &PoolEntry) -> PoolState {
        PoolState {
            to_next: e.pitch,
            rows_left: e.height,
            top: true,
            kernel_row: e.pad as isize,
            out_rows_left: e.out_height,
            kernel_col: e.pad as isize,
            out_left: e.out_width,
            row: Position::default(),
            pixel: Position::default(),
            src_slot: 0,
            dst_image: 0,
        }
    }

    /// The state of the tile that follows, and the cycles in which the hardware finds it: one for each row that begins, for each
    /// window that ends, and for the ends of both searches.
    pub fn next(mut self, e: &PoolEntry, rows: usize) -> (PoolState, usize) {
        let mut left = rows;
        let mut cycles = 0;
        self.src_slot = if self.src_slot + 1 == e.src_n { 0 } else { self.src_slot + 1 };
        while self.rows_left > 0 && self.to_next <= left {
            left -= self.to_next;
            self.begin_row(e, rows);
            cycles += 1;
        }
        if self.rows_left == 0 {
            self.begin_image(e);
            return (self, cycles + 1);
        }
        self.to_next -= left;
        self.kernel_col += left as isize;
        cycles += 1;
        while !e.whole && self.kernel_col > e.kernel_last as isize {
            self.kernel_col -= e.stride as isize;
            self.out_left = self.out_left.saturating_sub(1);
            self.pixel = self.pixel.plus(0, 1, e.dst_n, rows);
            cycles += 1;
        }
        (self, cycles + 1)
    }

    fn begin_row(&mut self, e: &PoolEntry, rows: usize) {
        self.to_next = e.pitch;
        self.rows_left -= 1;
        self.top = false;
        self.kernel_row += 1;
        if self.kernel_row > e.kernel_last as isize {
            self.kernel_row -= e.stride as isize;
            self.out_rows_left = self.out_rows_left.saturating_sub(1);
            self.row = self.row.plus(e.dst_row_slots, e.dst_row_lanes, e.dst_n, rows);
        }
        self.kernel_col = e.pad as isize;
        self.out_left = e.out_width;
        self.pixel = self.row;
    }

    fn begin_image(&mut self, e: &PoolEntry) {
        let image = self.dst_image + e.dst_image;
        let dst_image = if image >= e.dst_n { image - e.dst_n } else { image };
        let row = Position { slot: dst_image, lane: 0 };
        *self = PoolState { row, pixel: row, src_slot: self.src_slot, dst_image, ..PoolState::first(e) };
    }
}
