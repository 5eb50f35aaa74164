//! The memory check: random memories behind any latency, given up, reset, refused, begun anew.

use crate::cosim::{Pair, PortBits};
use std::collections::VecDeque;
use systole_net::random::Rng;
use systole_rtl::primitives::memory_check::{MemoryCheck, MemoryShape};

/// Cycles in which every check of the memories below is over.
const PATIENCE: usize = 4000;

/// Memories that answer late, each by its own latency.
struct Memories {
    shapes: Vec<MemoryShape>,
    bytes: Vec<Vec<u8>>,
    latencies: Vec<usize>,
    /// Bytes on their way, by memory.
    way: Vec<VecDeque<Option<u8>>>,
}

impl Memories {
    fn new(random: &mut Rng, settle: usize, count: usize) -> Self {
        let shape = |_| MemoryShape { depth: 1 + random.below(20), word_bytes: 1 + random.below(9) };
        let shapes: Vec<MemoryShape> = (0..count).map(shape).collect();
        let bytes = shapes.iter().map(|s| (0..s.depth * s.word_bytes).map(|_| random.port(8) as u8).collect());
        let bytes = bytes.collect();
        let latencies: Vec<usize> = (0..count).map(|_| 1 + random.below(settle - 2)).collect();
        let way = latencies.iter().map(|&latency| VecDeque::from(vec![None; latency])).collect();
        Memories { shapes, bytes, latencies, way }
    }

    /// One cycle: answers to what was read, then what is read.
    fn cycle(&mut self, pair: &mut Pair, reset: bool) {
        let (mut valid, mut data): (Vec<u64>, Vec<u64>) = Default::default();
        for way in &mut self.way {
            let byte = way.pop_front().flatten();
            valid.push(byte.is_some().into());
            data.push(byte.unwrap_or(0x5a).into());
        }
        pair.set("valid_i", &valid);
        pair.set("data_i", &data);
        pair.cycle(reset);
        let read = pair.seen("read_o").to_vec();
        let (word, byte) = (pair.seen("addr_o")[0] as usize, pair.seen("byte_o")[0] as usize);
        for (at, way) in self.way.iter_mut().enumerate() {
            let place = word * self.shapes[at].word_bytes + byte;
            way.push_back((read[at] == 1).then(|| self.bytes[at][place]));
            assert_eq!(way.len(), self.latencies[at]);
        }
    }

    /// Runs until the last CRC; all of them.
    fn checked(&mut self, pair: &mut Pair) -> Vec<u32> {
        let mut crcs = Vec::new();
        for _ in 0..PATIENCE {
            self.cycle(pair, false);
            if pair.seen("found_o") == [1] {
                assert_eq!(pair.seen("found_memory_o"), [crcs.len() as u64], "one after the other");
                crcs.push(pair.seen("found_crc_o")[0] as u32);
            }
            if pair.seen("found_last_o") == [1] {
                return crcs;
            }
        }
        panic!("no end after {PATIENCE} cycles");
    }

    /// Nothing is read or found for some cycles.
    fn rests(&mut self, pair: &mut Pair) {
        for cycle in 0..100 {
            self.cycle(pair, false);
            let busy = ["read_o", "found_o", "hold_o"].map(|name| pair.seen(name).iter().sum::<u64>());
            assert!(cycle < 2 || busy == [0; 3], "{busy:?}");
        }
    }

    fn wanted(&self) -> Vec<u32> {
        self.bytes.iter().map(|bytes| crc32(bytes)).collect()
    }
}

/// CRC-32 (IEEE 802.3), bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    let bit = |crc: u32, _| crc >> 1 ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 };
    !bytes.iter().fold(u32::MAX, |crc, &byte| (0..8).fold(crc ^ u32::from(byte), bit))
}

#[test]
fn every_memory_is_read_whole_whatever_came_before() {
    for (seed, count, settle) in [(1, 1, 4), (2, 6, 9), (3, 8, 12), (4, 16, 23)] {
        let mut random = Rng::new(seed);
        let mut memories = Memories::new(&mut random, settle, count);
        let primitive = MemoryCheck::new(memories.shapes.clone(), settle);
        let last = primitive.last();
        let mut pair = Pair::new(primitive, &[]);
        for (port, field) in [("last_addr_i", 0), ("last_byte_i", 1)] {
            pair.set(port, &last.iter().map(|last| last[field]).collect::<Vec<u64>>());
        }
        pair.payload("found_o", &["found_memory_o", "found_crc_o"]);
        memories.cycle(&mut pair, true);
        pair.set("busy_i", &[1]);
        pair.set("check_i", &[1]);
        memories.rests(&mut pair);
        pair.set("busy_i", &[0]);
        assert_eq!(memories.checked(&mut pair), memories.wanted());
        for _ in 0..50 {
            memories.cycle(&mut pair, false);
            assert_eq!((pair.seen("found_o"), pair.seen("hold_o")), (&[0][..], &[1][..]), "once");
        }
        for round in 0..6 {
            pair.set("check_i", &[0]);
            memories.rests(&mut pair);
            // A load asks when its words are there, whatever the host asks besides and whether an image waits.
            let loads = round % 2 == 1;
            pair.set("check_i", &[1]);
            pair.set("load_i", &[loads.into()]);
            if loads {
                memories.rests(&mut pair);
                pair.set("loaded_i", &[1]);
                pair.set("busy_i", &[1]);
            }
            // Given up or reset somewhere in the middle.
            for _ in 0..random.below(400) {
                memories.cycle(&mut pair, false);
            }
            if round < 4 {
                memories.cycle(&mut pair, true);
            } else {
                let asked = ["check_i", "loaded_i"].map(|name| pair.input(name).to_vec());
                pair.set("check_i", &[0]);
                pair.set("loaded_i", &[0]);
                memories.cycle(&mut pair, false);
                pair.set("check_i", &asked[0]);
                pair.set("loaded_i", &asked[1]);
            }
            let bit = random.below(8 * memories.bytes[count - 1].len());
            let before = memories.wanted();
            memories.bytes[count - 1][bit / 8] ^= 1 << (bit % 8);
            let found = memories.checked(&mut pair);
            assert_eq!(found, memories.wanted());
            assert!(found[count - 1] != before[count - 1] && found[..count - 1] == before[..count - 1]);
            for name in ["load_i", "loaded_i", "busy_i"] {
                pair.set(name, &[0]);
            }
        }
    }
}

#[test]
fn bytes_of_words_of_every_width() {
    use systole_rtl::primitives::rom::Rom;
    let mut random = Rng::new(5);
    // A stage for up to 4 bytes, two for up to 16, three and four.
    for (width, block) in [(32, true), (33, false), (129, true), (512, false), (700, true)] {
        let depth = 3;
        let word = |random: &mut Rng| -> Vec<u64> {
            (0..width).step_by(64).map(|low: usize| random.port(64.min(width - low))).collect()
        };
        let rom = Rom { block, ..Rom::new("wide", width, (0..depth).map(|_| word(&mut random)).collect()) };
        let images = rom.images();
        let mut pair = Pair::new(rom, &images);
        pair.payload("check_valid_o", &["check_data_o"]);
        pair.set("check_i", &[1]);
        for at in 0..depth * width.div_ceil(8) {
            pair.set("check_addr_i", &[(at / width.div_ceil(8)) as u64]);
            pair.set("check_byte_i", &[(at % width.div_ceil(8)) as u64]);
            pair.cycle(false);
        }
        pair.set("check_i", &[0]);
        (0..8).for_each(|_| pair.cycle(false));
    }
}
