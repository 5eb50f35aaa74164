//! Arrays as NumPy files.

use npyz::{AutoSerialize, WriteOptions, WriterBuilder};
use systole_net::Tensor;

/// Channels, rows, columns as `int32`.
pub fn npy(map: &Tensor) -> Vec<u8> {
    array(&map.shape(), map.data.iter().copied())
}

/// Images of `[channels, height, width]`, one behind the other, as `float32`.
pub fn npy_images(shape: [usize; 3], images: &[Vec<f32>]) -> Vec<u8> {
    let [channels, height, width] = shape;
    array(&[images.len(), channels, height, width], images.iter().flatten().copied())
}

fn array<T: AutoSerialize>(shape: &[usize], values: impl Iterator<Item = T>) -> Vec<u8> {
    let shape: Vec<u64> = shape.iter().map(|&size| size as u64).collect();
    let mut bytes = Vec::new();
    let write = || {
        let mut file = WriteOptions::new().default_dtype().shape(&shape).writer(&mut bytes).begin_nd()?;
        file.extend(values)?;
        file.finish()
    };
    write().expect("memory takes what is written, and as many values as the shape has");
    bytes
}

#[cfg(test)]
mod tests {
    use super::{npy, npy_images};
    use systole_net::Tensor;

    #[test]
    fn maps_are_read_back() {
        let mut map = Tensor::zeros(2, 3, 4);
        *map.at_mut(1, 2, 3) = -2;
        let bytes = npy(&map);
        let file = npyz::NpyFile::new(bytes.as_slice()).unwrap();
        assert_eq!((file.dtype().descr(), file.shape()), ("'<i4'".into(), &[2, 3, 4][..]));
        assert_eq!(file.into_vec::<i32>().unwrap(), map.data);
    }

    #[test]
    fn images_are_floats_behind_each_other() {
        let bytes = npy_images([1, 1, 2], &[vec![0.5, 1.0], vec![2.0, -3.0]]);
        let file = npyz::NpyFile::new(bytes.as_slice()).unwrap();
        assert_eq!((file.dtype().descr(), file.shape()), ("'<f4'".into(), &[2, 1, 1, 2][..]));
        assert_eq!(file.into_vec::<f32>().unwrap(), [0.5, 1.0, 2.0, -3.0]);
    }
}
