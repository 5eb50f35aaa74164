//! The array: against its model, and sums against plain arithmetic.

use crate::cosim::{Pair, PortBits};
use crate::SHAPES;
use systole_machine::board::Family;
use systole_machine::geometry::{ColumnsPerLink, Geometry, Multiplier};
use systole_net::random::Rng;
use systole_rtl::primitives::pe_array::PeArray;

const ACC_BITS: usize = 25;

/// Every shape; with two products per multiplier too, in all columns or some, some of them in LUTs; with every family's
/// slices, GW5A's for single products of smaller shapes; one to three columns to a link.
fn arrays() -> Vec<(Geometry, PeArray)> {
    let mut all = Vec::new();
    for (i, (rows, cols)) in SHAPES.into_iter().enumerate() {
        if rows < 28 {
            let halves = geometry(rows, cols, Multiplier::Single, 1 + i % 3);
            all.push((halves.clone(), PeArray::new(&halves, Family::Gw5a)));
        }
        let mut add = |multiplier, n: usize| {
            let g = geometry(rows, cols, multiplier, 1 + (i + n) % 3);
            all.push((g.clone(), PeArray::new(&g, [Family::Ecp5, Family::Xc7, Family::Xcup][(i + n / 3) % 3])))
        };
        add(Multiplier::Single, 1);
        let pairs = cols / 2;
        add(Multiplier::Pair { pairs, fabric: (rows + 1).min(rows * pairs) }, 4);
        if cols == 4 || cols == 5 {
            add(Multiplier::Pair { pairs: 1, fabric: 1 }, 7);
        }
        if cols == 4 {
            add(Multiplier::Single, 5);
            add(Multiplier::Pair { pairs, fabric: 0 }, 3);
        }
    }
    all
}

fn geometry(rows: usize, cols: usize, multiplier: Multiplier, per_link: usize) -> Geometry {
    let memories = Geometry { rows, cols, acc_bits: ACC_BITS, mult_bits: 17, act_depth: 64, ..Geometry::default() };
    Geometry { multiplier, per_link: ColumnsPerLink(per_link), ..memories }
}

/// Activations are above -256: what the feed makes of 8 bits, signed or not.
fn activation(random: &mut Rng) -> u64 {
    match random.port(9) {
        0x100 => 0x101,
        a => a,
    }
}

/// A stream of channel tiles: per cycle the step's activations, weights, and marks, before skewing.
struct Step {
    a: Vec<i64>,
    w: Vec<i64>,
    first: bool,
    last: bool,
    mask: Vec<bool>,
}

/// Channel tiles of random length and spacing, their last steps at least max(cols, 4) cycles apart.
fn steps(random: &mut Rng, rows: usize, cols: usize, tiles: usize) -> Vec<Step> {
    let mut steps = Vec::new();
    for tile in 0..tiles {
        let length = 1 + random.below(2 * cols + 3);
        let gap = cols.max(4).saturating_sub(length) + if tile % 3 == 0 { random.below(5) } else { 0 };
        let mask: Vec<bool> = (0..rows).map(|_| !random.one_in(3)).collect();
        for i in 0..gap + length {
            let valid = i >= gap;
            let a = |random: &mut Rng| if valid { (activation(random) << 55) as i64 >> 55 } else { 0 };
            let a = (0..rows).map(|_| a(random)).collect();
            let w = (0..cols).map(|_| random.port(8) as i64 - 128).collect();
            steps.push(Step { a, w, first: i == gap, last: i + 1 == gap + length, mask: mask.clone() });
        }
    }
    steps
}

/// The sums that row r must give, tile after tile, column after column.
fn sums(steps: &[Step], r: usize, cols: usize) -> Vec<(u64, bool)> {
    let mut out = Vec::new();
    let mut acc = vec![0i64; cols];
    for step in steps {
        if step.first {
            acc.fill(0);
        }
        for (acc, w) in acc.iter_mut().zip(&step.w) {
            *acc += step.a[r] * w;
        }
        if step.last {
            out.extend(acc.iter().map(|&sum| (sum as u64 & ((1 << ACC_BITS) - 1), step.mask[r])));
        }
    }
    out
}

/// Sets the inputs of a cycle: lane r lags r cycles, column c as the geometry says.
fn drive(pair: &mut Pair, steps: &[Step], cycle: usize, g: &Geometry) {
    let step = |lag: usize| cycle.checked_sub(lag).and_then(|n| steps.get(n));
    let lanes = |value: &dyn Fn(&Step, usize) -> u64, n: usize| -> Vec<u64> {
        (0..n).map(|i| step(i).map_or(0, |s| value(s, i))).collect()
    };
    let rows = g.rows;
    let weight = |c: usize| step(g.column_lag(c)).map_or(0, |s| s.w[c] as u64 & 0xff);
    pair.set("a_i", &lanes(&|s, r| s.a[r] as u64 & 0x1ff, rows));
    pair.set("first_i", &lanes(&|s, _| s.first.into(), rows));
    pair.set("last_i", &lanes(&|s, _| s.last.into(), rows));
    pair.set("mask_i", &lanes(&|s, r| s.mask[r].into(), rows));
    pair.set("w_i", &(0..g.cols).map(weight).collect::<Vec<_>>());
}

#[test]
fn sums_leave_in_order_and_on_time() {
    let mut random = Rng::new(29);
    for (g, array) in arrays() {
        let (rows, cols) = (g.rows, g.cols);
        let steps = steps(&mut random, rows, cols, 12);
        let mut pair = Pair::new(array, &[]);
        let mut found = vec![Vec::new(); rows];
        // Cycles of the last steps at the edge of row 0, and when their column 0 leaves row r.
        let lasts: Vec<usize> = (0..steps.len()).filter(|&n| steps[n].last).collect();
        for cycle in 0..steps.len() + 3 * cols + rows + 10 {
            drive(&mut pair, &steps, cycle, &g);
            pair.cycle(false);
            for (r, found) in found.iter_mut().enumerate() {
                let leaves = |&last: &usize| (cycle.wrapping_sub(last + g.exit_lag() + 3 + r)) < cols;
                if lasts.iter().any(leaves) {
                    found.push((pair.seen("chain_o")[r], pair.seen("mask_o")[r] == 1));
                }
            }
        }
        for (r, found) in found.iter().enumerate() {
            assert_eq!(*found, sums(&steps, r, cols), "row {r} of {g:?}");
        }
    }
}

#[test]
fn array_agrees_on_anything() {
    let mut random = Rng::new(31);
    for (g, array) in arrays() {
        let mut pair = Pair::new(array, &[]);
        for _ in 0..1500 {
            pair.scramble(&mut random);
            let a: Vec<u64> = (0..g.rows).map(|_| activation(&mut random)).collect();
            pair.set("a_i", &a);
            pair.cycle(random.one_in(200));
        }
    }
}
