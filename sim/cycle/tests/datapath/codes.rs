//! The store of codes.

use crate::cosim::{Pair, PortBits};
use crate::memory::load;
use systole_machine::geometry::{ColumnsPerLink, Multiplier, CHUNK_COLUMNS, SEQ_LAT};
use systole_machine::weights::codes::{stacks, table, Codes, Format, LayerStreams, TURNS};
use systole_machine::Geometry;
use systole_machine::WeightMemory as Kind;
use systole_net::random::Rng;
use systole_rtl::primitives::code_memory::CodeMemory;
use systole_rtl::primitives::weight_codes::WeightCodes;

/// A store with layers of random weights.
struct Store {
    geometry: Geometry,
    streams: Vec<LayerStreams>,
    words: Vec<Vec<u64>>,
    /// Steps of each layer's tile, and its cycles at least.
    steps: Vec<(usize, usize)>,
}

/// Two codebooks of 16 entries and one of 64.
fn books(random: &mut Rng) -> Vec<i8> {
    let mut books: Vec<i8> = (0..96).map(|_| random.port(8) as i8).collect();
    [0, 70, 90].into_iter().for_each(|at| books[at] = 0);
    books
}

/// Codebooks that a layer may have: the first entry, and bits of a code.
const BOOKS: [(usize, usize); 3] = [(0, 6), (64, 4), (80, 4)];

impl Store {
    fn new(
        random: &mut Rng,
        weights: Kind,
        cols: usize,
        layers: usize,
        formats: &[(usize, usize)],
        more: usize,
    ) -> Store {
        let formats: Vec<Format> =
            formats.iter().map(|&(code_bits, gap_bits)| Format { code_bits, gap_bits }).collect();
        let multiplier = Multiplier::Pair { pairs: random.below(cols / 2 + 1), fabric: 0 };
        let per_link = ColumnsPerLink(1 + random.below(3));
        let codes = Codes { depths: Vec::new(), formats, books: books(random) };
        let in_bytes = 1 << random.below(4);
        let mut g = Geometry { rows: 3, cols, in_bytes, multiplier, per_link, weights, codes, ..Geometry::default() };
        let mut words = vec![vec![0; more]; stacks(cols)];
        let (mut streams, mut steps) = (Vec::new(), Vec::new());
        for _ in 0..layers {
            let format = random.below(g.codes.formats.len());
            let division = g.codes.formats[format];
            let fit: Vec<_> = BOOKS.into_iter().filter(|book| book.1 <= division.code_bits).collect();
            let (book, _) = fit[random.below(fit.len())];
            let most = if random.one_in(3) { 12 } else { 300 };
            let count = 1 + random.below(most);
            let dense = 1 + random.below(6);
            let (mut first, mut last, mut longest) = (Vec::new(), Vec::new(), 0);
            for c in 0..cols {
                let values = g.codes.book(book, division);
                let weight =
                    |random: &mut Rng| if random.one_in(dense) { values[random.below(values.len())] } else { 0 };
                // Some columns end early, some are empty.
                let end = if random.one_in(3) { random.below(count) } else { count };
                let column: Vec<i8> = (0..count).map(|step| if step < end { weight(random) } else { 0 }).collect();
                let encoded = division.encode(column.into_iter(), |w| g.codes.code(book, division, w)).unwrap();
                let stack = &mut words[c / CHUNK_COLUMNS];
                first.push(stack.len());
                last.push(stack.len() + encoded.len() - 1);
                longest = encoded.len().max(longest);
                stack.extend(encoded);
            }
            streams.push(LayerStreams { format, book, first, last });
            steps.push((count, count.max(4).max(TURNS * longest)));
        }
        g.codes.depths = words.iter().map(Vec::len).collect();
        Store { geometry: g, streams, words, steps }
    }

    /// The store beside its Verilog, its words loaded where they are not in the design.
    fn pair(&self, random: &mut Rng) -> Pair {
        let g = &self.geometry;
        let mut pair = match g.weights {
            Kind::CodedLoaded => {
                let memory = CodeMemory::new(g, "codes");
                let images = [memory.books()];
                Pair::new(memory, &images)
            }
            _ => {
                let store = WeightCodes::new(g, "codes", &self.streams, self.words.clone());
                let images = store.images();
                Pair::new(store, &images)
            }
        };
        pair.payload("check_valid_o", &["check_data_o"]);
        (0..3).for_each(|_| pair.cycle(true));
        if g.weights == Kind::CodedLoaded {
            let word = |stack: &Vec<u64>, at: usize| u128::from(stack.get(at).copied().unwrap_or(0));
            let pairs = (0..g.codes.depth()).step_by(2);
            let words: Vec<u128> = pairs
                .flat_map(|at| self.words.iter().map(move |stack| word(stack, at) | word(stack, at + 1) << 36))
                .collect();
            load(&mut pair, random, g, &words, 0);
            (0..3).for_each(|_| pair.cycle(false));
            assert_eq!(pair.seen("loaded_o"), [1]);
            pair.set("load_i", &[0]);
            pair.cycle(false);
        }
        pair
    }

