//! How a tensor of a file lies on the values of a node: which part of the batch, the channels, the rows and the columns every
//! axis of the file runs over. Exact: what only changes axes moves parts about, what cannot be said so is refused.

use crate::shape::Shape;
use std::fmt;

/// An axis of a node's values; the batch is the images that the file runs at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Batch,
    Channel,
    Row,
    Column,
}

/// `size` indices of one source, `step` apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Part {
    source: Source,
    size: usize,
    step: usize,
}

/// Per axis of the file the parts it runs over, outermost first; an axis of size 1 has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layout(Vec<Vec<Part>>);

impl Layout {
    /// Axes of the file that are whole sources, each with its size.
    fn of(axes: &[(Source, usize)]) -> Self {
        Layout::normal(axes.iter().map(|&(source, size)| vec![Part { source, size, step: 1 }]).collect())
    }

    /// Batch, channels, height, width.
    pub fn map(batch: usize, [channels, height, width]: Shape) -> Self {
        use Source::{Batch, Channel, Column, Row};
        Self::of(&[(Batch, batch), (Channel, channels), (Row, height), (Column, width)])
    }

    /// Batch, all values of an image.
    pub fn flat(batch: usize, shape: Shape) -> Self {
        let map = Self::map(batch, shape).0;
        Layout::normal(vec![map[0].clone(), map[1..].concat()])
    }

    fn normal(axes: Vec<Vec<Part>>) -> Self {
        Layout(axes.into_iter().map(joined).collect())
    }

    pub fn rank(&self) -> usize {
        self.0.len()
    }

    /// Sizes of the file's axes.
    pub fn dims(&self) -> Vec<usize> {
        self.0.iter().map(|axis| axis.iter().map(|part| part.size).product()).collect()
    }

    /// Place of an axis counted from the front, or (negative) from behind.
    pub fn place(&self, axis: i64) -> Option<usize> {
        place(axis, self.rank())
    }

    /// Whether the axis is a whole source, in order.
    pub fn runs_over(&self, axis: usize, source: Source, size: usize) -> bool {
        self.0.get(axis).is_some_and(|parts| *parts == joined(vec![Part { source, size, step: 1 }]))
    }

    /// Whether any axis runs over the source.
    pub fn has(&self, source: Source) -> bool {
        self.0.iter().flatten().any(|part| part.source == source)
    }

    /// The same with axis `place` a whole source of that size.
    pub fn with(&self, place: usize, source: Source, size: usize) -> Self {
        let mut axes = self.0.clone();
        axes[place] = vec![Part { source, size, step: 1 }];
        Layout::normal(axes)
    }

    /// The axes in another order.
    pub fn permuted(&self, order: &[usize]) -> Option<Self> {
        let mut sorted = order.to_vec();
        sorted.sort_unstable();
        let all = sorted.iter().copied().eq(0..self.rank());
        all.then(|| Layout(order.iter().map(|&axis| self.0[axis].clone()).collect()))
    }

    /// The same values under other sizes of axes, if their ends fall between parts or divide them.
    pub fn reshaped(&self, dims: &[usize]) -> Option<Self> {
        let mut left = joined(self.0.concat());
        left.reverse();
        let mut axes = Vec::new();
        for &dim in dims {
            let (mut axis, mut missing) = (Vec::new(), dim);
            while missing != 1 {
                let part = left.pop()?;
                if missing % part.size == 0 {
                    missing /= part.size;
                    axis.push(part);
                } else if missing > 0 && part.size % missing == 0 {
                    let inner = Part { size: part.size / missing, ..part };
                    axis.push(Part { size: missing, step: part.step * inner.size, ..part });
                    left.push(inner);
                    missing = 1;
                } else {
                    return None;
                }
            }
            axes.push(axis);
        }
        left.is_empty().then(|| Layout::normal(axes))
    }

    /// Without the axes at `places`, which must have size 1.
    pub fn without(&self, places: &[usize]) -> Option<Self> {
        let single = places.iter().all(|&place| self.0.get(place).is_some_and(Vec::is_empty));
        let kept = (0..self.rank()).filter(|place| !places.contains(place));
        single.then(|| Layout(kept.map(|place| self.0[place].clone()).collect()))
    }

    /// With axes of size 1 at `places` of the result.
    pub fn widened(&self, places: &[usize]) -> Option<Self> {
        let rank = self.rank() + places.len();
        let mut old = self.0.iter();
        let axes = (0..rank).map(|place| if places.contains(&place) { Some(Vec::new()) } else { old.next().cloned() });
        let axes: Option<Vec<_>> = axes.collect();
        axes.filter(|_| old.len() == 0).map(Layout)
    }

