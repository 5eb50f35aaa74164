//! Room in the result FIFO: which pooling must be over before a tile begins whose results go there.

use std::collections::VecDeque;

/// Tiles whose words may be there, as long as it is not known that their poolings are over.
#[derive(Debug)]
pub struct ResultFifo {
    depth: usize,
    /// Words of each tile, and the operation (stream, number) that takes them; the oldest first.
    tiles: VecDeque<(usize, (usize, usize))>,
}

impl ResultFifo {
    /// Of so many words.
    pub fn new(depth: usize) -> Self {
        ResultFifo { depth, tiles: VecDeque::new() }
    }

    /// The last operation that must be over before `words` more fit, if any must.
    pub fn makes_room(&self, words: usize) -> Option<(usize, usize)> {
        let mut held = words;
        self.tiles.iter().rev().find_map(|&(words, op)| {
            held += words;
            (held > self.depth).then_some(op)
        })
    }

    /// A tile's words, and the operation that takes them. What had to be over for them is forgotten.
    pub fn push(&mut self, words: usize, op: (usize, usize)) {
        self.tiles.push_back((words, op));
        let mut held: usize = self.tiles.iter().map(|tile| tile.0).sum();
        while held - self.tiles[0].0 >= self.depth {
            held -= self.tiles[0].0;
            self.tiles.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ResultFifo;

    #[test]
    fn a_tile_waits_for_the_pooling_that_makes_room() {
        let mut fifo = ResultFifo::new(8);
        assert_eq!(fifo.makes_room(8), None);
        fifo.push(4, (0, 0));
        assert_eq!((fifo.makes_room(4), fifo.makes_room(5)), (None, Some((0, 0))));
        fifo.push(4, (1, 0));
        assert_eq!((fifo.makes_room(4), fifo.makes_room(8)), (Some((0, 0)), Some((1, 0))));
        fifo.push(8, (0, 1));
        assert_eq!(fifo.makes_room(1), Some((0, 1)));
    }
}
