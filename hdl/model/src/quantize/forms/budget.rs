//! The form of every layer's weights that loses least within a budget: what each form costs in each layer is measured, then
//! bytes go where they help most.

use crate::quantize::forms::choice::{WeightFormat, WeightFormats};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Forms tried on every layer, beside eight bits.
pub(in crate::quantize) const TRIED: [WeightFormat; 4] = [
    WeightFormat::Codebook { bits: 6 },
    WeightFormat::Codebook { bits: 5 },
    WeightFormat::Codebook { bits: 4 },
    WeightFormat::Codebook { bits: 3 },
];

/// What one form of one layer's weights takes and costs, all other layers at eight bits.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    pub form: WeightFormat,
    pub bytes: usize,
    /// Mean divergence of the class probabilities from those at eight bits, in nats.
    pub error: f64,
}

/// All choices of one layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sensitivity {
    pub layer: String,
    pub choices: Vec<Choice>,
}

/// Forms of all layers on the way from those that take least to those that lose least.
pub(in crate::quantize) struct Climb<'a> {
    layers: &'a [Sensitivity],
    /// The choices of each layer that are worth taking, smallest first.
    hulls: Vec<Vec<Choice>>,
    /// Layers whose next choice was taken, one after another.
    steps: Vec<usize>,
}

impl<'a> Climb<'a> {
    /// At the foot.
    pub fn new(layers: &'a [Sensitivity], choices: impl Fn(&Choice) -> bool) -> Self {
        let of = |layer: &Sensitivity| {
            let wanted: Vec<Choice> = layer.choices.iter().filter(|choice| choices(choice)).copied().collect();
            // Averages have one form, which is theirs whatever is wanted.
            hull(if wanted.is_empty() { &layer.choices } else { &wanted })
        };
        Climb { layers, hulls: layers.iter().map(of).collect(), steps: Vec::new() }
    }

    /// Which of its choices the layer has.
    fn taken(&self, layer: usize) -> usize {
        self.steps.iter().filter(|&&stepped| stepped == layer).count()
    }

    pub fn bytes(&self) -> usize {
        (0..self.hulls.len()).map(|layer| self.hulls[layer][self.taken(layer)].bytes).sum()
    }

    pub fn formats(&self) -> WeightFormats {
        // Averages have no other form to be asked for.
        let several = (0..self.hulls.len()).filter(|&layer| self.layers[layer].choices.len() > 1);
        let chosen = several.map(|layer| (self.layers[layer].layer.clone(), self.hulls[layer][self.taken(layer)].form));
        WeightFormats { layers: chosen.collect(), ..WeightFormats::default() }
    }

    /// The layer whose next choice takes away most error per byte, of those that are not `closed`.
    fn next(&self, closed: &BTreeSet<usize>) -> Option<usize> {
        let gain = |layer: usize| {
            let (hull, at) = (&self.hulls[layer], self.taken(layer));
            let next = hull.get(at + 1)?;
            Some(((hull[at].error - next.error) / (next.bytes - hull[at].bytes) as f64, layer))
        };
        let steps = (0..self.hulls.len()).filter(|layer| !closed.contains(layer)).filter_map(gain);
        steps.reduce(|a, b| if b.0 > a.0 { b } else { a }).map(|(_, layer)| layer)
    }

    /// Goes as far up as `fits` lets it: the way of the most error per byte by halves, then single steps that still fit, until
    /// so many did not. False where not even the foot fits.
    pub fn up(&mut self, misses: usize, fits: &mut dyn FnMut(&Self) -> bool) -> bool {
        if !fits(self) {
            return false;
        }
        while let Some(layer) = self.next(&BTreeSet::new()) {
            self.steps.push(layer);
        }
        let way = self.steps.clone();
        let (mut low, mut high) = (0, way.len() + 1);
        while high - low > 1 {
            let middle = (low + high) / 2;
            self.steps = way[..middle].to_vec();
            match fits(self) {
                true => low = middle,
                false => high = middle,
            }
        }
        self.steps = way[..low].to_vec();
        let mut closed: BTreeSet<usize> = way.get(low).copied().into_iter().collect();
        while let Some(layer) = self.next(&closed).filter(|_| closed.len() <= misses) {
            self.steps.push(layer);
            if !fits(self) {
                self.steps.pop();
                closed.insert(layer);
            }
        }
        true
    }

    /// Takes the last steps back; false where there are none.
    pub fn down(&mut self, steps: usize) -> bool {
        let left = self.steps.len();
        self.steps.truncate(left.saturating_sub(steps));
        left > 0
    }
}

/// The same form for all layers, the most bits that fit; `None` where none does.
pub(in crate::quantize) fn even(fits: &mut dyn FnMut(&WeightFormats) -> bool) -> Option<WeightFormats> {
    TRIED.into_iter().map(|all| WeightFormats { all, ..WeightFormats::default() }).find(|formats| fits(formats))
}