    /// Whether only the batch is on the axes before `place`, and all of it.
    pub fn is_per_image(&self, place: usize) -> bool {
        let (before, behind) = self.0.split_at(place.min(self.rank()));
        let is_batch = |part: &Part| part.source == Source::Batch;
        before.iter().flatten().all(is_batch) && !behind.iter().flatten().any(is_batch)
    }

    /// Whether the axes at `places` hold all rows and columns, and nothing else.
    pub fn is_all_pixels(&self, places: &[usize]) -> bool {
        let is_pixel = |part: &Part| matches!(part.source, Source::Row | Source::Column);
        self.0.iter().enumerate().all(|(i, axis)| axis.iter().all(|part| is_pixel(part) == places.contains(&i)))
    }

    /// The channels in the order of the axis at `place`, if it holds all of them and nothing else.
    pub fn channels_on(&self, place: usize, channels: usize) -> Option<Vec<usize>> {
        let axis = self.0.get(place)?;
        let all = axis.iter().map(|part| part.size).product::<usize>() == channels;
        let only = axis.iter().all(|part| part.source == Source::Channel);
        (all && only).then(|| Layout(vec![axis.clone()]).order(0, [channels, 1, 1]))
    }

    /// The channels in the order of the second of four axes, where the others are the batch, the rows and the columns of a map.
    pub fn map_with_channels(&self, batch: usize, [channels, height, width]: Shape) -> Option<Vec<usize>> {
        let order = self.channels_on(1, channels)?;
        let others = self.with(1, Source::Channel, channels);
        (others == Self::map(batch, [channels, height, width])).then_some(order)
    }

    /// For one image: where in the node's values, of that shape, each value of the file's axes from `place` on lies.
    pub fn order(&self, place: usize, [_, height, width]: Shape) -> Vec<usize> {
        let mut indices = vec![0];
        for part in self.0[place..].iter().flatten() {
            let distance = part.step
                * match part.source {
                    Source::Batch => 0,
                    Source::Channel => height * width,
                    Source::Row => width,
                    Source::Column => 1,
                };
            indices = indices.iter().flat_map(|&base| (0..part.size).map(move |i| base + i * distance)).collect();
        }
        indices
    }

    /// A constant of sizes `dims` that is broadcast over this, as one value per channel; `None` where it is not.
    pub fn per_channel(&self, dims: &[usize], values: &[f32], channels: usize) -> Option<Vec<f32>> {
        let first = self.rank().checked_sub(dims.len())?;
        let sizes = &self.dims()[first..];
        let fits = dims.iter().zip(sizes).all(|(&dim, &size)| dim == 1 || dim == size);
        if !fits || values.len() != dims.iter().product::<usize>() {
            return None;
        }
        let axes = self.0[first..].iter().zip(dims).filter(|(_, &dim)| dim != 1);
        let parts: Vec<Part> = axes.flat_map(|(axis, _)| axis.iter().copied()).collect();
        // Where each part's index is found in the index of a value of the constant.
        let strides: Vec<usize> = (0..parts.len()).map(|i| parts[i + 1..].iter().map(|p| p.size).product()).collect();
        let places = || parts.iter().zip(&strides).filter(|(part, _)| part.source == Source::Channel);
        let of_channel = |c: usize| places().map(|(part, stride)| c / part.step % part.size * stride).sum::<usize>();
        let result: Option<Vec<f32>> = (0..channels).map(|c| values.get(of_channel(c)).copied()).collect();
        let own = |i: usize| places().map(|(part, stride)| i / stride % part.size * stride).sum::<usize>();
        let same = values.iter().enumerate().all(|(i, value)| values[own(i)] == *value);
        result.filter(|_| same)
    }
}

/// Place of an axis among `rank`, counted from behind where it is negative.
pub(crate) fn place(axis: i64, rank: usize) -> Option<usize> {
    let count = i64::try_from(rank).ok()?;
    let axis = if axis < 0 { axis.checked_add(count)? } else { axis };
    usize::try_from(axis).ok().filter(|&axis| axis < rank)
}

