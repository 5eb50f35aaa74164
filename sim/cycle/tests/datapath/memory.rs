//! The memories: tables, activation banks, weights.

use crate::cosim::{Pair, PortBits};
use systole_machine::geometry::{ColumnsPerLink, Multiplier};
use systole_machine::Geometry;
use systole_machine::WeightMemory as Kind;
use systole_net::random::Rng;
use systole_rtl::primitives::act_mem::ActMem;
use systole_rtl::primitives::rom::Rom;
use systole_rtl::primitives::weight_memory::WeightMemory;
use systole_rtl::primitives::weight_store::WeightStore;

#[test]
fn rom_reads_its_file() {
    let mut random = Rng::new(7);
    let cases =
        [(8usize, 16usize, false, 1), (42, 9, true, 1), (97, 33, true, 2), (130, 5, false, 2), (1, 1, false, 1)];
    for (width, depth, block, latency) in cases {
        let word = |random: &mut Rng| {
            (0..width.div_ceil(64)).map(|i| random.port(64.min(width - 64 * i))).collect::<Vec<u64>>()
        };
        let words = (0..depth).map(|_| word(&mut random)).collect();
        let rom = Rom { block, latency, ..Rom::new("table", width, words) };
        let images = rom.images();
        reads(&mut Pair::new(rom, &images), &mut random, depth, width);
    }
}

#[test]
fn rom_reads_words_by_their_numbers() {
    let mut random = Rng::new(8);
    let cases = [(30usize, 100, 7, false), (64, 40, 1, true), (101, 64, 33, true)];
    for (width, depth, different, block) in cases {
        let few: Vec<Vec<u64>> = (0..different)
            .map(|_| (0..width.div_ceil(64)).map(|i| random.port(64.min(width - 64 * i))).collect())
            .collect();
        let words = (0..depth).map(|_| few[random.below(different)].clone()).collect();
        let rom = Rom { block, latency: 2, numbered: true, ..Rom::new("table", width, words) };
        let images = rom.images();
        reads(&mut Pair::new(rom, &images), &mut random, depth, width);
    }
}

/// Words in any order, and in between bytes for the memory check.
fn reads(pair: &mut Pair, random: &mut Rng, depth: usize, width: usize) {
    pair.payload("check_valid_o", &["check_data_o"]);
    for _ in 0..8 * depth {
        pair.set("addr_i", &[random.below(depth) as u64]);
        check(pair, random, depth, width.div_ceil(8));
        pair.cycle(false);
    }
}

/// A byte is read for the check in every other cycle.
fn check(pair: &mut Pair, random: &mut Rng, depth: usize, word_bytes: usize) {
    pair.set("check_i", &[random.one_in(2).into()]);
    pair.set("check_addr_i", &[random.below(depth) as u64]);
    pair.set("check_byte_i", &[random.below(word_bytes) as u64]);
}

#[test]
fn act_mem_reads_and_writes_at_once() {
    let mut random = Rng::new(11);
    for (rows, depth) in [(2, 5), (3, 64), (28, 100)] {
        let memory = ActMem::new(rows, depth);
        let mut pair = Pair::new(memory, &[]);
        for _ in 0..2000 {
            pair.scramble(&mut random);
            // Few addresses, so that ports meet; all below the depth.
            let near = depth.min(6);
            let mut addresses = || -> Vec<u64> { (0..rows).map(|_| random.below(near) as u64).collect() };
            let (a, b) = (addresses(), addresses());
            pair.set("a_addr_i", &a);
            pair.set("b_addr_i", &b);
            pair.cycle(false);
        }
    }
}

fn weights(random: &mut Rng, depth: usize, cols: usize) -> Vec<Vec<i8>> {
    (0..depth).map(|_| (0..cols).map(|_| random.port(8) as i8).collect()).collect()
}

