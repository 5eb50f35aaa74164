//! What each form of each layer's weights costs: one layer changed at a time, the scores compared.

use crate::quantize::forms::budget::{Choice, Sensitivity};
use crate::quantize::forms::choice::WeightFormat;
use crate::quantize::forms::variant::Variant;
use crate::quantize::Progress;
use crate::quantize::QuantizeError;
use systole_net::{store_bytes, LayerKind, Net};

/// Class sums of a network on the calibration images.
pub(in crate::quantize) type Sums<'a> = dyn Fn(&Net) -> Result<Vec<Vec<i64>>, QuantizeError> + 'a;

/// What every choice costs, and the class sums that all were compared with.
pub(in crate::quantize) struct Measured {
    pub layers: Vec<Sensitivity>,
    pub wanted: Vec<Vec<i64>>,
}

/// All choices of all convolutions: the network's own and the variants.
pub(in crate::quantize) fn measure(
    net: &Net,
    variants: &[Variant],
    sums: &Sums,
    progress: &mut dyn FnMut(Progress),
) -> Result<Measured, QuantizeError> {
    let wanted = sums(net)?;
    let convs = net.layers.iter().filter_map(|layer| match &layer.kind {
        LayerKind::Conv(conv) => Some((layer.name.clone(), conv.weights.len())),
        LayerKind::Pool(_) => None,
    });
    let own = |bytes| Choice { form: WeightFormat::default(), bytes, error: 0.0 };
    let mut found: Vec<_> = convs.map(|(layer, bytes)| Sensitivity { layer, choices: vec![own(bytes)] }).collect();
    for (done, variant) in variants.iter().enumerate() {
        let name = &net.layers[variant.layer].name;
        progress(Progress { map: name, done, total: variants.len() });
        let error = divergence(net, &wanted, &sums(&variant.in_place(net))?)?;
        let choice =
            Choice { form: variant.form, bytes: store_bytes(&variant.conv.weights, variant.form.bits()), error };
        found.iter_mut().filter(|s| s.layer == *name).for_each(|s| s.choices.push(choice));
    }
    Ok(Measured { layers: found, wanted })
}

/// Mean over the images of how far the class probabilities are from what is wanted, in nats (Kullback and Leibler).
pub(in crate::quantize) fn divergence(
    net: &Net,
    wanted: &[Vec<i64>],
    found: &[Vec<i64>],
) -> Result<f64, QuantizeError> {
    let logarithms = |sums: &Vec<i64>| net.scores(sums).map(|s| log_probabilities(&s)).map_err(QuantizeError::Engine);
    let mut total = 0.0;
    for (wanted, found) in wanted.iter().zip(found) {
        let (p, q) = (logarithms(wanted)?, logarithms(found)?);
        total += p.iter().zip(&q).map(|(p, q)| p.exp() * (p - q)).sum::<f64>();
    }
    Ok(total / wanted.len().max(1) as f64)
}

fn log_probabilities(scores: &[f64]) -> Vec<f64> {
    let most = scores.iter().fold(f64::MIN, |most, &s| most.max(s));
    let total = scores.iter().map(|s| (s - most).exp()).sum::<f64>().ln() + most;
    scores.iter().map(|s| s - total).collect()
}

#[cfg(test)]
mod tests {
    use super::log_probabilities;

    #[test]
    fn probabilities_add_up_and_do_not_overflow() {
        let logarithms = log_probabilities(&[1000.0, 1000.0, 999.0]);
        assert!((logarithms.iter().map(|l| l.exp()).sum::<f64>() - 1.0).abs() < 1e-12);
        assert!((logarithms[0] - logarithms[2] - 1.0).abs() < 1e-9);
    }
}
