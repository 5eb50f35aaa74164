//! The weights' memory images.

use systole_machine::weights::Layout;
use systole_net::random::Rng;
use systole_rtl::weights_image::{pack_weights, unpack_weights};

#[test]
fn weights_come_back_from_their_images() {
    let mut random = Rng::new(13);
    for (depth, cols) in [(1, 2), (20, 3), (513, 5), (4097, 8), (10_000, 20), (32_769, 3), (36_864, 9), (41_100, 16)] {
        let words: Vec<Vec<i8>> = (0..depth).map(|_| (0..cols).map(|_| random.byte() as i8).collect()).collect();
        let images = pack_weights("w", &words, cols);
        assert_eq!(unpack_weights("w", &images, depth, cols), Some(words), "{depth} words of {cols}");
        assert_eq!(images.len(), Layout::new(depth).memories() * cols.div_ceil(8));
        let mut cut = images.clone();
        cut[0].1.pop();
        let end = cut[0].1.rfind('\n').map_or(0, |at| at + 1);
        cut[0].1.truncate(end);
        assert_eq!(unpack_weights("w", &cut, depth, cols), None, "a line is missing");
    }
}
