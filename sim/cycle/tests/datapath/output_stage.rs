//! The output stage of the array: drain control, requantiser, deskew, sums, results, skid buffer.

use crate::cosim::{Pair, PortBits};
use crate::SHAPES;
use std::collections::VecDeque;
use systole_net::random::Rng;
use systole_net::{rescale, Multiplier, MULTIPLIER_FRACTION};
use systole_rtl::primitives::deskew::Deskew;
use systole_rtl::primitives::drain::{Drain, DrainShape};
use systole_rtl::primitives::lane_sum::LaneSum;
use systole_rtl::primitives::requant::{Requant, RequantShape, Y_BITS};
use systole_rtl::primitives::results::{Results, ResultsShape};
use systole_rtl::primitives::skid::Skid;

/// The multiplier on a port.
fn multiplier(bits: u64) -> Multiplier {
    Multiplier::from_bits(bits as u32)
}

#[test]
fn drain_follows_its_descriptors() {
    let mut random = Rng::new(37);
    for (i, (rows, cols)) in SHAPES.into_iter().enumerate() {
        let delay = 6 + i;
        let queue = (delay + cols).div_ceil(cols.max(4)) + 2;
        let shape = DrainShape {
            rows,
            cols,
            addr_bits: 8,
            n_bits: 4 + i,
            param_bits: 7,
            layer_bits: 3,
            acc_bits: 25,
            mult_bits: 17,
            residual_bits: 1 + 5 * i,
            queue,
            delay,
        };
        let drain = Drain::new(shape);
        let mut pair = Pair::new(drain, &[]);
        pair.cycle(true);
        let mut since = 0;
        for cycle in 0..4000 {
            pair.scramble(&mut random);
            since += 1;
            let push = since >= cols.max(4) && !random.one_in(3);
            pair.set("desc_push_i", &[push.into()]);
            pair.set("desc_cols_last_i", &[random.below(cols) as u64]);
            if push {
                since = 0;
            }
            // A reset drops what is in flight.
            pair.cycle(cycle % 500 == 499);
        }
    }
}

#[test]
fn requantiser_rounds_as_the_network_does() {
    let mut random = Rng::new(41);
    let plain = [(2, 25, 17, 0), (3, 18, 6, 21), (5, 32, 24, 21), (28, 20, 25, 12)];
    // On multipliers of 18 x 18: one or two of them.
    let narrow = [(4, 25, 17, 1), (2, 18, 17, 0), (3, 35, 17, 21), (2, 17, 1, 21)];
    // On GW5A's of 27 x 18: one of them, or two.
    let wide = [(4, 25, 17, 1), (2, 27, 17, 0), (3, 28, 17, 21), (2, 17, 1, 21), (2, 45, 16, 0)];
    let on = |wide, shape| (shape, wide);
    let shapes = plain.map(|shape| on(None, shape)).into_iter().chain(narrow.map(|shape| on(Some(18), shape)));
    let shapes = shapes.chain(wide.map(|shape| on(Some(27), shape)));
    for (i, ((rows, acc_bits, mult_bits, residual_bits), wide)) in shapes.enumerate() {
        let (fraction, residual_delay) = (MULTIPLIER_FRACTION, 1 + 5 * i);
        let shape = RequantShape { rows, acc_bits, mult_bits, residual_bits, fraction, residual_delay, wide };
        let requant = Requant::new(shape);
        let mut residual = VecDeque::from(vec![0; residual_delay]);
        let mut pair = Pair::new(requant, &[]);
        let mut wanted = VecDeque::new();
        for cycle in 0..6000 {
            pair.scramble(&mut random);
            // Many sums whose activation lies near the limits of its range.
            if random.one_in(2) {
                let mult = random.port(mult_bits).max(1);
                let span = if pair.values[9][0] == 1 { 140_000 } else { 600 };
                let near = (random.below(span) as i64 - span as i64 / 2) * (1 << MULTIPLIER_FRACTION) / mult as i64;
                let acc = near.clamp(-(1 << (acc_bits - 1)), (1 << (acc_bits - 1)) - 1);
                pair.set("mult_i", &[mult]);
                pair.set("bias_i", &[0]);
                pair.set("acc_i", &vec![acc as u64 & ((1 << acc_bits) - 1); rows]);
            }
            let signed = |value: u64| ((value << (64 - acc_bits)) as i64) >> (64 - acc_bits);
            let z = signed(pair.values[0][0].wrapping_add(pair.values[2][0]));
            // Multipliers up to 1 and no further.
            let one = 1 << MULTIPLIER_FRACTION;
            pair.set("residual_mult_i", &[random.port(residual_bits.max(1)).min(one)]);
            let added_mult = if residual_bits > 0 { pair.values[5][0] as u32 } else { 0 };
            residual.push_back(pair.values[4][0] as u8);
            let value = residual.pop_front().unwrap();
            let value = if pair.values[6][0] == 1 { i64::from(value as i8) } else { i64::from(value) };
            let (relu, out_signed) = (pair.values[7][0] == 1, pair.values[8][0] == 1);
            let bits = if pair.values[9][0] == 1 { 16 } else { 8 };
            let (lo, hi) = if out_signed { (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) } else { (0, (1 << bits) - 1) };
            let y = rescale(z, multiplier(pair.values[3][0]), relu, value, multiplier(added_mult.into()), lo, hi);
            wanted.push_back(y as u64 & ((1 << Y_BITS) - 1));
            pair.cycle(false);
            if cycle >= 4 {
                assert_eq!(wanted.pop_front(), Some(pair.seen("y_o")[0]), "lane 0 in cycle {cycle}");
            }
        }
    }
}

