//! The network's codebooks: values and the scales of output channels fitted in turns, over all layers that share a book.

use crate::quantize::forms::choice::{WeightFormat, WeightFormats};
use crate::quantize::round::codebook::clusters;
use crate::quantize::round::levels::Levels;
use crate::quantize::QuantizeError;
use rayon::prelude::{IntoParallelRefIterator, IntoParallelRefMutIterator, ParallelIterator};
use std::collections::BTreeMap;
use systole_net::limits::{MAX_CODEBOOKS, MAX_LARGE_CODEBOOKS, MAX_WEIGHT, SMALL_CODEBOOK};
use systole_net::Codebook;

/// Times that scales are fitted to values and values to scales, each time that layers choose among books.
const TURNS: usize = 3;
const ROUNDS: usize = 3;
/// Scales that are tried around a channel's last one, and their ratio.
const TRIED: std::ops::RangeInclusive<i32> = -2..=2;
const RATIO: f64 = 1.04;
/// A channel's first scale: its largest weight is this part of the largest value.
const FIRST: f64 = 1.2;

/// What a codebook has to stand for: one layer's weights.
pub(in crate::quantize) struct Material {
    pub layer: String,
    /// Per output channel, between maps whose gains are taken out.
    pub rows: Vec<Vec<f32>>,
    /// Per group of output channels, and step of the reduction, the variance of what the weights multiply.
    pub importance: Vec<Vec<f32>>,
}

impl Material {
    /// The rows, each with its group's importance.
    fn weighed(&self) -> impl Iterator<Item = (&Vec<f32>, &Vec<f32>)> {
        let each = self.rows.len() / self.importance.len();
        self.rows.iter().enumerate().map(move |(channel, row)| (row, &self.importance[channel / each]))
    }
}

/// The network's codebooks, and which of them each layer takes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::quantize) struct Books {
    pub codebooks: Vec<Codebook>,
    pub of: BTreeMap<String, usize>,
}

impl Books {
    /// The values that a layer's weights of this form may take.
    pub fn values(&self, layer: &str, form: WeightFormat) -> Levels {
        match self.of.get(layer) {
            Some(&number) => Levels::new(self.codebooks[number].values.clone()),
            None => form.levels().unwrap_or_else(Levels::bytes),
        }
    }

    /// Books for the layers of `all` whose form has codes: one for each form, and the rest of what a network may have for the
    /// forms of most weights, whose layers are grouped by what suits them.
    ///
    /// # Errors
    /// [`QuantizeError::Codebooks`] where there are more forms than books.
    pub fn fit(all: &[Material], formats: &WeightFormats) -> Result<Self, QuantizeError> {
        let mut forms: BTreeMap<WeightFormat, Vec<&Material>> = BTreeMap::new();
        for layer in all {
            let form = formats.of(&layer.layer);
            if form.has_codes() {
                forms.entry(form).or_default().push(layer);
            }
        }
        let large = forms.keys().filter(|form| form.values() > SMALL_CODEBOOK).count();
        if forms.len() > MAX_CODEBOOKS || large > MAX_LARGE_CODEBOOKS {
            let forms = forms.keys().map(|form| form.to_string()).collect();
            return Err(QuantizeError::Codebooks { forms });
        }
        Ok(Books::of_forms(&forms, &shares(&forms)))
    }

    /// One book for all layers, as if a network had other books beside it; none where the form has no codes.
    pub fn single(all: &[Material], form: WeightFormat) -> Self {
        let forms = [(form, all.iter().collect())].into_iter().filter(|_| form.has_codes()).collect();
        Books::of_forms(&forms, &[1])
    }

    /// So many books for each form.
    fn of_forms(forms: &BTreeMap<WeightFormat, Vec<&Material>>, counts: &[usize]) -> Self {
        let mut books = Books::default();
        for ((form, layers), &count) in forms.iter().zip(counts) {
            let fitted = match form.levels() {
                Some(levels) => (vec![levels], vec![0; layers.len()]),
                None => grouped(layers, 1 << form.bits(), count),
            };
            let first = books.codebooks.len();
            books.codebooks.extend(fitted.0.iter().map(|levels| Codebook::of(levels.values().iter().copied())));
            let chosen = layers.iter().zip(fitted.1);
            books.of.extend(chosen.map(|(layer, number)| (layer.layer.clone(), first + number)));
        }
        books
    }
}

/// How many books each form gets.
fn shares(forms: &BTreeMap<WeightFormat, Vec<&Material>>) -> Vec<usize> {
    let weights =
        |layers: &[&Material]| layers.iter().map(|l| l.rows.iter().map(Vec::len).sum::<usize>()).sum::<usize>();
    let mut counts = vec![1; forms.len()];
    for _ in forms.len()..MAX_CODEBOOKS {
        let may_have_more = |(at, (form, layers)): (usize, (&WeightFormat, &Vec<&Material>))| {
            let more = form.levels().is_none() && form.values() <= SMALL_CODEBOOK && counts[at] < layers.len();
            more.then(|| (weights(layers) / counts[at], at))
        };
        let neediest = forms.iter().enumerate().filter_map(may_have_more);
        let Some((_, at)) = neediest.reduce(|best, next| if next.0 > best.0 { next } else { best }) else { break };
        counts[at] += 1;
    }
    counts
}

