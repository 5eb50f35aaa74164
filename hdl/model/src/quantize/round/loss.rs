//! What errors in a layer's weights cost: `e^T H e` with `H` the covariance of the layer's inputs.
//!
//! Where the layer was seen at fewer sites than it has weights, `H` is kept as what was seen, `X^T X` and a diagonal: memory
//! and time are then those of the sites, not of a matrix as large as the reduction squared.

use crate::quantize::round::cholesky::dot as wide_dot;
use crate::quantize::round::levels::Levels;
use crate::quantize::round::tile::{dot, multiply, take, weighted, Lanes, LANES};
use crate::quantize::round::triangle::Triangle;
use rayon::prelude::{IndexedParallelIterator, ParallelIterator, ParallelSliceMut};

/// Rows of a matrix below which one thread is quicker.
const ALONE: usize = 192;

/// Steps are in the order of rounding, backwards: the last one first.
pub(in crate::quantize) struct Loss {
    form: Form,
    /// Per step a row of `H`, or what the step sees at every site (times a factor), `[size][width]`.
    columns: Vec<f32>,
    width: usize,
    /// Diagonal of `H`.
    pub diagonal: Vec<f32>,
}

enum Form {
    Dense {
        ahead: Triangle,
    },
    /// Per step what of the diagonal is its own, and what it takes back of errors at the sites, `[size][width]`.
    Thin {
        own: Vec<f32>,
        ahead: Vec<f32>,
    },
}

impl Loss {
    /// From `H` in whole tiles, `[width][width]`; `least` has been added to its diagonal.
    pub fn dense(matrix: Vec<f32>, width: usize, size: usize, least: f32) -> Self {
        let ahead = Triangle::of(&matrix, width, 0.0, least);
        let diagonal = (0..size).map(|k| matrix[k * width + k]).collect();
        Loss { form: Form::Dense { ahead }, columns: matrix, width, diagonal }
    }

    /// From what each step sees at every site, `[size][width]`, and the step's own part of the diagonal.
    pub fn thin(columns: Vec<f32>, width: usize, own: Vec<f32>) -> Self {
        let ahead = projections(&columns, width, &own);
        let seen = |k: usize| &columns[k * width..][..width];
        let diagonal = own.iter().enumerate().map(|(k, own)| own + dot(seen(k), seen(k))).collect();
        Loss { form: Form::Thin { own, ahead }, columns, width, diagonal }
    }

    /// Steps.
    pub fn size(&self) -> usize {
        self.diagonal.len()
    }

    /// A row of `H`, or what the step sees.
    pub fn column(&self, step: usize) -> &[f32] {
        &self.columns[step * self.width..][..self.width]
    }

    /// Sums of the columns, each times the entry of its step, for sixteen vectors.
    pub fn images(&self, vectors: &[Lanes]) -> Vec<Lanes> {
        images(&self.columns, self.width, vectors)
    }

    /// Half the fall of the cost per unit taken from the error in a step, from the errors' image.
    pub fn slope(&self, step: usize, image: &[f32], error: f32) -> f32 {
        match &self.form {
            Form::Dense { .. } => image[step],
            Form::Thin { own, .. } => dot(self.column(step), image) + own[step] * error,
        }
    }

    /// `a^T H b`, from both and their images.
    pub fn inner(&self, (a, image_a): (&[f32], &[f32]), (b, image_b): (&[f32], &[f32])) -> f64 {
        match &self.form {
            Form::Dense { .. } => dot(a, &image_b[..a.len()]).into(),
            Form::Thin { own, .. } => {
                let own: f32 = own.iter().zip(a).zip(b).map(|((own, a), b)| own * a * b).sum();
                f64::from(dot(image_a, image_b)) + f64::from(own)
            }
        }
    }

    /// Rounds sixteen rows `targets`, each weight where the errors of those before it have moved the optimum; `kept(step,
    /// lane)` says which weights may be other than zero.
    pub fn first(&self, targets: &[Lanes], levels: &Levels, kept: impl Fn(usize, usize) -> bool) -> Vec<[i8; LANES]> {
        let size = self.size();
        let (mut rows, mut errors) = (vec![[0; LANES]; size], vec![[0.0; LANES]; size]);
        let mut seen = vec![[0.0; LANES]; self.width];
        for at in (0..size).rev() {
            let moved = match &self.form {
                Form::Dense { ahead } => {
                    let row = ahead.row(at);
                    weighted(&row[1..], &errors[at + 1..]).map(|sum| sum / row[0])
                }
                Form::Thin { ahead, .. } => weighted(&ahead[at * self.width..][..self.width], &seen),
            };
            for lane in 0..LANES {
                if kept(at, lane) {
                    rows[at][lane] = levels.nearest(f64::from(targets[at][lane] + moved[lane]));
                }
                errors[at][lane] = targets[at][lane] - f32::from(rows[at][lane]);
            }
            if let Form::Thin { .. } = self.form {
                take(&mut seen, self.column(at), &errors[at].map(|e| -e));
            }
        }
        rows
    }
}

