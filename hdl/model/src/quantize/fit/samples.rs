//! What a convolution sees at some output pixels of some images, less its mean: the rows that its errors are measured on.

use crate::quantize::fit::patch::{Moments, Windows};
use crate::quantize::round::tile::{Lanes, LANES};

/// Inputs of one layer on all images, and the order of the reduction's steps in which weights are rounded.
pub(in crate::quantize) struct Sampler<'a> {
    pub windows: Windows,
    pub floats: &'a [&'a [f32]],
    pub integers: &'a [&'a [i16]],
    /// Means of both under each tap, in the order of the weights.
    pub means: [Vec<f32>; 2],
    /// Where each step of the reduction stands in the order of rounding: those that vary most come last.
    pub places: Vec<usize>,
    /// Most sites that are looked at.
    pub most: usize,
}

/// Sites looked at, over all images: of a layer, and at least for each of its groups.
const SITES: usize = 16_384;
const GROUP_SITES: usize = 2048;

/// An output pixel of an image.
#[derive(Clone, Copy)]
pub(in crate::quantize) struct Site {
    pub image: usize,
    pub pixel: usize,
}

impl<'a> Sampler<'a> {
    /// Of one group of so many; `float` and `seen` are what lies under each tap, in floating point and in integers.
    pub fn new(
        windows: Windows,
        (floats, integers): (&'a [&'a [f32]], &'a [&'a [i16]]),
        (float, seen): (&[Moments], &[Moments]),
        groups: usize,
    ) -> Self {
        let means = [float, seen].map(|taps| taps.iter().map(|tap| tap.mean as f32).collect());
        let mut order: Vec<usize> = (0..seen.len()).collect();
        order.sort_by(|&a, &b| seen[a].variance.total_cmp(&seen[b].variance));
        let mut places = vec![0; order.len()];
        order.iter().enumerate().for_each(|(place, &step)| places[step] = place);
        Sampler { windows, floats, integers, means, places, most: (SITES / groups).max(GROUP_SITES) }
    }

    /// Steps of the reduction.
    pub fn size(&self) -> usize {
        self.places.len()
    }

    /// About `count` sites, evenly spread over the images of `chosen`.
    pub fn spread(&self, chosen: &[usize], count: usize) -> Vec<Site> {
        let pixels = self.windows.spread(count.div_ceil(chosen.len().max(1)).max(1));
        chosen.iter().flat_map(|&image| pixels.iter().map(move |&pixel| Site { image, pixel })).collect()
    }

    /// Puts what the floats have at each of `sites` by `put(site, place, value)`.
    pub fn real(&self, sites: &[Site], put: impl FnMut(usize, usize, f32)) {
        self.put(self.floats, &self.means[0], sites, put);
    }

    /// As [`Sampler::real`], of the integers.
    pub fn counts(&self, sites: &[Site], put: impl FnMut(usize, usize, f32)) {
        self.put(self.integers, &self.means[1], sites, put);
    }

    fn put<T: Copy + Into<f32>>(
        &self,
        images: &[&[T]],
        means: &[f32],
        sites: &[Site],
        mut put: impl FnMut(usize, usize, f32),
    ) {
        let windows = &self.windows;
        let ([channels, height, width], taps) = (windows.input, windows.kernel[0] * windows.kernel[1]);
        for (at, site) in sites.iter().enumerate() {
            let (y, x) = (site.pixel / windows.output[1], site.pixel % windows.output[1]);
            for tap in 0..taps {
                let row = (y * windows.stride[0] + tap / windows.kernel[1]).checked_sub(windows.pad.top);
                let column = (x * windows.stride[1] + tap % windows.kernel[1]).checked_sub(windows.pad.left);
                let inside = row.filter(|&r| r < height).zip(column.filter(|&c| c < width));
                for channel in 0..channels {
                    let value =
                        inside.map_or(0.0, |(r, c)| images[site.image][(channel * height + r) * width + c].into());
                    let step = channel * taps + tap;
                    put(at, self.places[step], value - means[step]);
                }
            }
        }
    }

    /// Values in the order of the weights, in that of rounding.
    pub fn placed<T: Copy + Default>(&self, values: impl Iterator<Item = T>) -> Vec<T> {
        let mut placed = vec![T::default(); self.size()];
        values.zip(&self.places).for_each(|(value, &place)| placed[place] = value);
        placed
    }
}

/// Values in the order of rounding, in that of the weights.
pub(in crate::quantize) fn unplaced<T: Copy>(places: &[usize], placed: &[T]) -> Vec<T> {
    places.iter().map(|&place| placed[place]).collect()
}

/// Sites whose steps lie side by side in sixteens: `[steps / 16][sites][16]`.
pub(in crate::quantize) struct Panel {
    pub sites: usize,
    data: Vec<Lanes>,
}

impl Panel {
    /// The integers at `sites`.
    pub fn of(sampler: &Sampler, sites: &[Site]) -> Self {
        let count = sites.len();
        let mut data = vec![[0.0; LANES]; sampler.size().div_ceil(LANES) * count];
        sampler.counts(sites, |site, place, value| data[place / LANES * count + site][place % LANES] = value);
        Panel { sites: count, data }
    }

    /// Zeros for so many columns.
    pub fn zeros(columns: usize, sites: usize) -> Self {
        Panel { sites, data: vec![[0.0; LANES]; columns.div_ceil(LANES) * sites] }
    }

    pub fn tile(&self, index: usize) -> &[Lanes] {
        &self.data[index * self.sites..][..self.sites]
    }

    pub fn tile_mut(&mut self, index: usize) -> &mut [Lanes] {
        &mut self.data[index * self.sites..][..self.sites]
    }
}

impl Windows {
    /// About `count` output pixels, evenly spread.
    pub fn spread(&self, count: usize) -> Vec<usize> {
        let pixels = self.output[0] * self.output[1];
        let count = count.min(pixels);
        (0..count).map(|i| (2 * i + 1) * pixels / (2 * count)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Padding;

    #[test]
    fn what_is_put_has_no_mean_and_the_loudest_come_last() {
        let pad = Padding { top: 1, ..Padding::default() };
        let windows = Windows { input: [1, 2, 2], output: [2, 1], kernel: [2, 2], stride: [1, 1], pad };
        let (floats, integers) = ([[9f32, 1.0, 3.0, 4.0]], [[90i16, 10, 30, 40]]);
        let (floats, integers) = ([floats[0].as_slice()], [integers[0].as_slice()]);
        let (float, seen) = (windows.moments(&floats), windows.moments(&integers));
        let sampler = Sampler::new(windows, (&floats, &integers), (&float, &seen), 1);
        let sites = sampler.spread(&[0], 10);
        let mut found = vec![vec![f32::NAN; 4]; 2];
        sampler.real(&sites, |site, place, value| found[site][place] = value);
        assert_eq!(unplaced(&sampler.places, &found[0]), [-4.5, -0.5, 3.0, -1.5]);
        assert_eq!(found[1].iter().zip(&found[0]).map(|(a, b)| a + b).collect::<Vec<_>>(), [0.0; 4]);
        assert_eq!(found[0][3], -4.5);
        assert_eq!(sampler.placed([1, 2, 3, 4].into_iter()), [2, 4, 3, 1]);
    }
}
