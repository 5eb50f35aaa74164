//! The Vivado builds, run under plain Tcl with a stub of Vivado's commands: files, pins, buses, widths, addresses, and that
//! nothing is written when timing is missed or a critical warning appears.

use crate::common::{board, digits, linked_boards, path, Ran};
use std::path::{Path, PathBuf};
use std::process::Command;
use systole_machine::board::Family;
use systole_machine::wiring::{AxiDma, Card, Link};
use tempfile::TempDir;

const CARD: &str = "acorn-cle215";

fn generated(board: &str, folder: &Path) -> PathBuf {
    let output = folder.join(board);
    let (net, to) = (digits().display().to_string(), output.display().to_string());
    crate::common::systole(["generate", &net, "--board", board, "-o", &to]).ok();
    output
}

/// Runs a build with the worst slack in nanoseconds, and a critical warning in a stage; `None` where there is no Tcl.
fn build(folder: &Path, slack: &str, critical: &str) -> Option<Ran> {
    build_without(folder, slack, critical, &[])
}

/// As `build`, by a Vivado that lacks some IP cores.
fn build_without(folder: &Path, slack: &str, critical: &str, missing: &[&str]) -> Option<Ran> {
    let script = folder.join("vivado/build.tcl");
    let stub = path("tests/cli/vivado/stub.tcl");
    let run = Command::new("tclsh").arg(stub).arg(script).args([slack, critical]).args(missing).output();
    match run {
        Ok(output) => Some(Ran::new(output)),
        Err(_) => {
            println!("SKIPPED: tclsh is absent (apt-get install tcl)");
            None
        }
    }
}

fn records<'a>(out: &'a str, kind: &str) -> Vec<Vec<&'a str>> {
    let start = format!("RECORD {kind} ");
    out.lines().filter_map(|line| Some(line.strip_prefix(&start)?.split(' ').collect())).collect()
}

fn written(folder: &Path) -> Vec<String> {
    let mut names = crate::common::entries(&folder.join("vivado/results"));
    names.retain(|name| !name.ends_with(".txt"));
    names
}

#[test]
fn boards_with_a_processor_are_built_from_an_empty_folder() {
    let folder = TempDir::new().unwrap();
    for board in linked_boards() {
        let Some(Link::AxiDma(map)) = board.link else { continue };
        let name = &board.name;
        let build_folder = generated(name, folder.path());
        let Some(ran) = build(&build_folder, "0.1", "none") else { return };
        let out = ran.ok();
        let hex = |value: u64| format!("{value:#x}");
        assert_eq!(records(&out, "part"), [[board.device.name.as_str()]]);
        let wanted = [
            ["ps/Data", "machine/s_axil/reg0", &hex(map.registers), &hex(AxiDma::REGISTERS_BYTES)],
            ["ps/Data", "dma/S_AXI_LITE/Reg", &hex(map.dma), &hex(AxiDma::DMA_BYTES)],
        ];
        assert_eq!(records(&out, "address")[..2], wanted, "{name}: the map is the plan's");
        let length = AxiDma::LENGTH_BITS.to_string();
        assert!(records(&out, "property").contains(&vec!["dma", "CONFIG.c_sg_length_width", &length]), "{out}");
        assert!(out.contains("RECORD bus machine/m_axis dma/S_AXIS_S2MM"), "{out}");
        assert_eq!(written(&build_folder), ["systole.bit", "systole.hwh", "systole.xsa"], "{name}");
        let files = records(&out, "file");
        let rtl = crate::common::entries(&build_folder.join("rtl"));
        let list = std::fs::read_to_string(build_folder.join("rtl/systole_top.f")).unwrap();
        for file in list.lines().chain(rtl.iter().map(String::as_str).filter(|file| file.ends_with(".hex"))) {
            assert!(files.iter().any(|named| named[0].ends_with(&format!("/rtl/{file}"))), "{file} is not used");
        }
        assert!(!files.iter().any(|named| named[0].contains("DSP48E")), "a model is no design");
    }
}

#[test]
fn a_card_is_built_with_its_lanes_where_the_card_has_them() {
    let folder = TempDir::new().unwrap();
    let build_folder = generated(CARD, folder.path());
    let Some(ran) = build(&build_folder, "0.1", "none") else { return };
    let out = ran.ok();
    let (board, hex) = (board(CARD), |value: u64| format!("{value:#x}"));
    let card = board.card.unwrap();
    let registers = ["dma/M_AXI_LITE", "machine/s_axil/reg0", &hex(Card::REGISTERS), &hex(AxiDma::REGISTERS_BYTES)];
    assert_eq!(records(&out, "address"), [registers], "where the driver maps them");
    for (lane, site) in card.transceivers.iter().enumerate() {
        let placed =
            format!("RECORD property core/pipe_lane[{lane}].gt_wrapper_i/gtp_channel.gtpe2_channel_i LOC {site}");
        assert!(out.contains(&placed), "{placed}: {out}");
    }
    let clock = board.clock_mhz.to_string();
    assert!(records(&out, "property").contains(&vec!["dma", "CONFIG.axisten_freq", &clock]), "{out}");
    assert_eq!(written(&build_folder), ["systole.bin", "systole.bit"]);
    let xdc = std::fs::read_to_string(build_folder.join("constraints/acorn-cle215.xdc")).unwrap();
    let sites = card.reference.iter().chain([&card.reset.site, &card.clock_request.site]);
    assert!(sites.clone().all(|site| xdc.contains(&format!("PACKAGE_PIN {site} "))), "{xdc}");
    // Ports of the constraints are those that the script makes; buses of pins get their ends from Vivado.
    let settings = std::fs::read_to_string(build_folder.join("vivado/settings.tcl")).unwrap();
    for port in xdc.split("get_ports ").skip(1).filter_map(|rest| rest.split(']').next()) {
        let bus = port.trim_start_matches('{').split("_clk_").next().unwrap();
        assert!(settings.contains(&format!("port {{{bus}}}")), "{port} is no port: {settings}");
    }
    for (slack, critical) in [("-0.1", "none"), ("0.1", "design"), ("0.1", "implementation")] {
        let Some(ran) = build(&build_folder, slack, critical) else { return };
        assert!(ran.code != 0 && written(&build_folder).is_empty(), "{}", ran.out);
    }
}

