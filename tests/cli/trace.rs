//! Trace events for Perfetto: spans of a track follow each other, and their cycles are the plan's.

use crate::common::{build, digits, entries, image, systole};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// A span: microseconds of its beginning and end, its name, its cycles.
type Span = (f64, f64, String, u64);

/// Spans by the name of their track, in the order of the file.
fn tracks(file: &Path) -> BTreeMap<String, Vec<Span>> {
    let read: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let events = read["traceEvents"].as_array().unwrap();
    let named = events.iter().filter(|event| event["name"] == "thread_name");
    let names: BTreeMap<u64, String> =
        named.map(|e| (e["tid"].as_u64().unwrap(), e["args"]["name"].as_str().unwrap().into())).collect();
    let mut tracks: BTreeMap<String, Vec<Span>> = BTreeMap::new();
    for event in events.iter().filter(|event| event["ph"] == "X") {
        let number = |name: &str| event[name].as_f64().unwrap();
        let cycles = event["args"]["cycles"].as_u64().unwrap();
        let span = (number("ts"), number("ts") + number("dur"), event["name"].as_str().unwrap().into(), cycles);
        tracks.entry(names[&event["tid"].as_u64().unwrap()].clone()).or_default().push(span);
    }
    tracks
}

fn cycles(spans: &[Span]) -> u64 {
    spans.iter().map(|span| span.3).sum()
}

fn follow_each_other(tracks: &BTreeMap<String, Vec<Span>>) {
    for (name, spans) in tracks {
        let late = spans.windows(2).find(|pair| pair[0].1 > pair[1].0 + 1e-6);
        assert_eq!(late, None, "{name}: spans overlap");
    }
}

/// What the plan of the build says.
fn plan() -> Value {
    serde_json::from_str(&fs::read_to_string(build().join("plan.json")).unwrap()).unwrap()
}

#[test]
fn a_plan_s_trace_adds_up_to_its_cycles() {
    let folder = tempfile::tempdir().unwrap();
    let files = ["a.json", "b.json"].map(|name| folder.path().join(name));
    for file in &files {
        let net = digits().display().to_string();
        systole(["plan", &net, "--board", "tiny", "--trace", file.to_str().unwrap()]).ok();
    }
    assert_eq!(fs::read(&files[0]).unwrap(), fs::read(&files[1]).unwrap(), "the same input gives the same bytes");
    let (tracks, plan) = (tracks(&files[0]), plan());
    follow_each_other(&tracks);
    let interval = plan["timing"]["interval"].as_u64().unwrap();
    assert_eq!(cycles(&tracks["array"]) + cycles(&tracks["array waits"]), interval);
    let mut busy: Vec<&Span> = tracks["array"].iter().chain(&tracks["array waits"]).collect();
    busy.sort_by(|a, b| a.0.total_cmp(&b.0));
    assert!(busy.windows(2).all(|pair| (pair[0].1 - pair[1].0).abs() < 1e-6), "the array steps or waits at any time");
    let clock = plan["board"]["clock_mhz"].as_f64().unwrap();
    assert!((busy[busy.len() - 1].1 - interval as f64 / clock).abs() < 2e-3);
    for (bound, timing) in plan["bindings"].as_array().unwrap().iter().zip(plan["timing"]["layers"].as_array().unwrap())
    {
        let own = tracks["array"].iter().filter(|span| bound["name"] == span.2.as_str()).map(|span| span.3);
        assert_eq!(own.sum::<u64>(), timing["steps"].as_u64().unwrap(), "{}", bound["name"]);
    }
    assert_eq!(cycles(&tracks["images in"]), plan["input"]["beats"].as_u64().unwrap());
    assert_eq!(cycles(&tracks["results out"]), plan["classes"].as_u64().unwrap());
    assert!(cycles(&tracks["pool engine"]) > 0);
}

#[test]
fn a_simulation_s_trace_has_the_steps_of_every_image() {
    let folder = tempfile::tempdir().unwrap();
    let (file, build) = (folder.path().join("run.json"), build().display().to_string());
    let images = [image("000_label_4.png"), image("000_label_4.png"), image("000_label_4.png")];
    let command = ["simulate", &build, "--trace", file.to_str().unwrap(), "--image"];
    systole(command.into_iter().chain(images.iter().map(String::as_str))).ok();
    let (tracks, plan) = (tracks(&file), plan());
    follow_each_other(&tracks);
    let steps = plan["timing"]["layers"].as_array().unwrap().iter().map(|layer| layer["steps"].as_u64().unwrap());
    assert_eq!(cycles(&tracks["array"]), 3 * steps.sum::<u64>());
    assert_eq!(cycles(&tracks["images in"]), 3 * plan["input"]["beats"].as_u64().unwrap());
    assert_eq!(cycles(&tracks["results out"]), 3 * plan["classes"].as_u64().unwrap());
    let refused = systole(["simulate", &build, "--image", &images[0], "--registers", "--trace", "x.json"]);
    assert_eq!(refused.code, 2, "{}", refused.err);
    assert_eq!(entries(folder.path()), ["run.json"]);
}
