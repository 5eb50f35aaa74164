//! The weight store's memories as files that `$readmemh` reads.

use crate::primitives::bits::hex;
use std::ops::Range;
use systole_machine::weights::{groups, Layout};

/// Name of the image of memory `k` of a group, as `weight_group.v` builds it.
pub fn image_name(prefix: &str, group: usize, k: usize) -> String {
    format!("{prefix}_g{group:02}_c{k:02}.hex")
}

/// The memory images of a store: `words[address]` holds one weight per column. Unused words are 0.
///
/// # Panics
/// When a word has not `cols` weights.
pub fn pack_weights(prefix: &str, words: &[Vec<i8>], cols: usize) -> Vec<(String, String)> {
    assert!(words.iter().all(|word| word.len() == cols), "every word has {cols} weights");
    let layout = Layout::new(words.len());
    let memories = |(group, columns): (usize, Range<usize>)| {
        (0..layout.memories()).map(move |k| (image_name(prefix, group, k), memory(&layout, k, words, columns.clone())))
    };
    groups(cols).enumerate().flat_map(memories).collect()
}

fn memory(layout: &Layout, k: usize, words: &[Vec<i8>], columns: Range<usize>) -> String {
    let width = layout.width_of(k, columns.len());
    let limbs = |word: u128| [word as u64, (word >> 64) as u64];
    let line = |offset| hex(&limbs(layout.word(k, offset, words, &columns)), width) + "\n";
    (0..layout.depth_of(k)).map(line).collect()
}

/// The first `depth` words out of the images of [`pack_weights`]; `None` where an image is missing or malformed.
pub fn unpack_weights(prefix: &str, images: &[(String, String)], depth: usize, cols: usize) -> Option<Vec<Vec<i8>>> {
    let layout = Layout::new(depth);
    let mut words = vec![Vec::with_capacity(cols); depth];
    for (group, columns) in groups(cols).enumerate() {
        let memories: Vec<Vec<u128>> = (0..layout.memories())
            .map(|k| lines(images, &image_name(prefix, group, k), layout.depth_of(k)))
            .collect::<Option<_>>()?;
        for (address, word) in words.iter_mut().enumerate() {
            word.extend(layout.row(address, columns.len(), |k, offset| memories[k][offset]));
        }
    }
    Some(words)
}

fn lines(images: &[(String, String)], name: &str, depth: usize) -> Option<Vec<u128>> {
    let (_, text) = images.iter().find(|(given, _)| given == name)?;
    let lines: Vec<u128> = text.lines().map(|line| u128::from_str_radix(line, 16).ok()).collect::<Option<_>>()?;
    (lines.len() == depth).then_some(lines)
}