/// `count` books of `entries` values and the one that each layer takes.
fn grouped(layers: &[&Material], entries: usize, count: usize) -> (Vec<Levels>, Vec<usize>) {
    let mut fits: Vec<Fit> = layers.par_iter().map(|layer| Fit::new(layer)).collect();
    let mut all: Vec<&mut Fit> = fits.iter_mut().collect();
    let first = clusters(all.iter().flat_map(|fit| fit.scaled()), entries);
    let common = (0..ROUNDS).fold(first, |levels, _| fit(&mut all, entries, levels));
    if count == 1 {
        return (vec![common], vec![0; layers.len()]);
    }
    let mut taken = by_tails(&fits, count);
    let mut books = vec![common.clone(); count];
    for _ in 0..ROUNDS {
        for (number, book) in books.iter_mut().enumerate() {
            let mut group: Vec<&mut Fit> =
                fits.iter_mut().zip(&taken).filter(|(_, &taken)| taken == number).map(|(fit, _)| fit).collect();
            if !group.is_empty() {
                *book = fit(&mut group, entries, book.clone());
            }
        }
        let best = |fit: &Fit| {
            let costs = books.iter().enumerate().map(|(number, book)| (fit.cost(book), number));
            costs.fold((f64::INFINITY, 0), |best, next| if next.0 < best.0 { next } else { best }).1
        };
        let next: Vec<usize> = fits.par_iter().map(best).collect();
        if next == taken {
            break;
        }
        taken = next;
    }
    // What no layer takes is no book of the network.
    let used: Vec<usize> = (0..count).filter(|number| taken.contains(number)).collect();
    let place = |number: &usize| used.iter().position(|used| used == number).unwrap_or(0);
    let books = used.iter().map(|&number| books[number].clone()).collect();
    (books, taken.iter().map(place).collect())
}

/// Groups of layers alike in how far their largest values lie out.
fn by_tails(fits: &[Fit], count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..fits.len()).collect();
    let tails: Vec<f64> = fits.iter().map(Fit::tail).collect();
    order.sort_by(|&a, &b| tails[a].total_cmp(&tails[b]));
    let mut groups = vec![0; fits.len()];
    order.iter().enumerate().for_each(|(place, &layer)| groups[layer] = place * count / fits.len());
    groups
}

/// Fits the scales of all channels of `group` and the values of its book in turns.
fn fit(group: &mut [&mut Fit], entries: usize, mut levels: Levels) -> Levels {
    for _ in 0..TURNS {
        group.par_iter_mut().for_each(|fit| fit.rescale(&levels));
        levels = clusters(group.iter().flat_map(|fit| fit.scaled()), entries);
    }
    group.iter_mut().for_each(|fit| fit.rescale(&levels));
    levels
}

/// A layer's weights on their way to a book.
struct Fit<'a> {
    layer: &'a Material,
    /// Per output channel the real value of one count.
    scales: Vec<f64>,
    /// Makes the cost of all weights left out 1, so that each layer counts alike.
    share: f64,
}

impl<'a> Fit<'a> {
    fn new(layer: &'a Material) -> Self {
        let largest = |row: &Vec<f32>| row.iter().fold(0f32, |most, w| most.max(w.abs()));
        let scales = layer.rows.iter().map(|row| f64::from(largest(row)) * FIRST / f64::from(MAX_WEIGHT));
        let square = |(row, importance): (&Vec<f32>, &Vec<f32>)| {
            row.iter().zip(importance).map(|(w, i)| f64::from(w * w * i)).sum::<f64>()
        };
        let energy = layer.weighed().map(square).sum::<f64>();
        Fit { layer, scales: scales.collect(), share: if energy > 0.0 { 1.0 / energy } else { 0.0 } }
    }

    /// Weights in counts, each with its importance; those that are zero stay so and count for nothing.
    fn scaled(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        let rows = self.layer.weighed().zip(&self.scales).filter(|(_, &scale)| scale > 0.0);
        rows.flat_map(move |((row, importance), &scale)| {
            let weights = row.iter().zip(importance).filter(|(w, _)| **w != 0.0);
            let share = self.share * scale * scale;
            weights.map(move |(w, importance)| (f64::from(*w) / scale, f64::from(*importance) * share))
        })
    }

    /// Takes for every channel the scale near its last one with the least error.
    fn rescale(&mut self, levels: &Levels) {
        let layer = self.layer;
        let scales = layer.weighed().zip(&self.scales);
        let scales = scales.map(|((row, importance), scale)| best_scale(row, importance, levels, *scale).0);
        self.scales = scales.collect();
    }

