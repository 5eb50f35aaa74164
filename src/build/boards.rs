//! Boards by name (those of the project, built in) or by path.

use crate::args::closest::closest;
use crate::error::CliError;
use crate::session::paths::parent;
use std::path::Path;
use systole_machine::Board;
use systole_net::regular_file;

/// The project's boards, name and file of each: the board files of `constraints`, in the order of their names.
const BUILT_IN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/boards.rs"));

/// Ending of board files.
const ENDING: &str = ".toml";

/// A board and its pins.
pub struct Target {
    pub board: Board,
    /// Name and text of the constraint file, where the board has one.
    pub constraints: Option<(String, String)>,
}

/// Names of the built-in boards.
pub fn names() -> String {
    BUILT_IN.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

/// What a command that takes a board says of it.
pub fn help() -> String {
    format!("{}, or the path of a board file (.toml)", names())
}

/// The built-in board with the most RAM, and its bytes, parity bits among them.
pub fn largest() -> Option<(&'static str, usize)> {
    let ram = |text: &str| Board::parse(text).map_or(0, |board| board.device.ram_bytes());
    BUILT_IN.iter().map(|(name, text)| (*name, ram(text))).max_by_key(|(_, bytes)| *bytes)
}

/// The built-in boards.
pub fn built_in() -> Vec<Board> {
    BUILT_IN.iter().filter_map(|(_, text)| Board::parse(text).ok()).collect()
}

/// The board of that name, or in the file of that path (anything that ends in `.toml` or has a `/`).
///
/// # Errors
/// [`CliError::UnknownBoard`], [`CliError::Board`], [`CliError::Io`].
pub fn load(name: &str) -> Result<Target, CliError> {
    if name.ends_with(ENDING) || name.contains('/') {
        return from_file(Path::new(name));
    }
    let built_in = BUILT_IN.iter().find(|(known, _)| *known == name);
    let (_, text) = built_in.ok_or_else(|| CliError::UnknownBoard {
        name: name.to_string(),
        hint: closest(name, BUILT_IN.iter().map(|(known, _)| *known)),
        known: names(),
    })?;
    Ok(Target { board: parse(text, Path::new(name))?, constraints: None })
}

fn from_file(path: &Path) -> Result<Target, CliError> {
    let text = regular_file::read_text(path).map_err(CliError::io("read the board", path))?;
    let board = parse(&text, path)?;
    let constraints = match &board.constraints {
        Some(name) => {
            let file = parent(path).join(name);
            Some((name.clone(), regular_file::read_text(&file).map_err(CliError::io("read the constraints", &file))?))
        }
        None => None,
    };
    Ok(Target { board, constraints })
}

fn parse(text: &str, path: &Path) -> Result<Board, CliError> {
    Board::parse(text).map_err(|source| CliError::Board { path: path.into(), why: source.to_string() })
}

#[cfg(test)]
mod tests {
    use super::{load, BUILT_IN};

    #[test]
    fn every_built_in_board_is_readable_and_bears_its_name() {
        for &(name, _) in BUILT_IN {
            let target = load(name).unwrap();
            assert_eq!(target.board.name, name);
            assert_eq!(
                target.board.constraints.is_some(),
                target.constraints.is_some(),
                "{name} has its pins built in"
            );
        }
    }
}