    /// Runs tiles of random layers back to back and with pauses, the memory check behind them; resets in between.
    fn run(&self, random: &mut Rng, tiles: usize) {
        let g = &self.geometry;
        let mut pair = self.pair(random);
        let table = table(g, &self.streams);
        // Cycles from now on until the next step of a tile, of the tiles under way.
        let mut under_way: Vec<(usize, Vec<bool>)> = Vec::new();
        let (mut left, mut next, mut begun) = (tiles, 0, None::<usize>);
        while left > 0 || !under_way.is_empty() {
            pair.set("tile_i", &[0]);
            if let Some(layer) = begun.take() {
                pair.set("streams_i", &table.limbs(&table.words[layer]));
            }
            if next == 0 && left > 0 {
                let layer = random.below(self.steps.len());
                let (steps, cycles) = self.steps[layer];
                let bubbles = cycles - steps + if random.one_in(3) { random.below(40) } else { 0 };
                let mut taken = vec![true; steps];
                // What follows the last step is no bubble of the tile.
                let within = if random.one_in(2) { 0 } else { random.below(bubbles + 1) };
                (0..within).for_each(|_| taken.insert(1 + random.below(taken.len()), false));
                pair.set("tile_i", &[1]);
                under_way.push((SEQ_LAT, taken));
                (begun, next, left) = (Some(layer), steps + bubbles, left - 1);
            }
            let mut step = false;
            for (wait, taken) in &mut under_way {
                match *wait {
                    0 => step |= !taken.is_empty() && taken.remove(0),
                    _ => *wait -= 1,
                }
            }
            under_way.retain(|(wait, taken)| *wait > 0 || !taken.is_empty());
            pair.set("step_i", &[step.into()]);
            pair.cycle(false);
            next = next.saturating_sub(1);
            if random.one_in(4000) {
                (0..2).for_each(|_| pair.cycle(true));
                under_way.clear();
                (begun, next) = (None, 4);
                pair.set("step_i", &[0]);
                (0..4).for_each(|_| pair.cycle(false));
            }
        }
        pair.set("tile_i", &[0]);
        pair.set("step_i", &[0]);
        let settled = g.store().latency(g) + g.column_lag(g.cols - 1) + 8;
        (0..settled).for_each(|_| pair.cycle(false));
        let readback = g.store().readback(g);
        for _ in 0..2000 {
            pair.set("check_i", &[random.one_in(2).into()]);
            pair.set("check_addr_i", &[random.below(readback.words) as u64]);
            pair.set("check_byte_i", &[random.below(readback.word_bytes) as u64]);
            pair.cycle(false);
        }
    }
}

/// Kind, columns, layers, formats, words before the first stream: stacks of every kind of chunk.
type Shape = (Kind, usize, usize, &'static [(usize, usize)], usize);

#[test]
fn weight_codes_give_a_weight_per_column_and_step() {
    let mut random = Rng::new(31);
    let cases: [Shape; 12] = [
        (Kind::Coded, 2, 3, &[(6, 3)], 0),
        (Kind::Coded, 3, 6, &[(6, 0), (4, 2)], 0),
        (Kind::Coded, 4, 9, &[(6, 0), (6, 3), (4, 3)], 1500),
        (Kind::Coded, 5, 9, &[(4, 0), (6, 1), (5, 4), (4, 4)], 2500),
        (Kind::Coded, 8, 12, &[(6, 0), (6, 3), (6, 2)], 4000),
        (Kind::Coded, 9, 5, &[(5, 3), (6, 2)], 9000),
        (Kind::Coded, 13, 12, &[(6, 3), (4, 1)], 16_300),
        (Kind::Coded, 17, 4, &[(4, 0)], 70_000),
        (Kind::Coded, 24, 8, &[(6, 0), (6, 2), (6, 3)], 3000),
        (Kind::CodedLoaded, 3, 6, &[(6, 0), (4, 2)], 0),
        (Kind::CodedLoaded, 12, 7, &[(6, 3), (5, 0)], 2500),
        (Kind::CodedLoaded, 18, 6, &[(6, 0), (6, 3), (6, 2)], 4100),
    ];
    for (kind, cols, layers, formats, more) in cases {
        Store::new(&mut random, kind, cols, layers, formats, more).run(&mut random, 40);
    }
}