    /// What the layer loses with a book, its scales fitted.
    fn cost(&self, levels: &Levels) -> f64 {
        let scales = self.layer.weighed().zip(&self.scales);
        self.share * scales.map(|((row, importance), scale)| best_scale(row, importance, levels, *scale).1).sum::<f64>()
    }

    /// Mean of the squares over the square of the largest, in counts.
    fn tail(&self) -> f64 {
        let (squares, sum) =
            self.scaled().fold((0.0, 0.0), |(s, i), (w, importance)| (s + importance * w * w, i + importance));
        squares / f64::max(sum, f64::MIN_POSITIVE)
    }
}

/// The scale near `last` with the least error of weights rounded to the nearest, and that error.
fn best_scale(row: &[f32], importance: &[f32], levels: &Levels, last: f64) -> (f64, f64) {
    if last == 0.0 {
        return (0.0, 0.0);
    }
    let cost = |scale: f64| {
        let error = |(&w, &importance): (&f32, &f32)| match w == 0.0 {
            true => 0.0,
            false => {
                let rounded = f64::from(levels.nearest(f64::from(w) / scale)) * scale;
                (rounded - f64::from(w)).powi(2) * f64::from(importance)
            }
        };
        row.iter().zip(importance).map(error).sum::<f64>()
    };
    let tried = TRIED.map(|step| last * RATIO.powi(step)).map(|scale| (scale, cost(scale)));
    tried.fold((last, f64::INFINITY), |best, next| if next.1 < best.1 { next } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Channels whose weights are these values times a scale of each channel's own.
    fn material(layer: &str, values: &[f32]) -> Material {
        let row = |channel: usize| {
            let scale = 0.01 + 0.003 * channel as f32;
            (0..64).map(|step| values[(step * 5 + channel) % values.len()] * scale).collect()
        };
        Material { layer: layer.into(), rows: (0..6).map(row).collect(), importance: vec![vec![1.0; 64]] }
    }

    fn formats(text: &str) -> WeightFormats {
        WeightFormats { all: text.parse().unwrap(), ..WeightFormats::default() }
    }

    /// What is lost of a layer's weights with its book, relative to all of them.
    fn lost(books: &Books, layer: &Material) -> f64 {
        let mut fit = Fit::new(layer);
        let levels = books.values(&layer.layer, WeightFormat::default());
        (0..10).for_each(|_| fit.rescale(&levels));
        fit.cost(&levels)
    }

    #[test]
    fn values_that_all_channels_have_are_found_whatever_their_scales() {
        let layer = material("a", &[-90.0, -41.0, -13.0, 0.0, 11.0, 29.0, 60.0, 100.0]);
        let books = Books::fit(std::slice::from_ref(&layer), &formats("codebook:3")).unwrap();
        assert_eq!((books.codebooks.len(), books.codebooks[0].values.len()), (1, 8));
        assert!(lost(&books, &layer) < 1e-3, "{}", lost(&books, &layer));
    }

    #[test]
    fn layers_are_grouped_by_the_book_that_suits_them() {
        let [even, tailed] = [[-100.0, -70.0, -40.0, 35.0, 65.0, 95.0, 0.0], [-100.0, -6.0, -2.0, 3.0, 8.0, 13.0, 0.0]];
        let layers: Vec<Material> =
            (0..8).map(|at| material(&at.to_string(), if at % 2 == 0 { &even } else { &tailed })).collect();
        let books = Books::fit(&layers, &formats("codebook:3")).unwrap();
        assert!((2..=MAX_CODEBOOKS).contains(&books.codebooks.len()));
        for layer in &layers {
            assert!(lost(&books, layer) < 2e-3, "{}: {}", layer.layer, lost(&books, layer));
        }
        assert_ne!(books.of["0"], books.of["1"]);
        let large = Books::fit(&layers, &formats("codebook:6")).unwrap();
        assert_eq!(large.codebooks.len(), 1, "one book for all where it is large");
        assert_eq!(Books::fit(&layers, &formats("8")).unwrap(), Books::default());
    }

    #[test]
    fn every_form_has_a_book_and_too_many_are_refused() {
        let layers: Vec<Material> = (0..5).map(|at| material(&at.to_string(), &[1.0, 2.0, -3.0])).collect();
        let mut mixed = formats("codebook:6");
        let forms = ["codebook:5", "codebook:4", "codebook:3"];
        mixed.layers = (0..3).map(|at| (at.to_string(), forms[at].parse().unwrap())).collect();
        let books = Books::fit(&layers, &mixed).unwrap();
        assert_eq!(books.codebooks.len(), 4);
        assert_eq!(books.of["3"], books.of["4"]);
        mixed.layers.insert("3".into(), "4".parse().unwrap());
        let error = Books::fit(&layers, &mixed).unwrap_err().to_string();
        assert!(error.contains("5 forms") && error.contains("codebook:3") && error.contains("4 codebooks"), "{error}");
        mixed.layers = [("0".to_string(), "6".parse().unwrap())].into();
        assert!(Books::fit(&layers, &mixed).is_err(), "two of 64 values");
    }
}
