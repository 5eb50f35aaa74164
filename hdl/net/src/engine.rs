//! What every engine does: the golden loops, the simulator, Verilator and a board all run an image and leave a trace.

use crate::{Net, NetError, Tensor};

/// Everything an image leaves behind, in integers. Two engines agree when their traces are equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// Per layer its own rescaled output `[out_channels][height][width]` (a concat's branches apart, the last layer's
    /// 16 bit values before they are summed).
    pub layers: Vec<Tensor>,
    /// Per class the sum over all pixels of the last layer.
    pub sums: Vec<i64>,
}

/// Runs images through one network.
pub trait Engine {
    fn name(&self) -> &str;

    /// `image` is the encoded input tensor, see [`Net::encode`].
    fn run(&mut self, image: &Tensor) -> Result<Trace, NetError>;
}

impl Net {
    /// Fails unless `image` has the input tensor's shape and range.
    pub fn check_input(&self, image: &Tensor) -> Result<(), NetError> {
        let (info, at) = (&self.tensors[Self::INPUT], || "input".to_string());
        let (found, wanted) = (image.shape(), info.shape());
        if found != wanted {
            return Err(NetError::Shape { at: at(), what: "image", found, wanted });
        }
        if image.data.len() != info.len() {
            let (found, wanted) = (image.data.len(), info.len());
            return Err(NetError::Length { at: at(), what: "image", found, wanted });
        }
        let (low, high) = info.range();
        match image.data.iter().find(|&v| !(low..=high).contains(v)) {
            None => Ok(()),
            Some(v) => Err(NetError::Value {
                at: at(),
                what: "pixel",
                found: v.to_string(),
                wanted: format!("{low}..={high}"),
            }),
        }
    }
}
