//! How far what a layer saw on some images may be trusted when its weights are rounded: tried on images left out of them.

use crate::quantize::fit::inputs::{Given, Look};
use crate::quantize::fit::samples::{Sampler, Site};
use crate::quantize::round::levels::Levels;
use crate::quantize::round::rows::Rows;
use crate::quantize::round::tile::{side_by_side, Lanes, LANES};
use crate::quantize::round::weights::{Row, Scales};

/// What is tried, the most first; at none of it, weights are rounded to the nearest.
const TRIED: [f32; 5] = [1.0, 0.5, 0.2, 0.05, 0.0];
/// Sites that each try is judged on.
const SITES: usize = 512;
/// So many images, and so many sites for each weight of an output, say enough.
const MANY_IMAGES: usize = 8;
const MANY_SITES: usize = 2;
/// So few say nothing: less their common mean, half of them foretells the other half, however wrong.
const LEAST_SITES: usize = 8;
/// Weights of an output above which the halves of the images do not change places, and less is tried.
const STEEP: usize = 2048;

/// What a group's outputs see, and what they make of it in floating point.
pub(in crate::quantize) struct Seen<'a> {
    pub sampler: Sampler<'a>,
    /// Per output channel.
    pub given: Vec<Given>,
}

/// Groups of a layer that are tried, evenly spread.
const GROUPS: usize = 8;

/// The factor of what inputs have in common, 0..=1, with which what is given of the groups loses least on images that were
/// left out. Of one image nothing can be left out: it is taken as it is.
pub(in crate::quantize) fn choose(groups: &[Seen], images: &[usize], scales: Scales) -> f32 {
    let Some(Seen { sampler, .. }) = groups.first() else { return 0.0 };
    let (sites, size) = (sampler.spread(images, sampler.most).len(), sampler.size());
    if sites < LEAST_SITES {
        return 0.0;
    }
    if images.len() < 2 || (images.len() >= MANY_IMAGES && sites >= MANY_SITES * size) {
        return 1.0;
    }
    let tried: Vec<(&Sampler, Vec<Given>)> = spread(groups, GROUPS)
        .map(|Seen { sampler, given }| (sampler, spread(given, LANES).cloned().collect()))
        .collect();
    let half = |odd: usize| images.iter().copied().skip(odd).step_by(2).collect::<Vec<usize>>();
    let halves = [half(0), half(1)];
    let (folds, step) = if size > STEEP { (1, 2) } else { (2, 1) };
    let lost = |trust: f32| {
        let of = |fold: usize| {
            let of = |(sampler, tried): &(&Sampler, Vec<Given>)| {
                let rows = rows(sampler, &halves[fold], tried, trust, scales);
                let sites = |fold: usize| sampler.spread(&halves[fold], SITES);
                error(sampler, [&sites(fold), &sites(1 - fold)], tried, &rows)
            };
            tried.iter().map(of).sum::<f64>()
        };
        (0..folds).map(of).sum::<f64>()
    };
    let all = TRIED.iter().step_by(step).map(|&trust| (lost(trust), trust));
    // As good as more of it is less of it.
    all.reduce(|best, next| if next.0 <= best.0 { next } else { best }).map_or(0.0, |best| best.1)
}

/// At most so many, evenly spread.
fn spread<T>(all: &[T], most: usize) -> impl Iterator<Item = &T> {
    let count = all.len().min(most);
    (0..count).map(move |at| &all[(2 * at + 1) * all.len() / (2 * count)])
}

fn rows(sampler: &Sampler, images: &[usize], given: &[Given], trust: f32, scales: Scales) -> Vec<Row> {
    let (loss, targets) = Look { sampler, images, trust }.fit(given);
    let kept = given.iter().map(|given| sampler.placed(given.integer.iter().map(|&w| w != 0.0))).collect();
    let biases = vec![0.0; given.len()];
    Rows { loss, scales, targets, kept, biases }.quantise(&Levels::bytes())
}

/// Squared error at the second sites when the mean error at the first is taken away.
fn error(sampler: &Sampler, sites: [&[Site]; 2], given: &[Given], rows: &[Row]) -> f64 {
    let size = sampler.size();
    let float: Vec<Vec<f32>> = given.iter().map(|g| sampler.placed(g.float.iter().copied())).collect();
    let integer = |row: &Row| row.weights.iter().map(|&q| (f64::from(q) * row.scale) as f32).collect::<Vec<f32>>();
    let integer: Vec<Vec<f32>> = rows.iter().map(integer).collect();
    let [float, integer] = [float, integer].map(|rows| side_by_side(rows.iter().map(Vec::as_slice), size));
    let errors = |sites: &[Site]| {
        let mut errors = vec![[0f64; LANES]; sites.len()];
        let mut add = |weights: &[Lanes], sign: f64, site: usize, place: usize, value: f32| {
            let sums = errors[site].iter_mut().zip(&weights[place]);
            sums.for_each(|(sum, weight)| *sum += sign * f64::from(weight * value));
        };
        sampler.real(sites, |site, place, value| add(&float, 1.0, site, place, value));
        sampler.counts(sites, |site, place, value| add(&integer, -1.0, site, place, value));
        errors
    };
    let [seen, left_out] = sites.map(errors);
    let mean = |lane: usize| seen.iter().map(|e| e[lane]).sum::<f64>() / seen.len() as f64;
    let of = |lane: usize| {
        let mean = mean(lane);
        left_out.iter().map(|e| (e[lane] - mean).powi(2)).sum::<f64>() / left_out.len() as f64
    };
    (0..given.len()).map(of).sum()
}
