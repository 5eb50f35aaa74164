//! The inputs of one layer, in floating point and as the integers that the layers before made of them: what rounding a weight
//! costs, and the weights that make the best of these integers.

use crate::quantize::fit::samples::{Panel, Sampler, Site};
use crate::quantize::round::cholesky::{Cholesky, Square};
use crate::quantize::round::loss::{images, Loss};
use crate::quantize::round::tile::{dot, multiply, side_by_side, weighted, Lanes, Tile, LANES};
use crate::quantize::round::triangle::Triangle;
use rayon::prelude::{
    IndexedParallelIterator, IntoParallelRefMutIterator, ParallelIterator, ParallelSlice, ParallelSliceMut,
};

/// Most steps of the reduction for which a matrix of all pairs is kept, and most sites where it is not.
const MOST_STEPS: usize = 8192;
const MOST_SITES: usize = 1024;
/// How strongly fitted weights are held to the given ones: variance added to every input, relative to the mean variance.
const HOLD: f32 = 0.3;
/// Added to the diagonal of `H`, relative to its mean: steps that saw nothing may still see something.
const DAMPING: f32 = 1e-3;
/// Sites that are gathered together, and how many times so many at once.
const BLOCK: usize = 8 * LANES;
const BLOCKS: usize = 8;

/// What one output channel's weights are in floating point.
#[derive(Clone)]
pub(in crate::quantize) struct Given {
    /// Applied to the floats, and to the integers, in the order of the weights. In units of the integers times the result's.
    pub float: Vec<f32>,
    pub integer: Vec<f32>,
}

/// How a layer's inputs are looked at.
pub(in crate::quantize) struct Look<'a> {
    pub sampler: &'a Sampler<'a>,
    /// Images looked at.
    pub images: &'a [usize],
    /// Factor of what inputs have in common, 0..=1: at 0 weights are rounded to the nearest.
    pub trust: f32,
}

