//! The Vivado batch build of a board: its settings, and the steps that are the same for all.

use super::constraints::CARD_PORTS;
use super::Parts;
use std::fmt::Write;
use systole_devices::manifest::RTL;
use systole_machine::board::Board;
use systole_machine::geometry::RESULT_BITS;
use systole_machine::wiring::{AxiDma, Card, Link, Processor};
use systole_machine::Plan;

const BUILD: (&str, &str) = ("build.tcl", include_str!("../../../constraints/vivado/build.tcl"));
const STEPS: (&str, &str) = ("steps.tcl", include_str!("../../../constraints/vivado/steps.tcl"));
const UART: (&str, &str) = ("uart.tcl", include_str!("../../../constraints/vivado/uart.tcl"));
const BLOCKS: (&str, &str) = ("blocks.tcl", include_str!("../../../constraints/vivado/blocks.tcl"));
const PCIE: (&str, &str) = ("pcie.tcl", include_str!("../../../constraints/vivado/pcie.tcl"));
const AXI_DMA: (&str, &str) = ("axi-dma.tcl", include_str!("../../../constraints/vivado/axi-dma.tcl"));
/// Vivado's wrapper of the block design.
const SYSTEM: &str = "systole_system_wrapper";

/// Name and text of every file of the folder.
pub fn files(board: &Board, link: &Link, plan: &Plan, parts: &Parts) -> Vec<(&'static str, String)> {
    let way: &[(&str, &str)] = match link {
        Link::Uart { .. } => &[UART],
        Link::AxiDma(_) => &[BLOCKS, AXI_DMA],
        Link::Pcie => &[BLOCKS, PCIE],
    };
    let fixed = [BUILD, STEPS].into_iter().chain(way.iter().copied());
    fixed
        .map(|(name, text)| (name, text.to_string()))
        .chain([("settings.tcl", settings(board, link, plan, parts))])
        .collect()
}

/// Sets a Tcl variable; values with anything but plain characters are braced.
fn set(text: &mut String, name: &str, value: &str) {
    writeln!(text, "set {name} {{{value}}}").expect("writing to a string");
}

fn list(text: &mut String, name: &str, values: &[String]) {
    let lines: String = values.iter().map(|value| format!("\n    {{{value}}}")).collect();
    writeln!(text, "set {name} {{{lines}\n}}").expect("writing to a string");
}

fn settings(board: &Board, link: &Link, plan: &Plan, parts: &Parts) -> String {
    let mut text = format!("# {}: what build.tcl works on. Printed from the plan and the board.\n", board.title);
    let above = |paths: Vec<String>| paths.into_iter().map(|path| format!("../{path}")).collect::<Vec<_>>();
    set(&mut text, "board", &board.name);
    set(&mut text, "part", &board.device.name);
    set(&mut text, "board_part", board.vivado.board_part.as_deref().unwrap_or(""));
    list(&mut text, "accepted", &board.vivado.accepted);
    set(&mut text, "clock_mhz", &board.clock_mhz.to_string());
    set(&mut text, "verilog_folder", &format!("../{}", RTL));
    list(&mut text, "sources", &above(parts.verilog()));
    list(&mut text, "images", &above(parts.images()));
    list(&mut text, "constraints", &above(parts.constraints()));
    match link {
        Link::Uart { .. } => {
            set(&mut text, "link", "uart");
            set(&mut text, "top", parts.module());
        }
        Link::AxiDma(map) => {
            set(&mut text, "link", "axi-dma");
            set(&mut text, "top", SYSTEM);
            machine(&mut text, map.registers, plan, parts.module());
            address_map(&mut text, map);
        }
        Link::Pcie => {
            set(&mut text, "link", "pcie");
            set(&mut text, "top", SYSTEM);
            machine(&mut text, Card::REGISTERS, plan, parts.module());
            board.card.iter().for_each(|card| lanes(&mut text, card, board));
        }
    }
    text
}

/// The machine in a block design.
fn machine(text: &mut String, registers: u64, plan: &Plan, module: &str) {
    set(text, "machine_top", module);
    set(text, "input_bits", &(8 * plan.geometry.in_bytes).to_string());
    set(text, "output_bits", &RESULT_BITS.to_string());
    set(text, "registers", &format!("{registers:#x}"));
    set(text, "registers_bytes", &format!("{:#x}", AxiDma::REGISTERS_BYTES));
}

fn lanes(text: &mut String, card: &Card, board: &Board) {
    set(text, "lanes", &card.transceivers.len().to_string());
    set(text, "lane_speed", &format!("{:.1}", card.gigatransfers(board.in_bytes, board.clock_mhz)));
    list(text, "transceivers", &card.transceivers);
    set(text, "reference_mhz", &card.reference_mhz.to_string());
    for (name, port) in ["reference_port", "reset_port", "request_port"].into_iter().zip(CARD_PORTS) {
        set(text, name, port);
    }
    set(text, "flash_megabytes", &card.flash_megabytes.to_string());
}

fn address_map(text: &mut String, map: &AxiDma) {
    let processor = match map.processor {
        Processor::Zynq7000 => "zynq7000",
        Processor::ZynqUltrascale => "zynq-ultrascale",
    };
    set(text, "processor", processor);
    set(text, "memory_bits", &map.processor.memory_bits().to_string());
    set(text, "control_bits", &map.processor.control_bits().to_string());
    set(text, "length_bits", &AxiDma::LENGTH_BITS.to_string());
    set(text, "dma", &format!("{:#x}", map.dma));
    set(text, "dma_bytes", &format!("{:#x}", AxiDma::DMA_BYTES));
}
