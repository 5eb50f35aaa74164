//! The FuseSoC description of the design: `fusesoc --cores-root FOLDER run --target=lint systole:machine:<board>`.

use super::Parts;
use systole_plan::board::{Board, Family};
use systole_plan::wiring::Link;

pub const NAME: &str = "systole.core";

fn list(paths: &[String]) -> String {
    paths.iter().map(|path| format!("      - {path}\n")).collect()
}

/// Images keep their bare names: the Verilog opens them in the folder where a tool works.
fn copied(paths: &[String]) -> String {
    let base = |path: &str| path.rsplit('/').next().unwrap_or(path).to_string();
    paths.iter().map(|path| format!("      - {path} : {{copyto : {}}}\n", base(path))).collect()
}

/// The target that synthesises, where the top level has pins.
fn synthesis(board: &Board) -> String {
    if !matches!(board.link, Some(Link::Uart { .. })) {
        return String::new();
    }
    let tool = match board.part.family {
        Family::Ecp5 => "trellis".to_string(),
        _ => format!("vivado\n    tools:\n      vivado:\n        part: {}", board.part.name),
    };
    format!("  synth:\n    <<: *default\n    filesets_append: [constraints]\n    default_tool: {tool}\n")
}

/// The core file.
pub fn text(board: &Board, parts: &Parts) -> String {
    let constraints = parts.constraints();
    let kind = if board.part.family == Family::Ecp5 { "LPF" } else { "xdc" };
    let set = match constraints.is_empty() {
        true => String::new(),
        false => format!("  constraints:\n    files:\n{}    file_type: {kind}\n", list(&constraints)),
    };
    format!(
        "CAPI=2:
name: systole:machine:{name}:0
description: {title}

filesets:
  verilog:
    files:
{verilog}    file_type: verilogSource-2005
  images:
    files:
{images}    file_type: user
{set}
targets:
  default: &default
    filesets: [verilog, images]
    toplevel: {top}
  lint:
    <<: *default
    default_tool: verilator
    tools:
      verilator:
        mode: lint-only
        verilator_options: [-Wall]
{synthesis}",
        name = board.name,
        title = board.title,
        verilog = list(&parts.verilog()),
        images = copied(&parts.images()),
        top = parts.module(),
        synthesis = synthesis(board),
    )
}
