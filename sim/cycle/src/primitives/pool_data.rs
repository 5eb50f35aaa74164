//! The maxima of the pool engine: rows of banks' words, and what is there of their results, to pooled pixels in their banks; part
//! of the pool engine.

use super::delay_line::DelayLine;
use std::collections::VecDeque;
use systole_machine::control::pool::PoolRead;
use systole_machine::tables::PoolEntry;

/// Cycles from a read's grant to the banks' words.
const READ_LAT: usize = 3;

/// A finished chunk: per bank whether it is written, and with what; addresses and lane as port B wants them.
#[derive(Clone, Debug)]
pub struct PoolResult {
    pub place: [u64; 3],
    pub mask: Vec<u64>,
    pub data: Vec<u64>,
}

/// A granted read on its way, with the place of its chunk's result.
#[derive(Clone, Copy, Debug)]
struct Granted {
    entry: PoolEntry,
    read: PoolRead,
    place: [u64; 3],
}

/// Reads in flight, the maximum over rows so far, and finished chunks.
#[derive(Debug)]
pub struct PoolData {
    rows: usize,
    granted: DelayLine<Option<Granted>>,
    coming: Option<Granted>,
    rows_max: Vec<u8>,
    /// Banks' words of results that others have begun.
    begun: VecDeque<Vec<u64>>,
    results: VecDeque<PoolResult>,
}

/// Order-preserving map to unsigned, in which 0 loses every comparison.
fn biased(value: u8, signed: bool) -> u8 {
    value ^ if signed { 0x80 } else { 0 }
}

/// The larger ones of two rows of values.
fn merge(data: &mut [u64], begun: &[u64], signed: bool) {
    for (value, &other) in data.iter_mut().zip(begun) {
        if biased(other as u8, signed) > biased(*value as u8, signed) {
            *value = other;
        }
    }
}

impl PoolData {
    pub fn new(rows: usize) -> Self {
        PoolData {
            rows,
            granted: DelayLine::new(READ_LAT),
            coming: None,
            rows_max: vec![0; rows],
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

    /// A read is granted in this cycle; call after [`Self::arrive`].
    pub fn read(&mut self, entry: PoolEntry, read: PoolRead, place: [u64; 3]) {
        self.coming = Some(Granted { entry, read, place });
    }

    /// The banks' words of this cycle; call once a cycle.
    pub fn arrive(&mut self, banks: &[u64]) {
        self.granted.clock(self.coming.take());
        let Some(Granted { entry, read, place }) = self.granted.tap(READ_LAT) else { return };
        if read.merged {
            self.begun.push_back(banks.to_vec());
            return;
        }
        for lane in 0..self.rows {
            let pixel = biased(banks[(lane + read.src.lane) % self.rows] as u8, entry.signed);
            let inside = (read.lane_lo..=read.lane_hi).contains(&lane);
            let pixel = if inside { pixel } else { 0 };
            let so_far = if read.first { 0 } else { self.rows_max[lane] };
            self.rows_max[lane] = so_far.max(pixel);
        }
        if read.last {
            let mut result = self.pooled(&entry, &read, place);
            if let Some(begun) = self.begun.pop_front() {
                merge(&mut result.data, &begun, entry.signed);
            }
            self.results.push_back(result);
        }
    }

    /// Windows of the lanes, every `stride` of them, rotated into their banks. Banks that are not written carry what the
    /// Verilog happens to have there.
    fn pooled(&self, entry: &PoolEntry, read: &PoolRead, place: [u64; 3]) -> PoolResult {
        let (mut mask, mut data) = (vec![0; self.rows], vec![0; self.rows]);
        for pixel in 0..self.rows {
            let first = if pixel * entry.stride < self.rows { pixel * entry.stride } else { pixel };
            let window = first..=(first + entry.kernel_last).min(self.rows - 1);
            let max = self.rows_max[window].iter().max().copied().unwrap_or(0);
            let bank = (pixel + read.dst.lane) % self.rows;
            mask[bank] = (pixel < read.out).into();
            data[bank] = u64::from(biased(max, entry.signed));
        }
        PoolResult { place, mask, data }
    }
}
