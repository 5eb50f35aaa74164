//! What each form of each layer's weights costs: one layer changed at a time, the scores compared.

use super::budget::{Choice, Sensitivity};
use super::choice::WeightFormat;
use super::variant::Variant;
use super::{Progress, QuantizeError};
use systole_net::{LayerKind, Net};

/// Class sums of a network on the calibration images.
type Sums<'a> = dyn Fn(&Net) -> Result<Vec<Vec<i64>>, QuantizeError> + 'a;

/// All choices of all convolutions: the network's own and the variants.
pub(super) fn measure(
    net: &Net,
    variants: &[Variant],
    sums: &Sums,
    progress: &mut dyn FnMut(Progress),
) -> Result<Vec<Sensitivity>, QuantizeError> {
    let wanted = sums(net)?;
    let convs = net.layers.iter().filter_map(|layer| match &layer.kind {
        LayerKind::Conv(conv) => Some((layer.name.clone(), conv.store_size().bytes())),
        LayerKind::Pool(_) => None,
    });
    let own = |bytes| Choice { form: WeightFormat::default(), bytes, error: 0.0 };
    let mut found: Vec<_> = convs.map(|(layer, bytes)| Sensitivity { layer, choices: vec![own(bytes)] }).collect();
    for (done, variant) in variants.iter().enumerate() {
        let name = &net.layers[variant.layer].name;
        progress(Progress { map: name, done, total: variants.len() });
        let error = change(&wanted, &sums(&variant.in_place(net))?);
        let choice = Choice { form: variant.form, bytes: variant.conv.store_size().bytes(), error };
        found.iter_mut().filter(|s| s.layer == *name).for_each(|s| s.choices.push(choice));
    }
    Ok(found)
}

/// Mean square of the difference, relative to the mean square of what is wanted.
fn change(wanted: &[Vec<i64>], found: &[Vec<i64>]) -> f64 {
    let square = |sums: &[Vec<i64>]| sums.iter().flatten().map(|&s| (s as f64).powi(2)).sum::<f64>();
    let pairs = wanted.iter().flatten().zip(found.iter().flatten());
    let difference: f64 = pairs.map(|(w, f)| (w - f) as f64).map(|d| d * d).sum();
    difference / square(wanted).max(f64::MIN_POSITIVE)
}
