//! What the array does over an interval, as a picture: a row per layer and per cause of waiting, time from left to right. With a
//! script it can be enlarged, moved and read out, by mouse and by keys; without one a part is shown enlarged.

use crate::html::script;
use crate::svg::{anchored, legend, line, svg, words, About, WIDTH};
use crate::table::grouped;
use base64::prelude::{Engine, BASE64_STANDARD};
use maud::{html, Markup};
use std::ops::Range;
use systole_machine::losses::{Doing, Stretch};
use systole_machine::{Cause, Plan};

/// Pixels of the names left of a drawing, of a row and of its bar, of the axis below.
const NAMES: usize = 200;
const ROW: usize = 18;
const BAR: usize = 14;
const AXIS: usize = 34;
/// Pixels of time.
const PIXELS: usize = WIDTH as usize - NAMES;
/// Shades of a pixel: how much of its time goes to the row.
const SHADES: u64 = 6;
/// A pixel in which anything is lost is at least so dark.
const LEAST_LOST: u64 = 3;
/// The second drawing enlarges one part in so many of the interval, from a place where most layers are at work.
const ENLARGED: u64 = 32;
const ENLARGED_FROM: u64 = 4;
/// Marks of the axis.
const MARKS: u64 = 4;
const SCRIPT: &str = include_str!("../assets/timeline.js");

/// Two drawings: the whole interval, and a part of it enlarged, which the script of the page moves.
pub fn section(plan: &Plan, stretches: &[Stretch]) -> Markup {
    let interval: u64 = stretches.iter().map(|s| s.cycles).sum();
    let part = interval / ENLARGED;
    let enlarged = interval / ENLARGED_FROM..interval / ENLARGED_FROM + part;
    let rows = rows(plan, stretches);
    html! {
        p {
            "One interval of " (grouped(interval)) " cycles from left to right, images back to back; the stronger the colour, the more \
             of a pixel's time. Depth-first order is the pattern of bands: every layer runs again and again, a few rows at a time. \
             The rows at the foot are the cycles in which the array waits."
        } "\n"
        (legend(&[("good", "the array takes steps of the layer"), ("lost", "the array waits")]))
        (drawing(&rows, stretches, &(0..interval), "The array over an interval"))
        div class="timeline" data-clock=(plan.board.clock_mhz) data-from=(enlarged.start) data-to=(enlarged.end)
            data-rows=(names(&rows)) data-stretches=(encoded(&rows, stretches)) {
            p class="part" {
                "Cycles " (grouped(enlarged.start)) " to " (grouped(enlarged.end)) " enlarged, the rows in which something \
                 happens: single tiles."
            } "\n"
            (drawing(&rows, stretches, &enlarged, "A part of the interval enlarged"))
        } "\n"
        (script(SCRIPT))
    }
}

