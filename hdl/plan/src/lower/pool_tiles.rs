//! What the operations of a pooling write and take, one for each tile of its source.

use systole_machine::control::pool_passes::{passes, Pass};
use systole_machine::control::pool_state::PoolState;
use systole_machine::tables::PoolEntry;

/// Per operation, and per tile of the pooled map.
#[derive(Clone, Debug, Default)]
pub struct PoolTiles {
    /// Last pooled tile that this operation or one before it writes into.
    pub last: Vec<usize>,
    /// Operations after which a pooled tile, and all before it, are complete.
    pub complete: Vec<usize>,
    /// Passes for a channel, chunks, and chunks that others have begun.
    pub passes: Vec<usize>,
    pub chunks: Vec<usize>,
    pub merges: Vec<usize>,
}

impl PoolTiles {
    /// Of an image of `ops` source tiles whose pooled map has `tiles`, on `rows` lanes.
    pub fn new(e: &PoolEntry, rows: usize, ops: usize, tiles: usize) -> PoolTiles {
        let mut pooled = PoolTiles { complete: vec![1; tiles], ..PoolTiles::default() };
        let mut state = PoolState::first(e);
        for op in 0..ops {
            let (passes, _) = passes(e, rows, &state);
            let mut last = pooled.last.last().copied().unwrap_or(0);
            for pass in passes.iter().filter(|pass| pass.last && pass.out > 0) {
                let end = pass.dst.slot + (pass.dst.lane + written(e, pass) - 1) / rows;
                pooled.complete[pass.dst.slot..=end].fill(op + 1);
                last = last.max(end);
            }
            let count = |counts: fn(&Pass) -> bool| passes.iter().filter(|pass| counts(pass)).count();
            pooled.last.push(last);
            pooled.passes.push(passes.len());
            pooled.chunks.push(count(|pass| pass.last));
            pooled.merges.push(count(Pass::merges));
            state = state.next(e, rows).0;
        }
        for tile in 1..tiles {
            pooled.complete[tile] = pooled.complete[tile].max(pooled.complete[tile - 1]);
        }
        pooled
    }

    /// Pooled tiles that are begun before a tile is complete, beyond that tile.
    pub fn ahead(&self) -> usize {
        let ahead = |(tile, &ops): (usize, &usize)| self.last[ops - 1].saturating_sub(tile);
        self.complete.iter().enumerate().map(ahead).max().unwrap_or(0)
    }

    /// Accesses of port B that an operation makes for a channel, those to its source left out.
    pub fn accesses(&self, op: usize) -> usize {
        self.chunks[op] + self.merges[op]
    }
}

/// Pooled pixels of a pass's chunk.
fn written(e: &PoolEntry, pass: &Pass) -> usize {
    match e.whole {
        true => pass.out,
        false => pass.out.min(pass.end.div_ceil(e.stride)),
    }
}