impl Look<'_> {
    /// What errors cost, and per output channel the weights that, near `integer`, make of the integers what `float` makes of
    /// the floats; in the order of rounding.
    pub fn fit(&self, given: &[Given]) -> (Loss, Vec<Vec<f32>>) {
        let size = self.sampler.size();
        let sites = self.sampler.spread(self.images, self.sampler.most);
        if self.trust == 0.0 {
            return self.plain(&sites, given);
        }
        let few = sites.len() <= MOST_SITES && 2 * sites.len() <= size;
        match few || size > MOST_STEPS {
            true => self.thin(&self.sampler.spread(self.images, sites.len().min(MOST_SITES)), given),
            false => self.dense(&sites, given),
        }
    }

    /// As if no two inputs had anything in common.
    fn plain(&self, sites: &[Site], given: &[Given]) -> (Loss, Vec<Vec<f32>>) {
        let mut own = vec![0.0; self.sampler.size()];
        let share = 1.0 / sites.len() as f32;
        self.sampler.counts(sites, |_, place, value| own[place] += share * value * value);
        let floor = floor(mean(&own));
        own.iter_mut().for_each(|v| *v += floor);
        let targets = given.iter().map(|given| self.sampler.placed(given.integer.iter().copied()));
        (Loss::thin(Vec::new(), 0, own), targets.collect())
    }

    fn thin(&self, sites: &[Site], given: &[Given]) -> (Loss, Vec<Vec<f32>>) {
        let (size, width) = (self.sampler.size(), sites.len().next_multiple_of(LANES));
        let factor = (self.trust / sites.len() as f32).sqrt();
        let (mut real, mut seen) = (vec![0.0; size * width], vec![0.0; size * width]);
        self.sampler.real(sites, |site, place, value| real[place * width + site] = factor * value);
        self.sampler.counts(sites, |site, place, value| seen[place * width + site] = factor * value);
        let shared: Vec<f32> = seen.chunks_exact(width).map(|column| dot(column, column) / self.trust).collect();
        let level = mean(&shared);
        let held = gram(&seen, width, hold(level));
        let group = |given: &[Given]| {
            let (float, integer) = self.lanes(given);
            let mut missing = images(&real, width, &float);
            let there = images(&seen, width, &integer);
            missing.iter_mut().zip(there).for_each(|(m, t)| m.iter_mut().zip(t).for_each(|(m, t)| *m -= t));
            solve(&held, &mut missing);
            let changed = seen.chunks_exact(width).zip(&integer).map(|(column, real)| {
                let change = weighted(column, &missing);
                std::array::from_fn(|lane| real[lane] + change[lane])
            });
            apart(&changed.collect::<Vec<Lanes>>(), given.len())
        };
        let targets: Vec<Vec<Vec<f32>>> = given.par_chunks(LANES).map(group).collect();
        drop(real);
        let own = shared.iter().map(|shared| (1.0 - self.trust) * shared + floor(level)).collect();
        (Loss::thin(seen, width, own), targets.into_iter().flatten().collect())
    }

    fn dense(&self, sites: &[Site], given: &[Given]) -> (Loss, Vec<Vec<f32>>) {
        let (size, width) = (self.sampler.size(), self.sampler.size().next_multiple_of(LANES));
        let (mut matrix, sides) = self.products(sites, given);
        let shared: Vec<f32> = (0..size).map(|k| matrix[k * width + k]).collect();
        let level = mean(&shared);
        if self.trust < 1.0 {
            let row = |(k, row): (usize, &mut [f32])| {
                row.iter_mut().enumerate().filter(|(other, _)| *other != k).for_each(|(_, v)| *v *= self.trust);
            };
            matrix.par_chunks_exact_mut(width).enumerate().for_each(row);
        }
        let held = Triangle::of(&matrix, width, hold(level), hold(level));
        let group = |(at, given): (usize, &[Given])| {
            let integer = self.lanes(given).1;
            let there = images(&matrix, width, &integer);
            let wanted = |step: usize| &sides[step / LANES][at][step % LANES];
            let missing = |step: usize| {
                let own = (1.0 - self.trust) * shared[step];
                let there = |lane: usize| there[step][lane] - own * integer[step][lane];
                std::array::from_fn(|lane| self.trust * wanted(step)[lane] - there(lane))
            };
            let mut missing: Vec<Lanes> = (0..size).map(missing).collect();
            held.solve(&mut missing);
            missing.iter_mut().zip(&integer).for_each(|(m, real)| m.iter_mut().zip(real).for_each(|(m, r)| *m += r));
            apart(&missing, given.len())
        };
        let targets: Vec<Vec<Vec<f32>>> = given.par_chunks(LANES).enumerate().map(group).collect();
        drop(held);
        (0..width).for_each(|k| matrix[k * width + k] += floor(level));
        (Loss::dense(matrix, width, size, floor(level)), targets.into_iter().flatten().collect())
    }

    /// Covariance of the integers in whole tiles, and that of the integers with the results in floating point: by steps in
    /// sixteens, output channels in sixteens, then step and channel.
    fn products(&self, sites: &[Site], given: &[Given]) -> (Vec<f32>, Vec<Vec<Tile>>) {
        let width = self.sampler.size().next_multiple_of(LANES);
        let weights: Vec<Vec<Lanes>> = given.chunks(LANES).map(|group| self.lanes(group).0).collect();
        let mut matrix = vec![0.0; width * width];
        let mut sides = vec![vec![[[0.0; LANES]; LANES]; weights.len()]; width / LANES];
        for blocks in sites.chunks(BLOCK * BLOCKS) {
            let panels = |sites: &[Site]| (Panel::of(self.sampler, sites), self.results(sites, &weights));
            let panels: Vec<(Panel, Panel)> = blocks.par_chunks(BLOCK).map(panels).collect();
            let strips = matrix.par_chunks_exact_mut(LANES * width).zip(&mut sides).enumerate();
            strips.for_each(|(strip, (rows, sides))| add_products(&panels, strip, rows, sides));
        }
        let share = 1.0 / sites.len() as f32;
        matrix.par_iter_mut().for_each(|v| *v *= share);
        sides.iter_mut().flatten().flatten().flatten().for_each(|v| *v *= share);
        mirror(&mut matrix, width);
        (matrix, sides)
    }

    /// What floating point makes at `sites`, less its mean.
    fn results(&self, sites: &[Site], weights: &[Vec<Lanes>]) -> Panel {
        let (size, width) = (self.sampler.size(), sites.len().next_multiple_of(LANES));
        let mut seen = vec![0.0; size * width];
        self.sampler.real(sites, |site, place, value| seen[place * width + site] = value);
        let mut results = Panel::zeros(weights.len() * LANES, sites.len());
        for (group, weights) in weights.iter().enumerate() {
            let sums = images(&seen, width, weights);
            results.tile_mut(group).copy_from_slice(&sums[..sites.len()]);
        }
        results
    }

    /// Weights of at most sixteen channels, side by side in the order of rounding: for floats and for integers.
    fn lanes(&self, given: &[Given]) -> (Vec<Lanes>, Vec<Lanes>) {
        let side = |of: fn(&Given) -> &Vec<f32>| {
            let placed: Vec<Vec<f32>> = given.iter().map(|g| self.sampler.placed(of(g).iter().copied())).collect();
            side_by_side(placed.iter().map(Vec::as_slice), self.sampler.size())
        };
        (side(|given| &given.float), side(|given| &given.integer))
    }
}

