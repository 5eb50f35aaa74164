//! A Pareto front as a page for a browser.

use super::{text, Point};
use crate::html::{document, svg, wide, WIDTH};
use maud::{html, Markup};
use std::collections::BTreeMap;

/// Pixels of the drawing and of its margins.
const HEIGHT: f64 = 480.0;
const LEFT: f64 = 80.0;
const BELOW: f64 = 50.0;
const ABOVE: f64 = 20.0;
/// One colour a board, far apart also for the colour-blind (Okabe and Ito 2008).
const COLOURS: [&str; 7] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#888888"];
/// Radius of a mark per root of its share of the largest block RAM use.
const MARK: f64 = 11.0;

/// A page with the front: DSP to the right, images per second upwards (both logarithmic), block RAM as the mark's area.
pub fn picture(network: &str, points: &[Point]) -> String {
    let body = html! {
        p {
            "Each mark is a plan that no other of its board beats in cycles, DSP and block RAM; its area is the block RAM it takes."
        } "\n"
        (drawing(points))
        (wide(&html! { pre { (text(network, points)) } }))
    };
    document(&format!("{network}: what the boards offer"), &body)
}

/// A logarithmic scale onto pixels.
struct Scale {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Scale {
    fn over(values: impl Iterator<Item = f64> + Clone, from: f64, to: f64) -> Scale {
        let (low, high) = (values.clone().fold(f64::MAX, f64::min), values.fold(f64::MIN_POSITIVE, f64::max));
        // A little room around the outermost marks, also where all are the same.
        Scale { low: (low / 1.25).ln(), high: (high * 1.25).ln(), from, to }
    }

    fn at(&self, value: f64) -> f64 {
        self.from + (value.ln() - self.low) / (self.high - self.low) * (self.to - self.from)
    }

    /// 1, 2 and 5 times powers of ten within the scale.
    fn ticks(&self) -> Vec<f64> {
        let powers = (self.low / 10f64.ln()).floor() as i32..=(self.high / 10f64.ln()).ceil() as i32;
        let all = powers.flat_map(|p| [1.0, 2.0, 5.0].map(|m| m * 10f64.powi(p)));
        all.filter(|tick| (self.low..=self.high).contains(&tick.ln())).collect()
    }
}

fn drawing(points: &[Point]) -> Markup {
    let across = Scale::over(points.iter().map(|p| p.dsp as f64), LEFT, WIDTH - ABOVE);
    let up = Scale::over(points.iter().map(|p| p.images_per_second), HEIGHT - BELOW, ABOVE);
    let largest = points.iter().map(|p| p.bram18).max().unwrap_or(1).max(1) as f64;
    let mut boards: BTreeMap<&str, Vec<&Point>> = BTreeMap::new();
    for point in points {
        boards.entry(&point.board).or_default().push(point);
    }
    let body = html! {
        (axes(&across, &up))
        @for (at, (board, points)) in boards.iter().enumerate() {
            @let colour = COLOURS[at % COLOURS.len()];
            @for point in points { (mark(point, &across, &up, colour, largest)) }
            (legend(ABOVE + 16.0 * (at + 1) as f64, board, colour))
        }
    };
    svg(HEIGHT, &body)
}

fn mark(p: &Point, across: &Scale, up: &Scale, colour: &str, largest: f64) -> Markup {
    let (x, y) = (across.at(p.dsp as f64), up.at(p.images_per_second));
    let radius = MARK * (p.bram18 as f64 / largest).sqrt();
    html! {
        circle cx=(place(x)) cy=(place(y)) r=(place(radius)) fill=(colour) fill-opacity="0.6" {
            title {
                (p.board) " " (p.rows) " x " (p.cols) ": " (place(p.images_per_second)) " images/s, "
                (p.dsp) " DSP, " (p.bram18) " block RAMs, " (p.uram) " UltraRAMs"
            }
        } "\n"
    }
}

fn legend(y: f64, board: &str, colour: &str) -> Markup {
    html! {
        circle cx=(LEFT + 14.0) cy=(y - 4.0) r="5" fill=(colour) {}
        text x=(LEFT + 26.0) y=(y) { (board) } "\n"
    }
}

/// To a tenth.
fn place(number: f64) -> String {
    format!("{number:.1}")
}

fn axes(across: &Scale, up: &Scale) -> Markup {
    let (bottom, right) = (HEIGHT - BELOW, WIDTH - ABOVE);
    html! {
        @for tick in across.ticks() {
            @let x = place(across.at(tick));
            line x1=(x) y1=(ABOVE) x2=(x) y2=(bottom) {}
            text x=(x) y=(bottom + 18.0) text-anchor="middle" { (tick) } "\n"
        }
        @for tick in up.ticks() {
            @let y = up.at(tick);
            line x1=(LEFT) y1=(place(y)) x2=(right) y2=(place(y)) {}
            text x=(LEFT - 6.0) y=(place(y + 4.0)) text-anchor="end" { (tick) } "\n"
        }
        text x=((LEFT + right) / 2.0) y=(HEIGHT - 8.0) text-anchor="middle" { "DSP blocks" }
        text transform=(format!("translate(18 {}) rotate(-90)", HEIGHT / 2.0)) text-anchor="middle" { "images per second" } "\n"
    }
}
