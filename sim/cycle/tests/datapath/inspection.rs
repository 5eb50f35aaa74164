//! What shows the machine's inside: activations dumped in place of class sums, input beats sent back.

use crate::cosim::{Pair, PortBits};
use std::collections::VecDeque;
use systole_net::random::Rng;
use systole_rtl::primitives::loop_back::LoopBack;
use systole_rtl::primitives::results::{Results, ResultsShape};

const TILES: usize = 3;
const FIRST_BITS: usize = 9;
/// More than the layers need: items also name poolings.
const LAYER_BITS: usize = 4;
const SUM_BITS: usize = 20;
const OFFSET_BITS: usize = 32;

/// What a class's sum begins with.
fn offset(class: usize) -> u32 {
    (class as u32).wrapping_mul(0x9e37_79b9)
}

/// A host that asks for a window of a layer's activations, or for class sums, and takes results with pauses.
struct Host {
    random: Rng,
    shape: ResultsShape,
    cols: usize,
    /// The layer and the first activation.
    dump: Option<(usize, usize)>,
    beats: Vec<u32>,
    /// The class whose offset comes.
    offset_class: usize,
}

impl Host {
    fn cycle(&mut self, pair: &mut Pair) {
        let ready = self.random.one_in(2);
        let (layer, first) = self.dump.unwrap_or((self.random.below(self.shape.layers), self.random.below(9)));
        pair.set("m_axis_tready_i", &[ready.into()]);
        pair.set("dump_i", &[self.dump.is_some().into()]);
        pair.set("dump_layer_i", &[layer as u64]);
        pair.set("dump_first_i", &[first as u64]);
        pair.set("loop_i", &[0]);
        pair.set("offset_i", &[offset(self.offset_class).into()]);
        pair.cycle(false);
        self.offset_class = pair.seen("offset_addr_o")[0] as usize;
        if ready && pair.seen("m_axis_tvalid_o") == [1] {
            self.beats.push(pair.seen("m_axis_tdata_o")[0] as u32);
            assert_eq!(pair.seen("m_axis_tlast_o"), [u64::from(self.beats.len() == self.shape.classes)]);
        }
    }

    /// Channels of a layer; layer 0 is summed.
    fn channels(&self, layer: usize) -> usize {
        self.shape.classes + 2 * layer
    }

    /// One image, layer after layer, the summed one last; the lane sums of every layer.
    fn image(&mut self, pair: &mut Pair) -> Vec<Vec<u32>> {
        let mut sums = vec![Vec::new(); self.shape.layers];
        for layer in (0..self.shape.layers).rev() {
            for tile in 0..TILES {
                for ct in 0..self.channels(layer).div_ceil(self.cols) {
                    let sums = &mut sums[layer];
                    self.channel_tile(pair, [layer, tile, ct], sums);
                }
            }
        }
        sums
    }

    fn channel_tile(&mut self, pair: &mut Pair, [layer, tile, ct]: [usize; 3], sums: &mut Vec<u32>) {
        let channels = self.channels(layer);
        let valid = (channels - ct * self.cols).min(self.cols);
        for j in 0..self.cols {
            pair.scramble(&mut self.random);
            let mut set = |name: &str, on: bool| pair.set(name, &[on.into()]);
            set("col_valid_i", j < valid);
            set("col_first_i", j == 0);
            set("col_last_i", j + 1 == valid);
            set("col_sum_i", layer == 0);
            set("col_tile_first_i", tile == 0);
            set("col_tile_last_i", tile == TILES - 1);
            set("col_ct_first_i", ct == 0);
            set("col_ct_last_i", ct == channels.div_ceil(self.cols) - 1);
            pair.set("col_layer_i", &[layer as u64]);
            if j < valid {
                let unused = i64::BITS as usize - SUM_BITS;
                sums.push(((pair.input("lane_sum_i")[0] << unused) as i64 >> unused) as u32);
            }
            self.cycle(pair);
            while self.random.one_in(3) {
                self.bubble(pair);
            }
        }
    }

    fn bubble(&mut self, pair: &mut Pair) {
        pair.scramble(&mut self.random);
        pair.set("col_valid_i", &[0]);
        self.cycle(pair);
    }

    /// The result, when it is out.
    fn result(&mut self, pair: &mut Pair) -> Vec<u32> {
        while self.beats.len() < self.shape.classes {
            self.bubble(pair);
        }
        (0..8).for_each(|_| self.bubble(pair));
        std::mem::take(&mut self.beats)
    }
}

/// Compares a window with the activations that should be in it: bytes of a layer that is written, words of a summed one.
fn compare_window(beats: &[u32], activations: &[u32], summed: bool) {
    if summed {
        let wanted: Vec<u32> = activations.iter().copied().take(beats.len()).collect();
        return assert_eq!(beats[..wanted.len()], wanted);
    }
    let bytes: Vec<u8> = activations.iter().map(|&sum| sum as u8).take(4 * beats.len()).collect();
    for (word, bytes) in beats.iter().zip(bytes.chunks(4)) {
        // Fewer than four stand at the top.
        assert_eq!(word.to_le_bytes()[4 - bytes.len()..], *bytes);
    }
}

