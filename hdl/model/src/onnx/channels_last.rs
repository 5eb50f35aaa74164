//! Images whose channels come last: known by the Transpose that brings them to the front.

use super::message::{Graph as File, Node};
use std::collections::{HashMap, HashSet};

/// What works on every value by itself, whatever the axes are.
const BY_VALUE: [&str; 11] =
    ["Identity", "Cast", "Dropout", "Add", "Sub", "Mul", "Div", "Relu", "Clip", "QuantizeLinear", "DequantizeLinear"];
/// Channels from the last axis to the second.
const TO_FRONT: [i64; 4] = [0, 3, 1, 2];

/// Whether all that is done to the axes of the value is to bring its last one to the front.
pub(super) fn has_channels_last(file: &File, image: &str) -> bool {
    let mut readers: HashMap<&str, Vec<&Node>> = HashMap::new();
    for node in &file.node {
        node.input.iter().for_each(|input| readers.entry(input).or_default().push(node));
    }
    let (mut seen, mut open, mut found) = (HashSet::from([image]), vec![image], false);
    while let Some(name) = open.pop() {
        for node in readers.get(name).into_iter().flatten() {
            match node.op_type.as_str() {
                "Transpose" if brings_to_front(node) => found = true,
                operator if BY_VALUE.contains(&operator) => {
                    open.extend(node.output.iter().take(1).map(String::as_str).filter(|output| seen.insert(output)));
                }
                _ => return false,
            }
        }
    }
    found
}

fn brings_to_front(node: &Node) -> bool {
    node.attribute.iter().any(|attribute| attribute.name == "perm" && attribute.ints == TO_FRONT)
}
