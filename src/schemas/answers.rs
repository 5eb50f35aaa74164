//! Devices and their answers: `run`, `simulate`, `verify`, `dump`, `selftest`, `top`; and `doctor`.

use super::shape::{any_of, boolean, count, integer, list, number, object, or_null, reference, text, Named};

pub fn shapes() -> Vec<Named> {
    let answers = answers();
    vec![
        ("run", answers.clone()),
        ("simulate", answers),
        ("verify", verify()),
        ("dump", dump()),
        ("selftest", selftest()),
        ("top", top()),
        ("doctor", doctor()),
    ]
}

fn answers() -> serde_json::Value {
    let class = object(&[("class", count()), ("label", text()), ("score", number()), ("probability", number())]);
    let answer = object(&[
        ("image", text()),
        ("top", list(class)),
        ("sums", list(integer())),
        ("submitted_at", count()),
        ("finished_at", count()),
    ]);
    let broken = object(&[("image", text()), ("error", text())]);
    let speed = object(&[
        ("interval_cycles", or_null(number())),
        ("device_images_per_second", or_null(number())),
        ("seconds", number()),
        ("images_per_second", number()),
    ]);
    object(&[
        ("device", text()),
        ("network", text()),
        ("preprocessing", or_null(reference("preprocessing"))),
        ("clock_mhz", number()),
        ("images", list(any_of(&[answer, broken]))),
        ("doubtful?", list(text())),
        ("speed", speed),
    ])
}

fn verify() -> serde_json::Value {
    object(&[
        ("engines", list(text())),
        ("images", list(text())),
        ("stalls", or_null(count())),
        ("preprocessing", or_null(reference("preprocessing"))),
        ("changed", list(text())),
        ("cycles", count()),
        ("pins_per_cycle", count()),
        ("layer_checksums", count()),
        ("interval_cycles", or_null(count())),
        ("planned_interval_cycles", count()),
        ("utilisation", or_null(number())),
    ])
}

fn dump() -> serde_json::Value {
    object(&[
        ("device", text()),
        ("layer", text()),
        ("channels", count()),
        ("height", count()),
        ("width", count()),
        ("smallest", integer()),
        ("largest", integer()),
        ("runs", count()),
        ("cycles", count()),
        ("output", text()),
        ("html", or_null(text())),
    ])
}

fn selftest() -> serde_json::Value {
    object(&[
        ("device", text()),
        ("passed", boolean()),
        ("design_hash", text()),
        ("weights_hash", text()),
        ("memories", count()),
        ("damaged_memories", or_null(text())),
        ("images", count()),
        ("layers", count()),
        ("first_layer", or_null(text())),
        ("faults", text()),
    ])
}

fn top() -> serde_json::Value {
    let numbers = ["seconds", "images_per_second", "busy", "input_starved", "output_blocked"];
    let numbers = numbers.into_iter().chain(["in_beats_per_second", "out_beats_per_second"]);
    let counts = ["images_done", "cycles", "in_beats", "out_beats", "step", "layer"].map(|name| (name, count()));
    let mut fields: Vec<(&str, _)> = numbers.map(|name| (name, number())).chain(counts).collect();
    fields.extend([
        ("device", text()),
        ("preprocessing", or_null(reference("preprocessing"))),
        ("of_plan", or_null(number())),
        ("images_in_flight", or_null(count())),
        ("layer_name", or_null(text())),
        ("enabled", boolean()),
        ("ready", boolean()),
        ("errors", list(text())),
    ]);
    object(&fields)
}

fn doctor() -> serde_json::Value {
    let finding = object(&[
        ("tool", text()),
        ("purpose", text()),
        ("needed", boolean()),
        ("found", or_null(text())),
        ("gap", or_null(text())),
    ]);
    object(&[("tools", list(finding))])
}
