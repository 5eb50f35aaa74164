//! The line of a front between DSP and speed, and its knee.

use super::Point;

/// The plans of a board that no other beats in DSP and speed, from few DSP to many.
pub fn line_of<'a>(points: &[&'a Point]) -> Vec<&'a Point> {
    let mut sorted = points.to_vec();
    sorted.sort_by(|a, b| a.dsp.cmp(&b.dsp).then(b.images_per_second.total_cmp(&a.images_per_second)));
    let mut line: Vec<&Point> = Vec::new();
    for point in sorted {
        if line.last().is_none_or(|last| point.images_per_second > last.images_per_second) {
            line.push(point);
        }
    }
    line
}

/// Where a line bends most: the plan farthest above the straight line between its ends, both axes logarithmic. None of fewer
/// than three plans, or where none lies above it.
pub fn knee<'a>(line: &[&'a Point]) -> Option<&'a Point> {
    let place = |p: &Point| ((p.dsp.max(1) as f64).ln(), p.images_per_second.ln());
    let (first, last) = (place(line.first()?), place(line.last()?));
    let slope = (last.1 - first.1) / (last.0 - first.0).max(f64::MIN_POSITIVE);
    let above = |p: &Point| {
        let (x, y) = place(p);
        y - (first.1 + slope * (x - first.0))
    };
    let inner = line.iter().skip(1).take(line.len().saturating_sub(2));
    inner.copied().max_by(|a, b| above(a).total_cmp(&above(b))).filter(|p| above(p) > f64::EPSILON)
}

#[cfg(test)]
mod tests {
    use super::{knee, line_of};
    use crate::front::Point;

    fn point(dsp: usize, images_per_second: f64) -> Point {
        Point {
            board: "b".into(),
            rows: dsp,
            cols: 1,
            cycles: 1,
            utilisation: 1.0,
            clock_mhz: 1.0,
            images_per_second,
            link_images_per_second: None,
            dsp,
            bram18: 1,
            uram: 0,
            lut: 1,
        }
    }

    #[test]
    fn the_line_rises_and_bends_at_its_knee() {
        let points = [point(64, 55.0), point(1, 1.0), point(8, 40.0), point(9, 30.0), point(16, 50.0)];
        let line = line_of(&points.iter().collect::<Vec<_>>());
        assert_eq!(line.iter().map(|p| p.dsp).collect::<Vec<_>>(), [1, 8, 16, 64]);
        assert_eq!(knee(&line).map(|p| p.dsp), Some(8));
        assert_eq!(knee(&line[..2]), None);
    }
}
