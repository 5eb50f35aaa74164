//! A histogram in SVG: its axis below, the logarithm of counts upwards.

use crate::scale::short;
use crate::svg::{anchored, line, picture, rect, About};
use maud::{html, Markup};
use systole_net::limits::MAX_WEIGHT;

/// Pixels of a histogram, of the counts left of its bars and of the words below.
const WIDTH: f64 = 400.0;
const LEFT: f64 = 44.0;
const RIGHT: f64 = 16.0;
const ABOVE: f64 = 10.0;
const HIGH: f64 = 70.0;
const BELOW: f64 = 36.0;
const CHART: f64 = WIDTH - LEFT - RIGHT;
/// Marks are at least so far apart.
const APART: f64 = 34.0;

/// What is spread over what.
pub struct Spread<'a> {
    pub title: &'a str,
    pub unit: &'a str,
    /// Where the first bin begins, and how wide one is.
    pub from: f64,
    pub step: f64,
    pub counts: &'a [u64],
}

/// How bins look.
pub struct Bars<'a> {
    pub class: &'a dyn Fn(usize) -> &'static str,
    /// What is grey behind the bars, as shares of all bins.
    pub frame: Option<[f64; 2]>,
    /// Values below the axis.
    pub marks: &'a [f64],
}

/// The drawing.
pub fn histogram(spread: &Spread, look: &Bars) -> Markup {
    let (most, base) = (spread.counts.iter().copied().max().unwrap_or(0), ABOVE + HIGH);
    let says = format!("Histogram of {} bins, {} in the fullest; {}", spread.counts.len(), most, spread.unit);
    let [first, last] = look.frame.unwrap_or([0.0, 1.0]).map(|share| LEFT + share.clamp(0.0, 1.0) * CHART);
    let body = html! {
        (rect("frame", [first, ABOVE], [last - first, HIGH]))
        (bars(spread.counts, most, look.class))
        (line("rule", [LEFT, base], [LEFT + CHART, base]))
        @for (x, text) in marks(spread, look.marks) { (anchored("middle", x, base + 15.0, &text)) }
        (anchored("middle", LEFT + CHART / 2.0, base + 31.0, spread.unit))
        (anchored("end", LEFT - 5.0, ABOVE + 10.0, &short(most as f64)))
        (anchored("end", LEFT - 5.0, base, "0")) "\n"
    };
    picture(&About { title: spread.title, says: &says }, [WIDTH, ABOVE + HIGH + BELOW], &body)
}

/// The integer weights of a layer; one bin a value.
pub fn weights(layer: &str, counts: &[u64]) -> Markup {
    let most = f64::from(MAX_WEIGHT);
    let step = (2.0 * most + 1.0) / counts.len().max(1) as f64;
    let title = format!("Weights of {layer}");
    let spread =
        Spread { title: &title, unit: "integer weight, counts as logarithms", from: -most - 0.5, step, counts };
    histogram(&spread, &Bars { class: &|_| "place", frame: None, marks: &[-most, 0.0, most] })
}

fn bars(counts: &[u64], most: u64, class: &dyn Fn(usize) -> &'static str) -> Markup {
    let height = |count: u64| ((count + 1) as f64).ln() / ((most + 1) as f64).ln().max(f64::MIN_POSITIVE) * HIGH;
    let width = CHART / counts.len().max(1) as f64;
    html! {
        @for (bin, &count) in counts.iter().enumerate().filter(|(_, &count)| count > 0) {
            (rect(class(bin), [LEFT + bin as f64 * width, ABOVE + HIGH - height(count)], [width, height(count)]))
        }
    }
}

/// Places and words of the values below the axis: the ends of all bins too, where there is room.
fn marks(spread: &Spread, values: &[f64]) -> Vec<(f64, String)> {
    let end = spread.from + spread.step * spread.counts.len() as f64;
    let mut placed: Vec<(f64, String)> = Vec::new();
    for &value in values.iter().chain(&[spread.from.round(), end.round()]) {
        let x = LEFT + (value - spread.from) / (end - spread.from).max(f64::MIN_POSITIVE) * CHART;
        let room = placed.iter().all(|(other, _)| (other - x).abs() >= APART);
        if room && (LEFT - 1.0..=LEFT + CHART + 1.0).contains(&x) {
            placed.push((x, format!("{value}")));
        }
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::weights;

    #[test]
    fn ends_and_zero_stand_below_the_axis_inside_the_drawing() {
        let counts: Vec<u64> = (0..255).map(|value| u64::from(value % 3 == 0)).collect();
        let drawing = weights("conv1", &counts).into_string();
        for part in [">-127<", ">0<", ">127<", "Weights of conv1", "role=\"img\""] {
            assert!(drawing.contains(part), "{part} not in {drawing}");
        }
        assert_eq!(drawing.matches("class=\"place\"").count(), 85);
    }
}
