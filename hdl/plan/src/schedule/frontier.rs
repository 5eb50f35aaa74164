//! Which streams may go on, kept up to date as operations are placed: only those are looked at again that an operation can concern.

use super::LineBuffers;
use crate::lower::{Dest, Lowered, Stream};
use std::collections::BTreeSet;
use systole_net::Net;

/// The streams whose next operation may come next, as far as it does not hang on what else shares their memory.
pub struct Frontier {
    /// Per stream, those that its operations may let go on or hold up, itself among them.
    pub affected: Vec<Vec<usize>>,
    pub convs: BTreeSet<usize>,
    pub pools: BTreeSet<usize>,
}

impl Frontier {
    /// With no stream yet.
    pub fn new(low: &Lowered, buffers: &LineBuffers) -> Frontier {
        let mut affected = vec![Vec::new(); low.streams.len()];
        for s in 0..low.streams.len() {
            let mut causes = causes(low, buffers, s);
            causes.sort_unstable();
            causes.dedup();
            causes.into_iter().for_each(|cause| affected[cause].push(s));
        }
        Frontier { affected, convs: BTreeSet::new(), pools: BTreeSet::new() }
    }

    pub fn set(&mut self, stream: usize, pool: bool, may_go_on: bool) {
        let set = if pool { &mut self.pools } else { &mut self.convs };
        match may_go_on {
            true => set.insert(stream),
            false => set.remove(&stream),
        };
    }
}

/// Streams whose progress decides whether this one may go on.
fn causes(low: &Lowered, buffers: &LineBuffers, s: usize) -> Vec<usize> {
    let stream = &low.streams[s];
    let mut causes = vec![s];
    suppliers(low, stream, &mut causes);
    // What a pooling takes as it comes needs room where the pooling writes.
    let dest = stream.partner.map_or(stream.dest, |partner| low.streams[partner].dest);
    let Dest::Map { map, .. } = dest else { return causes };
    causes.extend(&low.maps[map].readers);
    if buffers.overlay[map].is_some() {
        for &writer in &low.maps[map].writers {
            causes.push(writer);
            suppliers(low, &low.streams[writer], &mut causes);
        }
        for &reader in &low.maps[map].readers {
            if let Dest::Map { map: next, .. } = low.streams[reader].dest {
                causes.extend(&low.maps[next].readers);
            }
        }
    }
    causes
}

/// Streams on which it hangs whether a stream's sources are there; what the image's line buffer holds hangs on its readers.
fn suppliers(low: &Lowered, stream: &Stream, causes: &mut Vec<usize>) {
    for map in stream.sources() {
        causes.extend(if map == Net::INPUT { &low.maps[map].readers } else { &low.maps[map].writers });
    }
}
