//! Images to the stream's bytes and back.

use crate::error::HostError;
use systole_net::{Image, NetError, Tensor, TensorInfo};
use systole_plan::Plan;

/// The network's input tensor, as far as the plan knows it.
fn info(plan: &Plan) -> TensorInfo {
    let map = &plan.input;
    // The first layer reads the input, and is a convolution in every plan.
    let first = plan.bindings.iter().position(|binding| binding.layer == 0);
    TensorInfo {
        name: "input".into(),
        channels: map.image_channels,
        height: map.height,
        width: map.width,
        signed: first.is_some_and(|index| plan.layers[index].src_signed),
        scale: 1.0,
    }
}

/// The input tensor for an image of the network's size.
pub fn encode(plan: &Plan, image: &Image) -> Result<Tensor, HostError> {
    Ok(plan.encoding.apply(&info(plan), image)?)
}

/// The stream's bytes. Fails unless the tensor has the input's shape and range.
pub fn pack(plan: &Plan, tensor: &Tensor) -> Result<Vec<u8>, HostError> {
    let info = info(plan);
    let (found, wanted) = (tensor.shape(), info.shape());
    if found != wanted || tensor.data.len() != info.len() {
        return Err(NetError::Shape { at: info.name, what: "image", found, wanted }.into());
    }
    let (low, high) = info.range();
    if let Some(value) = tensor.data.iter().find(|&value| !(low..=high).contains(value)) {
        let (found, wanted) = (value.to_string(), format!("{low}..={high}"));
        return Err(NetError::Value { at: info.name, what: "pixel", found, wanted }.into());
    }
    let bytes: Vec<u8> = tensor.data.iter().map(|&value| value as u8).collect();
    Ok(plan.input.pack(plan.geometry.rows, plan.geometry.in_bytes, &bytes))
}

/// The tensor whose packing is `bytes`.
pub fn unpack(plan: &Plan, bytes: &[u8]) -> Tensor {
    let (map, geometry, info) = (&plan.input, &plan.geometry, info(plan));
    let word = geometry.beats_per_word() * geometry.in_bytes;
    let mut image = Tensor::zeros(info.channels, info.height, info.width);
    for (index, word) in bytes.chunks(word).enumerate() {
        for (lane, &byte) in word[..geometry.rows].iter().enumerate() {
            if let Some((c, y, x)) = map.pixel(geometry.rows, index / map.channels, index % map.channels, lane) {
                *image.at_mut(c, y, x) = if info.signed { i32::from(byte as i8) } else { i32::from(byte) };
            }
        }
    }
    image
}
