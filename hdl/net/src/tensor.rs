//! Tensors: shape and number format (info), and values in channel-major order.

use serde::{Deserialize, Serialize};

/// Index into [`crate::Net::tensors`].
pub type TensorId = usize;

/// Shape, format and scale of a feature map.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TensorInfo {
    pub name: String,
    pub channels: usize,
    pub height: usize,
    pub width: usize,
    /// Two's complement in -128..=127 rather than 0..=255.
    pub signed: bool,
    /// Real value of one count (of the loudest channel, where channels were equalised). Nothing that computes integers
    /// reads it.
    pub scale: f64,
}

impl TensorInfo {
    /// Number of values.
    pub fn len(&self) -> usize {
        self.channels * self.height * self.width
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Smallest and largest value of the format.
    pub fn range(&self) -> (i32, i32) {
        if self.signed {
            (i8::MIN.into(), i8::MAX.into())
        } else {
            (0, u8::MAX.into())
        }
    }

    /// Channels, height, width.
    pub fn shape(&self) -> [usize; 3] {
        [self.channels, self.height, self.width]
    }
}

/// Values `[channels][height][width]`, widened to i32.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tensor {
    pub channels: usize,
    pub height: usize,
    pub width: usize,
    pub data: Vec<i32>,
}

impl Tensor {
    pub fn zeros(channels: usize, height: usize, width: usize) -> Self {
        Tensor { channels, height, width, data: vec![0; channels * height * width] }
    }

    /// Channels, height, width.
    pub fn shape(&self) -> [usize; 3] {
        [self.channels, self.height, self.width]
    }

    pub fn at(&self, c: usize, y: usize, x: usize) -> i32 {
        self.data[(c * self.height + y) * self.width + x]
    }

    pub fn at_mut(&mut self, c: usize, y: usize, x: usize) -> &mut i32 {
        &mut self.data[(c * self.height + y) * self.width + x]
    }
}
