//! Clocked model of `weight_codes.v`. Its outputs do not depend on when words are read, so that is left out.

use super::bits::unsigned;
use super::check_tap::CheckTap;
use super::delay_line::DelayLine;
use crate::model::Clocked;
use systole_machine::geometry::{CHUNK_COLUMNS, SEQ_LAT};
use systole_machine::weights::codes::{stacks, table, Decoder, Format, WORD_BITS};
use systole_machine::words::slice;
use systole_machine::Geometry;
use systole_rtl::ports::weight_codes::{In, Out, Ports};
use systole_rtl::primitives::weight_codes::WeightCodes;

/// Of a layer and column: the stream's first word and its words, its format's place among all, where its codebook begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Stream {
    first: usize,
    count: usize,
    format: usize,
    book: usize,
}

/// Its words and registers.
#[derive(Clone, Debug)]
pub struct WeightCodesModel {
    geometry: Geometry,
    words: Vec<Vec<u64>>,
    /// A tile began in the last cycle: its layer's streams are here.
    begins: bool,
    /// Streams of the tiles that wait for their decoding.
    waiting: Vec<std::collections::VecDeque<Stream>>,
    /// Tiles that begin and steps on their way to the columns.
    begun: DelayLine<bool>,
    steps: DelayLine<bool>,
    columns: Vec<Option<(Stream, Decoder)>>,
    weights: Vec<i8>,
    tap: CheckTap,
}

impl WeightCodesModel {
    pub fn new(WeightCodes { geometry: g, words, .. }: WeightCodes) -> Self {
        let readback = g.store().readback(&g);
        let lag = g.column_lag(g.cols - 1);
        let decoded = g.weight_delay() + g.store().latency(&g) - 1;
        WeightCodesModel {
            words,
            begins: false,
            waiting: vec![Default::default(); g.cols],
            // A tile's streams are begun with its first step.
            begun: DelayLine::new(SEQ_LAT + decoded - 1 + lag),
            steps: DelayLine::new(decoded + lag),
            columns: vec![None; g.cols],
            weights: vec![0; g.cols],
            tap: CheckTap::new(readback.word_bytes, readback.latency),
            geometry: g,
        }
    }

    /// The streams of a layer's columns, out of its word of STREAM.
    fn streams(&self, row: &[u64]) -> Vec<Stream> {
        let fields = table(&self.geometry, &[]).fields;
        let value = |at: usize| slice(row, fields[at].low, fields[at].width) as usize;
        let cols = self.geometry.cols;
        let stream = |c: usize| {
            let (first, last) = (value(c), value(cols + c));
            Stream { first, count: last.wrapping_sub(first).wrapping_add(1), format: value(2 * cols), book: value(2 * cols + 1) }
        };
        (0..cols).map(stream).collect()
    }

    fn format(&self, stream: &Stream) -> Format {
        let formats = &self.geometry.codes.formats;
        // What no layer names is as the first.
        formats.get(stream.format).copied().unwrap_or(formats[0])
    }

    /// The byte of the words of all stacks that is read for the check.
    fn byte(&self, address: usize, byte: usize) -> u8 {
        let nibble = |at: usize| {
            let (stack, bit) = (at / WORD_BITS, at % WORD_BITS);
            let word = self.words.get(stack).and_then(|words| words.get(address)).copied().unwrap_or(0);
            (word >> bit & 15) as u8
        };
        if 8 * byte >= WORD_BITS * stacks(self.geometry.cols) {
            return 0;
        }
        nibble(8 * byte) | nibble(8 * byte + 4) << 4
    }
}

impl Clocked for WeightCodesModel {
    type Ports = Ports;
    const REGISTERED: bool = true;

    fn outputs(&self, _inputs: In, out: Out<'_>) {
        for (weight, &w) in out.w.iter_mut().zip(&self.weights) {
            *weight = unsigned(w.into(), 8);
        }
        [*out.check_valid, *out.check_data] = self.tap.values();
    }

    fn clock(&mut self, reset: bool, inputs: In) {
        let byte = self.byte(inputs.check_addr as usize, inputs.check_byte as usize);
        self.tap.clock(inputs.check, byte);
        if self.begins {
            let streams = self.streams(inputs.streams);
            self.waiting.iter_mut().zip(streams).for_each(|(waiting, stream)| waiting.push_back(stream));
        }
        let lag = self.geometry.column_lag(self.geometry.cols - 1);
        for c in 0..self.geometry.cols {
            // The last column's registers are the longest.
            let early = lag - self.geometry.column_lag(c);
            let words = &self.words[c / CHUNK_COLUMNS];
            let word = |stream: &Stream| {
                let first = stream.first;
                move |at: usize| words.get(first + at).copied().unwrap_or(0)
            };
            if tapped(&self.begun, early, self.begins) {
                let stream = self.waiting[c].pop_front().unwrap_or_default();
                self.columns[c] = Some((stream, Decoder::new(self.format(&stream), stream.count, word(&stream))));
            }
            let step = tapped(&self.steps, early, inputs.step);
            let decoded = match &mut self.columns[c] {
                Some((stream, decoder)) if step => {
                    let stream = *stream;
                    decoder.step(stream.count, word(&stream)).map(|code| stream.book | code)
                }
                _ => None,
            };
            self.weights[c] = decoded.map_or(0, |at| self.geometry.codes.books.get(at).copied().unwrap_or(0));
        }
        self.begun.clock(self.begins);
        self.steps.clock(inputs.step);
        self.begins = inputs.tile;
        if reset {
            self.begins = false;
            self.waiting.iter_mut().for_each(std::collections::VecDeque::clear);
            self.begun.clear();
            self.steps.clear();
            self.columns.fill(None);
        }
    }
}

/// What a delay line of `n` registers has before its last `early` ones.
fn tapped(line: &DelayLine<bool>, early: usize, now: bool) -> bool {
    match line.len() - early {
        0 => now,
        age => line.tap(age),
    }
}
