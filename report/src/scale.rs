//! Scales of drawings: from values to places, with round numbers as ticks.

use crate::svg::{anchored, line, words};
use maud::{html, Markup};

/// Room around the outermost values of a logarithmic scale, as a factor.
const ROOM: f64 = 1.25;
/// Ticks that a scale of a number has at least.
const TICKS: f64 = 4.0;

/// A scale onto pixels.
pub struct Scale {
    logarithmic: bool,
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Scale {
    /// A logarithmic one over positive values, with a little room around them, also where all are the same.
    pub fn logarithmic(values: impl Iterator<Item = f64> + Clone, [from, to]: [f64; 2]) -> Scale {
        let (low, high) = (values.clone().fold(f64::MAX, f64::min), values.fold(f64::MIN_POSITIVE, f64::max));
        Scale { logarithmic: true, low: low / ROOM, high: high * ROOM, from, to }
    }

    /// From 0 to `most`.
    pub fn linear(most: f64, [from, to]: [f64; 2]) -> Scale {
        Scale { logarithmic: false, low: 0.0, high: most.max(f64::MIN_POSITIVE), from, to }
    }

    /// The place of a value.
    pub fn at(&self, value: f64) -> f64 {
        let share = match self.logarithmic {
            true => (value / self.low).ln() / (self.high / self.low).ln(),
            false => (value - self.low) / (self.high - self.low),
        };
        self.from + share * (self.to - self.from)
    }

    /// The least and the largest value.
    pub fn ends(&self) -> [f64; 2] {
        [self.low, self.high]
    }

    /// Round numbers within the scale.
    pub fn ticks(&self) -> Vec<f64> {
        match self.logarithmic {
            true => {
                let powers = self.low.log10().floor() as i32..=self.high.log10().ceil() as i32;
                let within = |tick: &f64| (self.low..=self.high).contains(tick);
                let of = |steps: &[f64]| -> Vec<f64> {
                    let all = powers.clone().flat_map(|p| steps.iter().map(move |m| m * 10f64.powi(p)));
                    all.filter(within).collect()
                };
                let few = of(&[1.0, 2.0, 5.0]);
                if few.len() < TICKS as usize {
                    of(&[1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0])
                } else {
                    few
                }
            }
            false => ticks(self.high),
        }
    }
}

/// Round numbers from 0 to `most`: 1, 2 or 5 times a power of ten apart.
pub fn ticks(most: f64) -> Vec<f64> {
    let power = 10f64.powf((most / TICKS).log10().floor());
    let step = [5.0, 2.0].into_iter().map(|m| m * power).find(|step| most / step >= TICKS).unwrap_or(power);
    (0..).map(|at| f64::from(at) * step).take_while(|tick| *tick <= most * (1.0 + f64::EPSILON)).collect()
}

/// A number as ticks have it: thousands and millions in short.
pub fn short(number: f64) -> String {
    let units = [(1e9, "G"), (1e6, "M"), (1e3, "k")];
    match units.iter().find(|(unit, _)| number.abs() >= *unit) {
        Some((unit, letter)) => format!("{} {letter}", round(number / unit)),
        None if number == 0.0 => "0".into(),
        None => round(number),
    }
}

/// Two places behind the point at most, four of what is below one.
fn round(number: f64) -> String {
    let text = if number.abs() < 1.0 { format!("{number:.4}") } else { format!("{number:.2}") };
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

/// Both axes of a drawing, with lines across at their ticks, and what they show.
pub fn axes(across: &Scale, up: &Scale, [right, upwards]: [&str; 2]) -> Markup {
    let (left, end) = (across.from, across.to);
    let (bottom, top) = (up.from, up.to);
    html! {
        @for tick in across.ticks() {
            @let x = across.at(tick);
            (line("rule", [x, top], [x, bottom])) (anchored("middle", x, bottom + 18.0, &short(tick))) "\n"
        }
        @for tick in up.ticks() {
            @let y = up.at(tick);
            (line("rule", [left, y], [end, y])) (anchored("end", left - 6.0, y + 4.0, &short(tick))) "\n"
        }
        (anchored("middle", (left + end) / 2.0, bottom + 40.0, right))
        (words(4.0, top - 10.0, upwards)) "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::{short, ticks, Scale};

    #[test]
    fn ticks_are_round_and_within() {
        assert_eq!(ticks(100.0), [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]);
        assert_eq!(ticks(7.0), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]);
        assert_eq!(ticks(1.0).len(), 6);
        let scale = Scale::logarithmic([10.0, 100.0].into_iter(), [0.0, 50.0]);
        assert_eq!(scale.ticks(), [10.0, 20.0, 50.0, 100.0]);
        assert!(Scale::logarithmic([50.0, 60.0].into_iter(), [0.0, 50.0]).ticks().len() >= 3);
        assert!(scale.at(10.0) > 0.0 && scale.at(100.0) < 50.0);
        assert!((Scale::linear(4.0, [10.0, 0.0]).at(1.0) - 7.5).abs() < 1e-9);
    }

    #[test]
    fn large_numbers_are_short() {
        assert_eq!([0.0, 0.25, 999.0, 1500.0, 2e6].map(short), ["0", "0.25", "999", "1.5 k", "2 M"]);
    }
}