/// Without parts of one index, and parts that follow each other as one.
fn joined(parts: Vec<Part>) -> Vec<Part> {
    let mut all: Vec<Part> = Vec::new();
    for part in parts.into_iter().filter(|part| part.size != 1) {
        match all.last_mut() {
            Some(last) if last.source == part.source && last.step == part.size * part.step => {
                *last = Part { size: last.size * part.size, ..part };
            }
            _ => all.push(part),
        }
    }
    all
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = |part: &Part| match part.source {
            Source::Batch => "images",
            Source::Channel => "channels",
            Source::Row => "rows",
            Source::Column => "columns",
        };
        let axis = |(parts, dim): (&Vec<Part>, usize)| match parts.iter().map(word).collect::<Vec<_>>().join(" x ") {
            words if words.is_empty() => dim.to_string(),
            words => format!("{dim} {words}"),
        };
        let axes: Vec<String> = self.0.iter().zip(self.dims()).map(axis).collect();
        write!(f, "[{}]", axes.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: Shape = [12, 4, 5];

    #[test]
    fn two_transposes_that_undo_each_other_are_nothing() {
        let map = Layout::map(1, SHAPE);
        let last = map.permuted(&[0, 2, 3, 1]).unwrap();
        assert_eq!(last.dims(), [1, 4, 5, 12]);
        assert_eq!(last.permuted(&[0, 3, 1, 2]).unwrap(), map);
        assert_ne!(last.permuted(&[0, 2, 3, 1]).unwrap(), map);
        assert_eq!(map.permuted(&[0, 1, 1, 2]), None);
    }

    #[test]
    fn groups_of_channels_are_shuffled_and_told_apart() {
        let groups = Layout::map(1, SHAPE).reshaped(&[1, 3, 4, 4, 5]).unwrap();
        assert_eq!(groups.reshaped(&[1, 12, 4, 5]).unwrap(), Layout::map(1, SHAPE));
        let shuffled = groups.permuted(&[0, 2, 1, 3, 4]).unwrap().reshaped(&[1, 12, 20]).unwrap();
        let first: Vec<usize> = shuffled.order(1, SHAPE).into_iter().step_by(20).take(4).collect();
        assert_eq!(first, [0, 80, 160, 20]);
        assert_ne!(shuffled, Layout::map(1, SHAPE).reshaped(&[1, 12, 20]).unwrap());
        assert_eq!(Layout::map(1, SHAPE).reshaped(&[1, 5, 48]), None);
        assert_eq!(Layout::map(1, SHAPE).reshaped(&[1, 0]), None);
    }

    #[test]
    fn a_flattened_channels_last_map_has_its_values_in_that_order() {
        let last = Layout::map(1, [2, 1, 3]).permuted(&[0, 2, 3, 1]).unwrap();
        let flat = last.reshaped(&[1, 6]).unwrap();
        assert_eq!(flat.order(1, [2, 1, 3]), [0, 3, 1, 4, 2, 5]);
        assert!(flat.is_per_image(1) && Layout::flat(7, SHAPE).is_per_image(1));
        assert!(!Layout::map(7, SHAPE).permuted(&[1, 0, 2, 3]).unwrap().is_per_image(1));
    }

    #[test]
    fn constants_belong_to_channels_wherever_these_are() {
        let map = Layout::map(1, [2, 1, 3]);
        let per_channel = |layout: &Layout, dims: &[usize], values: &[f32]| layout.per_channel(dims, values, 2);
        assert_eq!(per_channel(&map, &[], &[4.0]), Some(vec![4.0, 4.0]));
        assert_eq!(per_channel(&map, &[2, 1, 1], &[4.0, 5.0]), Some(vec![4.0, 5.0]));
        assert_eq!(per_channel(&map, &[2, 1, 3], &[4.0, 4.0, 4.0, 5.0, 5.0, 5.0]), Some(vec![4.0, 5.0]));
        assert_eq!(per_channel(&map, &[3], &[4.0, 4.0, 5.0]), None);
        assert_eq!(per_channel(&map, &[2], &[4.0, 5.0]), None);
        let last = map.permuted(&[0, 2, 3, 1]).unwrap();
        assert_eq!(per_channel(&last, &[2], &[4.0, 5.0]), Some(vec![4.0, 5.0]));
        assert_eq!(per_channel(&last, &[1, 1, 1, 1, 1], &[4.0]), None);
        let regrouped = Layout::map(1, [4, 1, 1]).reshaped(&[2, 2]).unwrap();
        assert_eq!(regrouped.per_channel(&[2, 1], &[4.0, 5.0], 4), Some(vec![4.0, 4.0, 5.0, 5.0]));
    }
}
