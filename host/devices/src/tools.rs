//! Where the tools of this project are looked for.

use crate::error::DeviceError;
use std::env;
use std::path::PathBuf;
use std::sync::OnceLock;
use systole_verilator::Toolchain;

/// A file that only the project's own checkout has, relative to its root.
const SETUP: &str = "tools/setup.sh";

/// The checkout around the current folder or around this program; the current folder where there is none.
///
/// # Errors
/// [`DeviceError::Io`] when there is no current folder.
pub fn workspace() -> Result<PathBuf, DeviceError> {
    let here = env::current_dir().map_err(DeviceError::io("find", ".".as_ref()))?;
    let program = env::current_exe().unwrap_or_default();
    let candidates = here.ancestors().chain(program.ancestors());
    let checkout = candidates.map(PathBuf::from).find(|folder| folder.join(SETUP).is_file());
    Ok(checkout.unwrap_or(here))
}

/// Where compiled models are kept: in the checkout, else in the user's cache.
///
/// # Errors
/// As [`workspace`].
pub fn cache() -> Result<PathBuf, DeviceError> {
    let workspace = workspace()?;
    let user = || env::home_dir().unwrap_or_else(env::temp_dir).join(".cache/systole");
    let root = if workspace.join(SETUP).is_file() { workspace.join("target") } else { user() };
    Ok(root.join("verilator"))
}

/// The programs of the interpreter that loaded this library.
static BESIDE: OnceLock<PathBuf> = OnceLock::new();

/// Has this process look for tools in `folder` before its search path. The first word counts.
pub fn look_in(folder: PathBuf) {
    BESIDE.get_or_init(|| folder);
}

/// Verilator and the C++ compiler.
///
/// # Errors
/// [`DeviceError::Verilator`].
pub fn verilator() -> Result<Toolchain, DeviceError> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = BESIDE.get().cloned().into_iter().chain(env::split_paths(&path));
    let joined = env::join_paths(folders).unwrap_or(path);
    Ok(Toolchain::locate_in(&workspace()?, Some(&joined))?)
}
