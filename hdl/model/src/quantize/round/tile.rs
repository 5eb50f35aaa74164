//! Products of many rows with sixteen columns at a time. Every sum is taken in one fixed order, so results are the same bits
//! on every machine and any number of threads.

/// Columns that lie side by side, and rows that are computed together.
pub(in crate::quantize) const LANES: usize = 16;
const ROWS: usize = 4;

/// One value for each of sixteen columns.
pub(in crate::quantize) type Lanes = [f32; LANES];

/// Products of sixteen values with sixteen values, summed over steps.
pub(in crate::quantize) type Tile = [Lanes; LANES];

/// Adds to `sums` the products `left[step][row] * right[step][column]`; steps of `left` are `stride` values apart.
pub(in crate::quantize) fn multiply(left: &[f32], stride: usize, right: &[Lanes], sums: &mut Tile) {
    for (part, sums) in sums.chunks_exact_mut(ROWS).enumerate() {
        strip(&left[part * ROWS..], stride, right, sums);
    }
}

#[multiversion::multiversion(targets("x86_64+avx2"))]
fn strip(left: &[f32], stride: usize, right: &[Lanes], out: &mut [Lanes]) {
    let mut sums = [[0f32; LANES]; ROWS];
    for (l, r) in left.chunks(stride).zip(right) {
        for (sum, l) in sums.iter_mut().zip(&l[..ROWS]) {
            for (s, r) in sum.iter_mut().zip(r) {
                *s += l * r;
            }
        }
    }
    for (out, sum) in out.iter_mut().zip(sums) {
        out.iter_mut().zip(sum).for_each(|(o, s)| *o += s);
    }
}

/// Sum of `lanes`, each times its weight; the longer one is cut.
#[multiversion::multiversion(targets("x86_64+avx2"))]
pub(in crate::quantize) fn weighted(weights: &[f32], lanes: &[Lanes]) -> Lanes {
    let mut sums = [[0f32; LANES]; ROWS];
    let length = weights.len().min(lanes.len());
    let (weights, lanes) = (&weights[..length], &lanes[..length]);
    let (whole, four) = (weights.chunks_exact(ROWS), lanes.chunks_exact(ROWS));
    let rest = whole.remainder().iter().zip(four.remainder());
    for (weights, lanes) in whole.zip(four) {
        for (sum, (weight, lanes)) in sums.iter_mut().zip(weights.iter().zip(lanes)) {
            sum.iter_mut().zip(lanes).for_each(|(s, l)| *s += weight * l);
        }
    }
    for (sum, (weight, lanes)) in sums.iter_mut().zip(rest) {
        sum.iter_mut().zip(lanes).for_each(|(s, l)| *s += weight * l);
    }
    std::array::from_fn(|lane| (sums[0][lane] + sums[1][lane]) + (sums[2][lane] + sums[3][lane]))
}

/// Takes from every one of `lanes` its weight times `value`.
#[multiversion::multiversion(targets("x86_64+avx2"))]
pub(in crate::quantize) fn take(lanes: &mut [Lanes], weights: &[f32], value: &Lanes) {
    for (lanes, weight) in lanes.iter_mut().zip(weights) {
        lanes.iter_mut().zip(value).for_each(|(l, v)| *l -= weight * v);
    }
}

/// Adds `factor` times `values` to `sums`.
#[multiversion::multiversion(targets("x86_64+avx2"))]
pub(in crate::quantize) fn add(sums: &mut [f32], factor: f32, values: &[f32]) {
    sums.iter_mut().zip(values).for_each(|(s, v)| *s += factor * v);
}

/// Sum of products, in interleaved sums; the longer one is cut.
#[multiversion::multiversion(targets("x86_64+avx2"))]
pub(in crate::quantize) fn dot(a: &[f32], b: &[f32]) -> f32 {
    const WIDE: usize = 2 * LANES;
    let mut sums = [0f32; WIDE];
    let length = a.len().min(b.len());
    let (a, b) = (&a[..length], &b[..length]);
    let (whole_a, whole_b) = (a.chunks_exact(WIDE), b.chunks_exact(WIDE));
    let rest: f32 = whole_a.remainder().iter().zip(whole_b.remainder()).map(|(x, y)| x * y).sum();
    for (a, b) in whole_a.zip(whole_b) {
        for (sum, (x, y)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += x * y;
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// Vectors of one length side by side, at most sixteen: `[length][16]`, what is missing is zero.
pub(in crate::quantize) fn side_by_side<'a>(vectors: impl Iterator<Item = &'a [f32]>, length: usize) -> Vec<Lanes> {
    let mut lanes = vec![[0.0; LANES]; length];
    for (lane, vector) in vectors.enumerate() {
        lanes.iter_mut().zip(vector).for_each(|(l, &v)| l[lane] = v);
    }
    lanes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_products() {
        let left: Vec<f32> = (0..5 * 20).map(|i| (i % 7) as f32 - 3.0).collect();
        let right: Vec<Lanes> = (0..5).map(|s| std::array::from_fn(|c| (s * 3 + c) as f32)).collect();
        let mut sums = [[1.0; LANES]; LANES];
        multiply(&left, 20, &right, &mut sums);
        for (row, sums) in sums.iter().enumerate() {
            for (column, &sum) in sums.iter().enumerate() {
                let wanted: f32 = (0..5).map(|s| left[s * 20 + row] * right[s][column]).sum();
                assert_eq!(sum, wanted + 1.0);
            }
        }
        let weights = [1.0, -2.0, 3.0, 0.5, 4.0];
        let wanted: f32 = (0..5).map(|s| weights[s] * right[s][3]).sum();
        assert_eq!(weighted(&weights, &right)[3], wanted);
        let mut taken = right.clone();
        take(&mut taken, &weights, &[2.0; LANES]);
        assert_eq!(taken[1][0], right[1][0] + 4.0);
        assert_eq!(dot(&left, &left), left.iter().map(|v| v * v).sum::<f32>());
    }
}
