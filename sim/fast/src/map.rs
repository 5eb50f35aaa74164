//! A feature map in memory: pixel by pixel, inside a border of zeros.

use crate::act::Act;
use systole_net::{Padding, Tensor, TensorInfo};

/// Where the values of a feature map lie. Lengths count stored values.
#[derive(Clone, Debug)]
pub struct Layout {
    pub channels: usize,
    pub height: usize,
    pub width: usize,
    /// Rows (columns) of zeros around the map.
    border: Padding,
    /// From a pixel to the next: the channels, rounded up to whole groups.
    pub pixel: usize,
    /// From a row to the next.
    pub row: usize,
    /// What is added to a value before it is stored.
    pub offset: i32,
}

impl Layout {
    /// A map whose readers pad at most by `border`, channels in groups of `group`.
    pub fn new<A: Act>(info: &TensorInfo, border: Padding, group: usize) -> Self {
        let pixel = info.channels.next_multiple_of(group);
        let row = pixel * (border.left + info.width + border.right);
        let offset = A::offset(info.signed);
        Layout { channels: info.channels, height: info.height, width: info.width, border, pixel, row, offset }
    }

    pub fn len(&self) -> usize {
        self.row * (self.border.top + self.height + self.border.bottom)
    }

    /// Index of the pixel at row `y`, column `x`; both may reach into the border (-1 is its last row).
    pub fn at(&self, y: isize, x: isize) -> usize {
        let y = y + self.border.top as isize;
        let x = x + self.border.left as isize;
        y as usize * self.row + x as usize * self.pixel
    }

    /// An empty map, border and all: zeros of the format.
    pub fn map<A: Act>(&self) -> Vec<A> {
        vec![A::store(self.offset); self.len()]
    }

    /// Writes a checked image `[channels][height][width]`.
    pub fn fill<A: Act>(&self, map: &mut [A], image: &Tensor) {
        let size = self.height * self.width;
        for (channel, plane) in image.data.chunks_exact(size).enumerate() {
            for (y, line) in plane.chunks_exact(self.width).enumerate() {
                let start = self.at(y as isize, 0) + channel;
                let row = map[start..].iter_mut().step_by(self.pixel);
                for (value, &pixel) in row.zip(line) {
                    *value = A::store(pixel + self.offset);
                }
            }
        }
    }

    /// Channels `first..first + count` as a tensor.
    pub fn read<A: Act>(&self, map: &[A], first: usize, count: usize) -> Tensor {
        let mut tensor = Tensor::zeros(count, self.height, self.width);
        for (line, values) in tensor.data.chunks_exact_mut(self.width).enumerate() {
            let (channel, y) = (first + line / self.height, line % self.height);
            let start = self.at(y as isize, 0) + channel;
            for (value, stored) in values.iter_mut().zip(map[start..].iter().step_by(self.pixel)) {
                *value = stored.load() - self.offset;
            }
        }
        tensor
    }
}
