//! The weight store in the core: which primitive a plan's store is, its wires and its memory images.

use super::check;
use super::describe::{Instance, Top};
use super::expression::bits;
use super::shapes::Shapes;
use super::tables::{add_rom, low_bits};
use crate::design::File;
use systole_machine::memories::WEIGHTS;
use systole_machine::WeightMemory;

/// What is said of the instance, and the wire of a step's weights.
const COMMENT: &str = "A step's weights, skewed.";
const STEP: &str = "step_weights";

/// Adds the plan's store.
pub fn add(t: &mut Top, s: &Shapes) -> Vec<File> {
    match s.plan.geometry.weights {
        WeightMemory::Initialised => initialised(t, s),
        WeightMemory::Loaded | WeightMemory::Ultra | WeightMemory::UltraAndBlock => written(t, s),
        WeightMemory::Coded => coded(t, s),
        WeightMemory::CodedLoaded => coded_written(t, s),
    }
}

fn initialised(t: &mut Top, s: &Shapes) -> Vec<File> {
    let weights = s.weights();
    let images = weights.images().into_iter().map(|(name, text)| File::text(name, text)).collect();
    t.leave_unread("tile_begins");
    let store = t.primitive("weights", COMMENT, weights);
    check::connect(store, s, WEIGHTS);
    store.input("wgt_addr_i", "wgt_addr").output("w_o", STEP);
    images
}

/// RAM that takes the input beats while the host loads.
fn written(t: &mut Top, s: &Shapes) -> Vec<File> {
    t.leave_unread("tile_begins");
    let memory = t.primitive("weights", COMMENT, s.weight_memory());
    check::connect(memory, s, WEIGHTS);
    loads(memory, s).output("w_o", STEP).by_name();
    Vec::new()
}

/// Connects the input beats, which pass or are taken.
fn loads<'i>(memory: &'i mut Instance, s: &Shapes) -> &'i mut Instance {
    memory
        .input("load_i", "load_i")
        .input("s_valid_i", "arrived")
        .input("s_data_i", bits("beat", s.beat_bits() - 1, 0))
        .input("m_ready_i", "beat_ready")
        .output("s_ready_o", "arrived_ready")
        .output("m_valid_o", "beat_valid")
        .output("load_word_o", "load_word_o")
}

/// Where the present layer's streams of codes lie.
fn streams(t: &mut Top, s: &Shapes) -> Vec<File> {
    let row = low_bits("layer_o", s.layer_bits(), s.widths.layer, t);
    t.assign("stream_row", s.widths.layer, row);
    t.leave_unread("wgt_addr");
    add_rom(t, s, ["stream", "Where each layer's weights lie, and in which codes."], "stream_row", "streams")
}

/// Connects the steps of a store of codes.
fn steps(store: &mut Instance) {
    store
        .input("tile_i", "tile_begins")
        .input("streams_i", "streams")
        .input("step_i", "step_valid")
        .output("w_o", STEP);
}

fn coded(t: &mut Top, s: &Shapes) -> Vec<File> {
    let rows = streams(t, s);
    let weights = s.weight_codes();
    let images = weights.images().into_iter().map(|(name, text)| File::text(name, text));
    let files = images.chain(rows).collect();
    let store = t.primitive("weights", COMMENT, weights);
    check::connect(store, s, WEIGHTS);
    steps(store);
    files
}

fn coded_written(t: &mut Top, s: &Shapes) -> Vec<File> {
    let rows = streams(t, s);
    let memory = s.code_memory();
    let (name, text) = memory.books();
    let store = t.primitive("weights", COMMENT, memory);
    check::connect(store, s, WEIGHTS);
    steps(store);
    loads(store, s).by_name();
    [vec![File::text(name, text)], rows].concat()
}