/// Sums of `columns`, `[steps][width]`, each times the entry of its step, for sixteen vectors: `[width][16]`.
pub(in crate::quantize) fn images(columns: &[f32], width: usize, vectors: &[Lanes]) -> Vec<Lanes> {
    let mut sums = vec![[0.0; LANES]; width];
    for (tile, sums) in sums.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
        multiply(&columns[tile * LANES..], width, vectors, sums);
    }
    sums
}

/// Per step `M x / (own + x^T M x)`: `x` is what it sees, `M` the inverse of one plus `x x^T / own` of all steps before.
fn projections(columns: &[f32], width: usize, own: &[f32]) -> Vec<f32> {
    let mut matrix: Vec<f64> =
        (0..width * width).map(|at| if at / width.max(1) == at % width.max(1) { 1.0 } else { 0.0 }).collect();
    let (mut projected, mut ahead) = (vec![0.0; width], Vec::with_capacity(columns.len()));
    // What the last step took from the matrix, not yet taken.
    let (mut last, mut factor) = (vec![0.0; width], 0.0);
    for (step, own) in own.iter().enumerate() {
        let seen: Vec<f64> = columns[step * width..][..width].iter().map(|&v| v.into()).collect();
        let row = |(at, (row, out)): (usize, (&mut [f64], &mut f64))| {
            let taken = factor * last[at];
            row.iter_mut().zip(&last).for_each(|(v, l)| *v -= taken * l);
            *out = wide_dot(row, &seen);
        };
        if width > ALONE {
            matrix
                .par_chunks_mut(width)
                .zip(projected.par_chunks_mut(1))
                .enumerate()
                .for_each(|(at, (m, p))| row((at, (m, &mut p[0]))));
        } else if width > 0 {
            matrix.chunks_mut(width).zip(&mut projected).enumerate().for_each(row);
        }
        factor = 1.0 / (f64::from(*own) + wide_dot(&projected, &seen));
        ahead.extend(projected.iter().map(|p| (p * factor) as f32));
        last.copy_from_slice(&projected);
    }
    ahead
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: usize = 20;
    const SITES: usize = 16;

    /// The same loss in both forms.
    fn both() -> [Loss; 2] {
        let seen: Vec<f32> = (0..SIZE * SITES).map(|at| ((at * at % 101) as f32 * 0.7).sin()).collect();
        let own: Vec<f32> = (0..SIZE).map(|k| 0.1 + k as f32 * 0.01).collect();
        let width = SIZE.next_multiple_of(LANES);
        let mut matrix = vec![0.0; width * width];
        for (r, c) in (0..SIZE * SIZE).map(|at| (at / SIZE, at % SIZE)) {
            let products = dot(&seen[r * SITES..][..SITES], &seen[c * SITES..][..SITES]);
            matrix[r * width + c] = products + if r == c { own[r] } else { 0.0 };
        }
        (SIZE..width).for_each(|k| matrix[k * width + k] = 0.1);
        [Loss::dense(matrix, width, SIZE, 1e-3), Loss::thin(seen, SITES, own)]
    }

    fn vector(seed: usize) -> Vec<f32> {
        (0..SIZE).map(|k| ((k * seed) as f32 * 1.3).cos() * 3.0).collect()
    }

    fn image(loss: &Loss, vector: &[f32]) -> Vec<f32> {
        let lanes: Vec<Lanes> = vector.iter().map(|&v| [v; LANES]).collect();
        loss.images(&lanes).iter().map(|l| l[2]).collect()
    }

    #[test]
    fn both_forms_say_the_same() {
        let (forms, a, b) = (both(), vector(3), vector(5));
        let said = forms.each_ref().map(|loss| {
            let (ia, ib) = (image(loss, &a), image(loss, &b));
            let mut all = vec![loss.inner((&a, &ia), (&b, &ib))];
            all.extend((0..SIZE).map(|k| f64::from(loss.slope(k, &ia, a[k]))));
            all.extend(loss.diagonal.iter().map(|&d| f64::from(d)));
            all
        });
        assert!(said[0].iter().zip(&said[1]).all(|(a, b)| (a - b).abs() < 1e-3 * (1.0 + a.abs())), "{said:?}");
        let targets: Vec<Lanes> = (0..SIZE).map(|k| std::array::from_fn(|lane| vector(lane + 2)[k])).collect();
        let levels = Levels::new((-3..=3).collect());
        let rows = forms.each_ref().map(|loss| loss.first(&targets, &levels, |k, lane| k != lane));
        assert!(rows[0] == rows[1] && (0..LANES).all(|lane| rows[0][lane][lane] == 0));
    }
}
