//! The maxima of the pool engine: words of source tiles, and what is there of their results, to pooled pixels in their banks; part of
//! the pool engine.

use super::delay_line::DelayLine;
use std::collections::VecDeque;
use systole_machine::control::pool::PoolRead;
use systole_machine::control::pool_passes::Pass;
use systole_machine::tables::PoolEntry;

/// Cycles from a step to the word that it takes.
const READ_LAT: usize = 3;

/// A finished chunk: per bank whether it is written, and with what; addresses and lane as port B wants them.
#[derive(Clone, Debug)]
pub struct PoolResult {
    pub place: [u64; 3],
    pub mask: Vec<u64>,
    pub data: Vec<u64>,
}

/// A step on its way, with the place of its chunk's result.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    pub entry: PoolEntry,
    pub read: PoolRead,
    pub place: [u64; 3],
}

/// Steps in flight, the maxima of the chunk's passes so far, and finished chunks.
#[derive(Debug)]
pub struct PoolData {
    rows: usize,
    taken: DelayLine<Option<Step>>,
    coming: Option<Step>,
    /// The result FIFO's words that passes on their way took.
    words: VecDeque<Vec<u64>>,
    /// Of all lanes in which windows lie.
    maxima: Vec<u8>,
    first: Pass,
    /// Banks' words of results that others have begun.
    begun: VecDeque<Vec<u64>>,
    results: VecDeque<PoolResult>,
}

/// Order-preserving map to unsigned, in which 0 loses every comparison.
fn biased(value: u8, signed: bool) -> u8 {
    value ^ if signed { 0x80 } else { 0 }
}

impl PoolData {
    /// For so many lanes, and windows of at most `kernel` columns.
    pub fn new(rows: usize, kernel: usize) -> Self {
        PoolData {
            rows,
            taken: DelayLine::new(READ_LAT),
            coming: None,
            words: VecDeque::new(),
            maxima: vec![0; rows + kernel - 1],
            first: Pass::default(),
            begun: VecDeque::new(),
            results: VecDeque::new(),
        }
    }

    /// The oldest result; it may still be on its way through the hardware's registers.
    pub fn head(&self) -> Option<&PoolResult> {
        self.results.front()
    }

    /// The oldest result is written.
    pub fn take(&mut self) {
        self.results.pop_front();
    }

    /// A step is taken in this cycle, with the result FIFO's word if it takes that; call after [`Self::arrive`].
    pub fn step(&mut self, step: Step, word: Option<Vec<u64>>) {
        self.coming = Some(step);
        self.words.extend(word);
    }

    /// The banks' words of this cycle; call once a cycle.
    pub fn arrive(&mut self, banks: &[u64]) {
        self.taken.clock(self.coming.take());
        let Some(Step { entry, read, place }) = self.taken.tap(READ_LAT) else { return };
        if read.merged {
            self.begun.push_back(banks.to_vec());
            return;
        }
        let direct = if entry.direct { self.words.pop_front() } else { None };
        let word = direct.as_deref().unwrap_or(banks);
        let pass = read.pass;
        for lane in 0..self.maxima.len() {
            let pixel = biased(word[(lane + pass.bank) % self.rows] as u8, entry.signed);
            let pixel = if (pass.lo..pass.end).contains(&lane) { pixel } else { 0 };
            let so_far = if pass.first { 0 } else { self.maxima[lane] };
            self.maxima[lane] = so_far.max(pixel);
        }
        if pass.first {
            self.first = pass;
        }
        if pass.last {
            let begun = if self.first.merges() { self.begun.pop_front() } else { None };
            let result = self.pooled(&entry, &pass, place, begun);
            self.results.push_back(result);
        }
    }

    /// Windows of the lanes, every `stride` of them, with what others have begun, in their banks. Banks that are not written carry
    /// what the Verilog happens to have there.
    fn pooled(&self, entry: &PoolEntry, pass: &Pass, place: [u64; 3], begun: Option<Vec<u64>>) -> PoolResult {
        let (mut mask, mut data) = (vec![0; self.rows], vec![0; self.rows]);
        let lanes = self.maxima.len();
        for pixel in 0..self.rows {
            let within = pixel * entry.stride < lanes;
            let at = if within { pixel * entry.stride } else { pixel };
            let window = at..=(at + entry.kernel_last).min(lanes - 1);
            let mut max = self.maxima[window].iter().max().copied().unwrap_or(0);
            let bank = (pixel + pass.dst.lane) % self.rows;
            let begun_before = self.first.merge_all || self.first.straddles && at < self.first.lo;
            if let Some(begun) = begun.as_ref().filter(|_| begun_before) {
                max = max.max(biased(begun[bank] as u8, entry.signed));
            }
            mask[bank] = (pixel < pass.out && within && (entry.whole || at < pass.end)).into();
            data[bank] = u64::from(biased(max, entry.signed));
        }
        PoolResult { place, mask, data }
    }
}
