//! What the line buffers hold over an interval, all together and one by one.

use crate::scale::{axes, Scale};
use crate::svg::{anchored, legend, path, rect, svg, words, About, WIDTH};
use crate::table::{grouped, percent};
use maud::{html, Markup};
use systole_machine::{Held, Plan};

const HEIGHT: f64 = 300.0;
const LEFT: f64 = 76.0;
const RIGHT: f64 = 20.0;
const ABOVE: f64 = 30.0;
const BELOW: f64 = 56.0;
/// Pixels of the names and figures of single buffers, and of a row.
const NAMES: f64 = 200.0;
const FIGURES: f64 = 130.0;
const ROW: f64 = 18.0;
const BAR: f64 = 14.0;
/// Shades of a buffer's fill.
const SHADES: usize = 10;

/// Both drawings.
pub fn section(plan: &Plan, held: &[Held]) -> Markup {
    let depth = plan.geometry.act_depth;
    let parts = held.first().map_or(0, |buffer| buffer.held.len());
    let together: Vec<usize> = (0..parts).map(|part| held.iter().map(|buffer| buffer.held[part]).sum()).collect();
    let most = together.iter().copied().max().unwrap_or(0);
    html! {
        p {
            "Words that hold a value somebody still reads, over the same interval as above; at most " (grouped(most as u64))
            " of the " (grouped(depth as u64)) " words of a bank, " (percent(most as f64 / depth.max(1) as f64)) "."
        } "\n"
        (legend(&[("place", "words held"), ("frame", "words of the line buffer")]))
        (over_time(plan.timing().interval, depth, &together))
        (one_by_one(held))
    }
}

fn over_time(interval: u64, depth: usize, together: &[usize]) -> Markup {
    let across = Scale::linear(interval as f64, [LEFT, WIDTH - RIGHT]);
    let most = together.iter().copied().max().unwrap_or(0).max(depth);
    let up = Scale::linear(most as f64, [HEIGHT - BELOW, ABOVE]);
    let part = interval as f64 / together.len().max(1) as f64;
    let top = up.at(depth as f64);
    let body = html! {
        @for (at, &held) in together.iter().enumerate().filter(|(_, held)| **held > 0) {
            @let (x, y) = (across.at(at as f64 * part), up.at(held as f64));
            (rect("place", [x, y], [across.at((at + 1) as f64 * part) - x, HEIGHT - BELOW - y]))
        }
        (axes(&across, &up, ["cycle of the interval", "words of a bank"]))
        (path("roof dash", &[[LEFT, top], [WIDTH - RIGHT, top]])) (anchored("end", WIDTH - RIGHT, top - 5.0, "all of them")) "\n"
    };
    let says = format!("Words held in each of {} parts of the interval, of {depth}", together.len());
    svg(&About { title: "Words held over an interval", says: &says }, HEIGHT, &body)
}

/// A row for each buffer, its colour the stronger the fuller it is.
fn one_by_one(held: &[Held]) -> Markup {
    let rows = html! {
        @for (at, buffer) in held.iter().enumerate() { (row(at as f64 * ROW, buffer)) }
    };
    let says = format!("{} line buffers; the stronger the colour, the fuller", held.len());
    svg(&About { title: "Fill of each line buffer over an interval", says: &says }, held.len() as f64 * ROW, &rows)
}

fn row(top: f64, buffer: &Held) -> Markup {
    let width = WIDTH - NAMES - FIGURES;
    let shade = |held: &usize| (held * SHADES).div_ceil(buffer.words.max(1));
    let part = width / buffer.held.len().max(1) as f64;
    let most = buffer.held.iter().copied().max().unwrap_or(0);
    let mut from = 0;
    let runs = buffer.held.chunk_by(|a, b| shade(a) == shade(b)).map(|run| {
        from += run.len();
        ((from - run.len()) as f64 * part, run.len() as f64 * part, shade(&run[0]))
    });
    html! {
        (words(0.0, top + BAR - 2.0, &buffer.name))
        (rect("frame", [NAMES, top], [width, BAR]))
        @for (x, wide, shade) in runs.filter(|run| run.2 > 0) {
            g opacity=(format!("{:.1}", shade as f64 / SHADES as f64)) { (rect("place", [NAMES + x, top], [wide, BAR])) }
        }
        (words(WIDTH - FIGURES + 6.0, top + BAR - 2.0, &format!("{} of {}", grouped(most as u64), grouped(buffer.words as u64))))
        "\n"
    }
}
