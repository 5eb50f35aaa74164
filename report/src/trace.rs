//! What every part of a machine does, as trace events of Chrome, which Perfetto and `chrome://tracing` show, and beside it what the
//! board's link would bring. Same spans, same bytes.

use crate::plan::Speed;
use serde::Serialize;
use std::borrow::Cow;
use systole_machine::tracks::{Span, Track, Work};
use systole_machine::Plan;
use systole_net::Net;

/// Nanoseconds of a microsecond, and cycles of a microsecond at a megahertz.
const NANOSECONDS: f64 = 1e3;
/// Machine and link are shown as processes.
const MACHINE: u32 = 1;
const LINK: u32 = 2;

#[derive(Serialize)]
struct File<'a> {
    #[serde(rename = "displayTimeUnit")]
    unit: &'static str,
    #[serde(rename = "otherData")]
    about: About<'a>,
    #[serde(rename = "traceEvents")]
    events: Vec<Event<'a>>,
}

#[derive(Serialize)]
struct About<'a> {
    network: &'a str,
    board: &'a str,
    clock_mhz: f64,
    /// What the link is, and the cycles in which it brings an image at its best.
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<Link>,
}

#[derive(Clone, Serialize)]
struct Link {
    name: String,
    cycles_per_image: f64,
}

impl Link {
    fn of(plan: &Plan) -> Option<Link> {
        let clock = plan.board.clock_mhz * 1e6;
        Speed::of(plan).link.map(|link| Link { cycles_per_image: clock / link.images_per_second, name: link.name })
    }
}

/// An event: a span, or the name of a track.
#[derive(Serialize)]
struct Event<'a> {
    name: Cow<'a, str>,
    ph: char,
    pid: u32,
    tid: usize,
    /// Microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    ts: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dur: Option<f64>,
    args: Arguments<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Arguments<'a> {
    Name { name: Cow<'a, str> },
    Order { sort_index: usize },
    Cycles { cycle: u64, cycles: u64 },
}

/// The file: a track for each part of the machine, and one for the link, which brings images one behind another at its best: those
/// of a run, `images` of them, from the first beat on; those of an interval from its beginning, as many as it can. Times are by
/// the plan's clock.
pub fn trace(plan: &Plan, net: &Net, spans: &[Span], images: Option<usize>) -> String {
    let (clock, link) = (plan.board.clock_mhz, Link::of(plan));
    let title = format!("{} on {}", plan.network, plan.board.title);
    let mut events = vec![named("process_name", MACHINE, 0, title)];
    for (tid, track) in Track::ALL.into_iter().enumerate() {
        if spans.iter().any(|span| span.track == track) {
            events.push(named("thread_name", MACHINE, tid + 1, name(track)));
            let order = Arguments::Order { sort_index: tid };
            events.push(Event { args: order, ..named("thread_sort_index", MACHINE, tid + 1, "") });
        }
    }
    if let Some(link) = &link {
        events.push(named("process_name", LINK, 0, format!("{}, by itself at its best", link.name)));
        events.push(named("thread_name", LINK, 1, "images over the link"));
    }
    let tid = |track: Track| Track::ALL.iter().position(|other| *other == track).unwrap_or_default() + 1;
    events.extend(spans.iter().map(|span| {
        let place = (MACHINE, tid(span.track));
        event(what(span, plan, net).into(), place, (span.start, span.start + span.cycles), clock)
    }));
    if let Some(link) = &link {
        events.extend(brought(link, spans, images, clock));
    }
    let about = About { network: &plan.network, board: &plan.board.name, clock_mhz: clock, link };
    let file = File { unit: "ns", about, events };
    serde_json::to_string(&file).expect("plain data always encodes") + "\n"
}

/// The link's spans, an image each; at least one.
fn brought(link: &Link, spans: &[Span], images: Option<usize>, clock_mhz: f64) -> Vec<Event<'static>> {
    let of = link.cycles_per_image;
    let first = spans.iter().find(|span| span.track == Track::Input).map_or(0, |span| span.start);
    let end = spans.iter().map(|span| span.start + span.cycles).max().unwrap_or_default();
    let (begin, count) = match images {
        Some(images) => (first, images),
        None => (0, ((end as f64 / of) as usize).max(1)),
    };
    let cycle = |image: usize| begin + (image as f64 * of).round() as u64;
    let span = |at| event(format!("image {at}").into(), (LINK, 1), (cycle(at), cycle(at + 1)), clock_mhz);
    (0..count).map(span).collect()
}

fn named<'a>(what: &'static str, pid: u32, tid: usize, name: impl Into<Cow<'a, str>>) -> Event<'a> {
    Event { name: what.into(), ph: 'M', pid, tid, ts: None, dur: None, args: Arguments::Name { name: name.into() } }
}

/// Ends are those of whole nanoseconds, for viewers count in them: what follows a span begins where it ends.
fn event(name: Cow<str>, (pid, tid): (u32, usize), (start, end): (u64, u64), clock_mhz: f64) -> Event {
    let nanoseconds = |cycle: u64| (cycle as f64 * NANOSECONDS / clock_mhz).round();
    let (from, to) = (nanoseconds(start), nanoseconds(end));
    Event {
        name,
        ph: 'X',
        pid,
        tid,
        ts: Some(from / NANOSECONDS),
        dur: Some((to - from) / NANOSECONDS),
        args: Arguments::Cycles { cycle: start, cycles: end - start },
    }
}

fn name(track: Track) -> &'static str {
    match track {
        Track::Array => "array",
        Track::Waits => "array waits",
        Track::Pool => "pool engine",
        Track::Loads => "weights loaded",
        Track::Input => "images in",
        Track::Output => "results out",
    }
}

/// What a span does, in words.
fn what<'a>(span: &Span, plan: &'a Plan, net: &'a Net) -> &'a str {
    match span.work {
        Work::Layer(layer) => &plan.bindings[layer].name,
        Work::Wait(cause) => cause.text(),
        Work::Pool(pool) => net.layers.get(plan.pool_layers[pool]).map_or("pooling", |layer| &layer.name),
        Work::Beats => "beats",
    }
}
