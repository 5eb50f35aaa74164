//! Trace events for Perfetto: what the format allows, spans of a track that follow each other, and the plan's cycles.

use crate::common::{build, digits, entries, image, systole};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// A span: microseconds of its beginning and end, its name, its cycles.
type Span = (f64, f64, String, u64);

/// The events of a file, held against what the format's description (Trace Event Format) says of those that are used here: metadata
/// that names processes and tracks, and complete events, whose times are microseconds and which nest on each track.
fn events(file: &Path) -> Vec<Value> {
    let read: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let keys: BTreeSet<&str> = read.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, BTreeSet::from(["displayTimeUnit", "otherData", "traceEvents"]));
    assert!(["ms", "ns"].contains(&read["displayTimeUnit"].as_str().unwrap()) && read["otherData"].is_object());
    let events = read["traceEvents"].as_array().unwrap();
    let (mut processes, mut tracks) = (BTreeSet::new(), BTreeSet::new());
    let mut open: BTreeMap<(u64, u64), Vec<(f64, f64)>> = BTreeMap::new();
    for event in events {
        let (pid, tid) = (event["pid"].as_u64().unwrap(), event["tid"].as_u64().unwrap());
        let name = event["name"].as_str().unwrap_or_else(|| panic!("no name: {event}"));
        let only = |wanted: &[&str]| {
            let keys: Vec<&str> = event.as_object().unwrap().keys().map(String::as_str).collect();
            assert!(keys.iter().all(|key| wanted.contains(key)) && keys.len() == wanted.len(), "{event}");
        };
        assert!(event["args"].is_object(), "{event}");
        match (event["ph"].as_str().unwrap(), name) {
            ("M", "process_name" | "thread_name") => {
                only(&["name", "ph", "pid", "tid", "args"]);
                assert!(event["args"]["name"].as_str().is_some_and(|name| !name.is_empty()), "{event}");
                let new = if name == "process_name" { processes.insert(pid) } else { tracks.insert((pid, tid)) };
                assert!(new, "named twice: {event}");
            }
            ("M", "thread_sort_index") => assert!(event["args"]["sort_index"].is_u64(), "{event}"),
            ("X", _) => {
                only(&["name", "ph", "pid", "tid", "ts", "dur", "args"]);
                assert!(!name.is_empty() && processes.contains(&pid) && tracks.contains(&(pid, tid)), "{event}");
                let (start, lasts) = (event["ts"].as_f64().unwrap(), event["dur"].as_f64().unwrap());
                assert!(start.is_finite() && start >= 0.0 && lasts.is_finite() && lasts >= 0.0, "{event}");
                open.entry((pid, tid)).or_default().push((start, start + lasts));
            }
            other => panic!("{other:?} is no event of these files: {event}"),
        }
    }
    open.into_values().for_each(nest);
    events.clone()
}

/// Of two spans of a track that overlap one holds the other.
fn nest(mut spans: Vec<(f64, f64)>) {
    const ROUNDING: f64 = 1e-6;
    spans.sort_by(|a, b| a.0.total_cmp(&b.0).then(b.1.total_cmp(&a.1)));
    let mut within: Vec<f64> = Vec::new();
    for (start, end) in spans {
        while within.last().is_some_and(|outer| start >= outer - ROUNDING) {
            within.pop();
        }
        assert!(
            within.last().is_none_or(|outer| end <= outer + ROUNDING),
            "{start}..{end} leaves the span that it is in"
        );
        within.push(end);
    }
}

/// Spans by the name of their track, in the order of the file.
fn tracks(file: &Path) -> BTreeMap<String, Vec<Span>> {
    let events = events(file);
    let place = |event: &Value| (event["pid"].as_u64().unwrap(), event["tid"].as_u64().unwrap());
    let named = events.iter().filter(|event| event["name"] == "thread_name");
    let names: BTreeMap<_, String> = named.map(|e| (place(e), e["args"]["name"].as_str().unwrap().into())).collect();
    let mut tracks: BTreeMap<String, Vec<Span>> = BTreeMap::new();
    for event in events.iter().filter(|event| event["ph"] == "X") {
        let number = |name: &str| event[name].as_f64().unwrap();
        let cycles = event["args"]["cycles"].as_u64().unwrap();
        let span = (number("ts"), number("ts") + number("dur"), event["name"].as_str().unwrap().into(), cycles);
        tracks.entry(names[&place(event)].clone()).or_default().push(span);
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

/// The link's images follow each other at the rate that the plan names: a serial line brings one in many intervals, a DMA many in one.
#[test]
fn the_link_brings_images_at_its_rate() {
    let folder = tempfile::tempdir().unwrap();
    for (board, slow) in [("ulx3s-85f", true), ("pynq-z2", false)] {
        let (file, net) = (folder.path().join(board), digits().display().to_string());
        let ran = systole(["plan", &net, "--board", board, "--json", "--trace", file.to_str().unwrap()]);
        let speed = serde_json::from_str::<Value>(&ran.ok()).unwrap()["speed"].clone();
        let tracks = tracks(&file);
        follow_each_other(&tracks);
        let (link, interval) = (&tracks["images over the link"], speed["interval_cycles"].as_f64().unwrap());
        let rate = speed["link"]["images_per_second"].as_f64().unwrap();
        let per_image = 1e6 / rate;
        for (at, image) in link.iter().enumerate() {
            assert_eq!(image.2, format!("image {at}"));
            assert!(
                (image.0 - at as f64 * per_image).abs() < 0.02 && (image.1 - image.0 - per_image).abs() < 0.02,
                "{image:?}"
            );
        }
        assert_eq!(link[0].3 as f64 > interval, slow, "{board}: {} cycles of {interval}", link[0].3);
        let machine = speed["images_per_second"].as_f64().unwrap();
        assert_eq!(link.len(), (rate / machine).max(1.0) as usize, "as many as an interval has room for");
    }
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
