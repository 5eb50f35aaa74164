//! Where a build folder goes: whole or not at all, and over nothing that is not an earlier build.

use super::Files;
use crate::error::CliError;
use crate::session::paths::parent;
use crate::session::scratch::create_within;
use crate::session::Session;
use std::fs;
use std::path::Path;
use systole_devices::Manifest;

/// Writes the files beside `output` and puts them in its place in one step.
///
/// # Errors
/// [`CliError::Io`].
pub fn write(files: &Files, output: &Path, session: &Session) -> Result<(), CliError> {
    // A link to a folder stays a link.
    let output = fs::canonicalize(output).unwrap_or_else(|_| output.to_path_buf());
    let folder = session.scratch.folder_beside(&output)?;
    for (name, bytes) in files {
        let file = folder.path().join(name);
        create_within(folder.path(), parent(&file))?;
        fs::write(&file, bytes).map_err(CliError::io("write", &file))?;
    }
    session.scratch.publish(folder, &output)
}

/// Whether `output` may be replaced: it is not there, empty, or an earlier build with nothing else in it.
///
/// # Errors
/// [`CliError::NotAFolder`], [`CliError::FolderTaken`], [`CliError::ForeignFiles`].
pub fn may_replace(output: &Path, force: bool) -> Result<(), CliError> {
    if output.exists() && !output.is_dir() {
        return Err(CliError::NotAFolder { path: output.into() });
    }
    if force || !output.exists() {
        return Ok(());
    }
    let mut entries = fs::read_dir(output).map_err(CliError::io("read the folder", output))?;
    if entries.next().is_none() {
        return Ok(());
    }
    let earlier = Manifest::read(output).map_err(|_| CliError::FolderTaken { path: output.into() })?;
    let foreign = earlier.foreign(output)?;
    match foreign.is_empty() {
        true => Ok(()),
        false => Err(CliError::ForeignFiles { path: output.into(), files: foreign.join(", ") }),
    }
}
