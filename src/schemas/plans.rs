//! Plans and boards: `plan`, `explore`, `fit`, refusals.

use super::shape::{boolean, count, list, number, object, one_of, or_null, reference, several, text, Named};
use serde_json::Value;

pub fn shapes() -> Vec<Named> {
    let lack = object(&[("what", text()), ("needs", count()), ("has", count())]);
    let refusal = object(&[("fits?", boolean()), ("error", text()), ("lacks?", list(lack)), ("advice?", text())]);
    let link = object(&[("name", text()), ("images_per_second", number())]);
    let resource = object(&[("name", text()), ("used", count()), ("available", count())]);
    let mut shapes = vec![("refusal", refusal), ("link", link), ("resource", resource), ("explore", explore())];
    shapes.extend(plan());
    shapes.extend(fit());
    shapes
}

fn counts<'n>(names: &[&'n str]) -> Vec<(&'n str, Value)> {
    names.iter().map(|name| (*name, count())).collect()
}

fn plan() -> Vec<Named> {
    let cost = object(&[vec![("module", text())], counts(&["bram18", "bram36", "uram", "dsp", "lut", "ff"])].concat());
    let share = object(&[("what", text()), ("cycles", number())]);
    let layer = object(&[
        ("name", text()),
        ("macs", count()),
        ("ideal_cycles", number()),
        ("cycles", number()),
        ("utilisation", number()),
        ("lost", list(reference("share"))),
    ]);
    let region = object(&[("name", text()), ("base", count()), ("words", count()), ("contents", text())]);
    let memory = object(&[("banks", count()), ("words", count()), ("word_bits", count()), ("regions", list(region))]);
    let plan = object(&[
        ("network", text()),
        ("board", text()),
        ("device", text()),
        ("clock_mhz", number()),
        ("clock_source", text()),
        ("preprocessing", or_null(reference("preprocessing"))),
        ("rows", count()),
        ("cols", count()),
        ("multiplier", text()),
        ("fits", boolean()),
        ("ram_assumed", boolean()),
        ("weight_memory", one_of(&["initialised", "loaded", "ultra", "coded", "coded-loaded"])),
        ("modules", list(reference("cost"))),
        ("total", reference("cost")),
        ("resources", list(reference("resource"))),
        ("link_bram18", count()),
        ("speed", speed()),
        ("choices", choices()),
        ("layers", list(layer)),
        ("cycles", list(reference("share"))),
        ("activations", reference("memory")),
        ("weights", reference("memory")),
    ]);
    vec![("cost", cost), ("share", share), ("memory", memory), ("plan", plan)]
}

fn speed() -> Value {
    let whole = counts(&["macs", "macs_per_cycle", "interval_cycles", "latency_cycles", "input_beats"]);
    let parts = ["utilisation", "images_per_second", "latency_ms"].map(|name| (name, number())).to_vec();
    object(&[whole, parts, vec![("link", or_null(reference("link")))]].concat())
}

fn choices() -> Value {
    let direct = object(&[("maps", list(text())), ("words", count())]);
    let saving = object(&counts(&["cycles", "bram18"]));
    let headroom = object(&[("dsp", several(count(), 2)), ("lut", several(count(), 2))]);
    object(&[
        ("direct", or_null(direct)),
        ("lut_tables", list(text())),
        ("saving", saving),
        ("sum_pixels", count()),
        ("border_pixels", count()),
        ("headroom", or_null(headroom)),
    ])
}

fn explore() -> Value {
    let parts = ["utilisation", "clock_mhz", "images_per_second"].map(|name| (name, number())).to_vec();
    let whole = counts(&["rows", "cols", "cycles", "dsp", "bram18", "uram", "lut"]);
    let link = vec![("board", text()), ("link_images_per_second", or_null(number()))];
    object(&[("plans", list(object(&[link, whole, parts].concat())))])
}

fn fit() -> Vec<Named> {
    let accuracy = object(&[
        ("images", count()),
        ("measured_on", text()),
        ("same_best_class", count()),
        ("score_error", number()),
        ("top1", or_null(count())),
        ("float_top1", or_null(count())),
    ]);
    let form = object(&[
        ("form", text()),
        ("words", text()),
        ("weights", count()),
        ("stored", count()),
        ("accuracy", accuracy),
    ]);
    let words = ["form", "words", "store", "clock_source"].map(|name| (name, text())).to_vec();
    let whole = counts(&["stored", "rows", "cols", "interval_cycles"]);
    let parts = ["utilisation", "clock_mhz", "images_per_second"].map(|name| (name, number())).to_vec();
    let rest = vec![
        ("link", or_null(reference("link"))),
        ("resources", list(reference("resource"))),
        ("output", or_null(text())),
    ];
    let placed = object(&[words, whole, parts, rest].concat());
    let board = object(&[
        ("board", text()),
        ("title", text()),
        ("device", text()),
        ("fits", boolean()),
        ("placed", or_null(reference("placed"))),
        ("lacks", or_null(text())),
    ]);
    let words = ["change", "form", "sentence"].map(|name| (name, text())).to_vec();
    let change = object(&[words, counts(&["rows", "cols", "interval_cycles"])].concat());
    let next = object(&[("board", text()), ("changes", list(change))]);
    let fit = object(&[
        ("network", text()),
        ("preprocessing", or_null(reference("preprocessing"))),
        ("slower", count()),
        ("forms", list(form)),
        ("boards", list(board)),
        ("next_smaller", or_null(next)),
    ]);
    vec![("placed", placed), ("fit", fit)]
}
