//! What a layer takes: shape, weights, cycles, what it waits for, memory.

use super::Build;
use crate::histogram::weights;
use crate::plan::{LayerTime, Region};
use crate::table::{grouped, percent};
use maud::{html, Markup};
use systole_net::limits::MAX_WEIGHT;
use systole_net::{Conv, Layer, LayerKind, Net, Sink, TensorId};

/// The name of a layer's panel in the page.
pub fn anchor(layer: usize) -> String {
    format!("layer-{layer}")
}

/// What a layer does, in short.
pub fn kind(kind: &LayerKind) -> String {
    match kind {
        LayerKind::Conv(c) => format!("{} x {}, {} to {}", c.kernel_h, c.kernel_w, c.in_channels, c.out_channels),
        LayerKind::Pool(p) => format!("max {} x {}, every {}", p.kernel, p.kernel, p.stride),
    }
}

/// The layer's panel; it is shown when the page is at its name.
pub fn panel(at: usize, build: &Build) -> Markup {
    let layer = &build.net.layers[at];
    let time =
        build.plan.bindings.iter().position(|binding| binding.layer == at).map(|bound| &build.sheet.layers[bound]);
    html! {
        section class="layer" id=(anchor(at)) tabindex="-1" aria-label={ "Layer " (layer.name) } {
            h3 { (layer.name) } "\n"
            table { "\n"
                @for (what, says) in rows(layer, time, build) { tr { th scope="row" { (what) } td { (says) } } "\n" }
            }
            @if let LayerKind::Conv(conv) = &layer.kind { (weights(&layer.name, &counts(conv))) }
        } "\n"
    }
}

fn rows(layer: &Layer, time: Option<&LayerTime>, build: &Build) -> Vec<(&'static str, String)> {
    let net = build.net;
    let mut rows = vec![("does", kind(&layer.kind)), ("reads", shape(net, layer.input)), ("makes", result(net, layer))];
    if let LayerKind::Conv(conv) = &layer.kind {
        rows.push(("weights", form(net, conv)));
    }
    if let Some(time) = time {
        rows.extend(cycles(time, build.sheet.speed.interval_cycles));
    }
    rows.extend(memory(layer, build));
    if let Some(measured) = build.quantised.and_then(|report| report.layers.iter().find(|l| l.name == layer.name)) {
        rows.push(("signal to noise", format!("{:.1} dB", measured.sqnr_db)));
    }
    rows
}

/// Channels, rows and columns of a map.
fn shape(net: &Net, map: TensorId) -> String {
    let info = &net.tensors[map];
    format!("{}: {} x {} x {}", info.name, info.channels, info.height, info.width)
}

fn result(net: &Net, layer: &Layer) -> String {
    let (height, width) = layer.out_size(&net.tensors);
    match &layer.kind {
        LayerKind::Pool(pool) => shape(net, pool.output),
        LayerKind::Conv(conv) => {
            let own = format!("{} x {height} x {width}", conv.out_channels);
            match conv.sink {
                Sink::Sum { .. } => format!("{own}, summed over all pixels"),
                Sink::Tensor { id, channel_offset } => {
                    format!("{own}, into {} from channel {channel_offset} on", net.tensors[id].name)
                }
            }
        }
    }
}

/// The form of a layer's weights, and their bytes.
fn form(net: &Net, conv: &Conv) -> String {
    let zeros = conv.weights.iter().filter(|weight| **weight == 0).count() as f64 / conv.weights.len().max(1) as f64;
    let kept = match conv.codebook {
        Some(number) => format!("{} bits by codebook {number}", net.weight_bits(conv)),
        None => "bytes".into(),
    };
    format!("{}, {kept}, {} zero", grouped(conv.weights.len() as u64), percent(zeros))
}

fn cycles(time: &LayerTime, interval: u64) -> Vec<(&'static str, String)> {
    let whole = |cycles: f64| grouped(cycles.round() as u64);
    let share = percent(time.cycles / interval.max(1) as f64);
    let mut lost: Vec<_> = time.lost.iter().collect();
    lost.sort_by(|a, b| b.cycles.total_cmp(&a.cycles));
    let waits: Vec<String> = lost.iter().map(|share| format!("{} {}", share.what, whole(share.cycles))).collect();
    vec![
        ("MAC", grouped(time.macs)),
        ("cycles", format!("{}, {share} of the time", whole(time.cycles))),
        ("busy", percent(time.utilisation)),
        ("loses to", if waits.is_empty() { "nothing".into() } else { waits.join(", ") }),
    ]
}

/// Where what it reads and makes, and its weights, lie.
fn memory(layer: &Layer, build: &Build) -> Vec<(&'static str, String)> {
    let buffer = |map: TensorId| {
        let found = build.plan.line_buffers.iter().find(|buffer| buffer.tensor == map)?;
        let words = grouped((found.slots * found.channels) as u64);
        Some(match found.slots {
            0 => format!("{}: never stored, a pooling takes it", found.name),
            slots => format!(
                "{}: {words} words from {}, {slots} of {} tiles",
                found.name,
                grouped(found.base as u64),
                found.tiles
            ),
        })
    };
    let region = |region: &Region| {
        format!("{} words from {}, {}", grouped(region.words as u64), grouped(region.base as u64), region.contents)
    };
    let output = match &layer.kind {
        LayerKind::Pool(pool) => Some(pool.output),
        LayerKind::Conv(Conv { sink: Sink::Tensor { id, .. }, .. }) => Some(*id),
        LayerKind::Conv(_) => None,
    };
    let own = build.sheet.weights.regions.iter().find(|region| region.name == layer.name);
    let list = [
        ("line buffer read", buffer(layer.input)),
        ("line buffer written", output.and_then(buffer)),
        ("weight memory", own.map(region)),
    ];
    list.into_iter().filter_map(|(what, says)| Some((what, says?))).collect()
}

/// How many weights have each value.
fn counts(conv: &Conv) -> Vec<u64> {
    let mut counts = vec![0; 2 * MAX_WEIGHT as usize + 1];
    conv.weights.iter().for_each(|&weight| counts[(i32::from(weight) + i32::from(MAX_WEIGHT)) as usize] += 1);
    counts
}
