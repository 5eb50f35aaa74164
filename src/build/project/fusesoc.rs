//! The FuseSoC description of the design: `fusesoc --cores-root FOLDER run --target=lint systole:machine:<board>`.

use super::Parts;
use systole_machine::board::{Board, Family};
use systole_machine::wiring::Link;

pub const NAME: &str = "systole.core";
const VERILOG: &str = "verilogSource-2005";

fn list(paths: &[String]) -> String {
    paths.iter().map(|path| format!("      - {path}\n")).collect()
}

/// Images keep their bare names: the Verilog opens them in the folder where a tool works.
fn copied(paths: &[String]) -> String {
    let base = |path: &str| path.rsplit('/').next().unwrap_or(path).to_string();
    paths.iter().map(|path| format!("      - {path} : {{copyto : {}}}\n", base(path))).collect()
}

/// Constraint files, each of the kind that its ending says: FuseSoC writes all but Vivado's in capitals.
fn constraint_files(paths: &[String]) -> String {
    let kind = |path: &str| match path.rsplit('.').next() {
        Some("xdc") | None => "xdc".into(),
        Some(ending) => ending.to_uppercase(),
    };
    match paths.is_empty() {
        true => "  constraints: {}\n".into(),
        false => {
            let lines = paths.iter().map(|path| format!("      - {path} : {{file_type : {}}}\n", kind(path)));
            format!("  constraints:\n    files:\n{}", lines.collect::<String>())
        }
    }
}

/// The target that synthesises, where the top level has pins. GW5A is left to `tools/bitstream.py`.
fn synthesis(board: &Board) -> String {
    if !matches!(board.link, Some(Link::Uart { .. })) {
        return String::new();
    }
    let tool = match board.device.family {
        Family::Ecp5 => "trellis".to_string(),
        Family::Gw5a => return String::new(),
        Family::Xc7 | Family::Xcup => format!("vivado\n    flow_options:\n      part: {}", board.device.name),
    };
    format!("  synth:\n    <<: *default\n    filesets_append: [constraints]\n    flow: {tool}\n")
}

/// The core file.
pub fn text(board: &Board, parts: &Parts) -> String {
    let constraints = parts.constraints();
    let set = |name: &str, paths: &[String], kind: &str| match paths.is_empty() {
        true => format!("  {name}: {{}}\n"),
        false => format!("  {name}:\n    files:\n{}    file_type: {kind}\n", list(paths)),
    };
    format!(
        "CAPI=2:
name: systole:machine:{name}:0
description: \"{title}\"

filesets:
{verilog}{models}{above}  images:
    files:
{images}    file_type: user
{constraints}
targets:
  default: &default
    filesets: [verilog, images, board]
    toplevel: {top}
  lint:
    filesets: [verilog, models, images, board]
    toplevel: {top}
    flow: lint
    flow_options:
      tool: verilator
      verilator_options: [-Wall]
{synthesis}",
        name = board.name,
        title = board.title,
        verilog = set("verilog", &parts.machine(), VERILOG),
        models = set("models", &parts.models(), VERILOG),
        above = set("board", &parts.above(), VERILOG),
        images = copied(&parts.images()),
        constraints = constraint_files(&constraints),
        top = parts.module(),
        synthesis = synthesis(board),
    )
}
