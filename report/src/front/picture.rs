//! A Pareto front as a page for a browser.

use super::knee::{knee, line_of};
use super::{cells, Point, HEADING};
use crate::html::{document, sections, wide};
use crate::scale::{axes, Scale};
use crate::svg::{path, pixels, svg, words, About, WIDTH};
use maud::{html, Markup};
use std::collections::BTreeMap;

/// Pixels of the drawing and of its margins.
const HEIGHT: f64 = 500.0;
const LEFT: f64 = 80.0;
const BELOW: f64 = 56.0;
const ABOVE: f64 = 30.0;
const RIGHT: f64 = 20.0;
/// Colours of the style, far apart also for the colour-blind (Okabe and Ito 2008): one a board.
const COLOURS: usize = 7;
/// Radius of a mark per root of its share of the largest block RAM use, and of the ring around a knee beyond that.
const MARK: f64 = 11.0;
const RING: f64 = 4.0;
/// Shares of the largest block RAM use that the legend shows.
const SHOWN: [f64; 3] = [0.1, 0.4, 1.0];

/// A page with the front: DSP to the right, images per second upwards (both logarithmic), block RAM as the mark's area.
pub fn picture(network: &str, points: &[Point]) -> String {
    let list = [("Images per second against DSP blocks", drawing(points)), ("Plans", table(points))];
    let body = html! {
        p {
            "Each mark is a plan that no other of its board beats in cycles, DSP and block RAM; its area is the block RAM it takes. \
             A line joins the fastest plans of a board; the ring is its knee, beyond which more DSP blocks bring less and less."
        } "\n"
        (sections(&list))
    };
    document(&format!("{network}: what the boards offer"), &body)
}

fn drawing(points: &[Point]) -> Markup {
    let across = Scale::logarithmic(points.iter().map(|p| p.dsp as f64), [LEFT, WIDTH - RIGHT]);
    let up = Scale::logarithmic(points.iter().map(|p| p.images_per_second), [HEIGHT - BELOW, ABOVE]);
    let largest = points.iter().map(|p| p.bram18).max().unwrap_or(1).max(1);
    let mut boards: BTreeMap<&str, Vec<&Point>> = BTreeMap::new();
    for point in points {
        boards.entry(&point.board).or_default().push(point);
    }
    let places = Places { across, up, largest };
    let body = html! {
        (axes(&places.across, &places.up, ["DSP blocks", "images per second"]))
        @for (at, (_, points)) in boards.iter().enumerate() { (board(points, at % COLOURS, &places)) }
    };
    let says = format!("{} plans of {} boards; the table below has their figures", points.len(), boards.len());
    html! {
        (legend(&boards, largest))
        (svg(&About { title: "Images per second against DSP blocks", says: &says }, HEIGHT, &body))
    }
}

/// Where plans lie in the drawing.
struct Places {
    across: Scale,
    up: Scale,
    /// Most block RAMs of a plan.
    largest: usize,
}

impl Places {
    fn of(&self, point: &Point) -> [f64; 2] {
        [self.across.at(point.dsp as f64), self.up.at(point.images_per_second)]
    }
}

/// Radius of the mark of so many block RAMs.
fn radius(bram18: usize, largest: usize) -> f64 {
    MARK * (bram18 as f64 / largest as f64).sqrt()
}

fn board(points: &[&Point], colour: usize, places: &Places) -> Markup {
    let front = line_of(points);
    let line: Vec<[f64; 2]> = front.iter().map(|point| places.of(point)).collect();
    html! {
        (path(&format!("s{colour}"), &line)) "\n"
        @for point in points { (mark(point, colour, places)) }
        @if let Some(knee) = knee(&front) { (ring(knee, places)) }
    }
}

fn mark(p: &Point, colour: usize, places: &Places) -> Markup {
    let [x, y] = places.of(p);
    html! {
        circle tabindex="0" class={ "c" (colour) } cx=(pixels(x)) cy=(pixels(y)) r=(pixels(radius(p.bram18, places.largest))) fill-opacity="0.6" {
            title {
                (p.board) " " (p.rows) " x " (p.cols) ": " (format!("{:.1}", p.images_per_second)) " images/s, "
                (p.dsp) " DSP, " (p.bram18) " block RAMs, " (p.uram) " UltraRAMs"
            }
        } "\n"
    }
}

fn ring(p: &Point, places: &Places) -> Markup {
    let ([x, y], r) = (places.of(p), radius(p.bram18, places.largest) + RING);
    let text = format!("{} x {}", p.rows, p.cols);
    html! {
        circle class="roof" cx=(pixels(x)) cy=(pixels(y)) r=(pixels(r)) {}
        (words(x + r + 3.0, y + r + 8.0, &text)) "\n"
    }
}

/// Boards by colour, block RAM by area.
fn legend(boards: &BTreeMap<&str, Vec<&Point>>, largest: usize) -> Markup {
    let sizes = SHOWN.map(|share| ((largest as f64 * share).round() as usize).max(1));
    html! {
        ul class="legend" {
            @for (at, board) in boards.keys().enumerate() { li { (dot(at % COLOURS, MARK / 2.0)) (board) } }
            @for size in sizes { li { (dot(COLOURS - 1, radius(size, largest))) (size) " block RAMs" } }
            li { svg viewBox="-12 -12 24 24" role="img" aria-label="ring" { circle class="roof" r="8" {} } "knee" }
        } "\n"
    }
}

fn dot(colour: usize, radius: f64) -> Markup {
    html! {
        svg class="dot" viewBox="-12 -12 24 24" role="img" aria-label="mark" {
            circle class={ "c" (colour) } r=(pixels(radius)) {}
        }
    }
}

fn table(points: &[Point]) -> Markup {
    let table = html! {
        table { "\n"
            thead { tr { @for name in HEADING { th scope="col" { (name) } } } } "\n"
            @for point in points { tr { @for cell in cells(point) { td { (cell) } } } "\n" }
        }
    };
    wide("Plans", &table)
}
