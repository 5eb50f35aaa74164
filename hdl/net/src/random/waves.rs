//! Images of triangular waves.

use crate::Image;

/// A square image of triangular waves, another for each number: what the test networks of MobileNets' kind are made for, as
/// `hdl/model/tests/data/mobile.py` makes it.
pub fn waves(size: usize, number: usize) -> Image {
    let wave = |t: i64| (t.rem_euclid(256) - 128).abs() * 2;
    let byte = |i: usize| {
        let [y, x, seed] = [i / 3 / size, i / 3 % size, number * 3 + i % 3 + 1].map(|value| value as i64);
        let [a, b, c, d] = [7, 11, 13, 17].map(|k| seed * k % 23 - 11);
        let both = wave(a * x + b * y + seed * 37) + wave(c * x + d * y + seed * 91);
        (both / 2).min(255) as u8
    };
    Image { height: size, width: size, rgb: (0..size * size * 3).map(byte).collect() }
}
