//! What `generate` adds to the Verilog so that a board's tools build something that runs: constraints, build scripts, what
//! Linux must know.

mod constraints;
mod device_tree;
mod fusesoc;
mod vivado;

use crate::build::boards::Target;
use crate::build::Files;
use crate::error::CliError;
use systole_devices::manifest::RTL;
use systole_machine::board::{Board, Family};
use systole_machine::wiring::{AxiDma, Card, Link, BUFFER_ALIGNMENT};
use systole_machine::Plan;
use systole_rtl::board::BoardTop;
use systole_rtl::Design;

/// Folders of the build folder.
pub const BOARD: &str = "board";
const MODELS: &str = "board/models";
pub const CONSTRAINTS: &str = "constraints";
const VIVADO: &str = "vivado";
const LINUX: &str = "linux";

/// Everything beside `rtl`, by its path in the build folder.
///
/// # Errors
/// Those of [`systole_rtl::board::top`], [`CliError::BoardCard`] for a card without its pins, [`CliError::CardSpeed`] for a
/// clock that its lanes do not give, [`CliError::BoardBuffers`].
pub fn files(target: &Target, plan: &Plan, design: &Design) -> Result<Files, CliError> {
    let board = &target.board;
    check(board)?;
    let top = systole_rtl::board::top(plan, &design.top)?;
    let constraints = constraints::files(target);
    let mut files = Files::new();
    let mut add = |folder: &str, name: &str, text: String| {
        let path = if folder.is_empty() { name.to_string() } else { format!("{folder}/{name}") };
        files.insert(path, text.into_bytes());
    };
    if let Some(top) = &top {
        add(BOARD, &top.file, top.text.clone());
        for (name, text) in &top.cells {
            add(MODELS, &format!("{name}.v"), (*text).into());
        }
    }
    for (name, text) in &constraints {
        add(CONSTRAINTS, name, text.clone());
    }
    let parts = Parts { top: top.as_ref(), constraints: &constraints, design };
    add("", fusesoc::NAME, fusesoc::text(board, &parts));
    if let (Some(link), Family::Xc7 | Family::Xcup) = (&board.link, board.device.family) {
        for (name, text) in vivado::files(board, link, plan, &parts) {
            add(VIVADO, name, text);
        }
    }
    if let Some(Link::AxiDma(map)) = &board.link {
        add(LINUX, device_tree::NAME, device_tree::text(board, map));
    }
    Ok(files)
}

/// What the tools' scripts name.
struct Parts<'a> {
    top: Option<&'a BoardTop>,
    constraints: &'a [(String, String)],
    design: &'a Design,
}

impl Parts<'_> {
    /// The topmost module.
    fn module(&self) -> &str {
        self.top.map_or(&self.design.top, |top| &top.module)
    }

    /// The machine's Verilog files for synthesis by their path in the build folder, in the order of compilation.
    fn machine(&self) -> Vec<String> {
        self.design.synthesised().map(|file| format!("{RTL}/{}", file.name)).collect()
    }

    /// Models of the device's cells, for simulation and lint alone, likewise.
    fn models(&self) -> Vec<String> {
        let cells = self.top.iter().flat_map(|top| top.cells.iter());
        let cells = cells.map(|(name, _)| format!("{MODELS}/{name}.v"));
        self.design.models.iter().map(|name| format!("{RTL}/{name}")).chain(cells).collect()
    }

    /// The file above the machine, likewise.
    fn above(&self) -> Vec<String> {
        self.top.iter().map(|top| format!("{BOARD}/{}", top.file)).collect()
    }

    /// All Verilog files, likewise.
    fn verilog(&self) -> Vec<String> {
        [self.machine(), self.above()].concat()
    }

    /// Memory images, likewise.
    fn images(&self) -> Vec<String> {
        self.design.images.iter().map(|file| format!("{RTL}/{}", file.name)).collect()
    }

    /// Constraints, likewise.
    fn constraints(&self) -> Vec<String> {
        self.constraints.iter().map(|(name, _)| format!("{CONSTRAINTS}/{name}")).collect()
    }
}

/// Fails unless the lanes carry as much as the machine's input stream, at a speed that the XDMA core knows.
fn check_card(board: &Board) -> Result<(), CliError> {
    let name = || board.name.clone();
    let card = board.card.as_ref().ok_or_else(|| CliError::BoardCard { board: name() })?;
    let (found, lanes) = (card.gigatransfers(board.in_bytes, board.clock_mhz), card.transceivers.len());
    match Card::SPEEDS.contains(&found) {
        true => Ok(()),
        false => {
            let (clock, in_bytes) = (board.clock_mhz, board.in_bytes);
            Err(CliError::CardSpeed { board: name(), lanes, clock, in_bytes, found, known: Card::SPEEDS })
        }
    }
}

/// Fails unless Linux can keep the buffers' memory.
fn check_buffers(board: &Board, map: &AxiDma) -> Result<(), CliError> {
    let (base, bytes, unit) = (map.buffers, map.buffer_bytes, BUFFER_ALIGNMENT);
    match base % unit == 0 && bytes % unit == 0 && bytes > 0 {
        true => Ok(()),
        false => Err(CliError::BoardBuffers { board: board.name.clone(), base, bytes, unit }),
    }
}

/// Fails unless the board's tools and its Linux can do what its link asks of them.
fn check(board: &Board) -> Result<(), CliError> {
    match &board.link {
        Some(Link::AxiDma(map)) => check_buffers(board, map),
        Some(Link::Pcie) => check_card(board),
        Some(Link::Uart { .. }) | None => Ok(()),
    }
}
