//! The form of every layer's weights that loses least within a budget: what each form costs in each layer is measured, then
//! bytes go where they help most.

use crate::quantize::forms::choice::{WeightFormat, WeightFormats};
use crate::quantize::QuantizeError;
use serde::{Deserialize, Serialize};

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

/// One choice per layer, at most `budget` bytes together. Layers begin with what takes least, then the step that takes away
/// most error per byte comes first (on the convex hull of each layer's choices), as long as it fits.
///
/// # Errors
/// [`QuantizeError::Budget`] when not even the smallest forms fit.
pub(in crate::quantize) fn allot(layers: &[Sensitivity], budget: usize) -> Result<WeightFormats, QuantizeError> {
    let hulls: Vec<Vec<Choice>> = layers.iter().map(|layer| hull(&layer.choices)).collect();
    let mut taken = vec![0; hulls.len()];
    let mut bytes: usize = hulls.iter().map(|hull| hull[0].bytes).sum();
    if bytes > budget {
        return Err(QuantizeError::Budget { wanted: budget, least: bytes });
    }
    let gain = |hull: &[Choice], at: usize| {
        (hull[at].error - hull[at + 1].error) / (hull[at + 1].bytes - hull[at].bytes) as f64
    };
    loop {
        let fits = |l: &usize| {
            let (hull, at) = (&hulls[*l], taken[*l]);
            at + 1 < hull.len() && bytes + hull[at + 1].bytes - hull[at].bytes <= budget
        };
        let steps = (0..hulls.len()).filter(fits).map(|l| (gain(&hulls[l], taken[l]), l));
        let Some((_, best)) = steps.reduce(|a, b| if b.0 > a.0 { b } else { a }) else { break };
        bytes += hulls[best][taken[best] + 1].bytes - hulls[best][taken[best]].bytes;
        taken[best] += 1;
    }
    // Averages have no other form to be asked for.
    let chosen = layers.iter().zip(&hulls).zip(&taken).filter(|((layer, _), _)| layer.choices.len() > 1);
    let chosen = chosen.map(|((layer, hull), &at)| (layer.layer.clone(), hull[at].form));
    Ok(WeightFormats { layers: chosen.collect(), ..WeightFormats::default() })
}

/// The same form for all layers, the most bits that fit; `None` where none does.
pub(in crate::quantize) fn even(layers: &[Sensitivity], budget: usize) -> Option<WeightFormats> {
    let fits = |form: &&WeightFormat| {
        let bytes = |layer: &Sensitivity| {
            let taken = layer.choices.iter().find(|choice| choice.form == **form).or(layer.choices.first());
            taken.map_or(0, |choice| choice.bytes)
        };
        layers.iter().map(bytes).sum::<usize>() <= budget
    };
    TRIED.iter().find(fits).map(|&all| WeightFormats { all, ..WeightFormats::default() })
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

    #[test]
    fn bytes_go_where_they_help_most() {
        let layers = [
            layer("a", &[(8, 80, 0.0), (6, 60, 1.0), (4, 40, 9.0)]),
            layer("b", &[(8, 800, 0.0), (6, 600, 1.0), (4, 400, 9.0)]),
        ];
        let at = |budget| allot(&layers, budget).map(|formats| bits(&formats)).unwrap();
        assert_eq!(at(440), [4, 4]);
        assert_eq!(at(480), [8, 4]);
        assert_eq!(at(679), [8, 4]);
        assert_eq!(at(680), [8, 6]);
        assert_eq!(at(10_000), [8, 8]);
        assert!(matches!(allot(&layers, 439), Err(QuantizeError::Budget { wanted: 439, least: 440 })));
    }

    #[test]
    fn the_even_form_has_the_most_bits_that_fit() {
        let choice = |(&form, bytes): (&WeightFormat, usize)| Choice { form, bytes, error: 0.0 };
        let choices: Vec<Choice> = TRIED.iter().zip([66, 53, 41, 30]).map(choice).collect();
        let layers = ["a", "b"].map(|layer| Sensitivity { layer: layer.into(), choices: choices.clone() });
        let at = |budget| even(&layers, budget).map(|formats| formats.all.bits());
        assert_eq!([200, 132, 131, 82, 60, 59].map(at), [Some(6), Some(6), Some(5), Some(4), Some(3), None]);
    }

    #[test]
    fn a_choice_that_a_mixture_beats_is_not_taken() {
        let layers = [layer("a", &[(8, 80, 0.0), (6, 60, 8.0), (4, 40, 9.0), (5, 50, 20.0)])];
        assert_eq!(bits(&allot(&layers, 70).unwrap()), [4]);
    }
}
