//! `systole_core`: the machine between its streams, composed from the plan. See docs/machine.md.

use super::check;
use super::describe::Top;
use super::expression::{bits, concat, constant};
use super::shapes::Shapes;
use super::tables::{add_rom, low_bits};
use super::weights;
use crate::design::File;
use crate::primitives::{act_mem::ActMem, deskew::Deskew, lane_sum::LaneSum, loop_back::LoopBack, skid::Skid};
use systole_machine::geometry::{clog2, RESULT_BITS};
use systole_machine::registers::{MEMORY, WORD_BITS};
use systole_machine::Plan;

pub const CORE: &str = "systole_core";

/// Outputs of the core that come from the primitive `events` under the same names.
pub const EVENTS: [&str; 9] = [
    "in_beat_o",
    "out_beat_o",
    "blocked_o",
    "image_done_o",
    "tlast_early_o",
    "tlast_late_o",
    "dropped_o",
    "result_ready_o",
    "busy_o",
];

/// A top's comment: what it is, what printed it, and of which plan.
pub(super) fn printed(plan: &Plan, what: String) -> String {
    format!("{what}; systole {}, plan {}", env!("CARGO_PKG_VERSION"), plan.id())
}

/// The core and the memory images that its Verilog reads.
pub fn core(plan: &Plan) -> (Top, Vec<File>) {
    let shapes = Shapes::new(plan);
    let mut top = Top::new(CORE, &printed(plan, format!("{} on an array of {}", plan.network, shapes.name())));
    ports(&mut top, &shapes);
    input(&mut top, &shapes);
    let mut images = program(&mut top, &shapes);
    images.extend(steps(&mut top, &shapes));
    images.extend(output_stage(&mut top, &shapes));
    images.extend(pooling(&mut top, &shapes));
    memory(&mut top, &shapes);
    check::add(&mut top, &shapes);
    events(&mut top, &shapes);
    (top, images)
}

fn ports(t: &mut Top, s: &Shapes) {
    t.input("enable_i", 1, 1, "beats are taken and tiles begin");
    t.input("s_axis_tdata_i", 1, s.beat_bits(), "lane 0 in the lowest byte");
    t.input("s_axis_tvalid_i", 1, 1, "");
    t.input("s_axis_tlast_i", 1, 1, "with an image's last beat");
    t.output("s_axis_tready_o", 1, 1, "");
    t.output("m_axis_tdata_o", 1, RESULT_BITS, "signed sum of class 0, 1, ...");
    t.output("m_axis_tvalid_o", 1, 1, "");
    t.output("m_axis_tlast_o", 1, 1, "with a result's last beat");
    t.input("m_axis_tready_i", 1, 1, "");
    t.input("chk_layer_i", 1, s.layer_bits(), "which layer's checksum");
    t.output("chk_value_o", 1, RESULT_BITS, "one cycle after chk_layer_i");
    t.input("loop_i", 1, 1, "input beats come back as output beats");
    t.input("dump_i", 1, 1, "results are activations:");
    t.input("dump_layer_i", 1, s.layer_bits(), "of which layer");
    t.input("dump_lane_i", 1, clog2(s.rows()), "of which lane");
    t.input("dump_first_i", 1, s.first_bits(), "from which on");
    t.output("step_o", 1, s.widths.pc, "program counter");
    t.output("layer_o", 1, s.layer_bits(), "layer of the tile being computed");
    if s.loads() {
        t.input("load_i", 1, 1, "input beats are weights; then the memories are read back");
        t.output("load_word_o", 1, 1, "a word of the weights was taken");
    }
    t.input("check_i", 1, 1, "the memories are read back");
    t.output("found_o", 1, 1, "a memory is read back:");
    t.output("found_memory_o", 1, MEMORY.width as usize, "its number");
    t.output("found_crc_o", 1, WORD_BITS as usize, "its CRC-32");
    t.output("found_last_o", 1, 1, "it is the last one");
    t.output("progress_o", 1, 1, "a step was taken");
    t.output("starved_o", 1, 1, "no step, for want of input");
    for name in EVENTS {
        t.output(name, 1, 1, "");
    }
}

