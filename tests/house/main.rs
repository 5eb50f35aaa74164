//! The walls of the house: which room may use which, that no two files of a room form a circle, and that `src` shows the
//! commands.

mod circles;
mod commands;
mod walls;

use std::path::PathBuf;

/// The folder of the workspace.
fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
