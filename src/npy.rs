//! A map as a NumPy file: format 1.0, `numpy.lib.format`.

use systole_net::Tensor;

const MAGIC: &[u8] = b"\x93NUMPY\x01\x00";
/// What the header's end is aligned to.
const ALIGNMENT: usize = 64;
/// Bytes of the header's length.
const LENGTH_BYTES: usize = 2;

/// Channels, rows, columns as little-endian `int32`.
pub fn npy(map: &Tensor) -> Vec<u8> {
    let [channels, height, width] = map.shape();
    let mut header = format!("{{'descr': '<i4', 'fortran_order': False, 'shape': ({channels}, {height}, {width}), }}");
    let before = MAGIC.len() + LENGTH_BYTES;
    let padded = (before + header.len() + 1).next_multiple_of(ALIGNMENT) - before;
    header.push_str(&" ".repeat(padded - header.len() - 1));
    header.push('\n');
    let mut bytes = MAGIC.to_vec();
    bytes.extend((padded as u16).to_le_bytes());
    bytes.extend(header.into_bytes());
    bytes.extend(map.data.iter().flat_map(|value| value.to_le_bytes()));
    bytes
}

#[cfg(test)]
mod tests {
    use super::npy;
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
}