#[test]
fn weight_store_gives_a_weight_per_column_and_step() {
    let mut random = Rng::new(17);
    let cases = [(1, 2, 2), (20, 3, 20), (600, 5, 4), (4096, 4, 2), (9000, 20, 4), (34_000, 3, 65), (38_000, 16, 28)];
    for (i, (depth, cols, rows)) in cases.into_iter().enumerate() {
        let multiplier = Multiplier::Pair { pairs: (i + 1) % (cols / 2 + 1), fabric: 0 };
        let per_link = ColumnsPerLink(1 + i % 3);
        let g = Geometry { rows, cols, wgt_depth: depth, multiplier, per_link, ..Geometry::default() };
        let store = WeightStore::new(&g, "store", weights(&mut random, depth, cols));
        let images = store.images();
        let mut pair = Pair::new(store, &images);
        pair.payload("check_valid_o", &["check_data_o"]);
        let mut address = 0;
        for cycle in 0..6000 {
            pair.set("wgt_addr_i", &[address as u64]);
            if cycle > 3000 {
                check(&mut pair, &mut random, depth, cols);
            }
            pair.cycle(false);
            address = if random.one_in(9) { random.below(depth) } else { (address + 1) % depth };
        }
    }
}

/// A store of a depth, columns, input beats, kind, with weights as a plan would have them.
fn loadable(depth: usize, cols: usize, in_bytes: usize, weights: Kind, multiplier: Multiplier) -> Geometry {
    let per_link = ColumnsPerLink(1 + cols % 3);
    let ultra = usize::from(weights == Kind::UltraAndBlock);
    Geometry { rows: 4, cols, wgt_depth: depth, in_bytes, weights, ultra, multiplier, per_link, ..Geometry::default() }
}

#[test]
fn weight_memory_takes_and_gives_weights() {
    let pairs = Multiplier::Pair { pairs: 4, fabric: 0 };
    let cases = [
        (20, 3, 1, Kind::Loaded, Multiplier::Single),
        (600, 10, 4, Kind::Ultra, pairs),
        (4097, 2, 8, Kind::Loaded, Multiplier::Single),
        (33_000, 9, 8, Kind::Ultra, Multiplier::Single),
        (9000, 9, 8, Kind::UltraAndBlock, pairs),
    ];
    for (depth, cols, in_bytes, kind, multiplier) in cases {
        let mut random = Rng::new(depth as u64);
        let g = loadable(depth, cols, in_bytes, kind, multiplier);
        let rows = weights(&mut random, depth, cols);
        let memory = WeightMemory::new(&g);
        let mut pair = Pair::new(memory, &[]);
        pair.payload("check_valid_o", &["check_data_o"]);
        for _ in 0..3 {
            pair.cycle(true);
        }
        // An attempt that is given up in the middle of a word leaves no trace.
        let bytes: Vec<u8> = rows.concat().iter().map(|&weight| weight as u8).collect();
        let loaded = g.store().load_order().expect("it is loaded").words(&g, &bytes);
        load(&mut pair, &mut random, &g, &loaded[..5], 1);
        pair.set("load_i", &[0]);
        pair.cycle(false);
        load(&mut pair, &mut random, &g, &loaded, 0);
        // The last word is written, and then at its place.
        (0..3).for_each(|_| pair.cycle(false));
        assert_eq!(pair.seen("loaded_o"), [1], "{depth} words of {cols}");
        for _ in 0..3000 {
            pair.scramble(&mut random);
            pair.set("load_i", &[0]);
            pair.set("wgt_addr_i", &[random.below(depth) as u64]);
            check(&mut pair, &mut random, depth, cols);
            pair.cycle(false);
        }
        assert_eq!(pair.seen("loaded_o"), [0]);
    }
}

/// Sends words in beats with pauses, `short` beats too few.
pub fn load(pair: &mut Pair, random: &mut Rng, g: &Geometry, words: &[u128], short: usize) {
    let stream = g.load_stream(words);
    let beat = |beat: &[u8]| beat.iter().map(|&byte| u64::from(byte)).collect();
    let beats: Vec<Vec<u64>> = stream.chunks(g.in_bytes).map(beat).collect();
    let mut sent = 0;
    pair.set("load_i", &[1]);
    while sent < beats.len() - short {
        let offers = !random.one_in(7);
        pair.set("s_valid_i", &[offers.into()]);
        pair.set("s_data_i", &beats[sent]);
        pair.cycle(false);
        sent += usize::from(offers && pair.seen("s_ready_o") == [1]);
    }
    pair.set("s_valid_i", &[0]);
}