/// Stream to words of the input line buffer.
fn input(t: &mut Top, s: &Shapes) {
    let beat = s.beat_bits();
    // Behind the buffer beats are weights or an image's.
    let (valid, ready) = if s.loads() { ("arrived", "arrived_ready") } else { ("beat_valid", "beat_ready") };
    t.primitive("s_axis", "Cuts every path between the host and the collector.", Skid::new(beat + 1))
        .input("s_valid_i", "s_axis_tvalid_i")
        .input("s_data_i", concat(["s_axis_tlast_i", "s_axis_tdata_i"]))
        .input("m_ready_i", "held_ready")
        .output("s_ready_o", "s_axis_tready_o")
        .output("m_valid_o", "held")
        .output("m_data_o", "beat");
    t.primitive("loop_back", "Input beats sent back, for the host to test the link with.", LoopBack::new(beat / 8))
        .input("loop_i", "loop_i")
        .input("s_valid_i", "held")
        .output("s_ready_o", "held_ready")
        .input("s_data_i", bits("beat", beat - 1, 0))
        .input("s_last_i", bits("beat", beat, beat))
        .output("m_valid_o", valid)
        .input("m_ready_i", ready)
        .output("back_valid_o", "loop_valid")
        .input("back_ready_i", "loop_ready")
        .output("back_data_o", "loop_data")
        .output("back_last_o", "loop_last");
    t.primitive("collector", "Beats to words, words to the input line buffer.", s.collector())
        .input("enable_i", "enable_i")
        .input("s_valid_i", "beat_valid")
        .input("s_data_i", bits("beat", beat - 1, 0))
        .input("s_last_i", bits("beat", beat, beat))
        .input("release_i", "released")
        .input("grant_i", "in_grant")
        .output("s_ready_o", "beat_ready")
        .output("write_o", "in_write")
        .output("addr_o", "in_addr")
        .output("data_o", "in_data")
        .output("beat_o", "beat_number")
        .by_name();
}

/// The program's tables and the sequencer.
fn program(t: &mut Top, s: &Shapes) -> Vec<File> {
    let layer = low_bits("layer_addr", s.layer_bits(), s.widths.layer, t);
    t.assign("layer_row", s.widths.layer, layer);
    let images = [
        add_rom(t, s, ["prog", "The program: one item after another."], "prog_addr", "item"),
        add_rom(t, s, ["layer", "Layer descriptors."], "layer_row", "layer"),
        add_rom(t, s, ["tap", "Kernel taps."], "tap_addr", "tap"),
    ];
    t.primitive("sequencer", "Fetches items, begins tiles, issues a step a cycle.", s.sequencer())
        .input("enable_i", "enable_i")
        .input("hold_i", "hold")
        .input("pool_full_i", "pool_full")
        .output("pool_o", "push_pool")
        .output("pool_dep_o", "push_dep")
        .output("release_o", "released")
        .output("pc_o", "step_o")
        .output("layer_o", "layer_o")
        .output("stall_input_o", "starved_o")
        .open("stall_fetch_o")
        .open("stall_array_o")
        .open("stall_pool_o")
        .open("stall_output_o")
        .open("busy_o")
        .output("tile_o", "tile_begins")
        .by_name();
    t.assign("progress_o", 1, "step_valid");
    images.concat()
}

/// Activations and weights into the array.
fn steps(t: &mut Top, s: &Shapes) -> Vec<File> {
    t.primitive("feed", "A step's activations: bank addresses, rotation, masks, skew.", s.feed())
        .output("bank_addr_o", "bank_addr")
        .input("bank_data_i", "bank_data")
        .output("a_o", "activations")
        .output("first_o", "lane_first")
        .output("last_o", "lane_last")
        .output("mask_o", "valid_mask")
        .by_name();
    let images = weights::add(t, s);
    t.primitive("array", "Output-stationary: one sum per element, drained along the rows.", s.array())
        .input("a_i", "activations")
        .input("first_i", "lane_first")
        .input("last_i", "lane_last")
        .input("mask_i", "valid_mask")
        .input("w_i", "step_weights")
        .output("chain_o", "sums")
        .output("mask_o", "sums_mask");
    images
}

