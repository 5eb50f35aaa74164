//! Arrays as NumPy files: format 1.0, `numpy.lib.format`.

use systole_net::Tensor;

const MAGIC: &[u8] = b"\x93NUMPY\x01\x00";
/// What the header's end is aligned to.
const ALIGNMENT: usize = 64;
/// Bytes of the header's length.
const LENGTH_BYTES: usize = 2;

/// Channels, rows, columns as little-endian `int32`.
pub fn npy(map: &Tensor) -> Vec<u8> {
    let mut bytes = header("<i4", &map.shape());
    bytes.extend(map.data.iter().flat_map(|value| value.to_le_bytes()));
    bytes
}

/// Images of `[channels, height, width]`, one behind the other, as little-endian `float32`.
pub fn npy_images(shape: [usize; 3], images: &[Vec<f32>]) -> Vec<u8> {
    let [channels, height, width] = shape;
    let mut bytes = header("<f4", &[images.len(), channels, height, width]);
    bytes.extend(images.iter().flatten().flat_map(|value| value.to_le_bytes()));
    bytes
}

fn header(kind: &str, shape: &[usize]) -> Vec<u8> {
    let sizes: Vec<String> = shape.iter().map(usize::to_string).collect();
    let mut text = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({}), }}", sizes.join(", "));
    let before = MAGIC.len() + LENGTH_BYTES;
    let padded = (before + text.len() + 1).next_multiple_of(ALIGNMENT) - before;
    text.push_str(&" ".repeat(padded - text.len() - 1));
    text.push('\n');
    let mut bytes = MAGIC.to_vec();
    bytes.extend((padded as u16).to_le_bytes());
    bytes.extend(text.into_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::{npy, npy_images};
    use systole_net::Tensor;

    #[test]
    fn the_header_is_aligned_and_says_shape_and_type() {
        let mut map = Tensor::zeros(2, 3, 4);
        *map.at_mut(1, 2, 3) = -2;
        let bytes = npy(&map);
        assert_eq!((bytes.len(), &bytes[..6]), (128 + 4 * 24, &b"\x93NUMPY"[..]));
        assert_eq!(u16::from_le_bytes([bytes[8], bytes[9]]), 128 - 10);
        assert!(String::from_utf8_lossy(&bytes[10..128]).contains("'shape': (2, 3, 4)"));
        assert_eq!((bytes[127], &bytes[bytes.len() - 4..]), (b'\n', &(-2i32).to_le_bytes()[..]));
    }

    #[test]
    fn images_are_floats_behind_each_other() {
        let bytes = npy_images([1, 1, 2], &[vec![0.5, 1.0], vec![2.0, -3.0]]);
        let head = String::from_utf8_lossy(&bytes[10..128]).into_owned();
        assert!(head.contains("'<f4'") && head.contains("(2, 1, 1, 2)"), "{head}");
        assert_eq!((bytes.len(), &bytes[140..]), (128 + 16, &(-3f32).to_le_bytes()[..]));
    }
}