#[test]
fn results_are_dumps_and_sums_in_turns() {
    for (seed, (layers, classes, cols, block)) in
        [(1, 1, 4, false), (3, 10, 4, false), (2, 16, 5, true)].into_iter().enumerate()
    {
        let shape = ResultsShape {
            layers,
            layer_bits: LAYER_BITS,
            classes,
            sum_bits: SUM_BITS,
            first_bits: FIRST_BITS,
            offset_bits: OFFSET_BITS,
            block,
        };
        let results = Results::new(shape);
        let mut pair = Pair::new(results, &[]);
        pair.cycle(true);
        let random = Rng::new(61 + seed as u64);
        let mut host = Host { random, shape, cols, dump: None, beats: Vec::new(), offset_class: 0 };
        for round in 0..60 {
            let layer = host.random.below(layers);
            let count = TILES * host.channels(layer);
            let first = host.random.below(count + 3);
            host.dump = (round % 3 != 2).then_some((layer, first));
            host.bubble(&mut pair);
            let sums = host.image(&mut pair);
            let beats = host.result(&mut pair);
            match host.dump {
                Some(_) => compare_window(&beats, sums[layer].get(first..).unwrap_or(&[]), layer == 0),
                None => {
                    let total = |class: usize| sums[0].iter().skip(class).step_by(classes);
                    let wanted: Vec<u32> = (0..classes)
                        .map(|class| total(class).fold(offset(class), |sum, &y| sum.wrapping_add(y)))
                        .collect();
                    assert_eq!(beats, wanted, "round {round}");
                }
            }
        }
    }
}

#[test]
fn beats_go_out_behind_the_input() {
    let mut random = Rng::new(67);
    let shape = ResultsShape {
        layers: 2,
        layer_bits: LAYER_BITS,
        classes: 3,
        sum_bits: SUM_BITS,
        first_bits: FIRST_BITS,
        offset_bits: OFFSET_BITS,
        block: false,
    };
    let results = Results::new(shape);
    let mut pair = Pair::new(results, &[]);
    pair.cycle(true);
    let (mut offered, mut sent, mut seen) = (None, VecDeque::new(), 0);
    for _ in 0..3000 {
        pair.scramble(&mut random);
        offered = offered.or_else(|| random.one_in(2).then(|| (random.port(32), random.port(1))));
        let (data, last) = offered.unwrap_or_default();
        let ready = random.one_in(2);
        ["col_valid_i", "dump_i"].iter().for_each(|name| pair.set(name, &[0]));
        pair.set("loop_i", &[1]);
        pair.set("loop_valid_i", &[offered.is_some().into()]);
        pair.set("loop_data_i", &[data]);
        pair.set("loop_last_i", &[last]);
        pair.set("m_axis_tready_i", &[ready.into()]);
        pair.cycle(false);
        if ready && pair.seen("m_axis_tvalid_o") == [1] {
            let beat = (pair.seen("m_axis_tdata_o")[0], pair.seen("m_axis_tlast_o")[0]);
            assert_eq!(sent.pop_front(), Some(beat));
            seen += 1;
        }
        if pair.seen("loop_ready_o") == [1] {
            sent.extend(offered.take());
        }
        assert_eq!(pair.seen("sum_done_o"), [0], "a beat that comes back is no result");
    }
    assert!(seen > 500, "{seen} beats");
}

#[test]
fn input_beats_come_back_in_parts_or_pass() {
    let mut random = Rng::new(71);
    for in_bytes in [1, 3, 4, 8, 16] {
        let primitive = LoopBack::new(in_bytes);
        let mut pair = Pair::new(primitive, &[]);
        pair.cycle(true);
        let (mut offered, mut words) = (None, Vec::new());
        for cycle in 0..2000 {
            let loops = cycle % 200 > 20;
            pair.scramble(&mut random);
            if offered.is_none() && random.one_in(2) {
                offered = Some((pair.input("s_data_i").to_vec(), pair.input("s_last_i").to_vec()));
            }
            pair.set("loop_i", &[loops.into()]);
            pair.set("s_valid_i", &[offered.is_some().into()]);
            if let Some((data, last)) = &offered {
                pair.set("s_data_i", data);
                pair.set("s_last_i", last);
            }
            pair.cycle(false);
            assert_eq!(pair.seen("m_valid_o")[0] == 1, offered.is_some() && !loops);
            assert_eq!(pair.seen("back_valid_o")[0] == 1, offered.is_some() && loops);
            if pair.seen("back_valid_o") == [1] && pair.input("back_ready_i") == [1] {
                words.push((pair.seen("back_data_o")[0] as u32, pair.seen("back_last_o")[0]));
            }
            let taken = pair.seen("s_ready_o") == [1];
            if !loops {
                assert_eq!(pair.seen("s_ready_o"), pair.input("m_ready_i"));
                words.clear();
            }
            let Some((data, last)) = offered.take_if(|_| taken).filter(|_| loops) else { continue };
            let mut bytes: Vec<u8> = data.iter().map(|&byte| byte as u8).collect();
            bytes.resize(in_bytes.next_multiple_of(4), 0);
            let parts = bytes.len() / 4;
            let word = |part: &[u8]| u32::from_le_bytes([part[0], part[1], part[2], part[3]]);
            let wanted = (1..).zip(bytes.chunks(4)).map(|(n, part)| (word(part), if n == parts { last[0] } else { 0 }));
            assert_eq!(std::mem::take(&mut words), wanted.collect::<Vec<_>>());
        }
    }
}