#[test]
fn a_vivado_without_the_cores_of_wires_builds_with_inline_hdl() {
    let folder = TempDir::new().unwrap();
    for (name, kind, cell) in [("kv260", "concat", "interrupts"), (CARD, "constant", "zero")] {
        let build_folder = generated(name, folder.path());
        let Some(ran) = build_without(&build_folder, "0.1", "none", &["xlconcat", "xlconstant"]) else { return };
        let out = ran.ok();
        assert!(out.contains(&format!("RECORD inline {cell} il{kind}")), "{out}");
        let Some(ran) = build(&build_folder, "0.1", "none") else { return };
        assert!(ran.ok().contains(&format!("RECORD ip {cell} xl{kind}")));
    }
}

#[test]
fn a_card_whose_lanes_cannot_feed_the_machine_is_refused() {
    let (folder, net) = (TempDir::new().unwrap(), digits().display().to_string());
    let to = folder.path().join("card").display().to_string();
    let ran = crate::common::systole(["generate", &net, "--board", CARD, "--clock", "100", "-o", &to]);
    ran.failed(&["8 bytes a cycle at 100 MHz are 2 GT/s on each of 4 lanes", "[2.5, 5.0]"]);
    let text = std::fs::read_to_string(path("constraints/acorn-cle215.toml")).unwrap();
    let (before, after) = text.split_once("[card]").unwrap();
    let without = folder.path().join("card.toml");
    std::fs::write(&without, format!("{before}{}", &after[after.find("[flash]").unwrap()..])).unwrap();
    let ran = crate::common::systole(["generate", &net, "--board", &without.display().to_string(), "-o", &to]);
    ran.failed(&["no [card]"]);
}

#[test]
fn a_build_that_misses_timing_or_is_warned_writes_nothing() {
    let folder = TempDir::new().unwrap();
    let build_folder = generated("pynq-z2", folder.path());
    let cases = [
        ("-0.012", "none", "setup slack -0.012 ns"),
        ("", "none", "no path has a setup requirement"),
        ("0.1", "design", "design gave 1 critical warning"),
        ("0.1", "synthesis", "synthesis gave 1 critical warning"),
        ("0.1", "implementation", "implementation gave 1 critical warning"),
    ];
    for (slack, critical, wanted) in cases {
        let Some(ran) = build(&build_folder, slack, critical) else { return };
        assert_ne!(ran.code, 0, "{}", ran.out);
        assert!(ran.err.contains(wanted), "{wanted:?} is not in {}", ran.err);
        assert!(written(&build_folder).is_empty(), "{wanted}: {:?}", written(&build_folder));
    }
    std::fs::remove_file(build_folder.join("rtl/pe.v")).unwrap();
    let Some(ran) = build(&build_folder, "0.1", "none") else { return };
    assert!(ran.err.contains("pe.v is missing"), "{}", ran.err);
}

#[test]
fn boards_with_a_serial_line_have_their_pins_in_the_top_level() {
    let folder = TempDir::new().unwrap();
    for board in linked_boards().iter().filter(|board| matches!(board.device.family, Family::Xc7 | Family::Xcup)) {
        let (Some(Link::Uart { .. }), Some(pins)) = (&board.link, &board.pins) else { continue };
        let (name, module) = (&board.name, format!("{}_top", board.name.replace('-', "_")));
        let build_folder = generated(name, folder.path());
        let Some(ran) = build(&build_folder, "0.1", "none") else { return };
        let out = ran.ok();
        assert_eq!(records(&out, "synthesis"), [[module.as_str()]]);
        assert_eq!(written(&build_folder), ["systole.bit"]);
        let xdc = std::fs::read_to_string(build_folder.join(format!("constraints/{name}.xdc"))).unwrap();
        let top = std::fs::read_to_string(build_folder.join(format!("board/{module}.v"))).unwrap();
        let ports: Vec<&str> = xdc.split("get_ports ").skip(1).filter_map(|rest| rest.split(']').next()).collect();
        assert!(ports.len() > 3, "{xdc}");
        for port in ports {
            assert!(top.contains(&format!(" wire {port}")), "{port} is no port of {top}");
        }
        for site in [&pins.clock.site, &pins.rx.site, &pins.tx.site] {
            assert!(xdc.contains(&format!("PACKAGE_PIN {site} ")), "{xdc}");
        }
    }
}
