//! The network as a graph: layers from top to bottom, those side by side that do not need each other. Each leads to its panel.

use super::layer::{anchor, kind};
use crate::svg::{picture, About};
use maud::{html, Markup};
use systole_net::{LayerKind, Net, Sink, TensorId};

/// Pixels of a layer, and between two.
const WIDE: usize = 152;
const HIGH: usize = 44;
const ASIDE: usize = 12;
const BELOW: usize = 26;

/// Where a layer lies.
#[derive(Clone, Copy)]
struct Place {
    x: usize,
    y: usize,
}

/// The drawing: lines below, links to the layers above them.
pub fn graph(net: &Net) -> Markup {
    let (places, [width, height]) = places(net);
    let edges = html! {
        @for (to, layer) in net.layers.iter().enumerate() {
            @for from in writers(net, layer.input) { (edge("edge", places[from], places[to])) }
            @if let Some(added) = added(net, to) {
                @for from in writers(net, added) { (edge("edge dash", places[from], places[to])) }
            }
        }
    };
    let says = format!("{} layers; each line leads from a layer to one that reads its results", net.layers.len());
    let lines = picture(&About { title: "The network's layers", says: &says }, [width as f64, height as f64], &edges);
    html! {
        div class="wide graph" role="region" aria-label="Layers" tabindex="0" {
            div style=(format!("width:{width}px;height:{height}px")) {
                (lines)
                @for (at, place) in places.iter().enumerate() { (node(net, at, *place)) }
            }
        } "\n"
    }
}

fn node(net: &Net, layer: usize, Place { x, y }: Place) -> Markup {
    let style = format!("left:{x}px;top:{y}px;width:{WIDE}px;height:{HIGH}px");
    html! {
        a class="node" href={ "#" (anchor(layer)) } style=(style) title=(net.layers[layer].name) {
            b { (net.layers[layer].name) } span { (kind(&net.layers[layer].kind)) }
        } "\n"
    }
}

fn edge(class: &str, from: Place, to: Place) -> Markup {
    let (x1, y1, x2, y2) = (from.x + WIDE / 2, from.y + HIGH, to.x + WIDE / 2, to.y);
    let bend = BELOW / 2;
    html! { path class=(class) d=(format!("M{x1} {y1}C{x1} {} {x2} {} {x2} {y2}", y1 + bend, y2 - bend)) {} "\n" }
}

/// Layers that write a map.
fn writers(net: &Net, map: TensorId) -> impl Iterator<Item = usize> + '_ {
    let writes = move |kind: &LayerKind| match kind {
        LayerKind::Conv(conv) => matches!(conv.sink, Sink::Tensor { id, .. } if id == map),
        LayerKind::Pool(pool) => pool.output == map,
    };
    net.layers.iter().enumerate().filter(move |(_, layer)| writes(&layer.kind)).map(|(at, _)| at)
}

/// The map that a layer adds.
fn added(net: &Net, layer: usize) -> Option<TensorId> {
    match &net.layers[layer].kind {
        LayerKind::Conv(conv) => conv.residual.as_ref().map(|residual| residual.tensor),
        LayerKind::Pool(_) => None,
    }
}

/// A row below all layers that it needs, and in it a place beside the others of the row; and the size of all.
fn places(net: &Net) -> (Vec<Place>, [usize; 2]) {
    let mut rows: Vec<usize> = Vec::new();
    for (at, layer) in net.layers.iter().enumerate() {
        let sources = std::iter::once(layer.input).chain(added(net, at));
        let above = sources
            .flat_map(|map| writers(net, map).filter(|&from| from < at).map(|from| rows[from] + 1).collect::<Vec<_>>());
        rows.push(above.max().unwrap_or(0));
    }
    let beside = |row: usize| rows.iter().filter(|&&other| other == row).count();
    let widest = rows.iter().map(|&row| beside(row)).max().unwrap_or(1);
    let width = widest * (WIDE + ASIDE) - ASIDE;
    let place = |(at, &row): (usize, &usize)| {
        let before = rows[..at].iter().filter(|&&other| other == row).count();
        let own = beside(row) * (WIDE + ASIDE) - ASIDE;
        Place { x: (width - own) / 2 + before * (WIDE + ASIDE), y: row * (HIGH + BELOW) }
    };
    let height = rows.iter().max().map_or(0, |row| row * (HIGH + BELOW) + HIGH);
    (rows.iter().enumerate().map(place).collect(), [width, height])
}
