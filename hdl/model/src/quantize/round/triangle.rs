//! Large systems of linear equations with a positive definite matrix, in single precision, block by block.

use crate::quantize::round::tile::{multiply, take, weighted, Lanes, LANES};
use rayon::prelude::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator, ParallelSliceMut};

/// Rows that are eliminated together.
const BLOCK: usize = 8 * LANES;

/// Upper triangle `U` with `U^T U` the matrix it was made from. Rows are `width` values apart, whole tiles.
pub(in crate::quantize) struct Triangle {
    width: usize,
    data: Vec<f32>,
}

impl Triangle {
    /// Of `matrix`, `[width][width]`, plus `load` on its diagonal. No pivot is taken to be below `least`: without roundings
    /// none is, where that was added to the diagonal.
    pub fn of(matrix: &[f32], width: usize, load: f32, least: f32) -> Self {
        let mut data = matrix.to_vec();
        (0..width).for_each(|k| data[k * width + k] += load);
        let mut triangle = Triangle { width, data };
        for first in (0..width).step_by(BLOCK) {
            let end = (first + BLOCK).min(width);
            triangle.eliminate(first, end, least);
            let tiles = triangle.divide(first, end);
            triangle.subtract(&tiles, end);
        }
        triangle
    }

    /// The row from its diagonal on.
    pub fn row(&self, index: usize) -> &[f32] {
        &self.data[index * self.width + index..(index + 1) * self.width]
    }

    /// Columns `first..end` of rows `first..end`.
    fn eliminate(&mut self, first: usize, end: usize, least: f32) {
        let width = self.width;
        for k in first..end {
            let (done, rest) = self.data.split_at_mut((k + 1) * width);
            let row = &mut done[k * width + k..k * width + end];
            let pivot = row[0].max(least).sqrt();
            row[0] = pivot;
            row[1..].iter_mut().for_each(|v| *v /= pivot);
            for (below, other) in (k + 1..end).zip(rest.chunks_exact_mut(width)) {
                let (factor, from) = (row[below - k], &row[below - k..]);
                other[below..end].iter_mut().zip(from).for_each(|(o, v)| *o -= factor * v);
            }
        }
    }

    /// Columns behind `end` of rows `first..end`, also as tiles.
    fn divide(&mut self, first: usize, end: usize) -> Vec<Vec<Lanes>> {
        let (width, data) = (self.width, &self.data);
        let tile = |tile: usize| {
            let values = |row: usize| std::array::from_fn(|lane| data[row * width + tile * LANES + lane]);
            let mut rows: Vec<Lanes> = (first..end).map(values).collect();
            for at in 0..rows.len() {
                let own = &data[(first + at) * width + first + at..(first + at) * width + end];
                let (done, rest) = rows.split_at_mut(at + 1);
                done[at].iter_mut().for_each(|v| *v /= own[0]);
                take(rest, &own[1..], &done[at]);
            }
            rows
        };
        let tiles: Vec<Vec<Lanes>> = (end / LANES..width / LANES).into_par_iter().map(tile).collect();
        self.data[first * width..end * width].par_chunks_mut(width).enumerate().for_each(|(at, row)| {
            row[end..].chunks_exact_mut(LANES).zip(&tiles).for_each(|(values, tile)| values.copy_from_slice(&tile[at]));
        });
        tiles
    }

    /// Takes the products of what has been divided from the rows behind `end`.
    fn subtract(&mut self, tiles: &[Vec<Lanes>], end: usize) {
        let width = self.width;
        self.data[end * width..].par_chunks_mut(LANES * width).enumerate().for_each(|(strip, rows)| {
            for (at, right) in tiles.iter().enumerate().skip(strip) {
                let mut sums = [[0.0; LANES]; LANES];
                multiply(tiles[strip].as_flattened(), LANES, right, &mut sums);
                for (row, sums) in rows.chunks_exact_mut(width).zip(sums) {
                    row[end + at * LANES..][..LANES].iter_mut().zip(sums).for_each(|(v, s)| *v -= s);
                }
            }
        });
    }

    /// Turns sixteen right sides, at most `width` long, into the solutions.
    pub fn solve(&self, sides: &mut [Lanes]) {
        for k in 0..sides.len() {
            let (row, (done, rest)) = (self.row(k), sides.split_at_mut(k + 1));
            done[k].iter_mut().for_each(|v| *v /= row[0]);
            take(rest, &row[1..], &done[k]);
        }
        for k in (0..sides.len()).rev() {
            let (row, (sides, solved)) = (self.row(k), sides.split_at_mut(k + 1));
            let known = weighted(&row[1..], solved);
            sides[k].iter_mut().zip(known).for_each(|(v, known)| *v = (*v - known) / row[0]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Moments of waves, and twice the identity.
    fn matrix(size: usize) -> Vec<f32> {
        let wave = |s: usize, k: usize| ((s * 7 + k * 3) as f32 * 0.37).sin();
        let cell = |r: usize, c: usize| (0..20).map(|s| wave(s, r) * wave(s, c)).sum::<f32>();
        (0..size * size).map(|at| cell(at / size, at % size) + if at / size == at % size { 2.0 } else { 0.0 }).collect()
    }

    #[test]
    fn solves_what_it_was_given_over_several_blocks() {
        let size = 2 * BLOCK + 3 * LANES;
        let (matrix, wanted) = (matrix(size), |k: usize, lane: usize| (k % 5) as f32 - lane as f32 * 0.5);
        let side = |row: usize, lane: usize| (0..size).map(|k| matrix[row * size + k] * wanted(k, lane)).sum::<f32>();
        let mut sides: Vec<Lanes> = (0..size).map(|row| std::array::from_fn(|lane| side(row, lane))).collect();
        Triangle::of(&matrix, size, 0.0, 1e-3).solve(&mut sides);
        for (k, found) in sides.iter().enumerate() {
            for (lane, found) in found.iter().enumerate() {
                assert!((found - wanted(k, lane)).abs() < 2e-3, "{k} {lane}: {found}");
            }
        }
    }

    #[test]
    fn pivots_that_roundings_ate_are_the_least_ones() {
        let ones = vec![1.0; LANES * LANES];
        let triangle = Triangle::of(&ones, LANES, 0.0, 0.25);
        assert_eq!((triangle.row(0)[0], triangle.row(5)[0]), (1.0, 0.5));
    }
}