#[test]
fn columns_are_lined_up_and_summed() {
    let mut random = Rng::new(43);
    for (rows, _) in SHAPES {
        let deskew = Deskew::new(rows);
        let mut pair = Pair::new(deskew, &[]);
        for _ in 0..500 {
            pair.scramble(&mut random);
            pair.cycle(false);
        }
        let sum = LaneSum::new(rows, Y_BITS + (usize::BITS - (rows - 1).leading_zeros()) as usize);
        let mut pair = Pair::new(sum, &[]);
        for _ in 0..2000 {
            pair.scramble(&mut random);
            pair.cycle(false);
        }
    }
}

#[test]
fn skid_buffer_loses_and_invents_nothing() {
    let mut random = Rng::new(47);
    for (eager, greedy) in [(1, 1), (1, 4), (4, 1), (2, 2), (7, 3)] {
        let skid = Skid::new(33);
        let mut pair = Pair::new(skid, &[]);
        let (mut sent, mut offered) = (VecDeque::new(), None);
        for _ in 0..3000 {
            offered = offered.or_else(|| random.one_in(eager).then(|| random.port(33)));
            let ready = random.one_in(greedy);
            pair.set("s_valid_i", &[offered.is_some().into()]);
            pair.set("s_data_i", &[offered.unwrap_or_else(|| random.port(33))]);
            pair.set("m_ready_i", &[ready.into()]);
            pair.cycle(false);
            if ready && pair.seen("m_valid_o") == [1] {
                assert_eq!(sent.pop_front(), Some(pair.seen("m_data_o")[0]));
            }
            if pair.seen("s_ready_o") == [1] {
                sent.extend(offered.take());
            }
        }
    }
}

#[test]
fn skid_buffer_takes_wide_beats() {
    let mut random = Rng::new(59);
    let skid = Skid::new(65);
    let mut pair = Pair::new(skid, &[]);
    pair.cycle(true);
    for _ in 0..2000 {
        pair.scramble(&mut random);
        pair.cycle(false);
    }
}

/// Columns of whole images: layer 0 is summed, others only checked; tiles of the layers in random order.
struct Columns {
    random: Rng,
    layers: usize,
    classes: usize,
    cols: usize,
    /// Per layer: the next (tile, channel tile) of its image.
    next: Vec<(usize, usize)>,
    /// Images of layer 0 begun, and results out.
    begun: usize,
}

const TILES: usize = 3;
const OFFSET_BITS: usize = 11;
/// Enough for the layers of all cases, and more than some need.
const LAYER_BITS: usize = 3;

/// What a class's sum begins with.
fn offset(class: usize) -> i32 {
    (class as i32 * 73 - 500) % (1 << (OFFSET_BITS - 1))
}

