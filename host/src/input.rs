//! Images to the stream's bytes.

use crate::error::HostError;
use systole_machine::Plan;
use systole_net::{Image, NetError, Tensor};

/// The input tensor for an image of the network's size.
pub fn encode(plan: &Plan, image: &Image) -> Result<Tensor, HostError> {
    Ok(plan.encoding.apply(&plan.input.tensor(), image)?)
}

/// The stream's bytes. Fails unless the tensor has the input's shape and range.
pub fn pack(plan: &Plan, tensor: &Tensor) -> Result<Vec<u8>, HostError> {
    let info = plan.input.tensor();
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
