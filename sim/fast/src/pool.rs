//! Max pooling: windows cut at the map's edges.

use crate::act::Act;
use crate::map::Layout;
use std::ops::Range;
use systole_net::{Pool, PoolKind};

/// Some output rows of a pooling.
pub struct PoolJob<'a, A> {
    pub pool: &'a Pool,
    pub source: &'a [A],
    pub layout: &'a Layout,
    pub rows: Range<usize>,
    /// From the first pixel of the first row on.
    pub out: &'a mut [A],
    pub out_layout: &'a Layout,
}

#[inline(always)]
pub fn rows<A: Act>(job: &mut PoolJob<A>) {
    for y in job.rows.clone() {
        for x in 0..job.out_layout.width {
            let start = (y - job.rows.start) * job.out_layout.row + x * job.out_layout.pixel;
            let channels = job.layout.channels;
            let rows = window(job.pool, y, job.layout.height);
            let columns = window(job.pool, x, job.layout.width);
            let mut sources = rows.flat_map(|r| columns.clone().map(move |c| (r, c)));
            let out = &mut job.out[start..start + channels];
            let pixel = |(r, c): (usize, usize)| &job.source[job.layout.at(r as isize, c as isize)..][..channels];
            if let Some(first) = sources.next() {
                out.copy_from_slice(pixel(first));
            }
            for source in sources {
                let values = out.iter_mut().zip(pixel(source));
                match job.pool.kind {
                    PoolKind::Max => values.for_each(|(o, &v)| *o = (*o).max(v)),
                }
            }
        }
    }
}

/// Rows (or columns) of the map under output `index`.
fn window(pool: &Pool, index: usize, size: usize) -> Range<usize> {
    let start = index * pool.stride;
    start.saturating_sub(pool.pad)..(start + pool.kernel - pool.pad).min(size)
}