impl Columns {
    /// Drives one channel tile, column by column, with bubbles; `each` runs after every cycle.
    fn tile(&mut self, pair: &mut Pair, results: usize, mut each: impl FnMut(&mut Pair, &mut Rng)) {
        let layer = self.random.below(self.layers);
        if layer == 0 && self.next[0] == (0, 0) {
            if self.begun - results == 2 {
                return self.bubble(pair, each);
            }
            self.begun += 1;
        }
        let (tile, ct) = self.next[layer];
        let channels = if layer == 0 { self.classes } else { self.classes + layer };
        let ct_last = channels.div_ceil(self.cols) - 1;
        let valid = (channels - ct * self.cols).min(self.cols);
        for j in 0..self.cols {
            pair.scramble(&mut self.random);
            let set = |pair: &mut Pair, name: &str, on: bool| pair.set(name, &[on.into()]);
            set(pair, "col_valid_i", j < valid);
            set(pair, "col_first_i", j == 0);
            set(pair, "col_last_i", j + 1 == valid);
            set(pair, "col_sum_i", layer == 0);
            pair.set("col_layer_i", &[layer as u64]);
            set(pair, "col_tile_first_i", tile == 0);
            set(pair, "col_tile_last_i", tile == TILES - 1);
            set(pair, "col_ct_first_i", ct == 0);
            set(pair, "col_ct_last_i", ct == ct_last);
            each(pair, &mut self.random);
        }
        self.next[layer] = if ct < ct_last { (tile, ct + 1) } else { ((tile + 1) % TILES, 0) };
        if self.random.one_in(3) {
            self.bubble(pair, each);
        }
    }

    fn bubble(&mut self, pair: &mut Pair, mut each: impl FnMut(&mut Pair, &mut Rng)) {
        pair.scramble(&mut self.random);
        pair.set("col_valid_i", &[0]);
        each(pair, &mut self.random);
    }
}

#[test]
fn results_are_summed_checked_and_streamed() {
    let cases = [(1, 1, 4, false), (3, 10, 4, false), (5, 7, 5, true), (2, 20, 16, true), (4, 3, 2, false)];
    for (seed, (layers, classes, cols, block)) in cases.into_iter().enumerate() {
        let shape = ResultsShape {
            layers,
            layer_bits: LAYER_BITS,
            classes,
            sum_bits: 14,
            first_bits: 6,
            offset_bits: OFFSET_BITS,
            block,
        };
        let results = Results::new(shape);
        let mut pair = Pair::new(results, &[]);
        pair.cycle(true);
        let next = vec![(0, 0); layers];
        let mut columns = Columns { random: Rng::new(53 + seed as u64), layers, classes, cols, next, begun: 0 };
        let (mut sums, mut wanted) = (vec![0u32; classes], VecDeque::new());
        let (mut class, mut out, mut done) = (0, 0, 0);
        let mut offset_class = 0;
        for round in 0..1500 {
            let calm = round % 300 < 150;
            let before = done;
            columns.tile(&mut pair, before, |pair, random| {
                let ready = calm || random.one_in(20);
                pair.set("m_axis_tready_i", &[ready.into()]);
                pair.set("offset_i", &[offset(offset_class) as u64 & ((1 << OFFSET_BITS) - 1)]);
                ["dump_i", "loop_i"].iter().for_each(|name| pair.set(name, &[0]));
                let on = |pair: &Pair, at: usize| pair.values[at][0] == 1;
                if on(pair, 0) && on(pair, 3) {
                    class = if on(pair, 1) && on(pair, 7) { 0 } else { class + 1 };
                    let lane_sum = ((pair.values[9][0] << 50) as i64 >> 50) as u32;
                    sums[class] = if on(pair, 5) { offset(class) as u32 } else { sums[class] }.wrapping_add(lane_sum);
                    if on(pair, 2) && on(pair, 6) && on(pair, 8) {
                        wanted.extend(sums.iter().copied());
                    }
                }
                pair.cycle(false);
                offset_class = pair.seen("offset_addr_o")[0] as usize;
                done += usize::from(pair.seen("sum_done_o") == [1]);
                if ready && pair.seen("m_axis_tvalid_o") == [1] {
                    assert_eq!(wanted.pop_front().map(u64::from), Some(pair.seen("m_axis_tdata_o")[0]));
                    out = (out + 1) % classes;
                    assert_eq!(pair.seen("m_axis_tlast_o"), [u64::from(out == 0)]);
                }
            });
        }
        assert!(done > 10, "{done} results of {layers} layers");
    }
}
