//! A roofline: what each layer makes of the array, against what the array, the way out of it and the link allow.

use super::layer::anchor;
use crate::plan::Sheet;
use crate::scale::{axes, Scale};
use crate::svg::{anchored, legend, path, pixels, svg, words, About, WIDTH};
use crate::table::{grouped, percent};
use maud::{html, Markup};
use systole_machine::Plan;

const HEIGHT: f64 = 460.0;
const LEFT: f64 = 76.0;
const RIGHT: f64 = 20.0;
const ABOVE: f64 = 30.0;
const BELOW: f64 = 56.0;
const MARK: f64 = 5.0;

/// A link that allows so many times more than the array is left out of the drawing.
const FAR: f64 = 4.0;
/// Layers that take less of the array have their names beside them.
const LOW: f64 = 0.8;

/// A layer in the drawing.
struct Point<'a> {
    name: &'a str,
    /// Its panel, if it has one.
    place: Option<String>,
    /// MAC for each byte of results, and for each cycle that the layer takes.
    intensity: f64,
    speed: f64,
}

/// The drawing, and what it says.
pub fn section(sheet: &Sheet, plan: &Plan) -> Markup {
    let (array, bytes) = (sheet.speed.macs_per_cycle as f64, plan.geometry.rows as f64);
    let link =
        sheet.speed.link.as_ref().map(|link| {
            (link.name.as_str(), link.images_per_second * sheet.speed.macs as f64 / (sheet.clock_mhz * 1e6))
        });
    let points = points(sheet, plan);
    html! {
        p {
            "To the right, multiply-accumulates for each byte of results that leaves the array (a layer's reduction); upwards, those for \
             each cycle of the layer. No layer is above the roofs: the array has "
            (grouped(array as u64)) " multipliers, and " (grouped(bytes as u64)) " bytes leave it in a cycle."
            @if let Some((name, most)) = link {
                " The whole network together can take " (grouped(most.round() as u64)) " MAC a cycle from the link (" (name) ")."
            }
        } "\n"
        (legend(&[("c0", "a layer"), ("mark", "the whole network"), ("c6", "roofs")]))
        (drawing(sheet, &points, [array, bytes], link))
    }
}

fn points<'a>(sheet: &'a Sheet, plan: &Plan) -> Vec<Point<'a>> {
    let layers = sheet.layers.iter().zip(&plan.bindings);
    layers
        .map(|(time, bound)| Point {
            name: &time.name,
            place: Some(anchor(bound.layer)),
            intensity: bound.reduction as f64,
            speed: time.macs as f64 / time.cycles.max(1.0),
        })
        .collect()
}

fn drawing(sheet: &Sheet, points: &[Point], [array, bytes]: [f64; 2], link: Option<(&str, f64)>) -> Markup {
    let knee = array / bytes;
    let results: f64 = points.iter().zip(&sheet.layers).map(|(p, layer)| layer.macs as f64 / p.intensity).sum();
    let macs = sheet.speed.macs as f64;
    let whole = Point {
        name: "whole network",
        place: None,
        intensity: macs / results.max(1.0),
        speed: macs / sheet.speed.interval_cycles as f64,
    };
    let all = || points.iter().chain([&whole]);
    let near = link.filter(|link| link.1 < FAR * array);
    let across = Scale::logarithmic(all().map(|p| p.intensity).chain([knee]), [LEFT, WIDTH - RIGHT]);
    let speeds = all().map(|p| p.speed).chain([array]).chain(near.map(|link| link.1)).collect::<Vec<_>>();
    let up = Scale::logarithmic(speeds.iter().copied(), [HEIGHT - BELOW, ABOVE]);
    let mark = |p: &Point, class: &str, r: f64| dot(p, class, r, [across.at(p.intensity), up.at(p.speed)], array);
    let body = html! {
        (axes(&across, &up, ["MAC for each byte of results", "MAC for each cycle"]))
        (roofs(&across, &up, array, bytes))
        @if let Some((name, most)) = near { (level(&across, &up, most, &format!("link: {name}"))) }
        @for point in points { (mark(point, "c0", MARK)) }
        (mark(&whole, "mark", MARK + 2.0))
    };
    let says =
        format!("{} layers below the roof of {array} MAC a cycle and that of {bytes} bytes a cycle", points.len());
    svg(&About { title: "Roofline", says: &says }, HEIGHT, &body)
}

fn dot(p: &Point, class: &str, radius: f64, [x, y]: [f64; 2], array: f64) -> Markup {
    let says = format!("{}: {:.1} MAC a cycle, {} of the array's", p.name, p.speed, percent(p.speed / array));
    let mark = html! {
        circle class=(class) cx=(pixels(x)) cy=(pixels(y)) r=(pixels(radius)) fill-opacity="0.75" { title { (says) } }
    };
    html! {
        @match &p.place {
            Some(place) => { a href={ "#" (place) } aria-label=(says) { (mark) } }
            None => { g tabindex="0" aria-label=(says) { (mark) } }
        }
        @if p.speed < LOW * array && p.place.is_some() { (words(x + radius + 3.0, y + radius, p.name)) } "\n"
    }
}

/// The slope of the way out, up to the level of the array.
fn roofs(across: &Scale, up: &Scale, array: f64, bytes: f64) -> Markup {
    let [left, right] = across.ends();
    let knee = (array / bytes).clamp(left, right);
    let start = left.max(up.ends()[0] / bytes).min(knee);
    let line: Vec<[f64; 2]> = [start, knee, right].map(|x| [across.at(x), up.at((x * bytes).min(array))]).into();
    let name = format!("array: {array} MAC a cycle");
    html! { (path("roof", &line)) (anchored("end", WIDTH - RIGHT, up.at(array) - 6.0, &name)) "\n" }
}

fn level(across: &Scale, up: &Scale, most: f64, name: &str) -> Markup {
    let y = up.at(most);
    html! {
        (path("roof dash", &across.ends().map(|x| [across.at(x), y]))) (anchored("end", WIDTH - RIGHT, y - 6.0, name)) "\n"
    }
}