/// Sums to activations, to the banks and to the results.
fn output_stage(t: &mut Top, s: &Shapes) -> Vec<File> {
    let comment = "Bias and multiplier of every output channel.";
    let mut images = add_rom(t, s, ["param", comment], "param_addr", "param");
    images.extend(residuals(t, s));
    t.primitive("drain", "Follows every channel tile out of the array.", s.drain())
        .input("desc_push_i", "step_last")
        .output("write_o", "drain_write")
        .output("write_addr_o", "drain_addr")
        .output("fill_o", "pool_fill")
        .by_name();
    t.primitive("requant", "Bias, multiplier, rounding, clamp.", s.requant())
        .input("acc_i", "sums")
        .input("mask_i", "sums_mask")
        .output("mask_o", "y_mask")
        .by_name();
    t.primitive("deskew", "All lanes of a column at once, for the banks.", Deskew::new(s.rows()))
        .input("y_i", "y")
        .output("data_o", "drain_data");
    t.primitive("lane_sums", "Sum and checksum of a column's lanes.", LaneSum::new(s.rows(), s.sum_bits()))
        .input("y_i", "y")
        .input("mask_i", "y_mask")
        .input("dump_i", "dump_i")
        .input("lane_i", "dump_lane_i")
        .output("sum_o", "lane_sum")
        .output("check_o", "lane_check");
    t.primitive("results", "Class sums, layer checksums, result stream.", s.results())
        .input("check_index_i", "chk_layer_i")
        .input("dump_i", "dump_i")
        .input("dump_layer_i", "dump_layer_i")
        .input("dump_first_i", "dump_first_i")
        .input("loop_i", "loop_i")
        .input("m_axis_tready_i", "m_axis_tready_i")
        .output("check_value_o", "chk_value_o")
        .output("m_axis_tvalid_o", "m_axis_tvalid_o")
        .output("m_axis_tdata_o", "m_axis_tdata_o")
        .output("m_axis_tlast_o", "m_axis_tlast_o")
        .input("offset_i", "offset")
        .by_name();
    images.extend(offsets(t, s));
    images
}

/// What each class sum begins with.
fn offsets(t: &mut Top, s: &Shapes) -> Vec<File> {
    if !s.offsets() {
        t.leave_unread("offset_addr");
        t.assign("offset", 1, constant(0, 1));
        return Vec::new();
    }
    let comment = "What the pixels that are not computed add to each class sum.";
    add_rom(t, s, ["offset", comment], "offset_addr", "offset")
}

/// How each layer rescales what it adds.
fn residuals(t: &mut Top, s: &Shapes) -> Vec<File> {
    if !s.adds() {
        t.leave_unread("residual_addr");
        t.assign("residual", s.widths.residual + 1, constant(0, s.widths.residual + 1));
        return Vec::new();
    }
    let row = low_bits("residual_addr", s.layer_bits(), s.widths.layer, t);
    t.assign("residual_row", s.widths.layer, row);
    let comment = "Multipliers of what is added, layer by layer.";
    add_rom(t, s, ["residual", comment], "residual_row", "residual")
}

/// The pool engine and its table.
fn pooling(t: &mut Top, s: &Shapes) -> Vec<File> {
    let images = add_rom(t, s, ["pool", "Pooling layers."], "pool_addr", "pool_word");
    t.primitive("pool", "Pools maps tile by tile, their results as they come or what the banks hold.", s.pool())
        .input("push_i", "pool_push")
        .input("fill_i", "pool_fill")
        .input("fill_data_i", "drain_data")
        .input("word_i", "pool_word")
        .input("read_data_i", "bank_read")
        .input("read_grant_i", "pool_read_grant")
        .input("write_grant_i", "pool_write_grant")
        .output("full_o", "pool_full")
        .output("read_o", "pool_read")
        .output("read_addr_a_o", "pool_read_addr_a")
        .output("read_addr_b_o", "pool_read_addr_b")
        .output("read_lane_o", "pool_read_lane")
        .output("write_o", "pool_write")
        .output("write_addr_a_o", "pool_write_addr_a")
        .output("write_addr_b_o", "pool_write_addr_b")
        .output("write_lane_o", "pool_write_lane")
        .output("write_mask_o", "pool_write_mask")
        .output("write_data_o", "pool_write_data")
        .by_name();
    images
}

/// The activation banks and who may use their second port.
fn memory(t: &mut Top, s: &Shapes) {
    t.primitive("port_b", "Drain, input and pooling share the banks' second port.", s.port_b()).by_name();
    t.primitive(
        "banks",
        "Activations: pixel p of a map lies in bank p mod rows.",
        ActMem::new(s.rows(), s.bank_depth()),
    )
    .input("a_addr_i", "bank_addr")
    .output("a_data_o", "bank_data")
    .output("b_data_o", "bank_read")
    .by_name();
}

/// What the registers count.
fn events(t: &mut Top, s: &Shapes) {
    let events = t.primitive("events", "Pulses for the registers.", s.events());
    events
        .input("s_valid_i", "s_axis_tvalid_i")
        .input("s_ready_i", "s_axis_tready_o")
        .input("beat_i", "beat_number")
        .input("loop_i", "loop_i")
        .input("m_valid_i", "m_axis_tvalid_o")
        .input("m_ready_i", "m_axis_tready_i")
        .input("m_last_i", "m_axis_tlast_o");
    for output in EVENTS {
        events.output(output, output);
    }
    events.by_name();
}
