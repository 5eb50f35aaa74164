//! Models and networks: `check`, `model`, `quantize`, `eval`, and what they share.

use super::shape::{
    any_of, boolean, count, integer, list, number, object, one_of, or_null, perhaps_infinite, reference, several, text,
    Named,
};

pub fn shapes() -> Vec<Named> {
    [preparation(), model_files(), quantisation(), evaluation()].concat()
}

fn preparation() -> Vec<Named> {
    let colour = one_of(&["red", "green", "blue", "luma"]);
    let preprocess =
        object(&[("name", text()), ("colours", list(colour)), ("mean", list(number())), ("scale", list(number()))]);
    let resize = object(&[
        ("scaling", one_of(&["stretch", "crop", "fit"])),
        ("scaled", several(count(), 2)),
        ("size", several(count(), 2)),
    ]);
    let inside = object(&[("factor", list(number())), ("offset", list(number()))]);
    let preprocessing =
        object(&[("preprocess", reference("preprocess")), ("inside", or_null(inside)), ("resize", or_null(resize))]);
    vec![("preprocess", preprocess), ("preprocessing", preprocessing)]
}

fn model_files() -> Vec<Named> {
    let coded = ["weights", "non_zero", "indices", "index_bytes", "gap_bytes", "codebook_bytes", "bias_bytes"];
    let coded: Vec<(&str, _)> =
        coded.into_iter().chain(["bitmap_bytes", "header_bytes"]).map(|name| (name, count())).collect();
    let coded = or_null(object(&coded));
    let layer = object(&[
        ("name", text()),
        ("operation", text()),
        ("shape", several(count(), 3)),
        ("parameters", count()),
        ("macs", count()),
        ("coded", coded.clone()),
    ]);
    let summary = object(&[
        ("name", text()),
        ("input", several(count(), 3)),
        ("classes", count()),
        ("layers", list(layer)),
        ("parameters", count()),
        ("macs", count()),
        ("coded", coded),
        ("notes", list(text())),
    ]);
    let problem = object(&[
        ("node", text()),
        ("operator", text()),
        ("attribute", or_null(text())),
        ("why", text()),
        ("nearest", text()),
    ]);
    let kind = object(&[
        ("operator", text()),
        ("attribute", or_null(text())),
        ("count", count()),
        ("first", text()),
        ("nearest", text()),
    ]);
    let compared =
        object(&[("images", count()), ("random", boolean()), ("difference", number()), ("rounded", boolean())]);
    let check = object(&[
        ("usable", boolean()),
        ("problems", list(problem)),
        ("kinds", list(kind)),
        ("reservations", list(text())),
        ("summary", or_null(reference("summary"))),
        ("onnxruntime?", compared),
    ]);
    let model = object(&[("output", text()), ("bytes", count()), ("summary", reference("summary"))]);
    vec![("summary", summary), ("check", check), ("model", model)]
}

fn quantisation() -> Vec<Named> {
    let results = object(&[
        ("range", several(integer(), 2)),
        ("from", number()),
        ("step", number()),
        ("counts", list(count())),
        ("zeros", count()),
    ]);
    let layer = object(&[
        ("name", text()),
        ("output", several(count(), 3)),
        ("weight_bytes", count()),
        ("form", or_null(text())),
        ("codebook", or_null(count())),
        ("bits", count()),
        ("zeros", count()),
        ("stored", count()),
        ("input_scale", number()),
        ("output_scale", number()),
        ("weight_scale", or_null(several(number(), 2))),
        ("mult_bits", count()),
        ("acc_bits", count()),
        ("sqnr_db", perhaps_infinite()),
        ("saturated", number()),
        ("results", results),
        ("weight_counts", list(count())),
    ]);
    let report = object(&[
        ("layers", list(layer)),
        ("calibrated", count()),
        ("images", count()),
        ("held_back", boolean()),
        ("doubts", list(doubt())),
        ("score_error", perhaps_infinite()),
        ("same_best_class", count()),
        ("notes", list(text())),
    ]);
    let choice = object(&[("form", text()), ("bytes", count()), ("error", number())]);
    let sensitivity = object(&[("layer", text()), ("choices", list(choice))]);
    let most = object(&[("cycles", count()), ("slower", count())]);
    let planned = object(&[
        ("board", text()),
        ("rows", count()),
        ("cols", count()),
        ("interval", count()),
        ("most", or_null(most)),
        ("codes", boolean()),
        ("store", count()),
        ("ram18", several(count(), 2)),
    ]);
    let validated = object(&[("figures", reference("figures")), ("calibrated", count())]);
    let quantize = object(&[
        ("output", text()),
        ("network", text()),
        ("hash", text()),
        ("preprocessing", or_null(reference("preprocessing"))),
        ("report", report),
        ("choices", list(sensitivity)),
        ("planned?", planned),
        ("alternatives", or_null(reference("alternatives"))),
        ("validation", or_null(validated)),
    ]);
    vec![("quantize", quantize)]
}

/// What whoever chose the images should know: a word, or an object of one field.
fn doubt() -> serde_json::Value {
    let few = ["found", "wanted", "weights", "samples"].map(|name| (name, count()));
    let few = object(&[&few[..], &[("layer", text())]].concat());
    let quiet = object(&[("map", text()), ("lost", count()), ("channels", count()), ("ratio", number())]);
    any_of(&[
        one_of(&["one_image"]),
        object(&[("few", few)]),
        object(&[("equal", object(&[("equal", count()), ("images", count())]))]),
        object(&[("blank", object(&[("blank", count()), ("images", count())]))]),
        object(&[("silent", object(&[("map", text())]))]),
        object(&[("quiet", quiet)]),
    ])
}

fn evaluation() -> Vec<Named> {
    let float = object(&[("top1", count()), ("top5", count()), ("same", count()), ("score_error", number())]);
    let figures = object(&[("evaluated", count()), ("top1", count()), ("top5", count()), ("float", or_null(float))]);
    let tried = object(&[("preprocess", reference("preprocess")), ("right", count()), ("classes", count())]);
    let alternatives = object(&[("images", count()), ("tried", list(tried))]);
    let subject = object(&[
        ("format", count()),
        ("network", text()),
        ("hash", text()),
        ("preprocessing", or_null(reference("preprocessing"))),
        ("labels", text()),
        ("reference", or_null(text())),
        ("images", count()),
    ]);
    let speed = object(&[
        ("engine", text()),
        ("images", count()),
        ("seconds", number()),
        ("engine_seconds", number()),
        ("threads", count()),
    ]);
    let eval = object(&[
        ("subject", subject),
        ("figures", reference("figures")),
        ("alternatives", or_null(reference("alternatives"))),
        ("speed", or_null(speed)),
    ]);
    vec![("figures", figures), ("alternatives", alternatives), ("eval", eval)]
}
