//! The way into the array: rotator, feed.

use crate::cosim::Pair;
use crate::SHAPES;
use systole_net::random::Rng;
use systole_rtl::primitives::feed::{Feed, FeedShape};
use systole_rtl::primitives::rotator::Rotator;

#[test]
fn rotator_takes_every_amount() {
    let mut random = Rng::new(19);
    for rows in [2, 3, 4, 5, 7, 8, 9, 16, 17, 28] {
        let rotator = Rotator::new(rows, 8);
        let mut pair = Pair::new(rotator, &[]);
        let mut sent: Vec<(Vec<u64>, usize)> = Vec::new();
        for _ in 0..6 * rows {
            pair.scramble(&mut random);
            let rot = random.below(rows);
            pair.set("rot_i", &[rot as u64]);
            sent.push((pair.values[0].clone(), rot));
            pair.cycle(false);
            if let Some(at) = sent.len().checked_sub(Rotator::stages(rows) + 1) {
                let (banks, rot) = &sent[at];
                let wanted: Vec<u64> = (0..rows).map(|r| banks[(r + rot) % rows]).collect();
                assert_eq!(pair.seen("data_o"), wanted, "{rows} rows by {rot}");
            }
        }
    }
}

#[test]
fn feed_agrees_over_random_steps() {
    let mut random = Rng::new(23);
    for (i, (rows, _)) in SHAPES.into_iter().enumerate() {
        let shape = FeedShape { rows, addr_bits: 7, x_bits: 3 + i, y_bits: 5, delay: i % 3 };
        let feed = Feed::new(shape);
        let mut pair = Pair::new(feed, &[]);
        for _ in 0..3000 {
            pair.scramble(&mut random);
            pair.set("step_rot_i", &[random.below(rows) as u64]);
            pair.set("step_valid_i", &[u64::from(!random.one_in(4))]);
            // Mostly small maps, so that coordinates wrap and masks bite.
            if !random.one_in(4) {
                let mut small = |n: usize| [random.below(n) as u64];
                let (x, x_last, x_lo, y_lo) = (small(5), small(6), small(3), small(3));
                pair.set("step_x_i", &x);
                pair.set("step_x_last_i", &x_last);
                pair.set("step_x_lo_i", &x_lo);
                pair.set("step_y_lo_i", &y_lo);
            }
            pair.cycle(false);
        }
    }
}

/// Lane r of a step reads pixel lane + r of the map; what lies outside is 0.
#[test]
fn feed_masks_pixels_outside_the_map() {
    let (rows, pitch, delay) = (4, 6, 1);
    let feed = Feed::new(FeedShape { rows, addr_bits: 4, x_bits: 3, y_bits: 3, delay });
    let mut pair = Pair::new(feed, &[]);
    pair.set("step_valid_i", &[1]);
    pair.set("step_signed_i", &[1]);
    pair.set("step_x_last_i", &[pitch - 1]);
    pair.set("step_ow_last_i", &[4]);
    pair.set("step_oh_last_i", &[1]);
    pair.set("step_x_lo_i", &[1]);
    pair.set("step_x_hi_i", &[4]);
    pair.set("step_y_lo_i", &[0]);
    pair.set("step_y_hi_i", &[1]);
    pair.set("step_x_i", &[3]);
    pair.set("step_y_i", &[1]);
    pair.set("bank_data_i", &[0x80, 0x81, 0x82, 0x83]);
    for _ in 0..40 {
        pair.cycle(false);
    }
    // Pixels (3,1) (4,1) (5,1) (0,2): the third is beyond x_hi and the map, the fourth below the map.
    assert_eq!(pair.seen("a_o"), [0x180, 0x181, 0, 0]);
    assert_eq!(pair.seen("mask_o"), [1, 1, 0, 0]);
}
