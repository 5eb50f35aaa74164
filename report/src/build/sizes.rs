//! Bytes of each layer's weights as they are kept.

use crate::bars::{bars, Axis, Line};
use crate::table::grouped;
use maud::{html, Markup};
use systole_net::{Conv, Layer, LayerKind, Net};

/// A bar for each layer with weights.
pub fn section(net: &Net) -> Markup {
    let convs: Vec<(&Layer, &Conv)> = net.layers.iter().filter_map(conv).collect();
    let most = convs.iter().map(|(_, conv)| conv.weights.len()).max().unwrap_or(1) as f64;
    let line = |(layer, conv): &(&Layer, &Conv)| {
        let (stored, plain) = (net.layer_store_bytes(conv), conv.weights.len());
        Line {
            name: layer.name.clone(),
            bars: vec![("lost", 0.0, plain as f64 / most), ("good", 0.0, stored as f64 / most)],
            figure: format!("{} of {}", grouped(stored as u64), grouped(plain as u64)),
        }
    };
    let lines: Vec<Line> = convs.iter().map(line).collect();
    let sum = |count: &dyn Fn(&Conv) -> usize| grouped(convs.iter().map(|(_, conv)| count(conv)).sum::<usize>() as u64);
    html! {
        p {
            (sum(&|conv| conv.weights.len())) " bytes of weights; "
            (sum(&|conv| net.layer_store_bytes(conv))) " in a store of codes, which leaves zeros out where that is smaller."
        } "\n"
        (bars("Bytes of weights", &lines, &Axis { unit: "bytes", most }, &[("good", "as codes"), ("lost", "as bytes")]))
    }
}

fn conv(layer: &Layer) -> Option<(&Layer, &Conv)> {
    match &layer.kind {
        LayerKind::Conv(conv) => Some((layer, conv)),
        LayerKind::Pool(_) => None,
    }
}
