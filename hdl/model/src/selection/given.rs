//! What a file says of weights, for some of their rows or for the channels of another map.

use crate::given::{Codebook, Given, IntegerWeights};
use crate::selections::Order;

/// Rows (output channels) of weights.
pub(super) fn rows<T: Copy>(weights: &[T], of: usize, picked: &[usize]) -> Vec<T> {
    let row = weights.len() / of;
    picked.iter().flat_map(|&from| weights[from * row..][..row].iter().copied()).collect()
}

/// The same of what the file says of them.
pub(super) fn given_rows(given: &Given, of: usize, picked: &[usize]) -> Given {
    let scales = |all: &[f32]| if all.len() == 1 { all.to_vec() } else { rows(all, of, picked) };
    Given {
        codebook: given
            .codebook
            .as_ref()
            .map(|book| Codebook { entries: book.entries.clone(), indices: rows(&book.indices, of, picked) }),
        weights: given.weights.as_ref().map(|integers| IntegerWeights {
            weights: rows(&integers.weights, of, picked),
            scales: scales(&integers.scales),
        }),
        result: given.result,
    }
}

/// Weights `[out][order][window]` of a selection as weights `[out][channels][window]` of the map that it selects from; `add` puts
/// a weight where another may be already.
pub(super) fn spread<T: Copy + Default>(
    weights: &[T],
    (order, channels, window): (&Order, usize, usize),
    add: impl Fn(T, T) -> T,
) -> Vec<T> {
    let rows = weights.len() / (order.len() * window);
    let mut spread = vec![T::default(); rows * channels * window];
    for (old, new) in weights.chunks_exact(order.len() * window).zip(spread.chunks_exact_mut(channels * window)) {
        for (part, channel) in old.chunks_exact(window).zip(order) {
            let Some(channel) = channel else { continue };
            let place = &mut new[channel * window..][..window];
            place.iter_mut().zip(part).for_each(|(sum, &weight)| *sum = add(*sum, weight));
        }
    }
    spread
}

/// The same of what the file says of them; nothing of weights that are added.
pub(super) fn given_spread(given: &Given, form: (&Order, usize, usize)) -> Given {
    let mut seen = vec![false; form.1];
    let once = form.0.iter().flatten().all(|&channel| !std::mem::replace(&mut seen[channel], true));
    let book = given.codebook.as_ref().filter(|_| once);
    let integers = given.weights.as_ref().filter(|_| once);
    Given {
        codebook: book.map(|book| Codebook {
            entries: book.entries.clone(),
            indices: spread(&book.indices, form, |_, index| index),
        }),
        weights: integers.map(|integers| IntegerWeights {
            weights: spread(&integers.weights, form, |_, weight| weight),
            scales: integers.scales.clone(),
        }),
        result: given.result,
    }
}
