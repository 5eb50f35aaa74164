//! From image pixels to the input tensor: colours and the optional tables.

use crate::{InputEncoding, Net, NetError, Tensor, TensorInfo};

/// Colours of an image pixel.
pub const COLOURS: usize = 3;

/// Values of one colour, entries of one table.
pub const LEVELS: usize = 1 << u8::BITS;

/// An image: bytes R, G, B per pixel, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    pub height: usize,
    pub width: usize,
    /// `[height][width][3]`.
    pub rgb: Vec<u8>,
}

impl Image {
    /// Whole pixels R, G, B, row by row.
    pub fn pixels(&self) -> impl Iterator<Item = [u8; COLOURS]> + '_ {
        self.rgb.chunks_exact(COLOURS).map(|p| [p[0], p[1], p[2]])
    }
}

impl InputEncoding {
    /// The values `[channels][height][width]` that are streamed for `image`.
    ///
    /// Fails when the image's size is not `info`'s, or its buffer is not height x width x 3 long.
    pub fn apply(&self, info: &TensorInfo, image: &Image) -> Result<Tensor, NetError> {
        let (height, width) = (info.height, info.width);
        if (image.height, image.width) != (height, width) {
            let (found_height, found_width) = (image.height, image.width);
            return Err(NetError::ImageSize { found_height, found_width, height, width });
        }
        let (found, wanted) = (image.rgb.len(), height * width * COLOURS);
        if found != wanted {
            return Err(NetError::Length { at: "image".into(), what: "pixel buffer", found, wanted });
        }
        let values = self.colours.iter().enumerate().flat_map(|(channel, &colour)| {
            let table = self.lut.as_ref().map(|l| &l[channel]);
            let bytes = image.pixels().map(move |pixel| colour.of(pixel));
            bytes.map(move |b| streamed(table.map_or(b, |t| t[usize::from(b)]), info.signed))
        });
        Ok(Tensor { channels: info.channels, height, width, data: values.collect() })
    }
}

fn streamed(byte: u8, signed: bool) -> i32 {
    if signed {
        i32::from(byte as i8)
    } else {
        i32::from(byte)
    }
}

impl Net {
    /// The input tensor for `image`; see [`InputEncoding::apply`].
    pub fn encode(&self, image: &Image) -> Result<Tensor, NetError> {
        self.input.apply(&self.tensors[Self::INPUT], image)
    }
}
