//! Which activations of a layer a dump keeps, and which word of a sum bank takes them.

use super::Column;

/// Activations in a word of the bank, of a layer that is not summed.
const WORD_ACTIVATIONS: usize = 4;

/// What the host wants to see.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    pub(super) dump: bool,
    pub(super) layer: usize,
    /// Number of the first activation, in its lane.
    pub(super) first: u64,
}

/// The registers behind `capture.v`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Capture {
    /// Activations to pass over before the first.
    left: u64,
    /// There are none.
    none: bool,
    byte: usize,
    word: usize,
    full: bool,
}

impl Capture {
    /// The word that takes this column's activation, if any does.
    pub(super) fn take(&self, wanted: &Wanted, column: &Column) -> Option<usize> {
        let now = self.now(wanted, column);
        (is_hit(wanted, column) && now.none && !now.full).then_some(now.word)
    }

    /// The registers, or what an image begins with.
    fn now(&self, wanted: &Wanted, column: &Column) -> Capture {
        match column.starts() {
            true => Capture { left: wanted.first, none: wanted.first == 0, ..Capture::default() },
            false => *self,
        }
    }

    /// Rising edge; a bank has `words` words.
    pub(super) fn clock(&mut self, reset: bool, wanted: &Wanted, column: &Column, words: usize) {
        if is_hit(wanted, column) {
            let takes = self.take(wanted, column).is_some();
            let now = self.now(wanted, column);
            let steps = takes && (column.sum || now.byte + 1 == WORD_ACTIVATIONS);
            *self = Capture {
                left: now.left.wrapping_sub(1),
                none: now.none || now.left == 1,
                byte: if takes && !column.sum { (now.byte + 1) % WORD_ACTIVATIONS } else { now.byte },
                word: now.word + usize::from(steps),
                full: now.full || steps && now.word + 1 == words,
            };
        }
        if reset {
            (self.none, self.full) = (false, false);
        }
    }
}

fn is_hit(wanted: &Wanted, column: &Column) -> bool {
    wanted.dump && column.valid && column.layer == wanted.layer
}
