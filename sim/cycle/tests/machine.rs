//! The register-level machine behind its pins: results, identity, waveforms, refusals.

use std::path::Path;
use systole_cycle::{CycleError, RegisterMachine, TopBlock};
use systole_machine::pins::{TopIn, TopPins};
use systole_machine::registers::{CONTROL, ENABLE, ID};
use systole_machine::{Board, Plan};
use systole_net::random::{random_net, Limits};
use systole_plan::planner::plan_shape;
use systole_plan::Spare;
use systole_rtl::top::machine::core;

const BOARD: &str = include_str!("../../../constraints/tiny.toml");
/// Cycles of the waveform's window.
const WINDOW: std::ops::Range<u64> = 20..60;
const CYCLE_NS: u64 = 10;

fn plan() -> Plan {
    let board = Board::parse(BOARD).unwrap();
    plan_shape(&random_net(3, &Limits::default()), &board, 3, 2, Spare { slack: 1, overlaid: 2 }).unwrap()
}

/// Reads a register; the machine answers within a few cycles.
fn read(machine: &mut RegisterMachine, address: u32) -> u32 {
    let mut pins = TopIn { s_axil_arvalid: true, s_axil_araddr: address, s_axil_rready: true, ..TopIn::default() };
    for _ in 0..10 {
        let out = machine.cycle(&pins).unwrap();
        pins.s_axil_arvalid &= !out.s_axil_arready;
        if out.s_axil_rvalid {
            return out.s_axil_rdata;
        }
    }
    panic!("no answer from register {address:#x}");
}

fn reset(plan: &Plan) -> RegisterMachine {
    let mut machine = RegisterMachine::new(plan).unwrap();
    machine.cycle(&TopIn { rst: true, ..TopIn::default() }).unwrap();
    machine
}

#[test]
fn an_image_goes_in_and_sums_come_out() {
    let plan = plan();
    let mut machine = reset(&plan);
    assert_eq!(read(&mut machine, ID.offset), ID.reset);
    let mut pins = TopIn {
        s_axil_awvalid: true,
        s_axil_awaddr: CONTROL.offset,
        s_axil_wvalid: true,
        s_axil_wdata: ENABLE.mask(),
        s_axil_wstrb: 0xf,
        s_axil_bready: true,
        m_axis_tready: true,
        s_axis_tvalid: true,
        ..TopIn::default()
    };
    let (mut sent, mut sums, mut lasts) = (0, 0, Vec::new());
    for _ in 0..20_000 {
        pins.s_axis_tlast = sent + 1 == plan.input.beats;
        let out = machine.cycle(&pins).unwrap();
        pins.s_axil_awvalid &= !out.s_axil_awready;
        pins.s_axil_wvalid &= !out.s_axil_wready;
        sent += usize::from(pins.s_axis_tvalid && out.s_axis_tready);
        pins.s_axis_tvalid = sent < plan.input.beats;
        if out.m_axis_tvalid {
            sums += 1;
            lasts.push(out.m_axis_tlast);
        }
    }
    assert_eq!((sent, sums), (plan.input.beats, plan.classes));
    assert_eq!(lasts.iter().position(|&last| last), Some(plan.classes - 1));
}

#[test]
fn the_waveform_holds_its_window_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("window.vcd");
    let mut machine = reset(&plan());
    machine.trace(&path, WINDOW).unwrap();
    while machine.cycles() < WINDOW.end {
        assert!(!path.exists(), "the file is there before it is whole");
        machine.cycle(&TopIn { s_axis_tvalid: machine.cycles() % 2 == 0, ..TopIn::default() }).unwrap();
    }
    let text = std::fs::read_to_string(&path).unwrap();
    let times: Vec<u64> = text.lines().filter_map(|l| l.strip_prefix('#')?.parse().ok()).collect();
    assert_eq!(times.first(), Some(&(WINDOW.start * CYCLE_NS)));
    assert_eq!(times.last(), Some(&((WINDOW.end - 1) * CYCLE_NS + CYCLE_NS / 2)));
    for name in ["systole_top", "core", "sequencer", "step_valid", "clk_i"] {
        assert!(text.split_whitespace().any(|word| word == name), "{name}");
    }
}

#[test]
fn an_unwritable_waveform_is_an_error() {
    let mut machine = reset(&plan());
    let error = machine.trace(Path::new("/nowhere/at/all.vcd"), WINDOW).unwrap_err();
    assert!(error.to_string().starts_with("cannot write the waveform /nowhere/at/all.vcd"), "{error}");
}

#[test]
fn a_tree_without_the_pins_is_refused() {
    let tree = TopBlock::new(core(&plan()).0.build().unwrap());
    let error = RegisterMachine::of(tree).err().unwrap();
    let CycleError::MissingPort { module, port, .. } = &error else { panic!("{error}") };
    assert_eq!((module.as_str(), *port), ("systole_core", "s_axil_awvalid_i"));
}
