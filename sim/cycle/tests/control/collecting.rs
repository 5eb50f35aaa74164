//! The input collector: words where the line buffer wants them, room, TLAST.

use crate::cosim::{Pair, PortBits};
use crate::shape::{geometry, input_map, widths};
use std::collections::BTreeMap;
use systole_machine::InputMap;
use systole_net::random::Rng;
use systole_rtl::primitives::collector::Collector;

const BASE: usize = 37;

/// Rows, bytes of a beat, words of a tile, tiles in the line buffer, tiles of an image.
const CASES: [(usize, usize, usize, usize, usize); 6] =
    [(2, 1, 3, 2, 5), (3, 4, 1, 1, 3), (4, 4, 2, 5, 4), (5, 2, 3, 3, 7), (28, 8, 3, 4, 3), (28, 32, 1, 6, 1)];

/// A host that stalls, and a machine that grants and gives back late.
struct Surroundings {
    random: Rng,
    map: InputMap,
    rows: usize,
    in_bytes: usize,
    /// Beats stored since reset, and words written.
    beats: usize,
    words: usize,
    /// Bytes of the word being sent.
    word: Vec<u64>,
    sent: BTreeMap<usize, Vec<u64>>,
    tiles_in: usize,
    released: usize,
    /// A beat in error came.
    dead: bool,
}

impl Surroundings {
    fn new(random: Rng, map: InputMap, rows: usize, in_bytes: usize) -> Self {
        Surroundings {
            random,
            map,
            rows,
            in_bytes,
            beats: 0,
            words: 0,
            word: Vec::new(),
            sent: BTreeMap::new(),
            tiles_in: 0,
            released: 0,
            dead: false,
        }
    }

    fn reset(&mut self) {
        let random = Rng::new(self.random.bits() | 1);
        *self = Surroundings::new(random, self.map.clone(), self.rows, self.in_bytes);
    }

    /// Inputs of the coming cycle; `careless`: one in so many beats has a wrong TLAST.
    fn drive(&mut self, pair: &mut Pair, careless: usize) {
        let ends = (self.beats + 1) % self.map.beats == 0;
        let data: Vec<u64> = (0..self.in_bytes).map(|_| self.random.port(8)).collect();
        pair.set("s_data_i", &data);
        pair.set("s_valid_i", &[u64::from(!self.random.one_in(3))]);
        pair.set("s_last_i", &[u64::from(ends != self.random.one_in(careless))]);
        pair.set("enable_i", &[u64::from(!self.random.one_in(16))]);
        let back = self.tiles_in - self.released;
        let back = if back > 0 && self.random.one_in(3 * self.map.channels) { 1 + self.random.below(back) } else { 0 };
        self.released += back;
        pair.set("release_i", &[back as u64]);
        let wanted = pair.look("write_o")[0] == 1;
        pair.set("grant_i", &[u64::from(wanted && !self.random.one_in(2))]);
    }

    /// Follows what happened in the cycle that ended.
    fn follow(&mut self, pair: &Pair) {
        let input = |name: &str| pair.input(name);
        if input("grant_i")[0] == 1 {
            let (tile, channel) = (self.words / self.map.channels, self.words % self.map.channels);
            let addr = BASE + channel * self.map.slots + tile % self.map.slots;
            assert_eq!(pair.seen("addr_o"), [addr as u64], "word {}", self.words);
            assert_eq!(Some(pair.seen("data_o").to_vec()), self.sent.remove(&self.words), "word {}", self.words);
            self.words += 1;
        }
        self.tiles_in += pair.seen("in_tile_o")[0] as usize;
        assert!(self.tiles_in <= self.words / self.map.channels, "no tile before its words");
        if input("s_valid_i")[0] == 1 && pair.seen("s_ready_o")[0] == 1 && !self.dead {
            let ends = (self.beats + 1) % self.map.beats == 0;
            if (input("s_last_i")[0] == 1) != ends {
                self.dead = true;
                return;
            }
            self.beats += 1;
            self.word.extend(input("s_data_i"));
            let per_word = self.rows.div_ceil(self.in_bytes);
            if self.beats % per_word == 0 {
                self.word.truncate(self.rows);
                let word = std::mem::take(&mut self.word);
                self.sent.insert(self.beats / per_word - 1, word);
            }
            let tiles = self.beats.div_ceil(per_word * self.map.channels);
            assert!(tiles <= self.released + self.map.slots, "never more tiles than the line buffer has");
        }
    }
}

#[test]
fn words_land_in_the_line_buffer() {
    for (i, (rows, in_bytes, channels, slots, tiles)) in CASES.into_iter().enumerate() {
        let g = geometry(rows, 4, in_bytes, 1);
        let map = input_map(&g, channels, slots, tiles);
        let collector = Collector::new(&g, &map, BASE, &widths(&g));
        let mut pair = Pair::new(collector, &[]);
        pair.cycle(true);
        let mut around = Surroundings::new(Rng::new(59 + i as u64), map.clone(), rows, in_bytes);
        for _ in 0..6000 {
            around.drive(&mut pair, usize::MAX);
            pair.cycle(false);
            around.follow(&pair);
        }
        assert!(around.words > 10 * channels * slots, "the line buffer went round: {} words", around.words);
        assert!(around.beats > 10 * map.beats, "many images: {} beats of {}", around.beats, map.beats);
        assert_eq!(pair.seen("err_early_o"), pair.seen("err_late_o"), "no error without a wrong TLAST");
    }
}

#[test]
fn a_wrong_tlast_stops_everything_until_reset() {
    let (mut early, mut late) = (0, 0);
    for (i, (rows, in_bytes, channels, slots, tiles)) in CASES.into_iter().enumerate() {
        let g = geometry(rows, 4, in_bytes, 1);
        let map = input_map(&g, channels, slots, tiles);
        let collector = Collector::new(&g, &map, BASE, &widths(&g));
        let mut pair = Pair::new(collector, &[]);
        pair.cycle(true);
        let mut around = Surroundings::new(Rng::new(61 + i as u64), map, rows, in_bytes);
        for cycle in 0..6000 {
            around.drive(&mut pair, 25);
            let reset = cycle % 150 == 149;
            pair.cycle(reset);
            around.follow(&pair);
            if around.dead && !reset && cycle % 150 > 140 {
                early += pair.seen("err_early_o")[0];
                late += pair.seen("err_late_o")[0];
            }
            if reset {
                around.reset();
            }
        }
    }
    assert!(early > 0 && late > 0, "both errors were seen: {early} {late}");
}
