//! Which streams may go on, kept up to date as operations are placed: only those are looked at again that an operation can concern.

use super::LineBuffers;
use crate::lower::{Dest, Lowered, Stream};
use systole_net::Net;

/// The streams whose next operation may come next, as far as it does not hang on what else shares their memory.
pub struct Frontier {
    /// Per stream, those that its operations may let go on or hold up, itself among them.
    pub affected: Vec<Vec<usize>>,
    pub convs: Streams,
    pub pools: Streams,
}

/// A set of streams, a bit for each.
pub struct Streams(Vec<u64>);

const BITS: usize = u64::BITS as usize;

impl Streams {
    fn none_of(count: usize) -> Streams {
        Streams(vec![0; count.div_ceil(BITS)])
    }

    fn has(&self, stream: usize) -> bool {
        self.0[stream / BITS] >> (stream % BITS) & 1 == 1
    }

    fn set(&mut self, stream: usize, there: bool) {
        let (word, bit) = (&mut self.0[stream / BITS], 1 << (stream % BITS));
        *word = if there { *word | bit } else { *word & !bit };
    }

    /// The streams, the shallowest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = usize> + '_ {
        let words = self.0.iter().enumerate().filter(|(_, word)| **word != 0);
        words.flat_map(|(at, word)| (0..BITS).filter(move |bit| word >> bit & 1 == 1).map(move |bit| at * BITS + bit))
    }
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
        let none = || Streams::none_of(low.streams.len());
        Frontier { affected, convs: none(), pools: none() }
    }

    pub fn has(&self, stream: usize, pool: bool) -> bool {
        if pool { &self.pools } else { &self.convs }.has(stream)
    }

    pub fn set(&mut self, stream: usize, pool: bool, may_go_on: bool) {
        if pool { &mut self.pools } else { &mut self.convs }.set(stream, may_go_on);
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
