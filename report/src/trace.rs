//! What every part of a machine does, as trace events of Chrome, which Perfetto and `chrome://tracing` show. Same spans, same bytes.

use serde::Serialize;
use systole_machine::tracks::{Span, Track, Work};
use systole_machine::Plan;
use systole_net::Net;

/// Nanoseconds of a microsecond, and cycles of a microsecond at a megahertz.
const NANOSECONDS: f64 = 1e3;
/// The machine is the only process.
const MACHINE: u32 = 1;

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
}

/// An event: a span, or the name of a track.
#[derive(Serialize)]
struct Event<'a> {
    name: &'a str,
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
    Name { name: &'a str },
    Order { sort_index: usize },
    Cycles { cycle: u64, cycles: u64 },
}

/// The file: a track for each part of the machine, times by the plan's clock.
pub fn trace(plan: &Plan, net: &Net, spans: &[Span]) -> String {
    let clock = plan.board.clock_mhz;
    let title = format!("{} on {}", plan.network, plan.board.title);
    let mut events = vec![named("process_name", 0, &title)];
    for (tid, track) in Track::ALL.into_iter().enumerate() {
        if spans.iter().any(|span| span.track == track) {
            events.push(named("thread_name", tid + 1, name(track)));
            events
                .push(Event { args: Arguments::Order { sort_index: tid }, ..named("thread_sort_index", tid + 1, "") });
        }
    }
    events.extend(spans.iter().map(|span| event(span, what(span, plan, net), clock)));
    let about = About { network: &plan.network, board: &plan.board.name, clock_mhz: clock };
    let file = File { unit: "ns", about, events };
    serde_json::to_string(&file).expect("plain data always encodes") + "\n"
}

fn named<'a>(what: &'a str, tid: usize, name: &'a str) -> Event<'a> {
    Event { name: what, ph: 'M', pid: MACHINE, tid, ts: None, dur: None, args: Arguments::Name { name } }
}

/// Ends are those of whole nanoseconds, for viewers count in them: what follows a span begins where it ends.
fn event<'a>(span: &Span, name: &'a str, clock_mhz: f64) -> Event<'a> {
    let nanoseconds = |cycle: u64| (cycle as f64 * NANOSECONDS / clock_mhz).round();
    let (start, end) = (nanoseconds(span.start), nanoseconds(span.start + span.cycles));
    let tid = Track::ALL.iter().position(|track| *track == span.track).unwrap_or_default() + 1;
    Event {
        name,
        ph: 'X',
        pid: MACHINE,
        tid,
        ts: Some(start / NANOSECONDS),
        dur: Some((end - start) / NANOSECONDS),
        args: Arguments::Cycles { cycle: span.start, cycles: span.cycles },
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
