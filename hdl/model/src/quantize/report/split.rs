//! Which images calibrate, and which are held back to measure what comes of it.

use std::collections::HashSet;
use systole_net::Image;

/// One image of so many is held back, and always one of two or more.
const SHARE: usize = 5;

/// Bytes of a pixel.
const COLOURS: usize = 3;

/// Images by their index. Of equal ones only the first counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    pub calibrating: Vec<usize>,
    /// Evenly spread; empty where there is only one image.
    pub held_back: Vec<usize>,
    /// How many images are equal to others before them.
    pub equal: usize,
}

impl Split {
    /// The same images in the same order are split the same way.
    pub fn of(images: &[Image]) -> Self {
        let mut seen = HashSet::new();
        let is_new = |&index: &usize| seen.insert((images[index].height, images[index].rgb.as_slice()));
        let distinct: Vec<usize> = (0..images.len()).filter(is_new).collect();
        let (count, equal) = (distinct.len(), images.len() - distinct.len());
        let share = if count > 1 { (count / SHARE).max(1) } else { 0 };
        let places: HashSet<usize> = (0..share).map(|at| (2 * at + 1) * count / (2 * share)).collect();
        let (held_back, calibrating): (Vec<_>, Vec<_>) =
            distinct.into_iter().enumerate().partition(|(place, _)| places.contains(place));
        let indices = |pairs: Vec<(usize, usize)>| pairs.into_iter().map(|(_, index)| index).collect();
        Split { calibrating: indices(calibrating), held_back: indices(held_back), equal }
    }

    /// The images, behind them the mirror images of those that calibrate, and the split by which these do so, too.
    pub(in crate::quantize) fn mirrored(mut self, images: &[Image]) -> (Vec<Image>, Self) {
        let mirrors = self.calibrating.iter().map(|&index| mirror(&images[index]));
        let all: Vec<Image> = images.iter().cloned().chain(mirrors).collect();
        self.calibrating.extend(images.len()..all.len());
        (all, self)
    }
}

/// Left and right changed places.
fn mirror(image: &Image) -> Image {
    let rows = image.rgb.chunks_exact(COLOURS * image.width.max(1));
    let rgb = rows.flat_map(|row| row.chunks_exact(COLOURS).rev().flatten().copied()).collect();
    Image { rgb, ..image.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(shades: &[u8]) -> Split {
        let image = |&shade: &u8| Image { height: 1, width: 1, rgb: vec![shade; 3] };
        Split::of(&shades.iter().map(image).collect::<Vec<_>>())
    }

    #[test]
    fn a_fifth_is_held_back_and_equal_images_count_once() {
        let sizes = [0, 1, 2, 3, 4, 9, 10, 64].map(|count: u8| {
            let split = split(&(0..count).collect::<Vec<_>>());
            assert_eq!(split.calibrating.len() + split.held_back.len(), usize::from(count));
            split.held_back.len()
        });
        assert_eq!(sizes, [0, 0, 1, 1, 1, 1, 2, 12]);
        assert_eq!(split(&(0..10).collect::<Vec<_>>()).held_back, [2, 7]);
        let twice = split(&[7, 7, 8, 7, 9]);
        assert_eq!((twice.calibrating, twice.held_back, twice.equal), (vec![0, 4], vec![2], 2));
    }

    #[test]
    fn mirror_images_calibrate_with_what_they_mirror() {
        let images: Vec<Image> = (0..3).map(|at| Image { height: 1, width: 2, rgb: vec![at, 1, 2, 3, 4, 5] }).collect();
        let (all, split) = Split::of(&images).mirrored(&images);
        assert_eq!((all.len(), split.calibrating, split.held_back), (5, vec![0, 2, 3, 4], vec![1]));
        assert_eq!(all[4].rgb, [3, 4, 5, 2, 1, 2]);
    }
}
