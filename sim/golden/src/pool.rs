//! Max pooling: windows clipped at the map's edge, padding never counts.

use systole_net::{Pool, Tensor};

/// Maxima `[channels][height][width]`.
pub fn max(pool: &Pool, input: &Tensor, height: usize, width: usize) -> Tensor {
    let mut output = Tensor::zeros(input.channels, height, width);
    for channel in 0..input.channels {
        for y in 0..height {
            for x in 0..width {
                let rows = window(pool, y, input.height);
                let values = rows.flat_map(|r| window(pool, x, input.width).map(move |c| input.at(channel, r, c)));
                *output.at_mut(channel, y, x) = values.max().expect("every window holds a pixel");
            }
        }
    }
    output
}

/// Rows (or columns) of the map under output `index`.
fn window(pool: &Pool, index: usize, size: usize) -> std::ops::Range<usize> {
    let start = index * pool.stride;
    start.saturating_sub(pool.pad)..(start + pool.kernel - pool.pad).min(size)
}