/// Bytes of all layers in one form; of those that have no other, their own.
pub(in crate::quantize) fn even_bytes(layers: &[Sensitivity], form: WeightFormat) -> usize {
    let bytes = |layer: &Sensitivity| {
        let taken = layer.choices.iter().find(|choice| choice.form == form).or(layer.choices.first());
        taken.map_or(0, |choice| choice.bytes)
    };
    layers.iter().map(bytes).sum()
}

/// The choices that no mixture of others beats, smallest first: each step takes away less error per byte than the one before.
fn hull(choices: &[Choice]) -> Vec<Choice> {
    let mut sorted = choices.to_vec();
    sorted.sort_by(|a, b| a.bytes.cmp(&b.bytes).then(a.error.total_cmp(&b.error)));
    let mut hull: Vec<Choice> = Vec::new();
    for next in sorted {
        if hull.last().is_some_and(|last| last.error <= next.error || last.bytes == next.bytes) {
            continue;
        }
        let slope = |a: &Choice, b: &Choice| (a.error - b.error) / (b.bytes - a.bytes) as f64;
        while hull.len() > 1
            && slope(&hull[hull.len() - 2], &hull[hull.len() - 1]) <= slope(&hull[hull.len() - 1], &next)
        {
            hull.pop();
        }
        hull.push(next);
    }
    hull
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(name: &str, choices: &[(u32, usize, f64)]) -> Sensitivity {
        let choice = |&(bits, bytes, error): &_| Choice { form: WeightFormat::Uniform { bits }, bytes, error };
        Sensitivity { layer: name.to_string(), choices: choices.iter().map(choice).collect() }
    }

    fn bits(formats: &WeightFormats) -> Vec<u32> {
        formats.layers.values().map(WeightFormat::bits).collect()
    }

    /// The bits of every layer within a budget, and how often was asked.
    fn within(layers: &[Sensitivity], budget: usize) -> Option<(Vec<u32>, usize)> {
        let (mut climb, mut asked) = (Climb::new(layers, |_| true), 0);
        let mut fits = |climb: &Climb| {
            asked += 1;
            climb.bytes() <= budget
        };
        climb.up(usize::MAX, &mut fits).then(|| (bits(&climb.formats()), asked))
    }

    #[test]
    fn bytes_go_where_they_help_most() {
        let layers = [
            layer("a", &[(8, 80, 0.0), (6, 60, 1.0), (4, 40, 9.0)]),
            layer("b", &[(8, 800, 0.0), (6, 600, 1.0), (4, 400, 9.0)]),
        ];
        let at = |budget| within(&layers, budget).map(|found| found.0);
        assert_eq!([440, 480, 679].map(at), [Some(vec![4, 4]), Some(vec![8, 4]), Some(vec![8, 4])]);
        assert_eq!([680, 10_000, 439].map(at), [Some(vec![8, 6]), Some(vec![8, 8]), None]);
    }

    #[test]
    fn many_layers_take_few_questions() {
        let names: Vec<String> = (0..50).map(|at| at.to_string()).collect();
        let layers: Vec<Sensitivity> =
            names.iter().map(|name| layer(name, &[(6, 60, 0.0), (5, 50, 1.0), (4, 40, 3.0)])).collect();
        assert!(within(&layers, 2515).unwrap().1 < 60);
        let mut climb = Climb::new(&layers, |choice| choice.form.bits() < 6);
        assert!(climb.up(0, &mut |climb| climb.bytes() <= 2255) && climb.bytes() == 2250);
        assert!(climb.down(2) && climb.bytes() == 2230 && climb.down(1000) && climb.bytes() == 2000 && !climb.down(1));
    }

    #[test]
    fn the_even_form_has_the_most_bits_that_fit() {
        let choice = |(&form, bytes): (&WeightFormat, usize)| Choice { form, bytes, error: 0.0 };
        let choices: Vec<Choice> = TRIED.iter().zip([66, 53, 41, 30]).map(choice).collect();
        let layers = ["a", "b"].map(|layer| Sensitivity { layer: layer.into(), choices: choices.clone() });
        let fits = |budget: usize| even(&mut |formats| even_bytes(&layers, formats.all) <= budget);
        let at = |budget| fits(budget).map(|formats| formats.all.bits());
        assert_eq!([200, 132, 131, 82, 60, 59].map(at), [Some(6), Some(6), Some(5), Some(4), Some(3), None]);
    }

    #[test]
    fn a_choice_that_a_mixture_beats_is_not_taken() {
        let layers = [layer("a", &[(8, 80, 0.0), (6, 60, 8.0), (4, 40, 9.0), (5, 50, 20.0)])];
        assert_eq!(within(&layers, 70).unwrap().0, [4]);
    }
}
