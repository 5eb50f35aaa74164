//! Codebooks for random networks: every second layer's weights take few values.

use crate::{Codebook, Conv, Layer, LayerKind};

/// Most values of each codebook; layers take them in turns.
const SIZES: [usize; 4] = [64, 32, 16, 5];

/// Moves the weights of every second layer to values of a codebook, and names it there. Returns the codebooks.
pub(super) fn code(layers: &mut [Layer]) -> Vec<Codebook> {
    let mut convs: Vec<&mut Conv> = layers.iter_mut().skip(1).step_by(2).filter_map(conv).collect();
    let mut books = Vec::new();
    for (number, &size) in SIZES.iter().enumerate().take(convs.len()) {
        let weights = convs.iter().skip(number).step_by(SIZES.len()).flat_map(|conv| conv.weights.iter().copied());
        books.push(thinned(&Codebook::of(weights), size));
        for conv in convs.iter_mut().skip(number).step_by(SIZES.len()) {
            conv.codebook = Some(number);
            conv.weights.iter_mut().for_each(|w| *w = nearest(&books[number], *w));
        }
    }
    books
}

fn conv(layer: &mut Layer) -> Option<&mut Conv> {
    match &mut layer.kind {
        LayerKind::Conv(conv) => Some(conv),
        LayerKind::Pool(_) => None,
    }
}

/// At most `size` of the values, evenly spread over them, and zero.
fn thinned(book: &Codebook, size: usize) -> Codebook {
    let (values, most) = (&book.values, size - 1);
    let count = values.len().min(most);
    Codebook::of((0..count).map(|at| values[at * (values.len() - 1) / (count - 1).max(1)]))
}

fn nearest(book: &Codebook, weight: i8) -> i8 {
    book.values.iter().copied().min_by_key(|v| v.abs_diff(weight)).unwrap_or(0)
}
