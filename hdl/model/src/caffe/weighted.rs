//! Which layers of a description have weights.

use super::network::only_in_training;
use super::operators::{Import, OPERATORS};
use super::text::{Content, Message};
use crate::operator::Entry;

/// Names of the layers with weights, in the order of the description.
pub(crate) fn weighted_layers(network: &Message) -> Vec<String> {
    let layers = network.fields.iter().filter(|f| f.name == "layer" || f.name == "layers");
    let layers = layers.filter_map(|f| if let Content::Message(layer) = &f.content { Some(layer) } else { None });
    let weighted = |layer: &&Message| {
        let kind = layer.last_word("type").unwrap_or_default();
        let kinds = ["Convolution", "ConvolutionDepthwise", "DepthwiseConvolution", "InnerProduct"];
        let is_weighted = |entry: &Entry<Import>| kinds.contains(&entry.operator.name) && entry.is_called(kind);
        OPERATORS.iter().any(is_weighted) && !only_in_training(layer)
    };
    layers.filter(weighted).map(|layer| layer.last_word("name").unwrap_or_default().to_string()).collect()
}