/// A row of the drawing: what it shows, its name, its class.
type Row = (Doing, String, &'static str);

fn rows(plan: &Plan, stretches: &[Stretch]) -> Vec<Row> {
    let layers = plan.bindings.iter().enumerate().map(|(at, b)| (Doing::Steps(at), b.name.clone(), "good"));
    let happens = |cause: &Cause| stretches.iter().any(|s| s.doing == Doing::Lost(*cause));
    let causes = Cause::ALL.into_iter().filter(happens).map(|c| (Doing::Lost(c), c.text().to_string(), "lost"));
    layers.chain(causes).collect()
}

/// Classes and names of the rows, for the script: a line each.
fn names(rows: &[Row]) -> String {
    rows.iter().map(|(_, name, class)| format!("{class} {name}")).collect::<Vec<_>>().join("\n")
}

/// Rows and lengths of the stretches, for the script: numbers of seven bits a byte, the lowest first, all but the last with the
/// eighth bit; in base 64.
fn encoded(rows: &[Row], stretches: &[Stretch]) -> String {
    let mut bytes = Vec::new();
    for stretch in stretches {
        let row = rows.iter().position(|row| row.0 == stretch.doing).unwrap_or_default();
        for mut number in [row as u64, stretch.cycles] {
            while number > 0x7f {
                bytes.push(number as u8 | 0x80);
                number >>= 7;
            }
            bytes.push(number as u8);
        }
    }
    BASE64_STANDARD.encode(bytes)
}

fn drawing(rows: &[Row], stretches: &[Stretch], window: &Range<u64>, title: &str) -> Markup {
    let shaded = rows.iter().map(|row| (shades(row.0, stretches, window), row));
    let rows: Vec<_> = shaded.filter(|(shades, _)| shades.iter().any(|&shade| shade > 0)).collect();
    let foot = rows.len() * ROW;
    let body = html! {
        @for (at, (shades, row)) in rows.iter().enumerate() { (row_of(at * ROW, row, shades)) }
        (axis(foot as f64, window))
    };
    let says = format!("A row for each of {} layers and causes of waiting, cycles to the right", rows.len());
    svg(&About { title, says: &says }, (foot + AXIS) as f64, &body)
}

fn axis(top: f64, window: &Range<u64>) -> Markup {
    let place = |mark: u64| NAMES as f64 + (mark * PIXELS as u64 / MARKS) as f64;
    html! {
        @for mark in 0..=MARKS {
            @let (x, cycle) = (place(mark), window.start + (window.end - window.start) * mark / MARKS);
            @let anchor = if mark == 0 { "start" } else if mark == MARKS { "end" } else { "middle" };
            (line("rule", [x, 0.0], [x, top + 4.0])) (anchored(anchor, x, top + 18.0, &grouped(cycle)))
        }
        (words(0.0, top + 18.0, "cycle")) "\n"
    }
}

fn row_of(top: usize, (doing, name, class): &Row, shades: &[u64]) -> Markup {
    let least = if matches!(doing, Doing::Lost(_)) { LEAST_LOST } else { 1 };
    let mut from = NAMES;
    let bars = shades.chunk_by(|a, b| a == b).map(|run| {
        from += run.len();
        (from - run.len(), run.len(), run[0])
    });
    html! {
        text x="0" y=(top + BAR - 2) { (name) }
        rect class="frame" x=(NAMES) y=(top) width=(PIXELS) height=(BAR) {}
        @for (x, width, shade) in bars.filter(|(_, _, shade)| *shade > 0) {
            @let opacity = format!("{:.2}", shade.max(least) as f64 / SHADES as f64);
            rect class=(class) x=(x) y=(top) width=(width) height=(BAR) opacity=(opacity) {}
        } "\n"
    }
}

/// Per pixel, how much of its time goes to `doing`: 0 for none, [`SHADES`] for all.
fn shades(doing: Doing, stretches: &[Stretch], window: &Range<u64>) -> Vec<u64> {
    let pixels = PIXELS as u64;
    let length = (window.end - window.start).max(1);
    let mut shares = vec![0; pixels as usize];
    let mut start = 0;
    for stretch in stretches {
        let (from, to) = (start.max(window.start), (start + stretch.cycles).min(window.end));
        start += stretch.cycles;
        if stretch.doing == doing && from < to {
            // In units of a cycle's pixels-th part, so that pixels need not be whole cycles.
            spread(&mut shares, (from - window.start) * pixels, (to - window.start) * pixels, length);
        }
    }
    shares.into_iter().map(|share: u64| (share * SHADES).div_ceil(length)).collect()
}

/// Adds the stretch `from..to` to the pixels of `length` units each that it touches.
fn spread(shares: &mut [u64], from: u64, to: u64, length: u64) {
    for pixel in from / length..to.div_ceil(length) {
        let (low, high) = (from.max(pixel * length), to.min((pixel + 1) * length));
        shares[pixel as usize] += high - low;
    }
}

#[cfg(test)]
mod tests {
    use super::{encoded, shades, spread, SHADES};
    use systole_machine::losses::{Doing, Stretch};
    use systole_machine::Cause;

    #[test]
    fn a_pixel_is_as_dark_as_its_share() {
        let fill = Doing::Lost(Cause::Fill);
        let stretches = [Stretch { doing: Doing::Steps(0), cycles: 760 }, Stretch { doing: fill, cycles: 760 }];
        let all = shades(fill, &stretches, &(0..1520));
        assert_eq!((all[0], all[379], all[380], all[759]), (0, 0, SHADES, SHADES));
        let late = shades(fill, &stretches, &(760..1520));
        assert!(late.iter().all(|&s| s == SHADES));
    }

    #[test]
    fn a_stretch_is_spread_without_loss() {
        let mut shares = vec![0; 4];
        spread(&mut shares, 5, 32, 10);
        assert_eq!(shares, [5, 10, 10, 2]);
    }

    #[test]
    fn the_script_gets_numbers_of_seven_bits() {
        let rows = [(Doing::Steps(0), "a".into(), "good"), (Doing::Lost(Cause::Fill), "b".into(), "lost")];
        let stretches =
            [Stretch { doing: Doing::Lost(Cause::Fill), cycles: 5 }, Stretch { doing: Doing::Steps(0), cycles: 300 }];
        // 1, 5, 0, 300 = 2 * 128 + 44.
        assert_eq!(encoded(&rows, &stretches), "AQUArAI=");
    }
}
