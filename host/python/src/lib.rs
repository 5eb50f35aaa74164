//! `systole._native`: the library's steps and devices for the Python package around it, which gives them Python's manners.
//! Bytes in, bytes and JSON out. Long work lets other threads run, and ends when it is interrupted.

mod device;
mod dma;
mod error;
mod interrupt;
mod network;
mod picture;
mod pins;

use error::Raised;
use interrupt::long;
use pyo3::prelude::*;
use std::ffi::OsString;
use std::path::PathBuf;

/// Runs the command with these words, its own name first, and says with what it ends. Once in a process, which an interrupt
/// ends from then on.
#[pyfunction]
fn command(py: Python, words: Vec<OsString>) -> PyResult<u8> {
    long(py, || Ok(systole::main_of(words)))
}

/// The images in `paths`: files, and folders' in the order of their names.
#[pyfunction]
fn files(paths: Vec<PathBuf>) -> PyResult<Vec<PathBuf>> {
    systole::library::files(&paths).map_err(|error| Raised::of(&error).into())
}

/// Has tools looked for in a folder of programs first.
#[pyfunction]
fn look_in(folder: PathBuf) {
    systole_devices::tools::look_in(folder);
}

#[pymodule]
#[pyo3(name = "_native")]
fn native(module: &Bound<PyModule>) -> PyResult<()> {
    interrupt::begin();
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_function(wrap_pyfunction!(command, module)?)?;
    module.add_function(wrap_pyfunction!(files, module)?)?;
    module.add_function(wrap_pyfunction!(look_in, module)?)?;
    module.add_function(wrap_pyfunction!(network::verify, module)?)?;
    module.add_function(wrap_pyfunction!(network::fit, module)?)?;
    module.add_class::<network::Network>()?;
    module.add_class::<network::Plan>()?;
    module.add_class::<device::Machine>()?;
    module.add_class::<pins::Pins>()
}