fn add_products(panels: &[(Panel, Panel)], strip: usize, rows: &mut [f32], sides: &mut [Tile]) {
    let width = rows.len() / LANES;
    for tile in strip..width / LANES {
        let mut sums = [[0.0; LANES]; LANES];
        for (seen, _) in panels {
            multiply(seen.tile(strip).as_flattened(), LANES, seen.tile(tile), &mut sums);
        }
        for (row, sums) in rows.chunks_exact_mut(width).zip(sums) {
            row[tile * LANES..][..LANES].iter_mut().zip(sums).for_each(|(v, s)| *v += s);
        }
    }
    for (group, side) in sides.iter_mut().enumerate() {
        for (seen, results) in panels {
            multiply(seen.tile(strip).as_flattened(), LANES, results.tile(group), side);
        }
    }
}

/// Copies what is above the diagonal below it.
fn mirror(matrix: &mut [f32], width: usize) {
    for (top, left) in
        (0..width).step_by(LANES).flat_map(|top| (top..width).step_by(LANES).map(move |left| (top, left)))
    {
        for row in top..top + LANES {
            for column in left.max(row)..left + LANES {
                matrix[column * width + row] = matrix[row * width + column];
            }
        }
    }
}

/// Vectors that lie side by side.
fn apart(lanes: &[Lanes], count: usize) -> Vec<Vec<f32>> {
    (0..count).map(|lane| lanes.iter().map(|l| l[lane]).collect()).collect()
}

/// `X X^T` and `load` on its diagonal, of columns `[steps][width]`.
fn gram(columns: &[f32], width: usize, load: f32) -> Cholesky {
    let mut data = vec![0.0; width * width];
    for blocks in columns.chunks(BLOCK * width) {
        let strip = |(strip, rows): (usize, &mut [f64])| {
            for tile in 0..width / LANES {
                let right: Vec<Lanes> = blocks
                    .chunks_exact(width)
                    .map(|column| std::array::from_fn(|l| column[tile * LANES + l]))
                    .collect();
                let mut sums = [[0.0; LANES]; LANES];
                multiply(&blocks[strip * LANES..], width, &right, &mut sums);
                for (row, sums) in rows.chunks_exact_mut(width).zip(sums) {
                    row[tile * LANES..][..LANES].iter_mut().zip(sums).for_each(|(v, s)| *v += f64::from(s));
                }
            }
        };
        data.par_chunks_exact_mut(LANES * width).enumerate().for_each(strip);
    }
    (0..width).for_each(|k| data[k * width + k] += f64::from(load));
    Cholesky::of(&Square { size: width, data }).expect("loaded")
}

fn solve(held: &Cholesky, sides: &mut [Lanes]) {
    for lane in 0..LANES {
        let mut side: Vec<f64> = sides.iter().map(|s| s[lane].into()).collect();
        held.solve(&mut side);
        sides.iter_mut().zip(side).for_each(|(s, v)| s[lane] = v as f32);
    }
}

fn mean(values: &[f32]) -> f32 {
    values.iter().sum::<f32>() / values.len().max(1) as f32
}

fn hold(level: f32) -> f32 {
    (level * HOLD).max(f32::MIN_POSITIVE.sqrt())
}

fn floor(level: f32) -> f32 {
    (level * DAMPING).max(f32::MIN_POSITIVE.sqrt())
}
