//! Clocked models of `weight_codes.v` and `code_memory.v`. The weights do not depend on when words are read, so that is left out.

use super::bits::unsigned;
use super::check_tap::CheckTap;
use super::delay_line::DelayLine;
use crate::model::Clocked;
use std::collections::VecDeque;
use systole_machine::control::loader::Loader;
use systole_machine::geometry::{CHUNK_COLUMNS, SEQ_LAT};
use systole_machine::weights::codes::{stacks, table, Decoder, Format, BLOCK_WORDS, WORD_BITS};
use systole_machine::words::{mask, slice};
use systole_machine::Geometry;
use systole_rtl::ports::{code_memory, weight_codes};
use systole_rtl::primitives::code_memory::CodeMemory;
use systole_rtl::primitives::weight_codes::WeightCodes;

/// Of a layer and column: the stream's first word and its words, its format's place among all, where its codebook begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Stream {
    first: usize,
    count: usize,
    format: usize,
    book: usize,
}

/// What both stores have: words, decoders and their registers.
#[derive(Clone, Debug)]
struct Banks {
    geometry: Geometry,
    words: Vec<Vec<u64>>,
    /// A tile began in the last cycle: its layer's streams are here.
    begins: bool,
    /// Streams of the tiles that wait for their decoding.
    waiting: Vec<VecDeque<Stream>>,
    /// Tiles that begin and steps on their way to the columns.
    begun: DelayLine<bool>,
    steps: DelayLine<bool>,
    columns: Vec<Option<(Stream, Decoder)>>,
    weights: Vec<i8>,
    tap: CheckTap,
}

/// What a cycle tells the banks.
struct Told<'i> {
    tile: bool,
    streams: &'i [u64],
    step: bool,
    check: bool,
    check_addr: u64,
    check_byte: u64,
}

impl Banks {
    fn new(g: Geometry, words: Vec<Vec<u64>>) -> Self {
        let readback = g.store().readback(&g);
        let lag = g.column_lag(g.cols - 1);
        let decoded = g.weight_delay() + g.store().latency(&g) - 1;
        Banks {
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
            Stream {
                first,
                count: last.wrapping_sub(first).wrapping_add(1),
                format: value(2 * cols),
                book: value(2 * cols + 1),
            }
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

    /// The weights, and the byte for the memory check with whether it is one.
    fn drive(&self, weights: &mut [u64]) -> [u64; 2] {
        for (weight, &w) in weights.iter_mut().zip(&self.weights) {
            *weight = unsigned(w.into(), 8);
        }
        self.tap.values()
    }

    fn clock(&mut self, reset: bool, inputs: &Told) {
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
            self.waiting.iter_mut().for_each(VecDeque::clear);
            self.begun.clear();
            self.steps.clear();
            self.columns.fill(None);
        }
    }
}

/// The store whose words the design has.
#[derive(Clone, Debug)]
pub struct WeightCodesModel(Banks);

impl WeightCodesModel {
    pub fn new(WeightCodes { geometry, words, .. }: WeightCodes) -> Self {
        WeightCodesModel(Banks::new(geometry, words))
    }
}

impl Clocked for WeightCodesModel {
    type Ports = weight_codes::Ports;
    const REGISTERED: bool = true;

    fn outputs(&self, _inputs: weight_codes::In<'_>, out: weight_codes::Out<'_>) {
        [*out.check_valid, *out.check_data] = self.0.drive(out.w);
    }

    fn clock(&mut self, reset: bool, inputs: weight_codes::In<'_>) {
        let weight_codes::In { tile, streams, step, check, check_addr, check_byte, .. } = inputs;
        self.0.clock(reset, &Told { tile, streams, step, check, check_addr, check_byte });
    }
}

/// The store whose words the host loads, zeros before.
#[derive(Clone, Debug)]
pub struct CodeMemoryModel {
    banks: Banks,
    loader: Loader,
    /// A pair of words on its way to its stack: its number in the order of loading.
    write: Option<(usize, u128)>,
}

impl CodeMemoryModel {
    pub fn new(CodeMemory { geometry, .. }: CodeMemory) -> Self {
        let loader = Loader::new(&geometry);
        let words = vec![vec![0; geometry.codes.blocks() * BLOCK_WORDS]; stacks(geometry.cols)];
        CodeMemoryModel { banks: Banks::new(geometry, words), loader, write: None }
    }
}

impl Clocked for CodeMemoryModel {
    type Ports = code_memory::Ports;

    fn outputs(&self, inputs: code_memory::In<'_>, out: code_memory::Out<'_>) {
        let ready = if inputs.load { self.loader.ready() } else { inputs.m_ready };
        *out.s_ready = ready.into();
        *out.m_valid = (inputs.s_valid && !inputs.load).into();
        *out.load_word = self.loader.write().is_some().into();
        *out.loaded = self.loader.loaded().into();
        [*out.check_valid, *out.check_data] = self.banks.drive(out.w);
    }

    fn clock(&mut self, reset: bool, inputs: code_memory::In<'_>) {
        if let Some((at, pair)) = self.write {
            let count = self.banks.words.len();
            let (stack, address) = (at % count, at / count * 2);
            self.banks.words[stack][address] = pair as u64 & mask(WORD_BITS);
            self.banks.words[stack][address + 1] = (pair >> WORD_BITS) as u64 & mask(WORD_BITS);
        }
        self.write = self.loader.write();
        let code_memory::In { tile, streams, step, check, check_addr, check_byte, .. } = inputs;
        self.banks.clock(reset, &Told { tile, streams, step, check, check_addr, check_byte });
        let beat = inputs.s_data.iter().rev().fold(0, |beat, &byte| beat << 8 | byte);
        self.loader.clock(reset, inputs.load, inputs.s_valid.then_some(beat));
    }
}

/// What a delay line of `n` registers has before its last `early` ones.
fn tapped(line: &DelayLine<bool>, early: usize, now: bool) -> bool {
    match line.len() - early {
        0 => now,
        age => line.tap(age),
    }
}
