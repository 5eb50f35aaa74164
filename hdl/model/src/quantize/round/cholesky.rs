//! Small systems of linear equations with a positive definite matrix. Every sum is taken in one fixed order.

/// A matrix `[size][size]`.
#[derive(Clone, Debug)]
pub(in crate::quantize) struct Square {
    pub size: usize,
    pub data: Vec<f64>,
}

impl Square {
    pub fn row(&self, index: usize) -> &[f64] {
        &self.data[index * self.size..][..self.size]
    }
}

/// Lower triangle `L` with `L L^T` the matrix it was made from.
pub(in crate::quantize) struct Cholesky(Square);

impl Cholesky {
    /// `None` unless the matrix is positive definite.
    pub fn of(matrix: &Square) -> Option<Self> {
        let (size, mut lower) = (matrix.size, matrix.clone());
        for column in 0..size {
            let (done, rest) = lower.data.split_at_mut((column + 1) * size);
            let pivot_row = &mut done[column * size..];
            let pivot = pivot_row[column] - dot(&pivot_row[..column], &pivot_row[..column]);
            if pivot.is_nan() || pivot <= 0.0 {
                return None;
            }
            pivot_row[column] = pivot.sqrt();
            pivot_row[column + 1..].fill(0.0);
            for row in rest.chunks_exact_mut(size) {
                row[column] = (row[column] - dot(&row[..column], &pivot_row[..column])) / pivot_row[column];
            }
        }
        Some(Cholesky(lower))
    }

    /// Turns the right side into the solution.
    pub fn solve(&self, side: &mut [f64]) {
        let lower = &self.0;
        for k in 0..lower.size {
            let row = lower.row(k);
            side[k] = (side[k] - dot(&row[..k], &side[..k])) / row[k];
        }
        for k in (0..lower.size).rev() {
            let row = lower.row(k);
            side[k] /= row[k];
            let solved = side[k];
            side[..k].iter_mut().zip(row).for_each(|(s, l)| *s -= solved * l);
        }
    }
}

/// Sum of products, in eight interleaved sums.
#[multiversion::multiversion(targets("x86_64+avx2"))]
pub(in crate::quantize) fn dot(a: &[f64], b: &[f64]) -> f64 {
    const LANES: usize = 8;
    let mut sums = [0.0; LANES];
    let (whole_a, whole_b) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f64 = whole_a.remainder().iter().zip(whole_b.remainder()).map(|(x, y)| x * y).sum();
    for (a, b) in whole_a.zip(whole_b) {
        for (sum, (x, y)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += x * y;
        }
    }
    sums.iter().sum::<f64>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solves_what_it_was_given() {
        let matrix = Square { size: 3, data: vec![4.0, 2.0, 1.0, 2.0, 5.0, 3.0, 1.0, 3.0, 6.0] };
        let factor = Cholesky::of(&matrix).unwrap();
        let mut side = vec![1.0, -2.0, 3.0];
        factor.solve(&mut side);
        for (k, wanted) in [1.0, -2.0, 3.0].into_iter().enumerate() {
            assert!((dot(matrix.row(k), &side) - wanted).abs() < 1e-12);
        }
    }

    #[test]
    fn what_is_not_positive_definite_is_refused() {
        assert!(Cholesky::of(&Square { size: 2, data: vec![1.0, 2.0, 2.0, 1.0] }).is_none());
    }
}
